"""What do arguments cost that aren't dense? Columns in order, and rows with gaps."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.logistic_regression import LogisticRegression, _numpy_step
from benchmarks.measure import Question

Formula = Callable[[Any], Any]


def _at_once(make: Callable[[], Any]) -> Any:
    """Return what `make` does where the first copy is one too many."""
    from theanolike.compile import executable

    before = executable.COPIES_PER_CHARACTER
    executable.COPIES_PER_CHARACTER = 0
    try:
        return make()
    finally:
        executable.COPIES_PER_CHARACTER = before


def _copying(make: Callable[[], Any]) -> Any:
    """Return what `make` does where arguments are copied always."""
    import theanolike

    with theanolike.config.change_flags(specialize_layouts=False):
        return make()


class Reading:
    """A formula of one matrix."""

    def __init__(self, formula: Formula, x: Any) -> None:
        self.formula, self.x = formula, x

    def numpy(self) -> Callable[[], Any]:
        return lambda: self.formula(self.x)

    def theanolike(self) -> Callable[[], Any]:
        import theanolike as theano
        import theanolike.tensor as T

        x = T.dmatrix("x")
        f = theano.function([x], self.formula(x))
        return lambda: f(self.x)


def _question(title: str, by: Any, expected: Any) -> Question:
    return Question(
        title,
        "never slower than numpy, nor than with copies",
        {
            "theanolike": lambda: _at_once(by.theanolike),
            "theanolike with copies": lambda: _copying(by.theanolike),
            "numpy": by.numpy,
        },
        expected,
    )


def questions(*, smoke: bool) -> Iterator[Question]:
    """Yield steps of a regression, a sum and a formula of matrices that lie oddly."""
    n, features = (100, 90) if smoke else (400, 784)
    for title, odd in {
        "columns in order": np.asfortranarray,
        "X[i : i + n, :k]": lambda x: np.tile(x, (3, 2))[n : 2 * n, :features],
    }.items():
        by = LogisticRegression(n, features)
        by.x = odd(by.x)
        *_, xent, predicted = _numpy_step(by.x, by.y, by.w, 0.0)
        yield _question(
            f"logistic regression step, {n} x {features} float64, {title}",
            by,
            [predicted, xent],
        )
    side = 100 if smoke else 3000
    x = np.random.default_rng(0).normal(size=(side, side))
    formulas: dict[str, Formula] = {
        "sum": lambda x: x.sum(),
        "2 * x + 1": lambda x: 2 * x + 1,
    }
    for name, formula in formulas.items():
        by_matrix = Reading(formula, x.T)
        title = f"{name} of a transposed matrix, {side} x {side} float64"
        yield _question(title, by_matrix, formula(x.T))
