"""What does a step of a loop cost, if it does nearly nothing? The logistic map."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.limits import call_limit, load_limit
from benchmarks.measure import Question
from benchmarks.peers import load_peer
from benchmarks.symbolic import Symbolic

START, RATE = 0.3, 3.2


class LogisticMap(Symbolic):
    """So many steps from one start, in one call, by everybody."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def _symbolic(self, library: Any, T: Any) -> Callable[[], Any]:
        x = T.dscalar("x")
        rows, _ = library.scan(
            lambda v: RATE * v * (1 - v), outputs_info=x, n_steps=self.steps
        )
        run = library.function([x], rows[-1])
        return lambda: run(START)

    def jax(self) -> Callable[[], Any]:
        jax = load_peer("jax")
        run = jax.jit(
            lambda x: jax.lax.fori_loop(
                0, self.steps, lambda _, v: RATE * v * (1 - v), x
            )
        )
        return lambda: run(START).block_until_ready()

    def numba(self) -> Callable[[], Any]:
        run = load_peer("numba").njit(self._by_loop)
        return lambda: run(START, self.steps)

    def numpy(self) -> Callable[[], Any]:
        return lambda: self._by_loop(START, self.steps)

    @staticmethod
    def _by_loop(x: float, steps: int) -> float:
        for _ in range(steps):
            x = RATE * x * (1 - x)
        return x

    def limit(self) -> Callable[[], Any]:
        run, x = load_limit("loops", exact=True).logistic_map, np.empty(1)

        def work() -> Any:
            x[0] = START
            call_limit(run, x, RATE, self.steps)
            return x[0]

        return work


def questions(*, smoke: bool) -> Iterator[Question]:
    """Yield the one question."""
    steps = 100 if smoke else 1_000_000
    by = LogisticMap(steps)
    yield Question(
        f"logistic map, {steps:,} steps, float64 (numpy: floats of Python)",
        "1.1 x by hand",
        {
            "theanolike": by.theanolike,
            "numpy": by.numpy,
            "jax": by.jax,
            "pytensor": by.pytensor,
            "numba": by.numba,
            "limit: C++, serial": by.limit,
        },
        by.numpy()(),
    )
