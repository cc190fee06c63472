"""Is a loop with two earlier states in place? Waves on 250 x 250, 500 steps."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.limits import call_limit, load_fortran, load_limit
from benchmarks.measure import Question
from benchmarks.peers import load_peer, on_one_thread

SPEED = 0.25


def _inner(before: Any, now: Any) -> Any:
    around = now[:-2, 1:-1] + now[2:, 1:-1] + now[1:-1, :-2] + now[1:-1, 2:]
    inner = now[1:-1, 1:-1]
    return 2 * inner - before[1:-1, 1:-1] + SPEED * (around - 4 * inner)


def _by_loops(start: Any, steps: int) -> Any:
    before, now = start.copy(), start.copy()
    for _ in range(steps):
        for i in range(1, now.shape[0] - 1):
            for j in range(1, now.shape[1] - 1):
                around = now[i - 1, j] + now[i + 1, j] + now[i, j - 1] + now[i, j + 1]
                bend = SPEED * (around - 4 * now[i, j])
                before[i, j] = 2 * now[i, j] - before[i, j] + bend
        before, now = now, before
    return now


class Wave:
    """The membrane, let go at rest, after some steps; its rim stays as it is."""

    def __init__(self, size: int, steps: int) -> None:
        self.start = np.random.default_rng(0).random((size, size))
        self.steps = steps

    def theanolike(self) -> Callable[[], Any]:
        import theanolike as theano

        return self._symbolic(theano, theano.tensor)

    def one_thread(self) -> Callable[[], Any]:
        return on_one_thread(self.theanolike())

    def pytensor(self) -> Callable[[], Any]:
        pytensor = load_peer("pytensor")
        return self._symbolic(pytensor, pytensor.tensor)

    def _symbolic(self, library: Any, T: Any) -> Callable[[], Any]:
        u = T.dmatrix("u")

        def step(before: Any, now: Any) -> Any:
            return T.set_subtensor(now[1:-1, 1:-1], _inner(before, now))

        starts = {"initial": T.stack([u, u]), "taps": [-2, -1]}
        rows, _ = library.scan(step, outputs_info=starts, n_steps=self.steps)
        run = library.function([u], rows[-1])
        return lambda: run(self.start)

    def jax(self) -> Callable[[], Any]:
        jax = load_peer("jax")
        start = jax.device_put(self.start)

        def step(_: Any, states: Any) -> Any:
            before, now = states
            return now, now.at[1:-1, 1:-1].set(_inner(before, now))

        run = jax.jit(lambda u: jax.lax.fori_loop(0, self.steps, step, (u, u))[1])
        return lambda: run(start).block_until_ready()

    def numba(self) -> Callable[[], Any]:
        run = load_peer("numba").njit(_by_loops)
        return lambda: run(self.start, self.steps)

    def numpy(self) -> Callable[[], Any]:
        def work() -> Any:
            before, now = self.start.copy(), self.start.copy()
            for _ in range(self.steps):
                before[1:-1, 1:-1] = _inner(before, now)
                before, now = now, before
            return now

        return work

    def limit(self) -> Callable[[], Any]:
        return self._by_hand(load_limit("loops").wave)

    def fortran(self) -> Callable[[], Any]:
        return self._by_hand(load_fortran("loops").wave)

    def _by_hand(self, run: Any) -> Callable[[], Any]:
        u = self.start.copy()

        def work() -> Any:
            u[:] = self.start
            call_limit(run, u, len(u), self.steps, SPEED)
            return u

        return work


def questions(*, smoke: bool) -> Iterator[Question]:
    """Yield the one question."""
    size, steps = (6, 4) if smoke else (250, 500)
    by = Wave(size, steps)
    yield Question(
        f"wave equation, {size} x {size}, {steps} steps, float64",
        "0.75 x by hand on two threads, 1.1 x on one",
        {
            "theanolike": by.theanolike,
            "theanolike on one thread": by.one_thread,
            "numpy": by.numpy,
            "jax": by.jax,
            "pytensor": by.pytensor,
            "numba": by.numba,
            "limit: C++, serial": by.limit,
            "limit: Fortran, serial": by.fortran,
        },
        by.numpy()(),
    )
