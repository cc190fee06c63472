"""What do small vectors in a loop cost? A pendulum of two numbers, a turn of three."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.limits import call_limit, load_limit
from benchmarks.measure import Question
from benchmarks.peers import load_peer
from benchmarks.symbolic import Symbolic

H = 0.01  # the time of a step
START = np.array([1.0, 0.0])


class Pendulum(Symbolic):
    """So many steps of Runge and Kutta's classic method, in one call."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def _symbolic(self, library: Any, T: Any) -> Callable[[], Any]:
        s = T.dvector("s")
        step = _step(lambda v: T.stack([v[1], -T.sin(v[0])]))
        rows, _ = library.scan(step, outputs_info=s, n_steps=self.steps)
        run = library.function([s], rows[-1])
        return lambda: run(START)

    def jax(self) -> Callable[[], Any]:
        jax = load_peer("jax")
        step = _step(lambda v: jax.numpy.stack([v[1], -jax.numpy.sin(v[0])]))
        run = jax.jit(
            lambda s: jax.lax.fori_loop(0, self.steps, lambda _, v: step(v), s)
        )
        return lambda: run(START).block_until_ready()

    def numba(self) -> Callable[[], Any]:
        numba, sin = load_peer("numba"), numba_sin()
        step = numba.njit(swung)

        @numba.njit  # type: ignore[untyped-decorator, unused-ignore]
        def run(x: float, v: float, steps: int) -> Any:
            for _ in range(steps):
                x, v = step(x, v, sin)
            return np.array([x, v])

        return lambda: run(*START, self.steps)

    def numpy(self) -> Callable[[], Any]:
        def work() -> Any:
            x, v = float(START[0]), float(START[1])
            for _ in range(self.steps):
                x, v = swung(x, v, np.sin)
            return np.array([x, v])

        return work

    def limit(self) -> Callable[[], Any]:
        run = load_limit("loops", exact=True).pendulum

        def work() -> Any:
            state = START.copy()
            call_limit(run, state, H, self.steps)
            return state

        return work


def _step(slope: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def step(s: Any) -> Any:
        k1 = slope(s)
        k2 = slope(s + H / 2 * k1)
        k3 = slope(s + H / 2 * k2)
        k4 = slope(s + H * k3)
        return s + H / 6 * (k1 + 2 * k2 + 2 * k3 + k4)

    return step


def swung(x: Any, v: Any, sin: Any) -> Any:
    """Return angle and speed a step later, of one pendulum or of many."""
    a1 = -sin(x)
    v2, a2 = v + H / 2 * a1, -sin(x + H / 2 * v)
    v3, a3 = v + H / 2 * a2, -sin(x + H / 2 * v2)
    v4, a4 = v + H * a3, -sin(x + H * v3)
    after = x + H / 6 * (v + 2 * v2 + 2 * v3 + v4)
    return after, v + H / 6 * (a1 + 2 * a2 + 2 * a3 + a4)


def numba_sin() -> Any:
    """Return a sine that compiled code takes as an argument: no ufunc is one."""
    return load_peer("numba").njit(lambda x: np.sin(x))  # noqa: PLW0108


class Turn:
    """A vector of three numbers, turned so many times."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        around, up = _rotation(0.3, 0, 1), _rotation(0.2, 1, 2)
        self.matrix: NDArray[Any] = around @ up
        self.start = np.array([1.0, 2.0, 3.0])

    def theanolike(self) -> Callable[[], Any]:
        import theanolike as theano
        import theanolike.tensor as T

        s = T.dvector("s")
        rows, _ = theano.scan(
            lambda v: T.dot(self.matrix, v), outputs_info=s, n_steps=self.steps
        )
        run = theano.function([s], rows[-1])
        return lambda: run(self.start)

    def jax(self) -> Callable[[], Any]:
        jax = load_peer("jax")
        run = jax.jit(
            lambda s: jax.lax.fori_loop(
                0, self.steps, lambda _, v: jax.numpy.dot(self.matrix, v), s
            )
        )
        return lambda: run(self.start).block_until_ready()

    def numba(self) -> Callable[[], Any]:
        @load_peer("numba").njit  # type: ignore[untyped-decorator, unused-ignore]
        def run(matrix: Any, start: Any, steps: int) -> Any:
            now, following = start.copy(), start.copy()
            for _ in range(steps):
                for i in range(3):
                    following[i] = 0.0
                    for j in range(3):
                        following[i] += matrix[i, j] * now[j]
                now, following = following, now
            return now

        return lambda: run(self.matrix, self.start, self.steps)

    def numpy(self) -> Callable[[], Any]:
        def work() -> Any:
            state = self.start
            for _ in range(self.steps):
                state = self.matrix @ state
            return state

        return work

    def limit(self) -> Callable[[], Any]:
        run = load_limit("loops", exact=True).turned

        def work() -> Any:
            state = self.start.copy()
            call_limit(run, self.matrix, state, self.steps)
            return state

        return work


def _rotation(angle: float, i: int, j: int) -> NDArray[Any]:
    matrix = np.eye(3)
    matrix[i, i] = matrix[j, j] = np.cos(angle)
    matrix[i, j], matrix[j, i] = -np.sin(angle), np.sin(angle)
    return matrix


def questions(*, smoke: bool) -> Iterator[Question]:
    """Yield a question for each loop."""
    steps = 100 if smoke else 100_000
    swing = Pendulum(steps)
    yield Question(
        f"pendulum, {steps:,} steps of Runge-Kutta, 2 numbers (numpy: floats)",
        "1.1 x by hand",
        {
            "theanolike": swing.theanolike,
            "numpy": swing.numpy,
            "jax": swing.jax,
            "pytensor": swing.pytensor,
            "numba": swing.numba,
            "limit: C++, serial": swing.limit,
        },
        swing.numpy()(),
    )
    turn = Turn(steps)
    yield Question(
        f"a 3 x 3 matrix by a vector, {steps:,} times",
        "1.1 x by hand",
        {
            "theanolike": turn.theanolike,
            "numpy": turn.numpy,
            "jax": turn.jax,
            "numba": turn.numba,
            "limit: C++, serial": turn.limit,
        },
        turn.numpy()(),
    )
