"""Are reductions at the speed of memory? Rows, short rows and columns of a matrix."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.limits import call_limit, load_limit
from benchmarks.measure import Question
from benchmarks.peers import load_peer

DIRECTIONS = {"rows": 1, "columns": 0}


def _reduce(numpy: Any, name: str, x: Any, axis: int) -> Any:
    if name != "softmax":
        return getattr(numpy, name)(x, axis=axis)
    weights = numpy.exp(x - numpy.max(x, axis=axis, keepdims=True))
    return weights / numpy.sum(weights, axis=axis, keepdims=True)


class Reduction:
    """One reduction of one matrix of float64, by everybody."""

    def __init__(self, x: Any, name: str, direction: str) -> None:
        self.x, self.name, self.direction = x, name, direction
        self.axis = DIRECTIONS[direction]

    def numpy(self) -> Callable[[], Any]:
        return lambda: _reduce(np, self.name, self.x, self.axis)

    def theanolike(self) -> Callable[[], Any]:
        import theanolike as theano
        import theanolike.tensor as T

        x = T.dmatrix("x")
        f = theano.function([x], _reduce(T, self.name, x, self.axis))
        return lambda: f(self.x)

    def jax(self) -> Callable[[], Any]:
        jax = load_peer("jax")
        f = jax.jit(lambda x: _reduce(jax.numpy, self.name, x, self.axis))
        x = jax.device_put(self.x)
        return lambda: f(x).block_until_ready()

    def pytensor(self) -> Callable[[], Any]:
        pytensor = load_peer("pytensor")
        from pytensor import tensor as pt

        x = pt.dmatrix("x")
        f = pytensor.function([x], _reduce(pt, self.name, x, self.axis))
        return lambda: f(self.x)

    def limit(self) -> Callable[[], Any]:
        reduce = getattr(load_limit("reductions"), f"{self.name}_{self.direction}")
        m, n = self.x.shape
        shape = (m, n) if self.name == "softmax" else (m, n)[1 - self.axis]

        def work() -> Any:
            z = np.empty(shape, np.int64 if self.name == "argmax" else np.float64)
            call_limit(reduce, self.x, z, m, n)
            return z

        return work


def questions(*, smoke: bool) -> Iterator[Question]:
    """Yield reductions over rows and over columns, and over rows of ten elements."""
    large, short = ((40, 30), (40, 10)) if smoke else ((4000, 1000), (10_000, 10))
    whole = ["sum", "mean", "max", "argmax", "softmax"]
    kinds = [(large, name, direction) for name in whole for direction in DIRECTIONS]
    kinds += [(short, name, "rows") for name in ["sum", "argmax", "softmax"]]
    for shape in (large, short):
        x = np.random.default_rng(0).normal(size=shape)
        for _, name, direction in (kind for kind in kinds if kind[0] == shape):
            by = Reduction(x, name, direction)
            yield Question(
                f"{name} of {direction}, {shape[0]} x {shape[1]} float64, all cores",
                "never slower than numpy; at most 1.2 x a loop by hand",
                {
                    "theanolike": by.theanolike,
                    "numpy": by.numpy,
                    "jax": by.jax,
                    "pytensor": by.pytensor,
                    "limit: C++, -ffast-math, 2 threads": by.limit,
                },
                _reduce(np, name, x, by.axis),
            )
