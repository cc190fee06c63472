"""Are the steps of a stencil in place? Heat on a plate of 250 x 250, 500 steps."""

from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.measure import Question
from benchmarks.peers import load_peer
from benchmarks.stencil import Stencil

RATE = 0.2


def _inner(u: Any) -> Any:
    around = u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:]
    return u[1:-1, 1:-1] + RATE * (around - 4 * u[1:-1, 1:-1])


class Heat(Stencil):
    """The plate after some steps; its border stays as it is."""

    kernel = "heat"
    rate = RATE

    @staticmethod
    def by_loops(start: Any, steps: int) -> Any:
        now, after = start.copy(), start.copy()
        for _ in range(steps):
            for i in range(1, now.shape[0] - 1):
                for j in range(1, now.shape[1] - 1):
                    around = (
                        now[i - 1, j] + now[i + 1, j] + now[i, j - 1] + now[i, j + 1]
                    )
                    after[i, j] = now[i, j] + RATE * (around - 4 * now[i, j])
            now, after = after, now
        return now

    def _symbolic(self, library: Any, T: Any) -> Callable[[], Any]:
        u = T.dmatrix("u")
        rows, _ = library.scan(
            lambda u: T.set_subtensor(u[1:-1, 1:-1], _inner(u)),
            outputs_info=u,
            n_steps=self.steps,
        )
        run = library.function([u], rows[-1])
        return lambda: run(self.start)

    def jax(self) -> Callable[[], Any]:
        jax = load_peer("jax")
        start = jax.device_put(self.start)
        run = jax.jit(
            lambda u: jax.lax.fori_loop(
                0, self.steps, lambda _, u: u.at[1:-1, 1:-1].set(_inner(u)), u
            )
        )
        return lambda: run(start).block_until_ready()

    def numpy(self) -> Callable[[], Any]:
        def work() -> Any:
            u = self.start.copy()
            for _ in range(self.steps):
                u[1:-1, 1:-1] = _inner(u)
            return u

        return work


def questions(*, smoke: bool) -> Iterator[Question]:
    """Yield the one question."""
    size, steps = (6, 4) if smoke else (250, 500)
    yield Heat(size, steps).question()
