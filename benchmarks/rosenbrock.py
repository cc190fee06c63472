"""What do many small calls cost? 10 000 steps of descent, one call each."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.limits import call_limit, load_limit
from benchmarks.measure import Question
from benchmarks.peers import load_peer
from benchmarks.symbolic import Symbolic

START, RATE = [2.0, 2.0], 0.001


def _height(x: Any) -> Any:
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


def _slope(a: Any, b: Any) -> tuple[Any, Any]:
    d = b - a * a
    return -2.0 * (1.0 - a) - 400.0 * a * d, 200.0 * d


class Rosenbrock(Symbolic):
    """So many steps from one start, by everybody."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def _symbolic(self, library: Any, T: Any) -> Callable[[], Any]:
        x = library.shared(np.array(START), name="x")
        slope = library.grad(_height(x), x)
        step = library.function([], [], updates=[(x, x - RATE * slope)])

        def work() -> Any:
            x.set_value(np.array(START))
            for _ in range(self.steps):
                step()
            return x.get_value()

        return work

    def jax(self) -> Callable[[], Any]:
        jax = load_peer("jax")
        step = jax.jit(lambda x: x - RATE * jax.grad(_height)(x))
        return self._pure(step, jax.device_put(np.array(START)))

    def numba(self) -> Callable[[], Any]:
        slope = load_peer("numba").njit(_slope)

        def step(x: Any) -> Any:
            g = slope(x[0], x[1])
            return np.array([x[0] - RATE * g[0], x[1] - RATE * g[1]])

        return self._pure(load_peer("numba").njit(step), np.array(START))

    def numpy(self) -> Callable[[], Any]:
        def step(x: Any) -> Any:
            return x - RATE * np.array(_slope(*x))

        return self._pure(step, np.array(START))

    def _pure(self, step: Callable[[Any], Any], start: Any) -> Callable[[], Any]:
        def work() -> Any:
            x = start
            for _ in range(self.steps):
                x = step(x)
            return np.asarray(x)

        return work

    def limit(self) -> Callable[[], Any]:
        descend = load_limit("rosenbrock").descend

        def work() -> Any:
            x = np.array(START)
            call_limit(descend, x, RATE, self.steps)
            return x

        return work


def questions(*, smoke: bool) -> Iterator[Question]:
    """Yield the one question."""
    steps = 20 if smoke else 10_000
    by = Rosenbrock(steps)
    yield Question(
        f"Rosenbrock, {steps:,} calls, float64",
        "1/12 of pytensor",
        {
            "theanolike": by.theanolike,
            "numpy": by.numpy,
            "jax": by.jax,
            "pytensor": by.pytensor,
            "numba": by.numba,
            "limit: C++, one call for all steps": by.limit,
        },
        by.numpy()(),
    )
