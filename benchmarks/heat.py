"""Are the steps of a stencil in place? Heat on a plate of 250 x 250, 500 steps."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.limits import call_limit, load_fortran, load_limit
from benchmarks.measure import Question
from benchmarks.peers import load_peer, on_one_thread

RATE = 0.2


def _inner(u: Any) -> Any:
    around = u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:]
    return u[1:-1, 1:-1] + RATE * (around - 4 * u[1:-1, 1:-1])


def _by_loops(plate: Any, steps: int) -> Any:
    now, after = plate.copy(), plate.copy()
    for _ in range(steps):
        for i in range(1, now.shape[0] - 1):
            for j in range(1, now.shape[1] - 1):
                around = now[i - 1, j] + now[i + 1, j] + now[i, j - 1] + now[i, j + 1]
                after[i, j] = now[i, j] + RATE * (around - 4 * now[i, j])
        now, after = after, now
    return now


class Heat:
    """The plate after some steps; its border stays as it is."""

    def __init__(self, size: int, steps: int) -> None:
        self.plate = np.random.default_rng(0).random((size, size))
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
        rows, _ = library.scan(
            lambda u: T.set_subtensor(u[1:-1, 1:-1], _inner(u)),
            outputs_info=u,
            n_steps=self.steps,
        )
        run = library.function([u], rows[-1])
        return lambda: run(self.plate)

    def jax(self) -> Callable[[], Any]:
        jax = load_peer("jax")
        plate = jax.device_put(self.plate)
        run = jax.jit(
            lambda u: jax.lax.fori_loop(
                0, self.steps, lambda _, u: u.at[1:-1, 1:-1].set(_inner(u)), u
            )
        )
        return lambda: run(plate).block_until_ready()

    def numba(self) -> Callable[[], Any]:
        run = load_peer("numba").njit(_by_loops)
        return lambda: run(self.plate, self.steps)

    def numpy(self) -> Callable[[], Any]:
        def work() -> Any:
            u = self.plate.copy()
            for _ in range(self.steps):
                u[1:-1, 1:-1] = _inner(u)
            return u

        return work

    def limit(self) -> Callable[[], Any]:
        return self._by_hand(load_limit("loops").heat)

    def fortran(self) -> Callable[[], Any]:
        return self._by_hand(load_fortran("loops").heat)

    def _by_hand(self, run: Any) -> Callable[[], Any]:
        u = self.plate.copy()

        def work() -> Any:
            u[:] = self.plate
            call_limit(run, u, len(u), self.steps, RATE)
            return u

        return work


def questions(*, smoke: bool) -> Iterator[Question]:
    """Yield the one question."""
    size, steps = (6, 4) if smoke else (250, 500)
    by = Heat(size, steps)
    yield Question(
        f"heat equation, {size} x {size}, {steps} steps, float64",
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
