"""Is a formula one loop? `exp(x)*y + tanh(x*y)/(1 + x*x)`."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.limits import call_limit, load_limit
from benchmarks.measure import Question
from benchmarks.peers import load_peer

TEXT = "exp(x)*y + tanh(x*y)/(1 + x*x)"


def _formula(numpy: Any, x: Any, y: Any) -> Any:
    return numpy.exp(x) * y + numpy.tanh(x * y) / (1 + x * x)


class Elementwise:
    """The formula on `n` float64 elements, by everybody."""

    def __init__(self, n: int) -> None:
        rng = np.random.default_rng(0)
        self.x, self.y = rng.normal(size=n), rng.normal(size=n)

    def numpy(self) -> Callable[[], Any]:
        return lambda: _formula(np, self.x, self.y)

    def theanolike(self) -> Callable[[], Any]:
        import theanolike as theano
        import theanolike.tensor as T

        x, y = T.dvectors("x", "y")
        f = theano.function([x, y], _formula(T, x, y))
        return lambda: f(self.x, self.y)

    def jax(self) -> Callable[[], Any]:
        jax = load_peer("jax")
        f = jax.jit(lambda x, y: _formula(jax.numpy, x, y))
        x, y = jax.device_put(self.x), jax.device_put(self.y)
        return lambda: f(x, y).block_until_ready()

    def pytensor(self) -> Callable[[], Any]:
        pytensor = load_peer("pytensor")
        from pytensor import tensor as pt

        x, y = pt.dvectors("x", "y")
        f = pytensor.function([x, y], _formula(pt, x, y))
        return lambda: f(self.x, self.y)

    def numba(self) -> Callable[[], Any]:
        numba = load_peer("numba")

        def body(x: Any, y: Any) -> Any:
            z = np.empty_like(x)
            for i in numba.prange(x.size):
                z[i] = np.exp(x[i]) * y[i] + np.tanh(x[i] * y[i]) / (1 + x[i] * x[i])
            return z

        f = numba.njit(body, parallel=True, error_model="numpy")
        return lambda: f(self.x, self.y)

    def numexpr(self) -> Callable[[], Any]:
        numexpr = load_peer("numexpr")
        names = {"x": self.x, "y": self.y}
        return lambda: numexpr.evaluate(TEXT, local_dict=names)

    def limit(self) -> Callable[[], Any]:
        formula = load_limit("elementwise").formula

        def work() -> Any:
            z = np.empty_like(self.x)
            call_limit(formula, self.x, self.y, z, self.x.size)
            return z

        return work


def questions(*, smoke: bool) -> Iterator[Question]:
    """Yield the formula at one size, by everybody."""
    n = 1000 if smoke else 1_000_000
    by = Elementwise(n)
    yield Question(
        f"{TEXT}, {n:,} float64, all cores",
        "at most 1.1 x jax on device arrays",
        {
            "theanolike": by.theanolike,
            "numpy": by.numpy,
            "jax": by.jax,
            "pytensor": by.pytensor,
            "numba": by.numba,
            "numexpr": by.numexpr,
            "limit: C++, libmvec (4 ULP), 2 threads": by.limit,
        },
        _formula(np, by.x, by.y),
        1e-12,
    )
