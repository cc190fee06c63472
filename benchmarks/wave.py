"""Is a loop with two earlier states in place? Waves on 250 x 250, 500 steps."""

from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.measure import Question
from benchmarks.peers import load_peer
from benchmarks.stencil import Stencil

SPEED = 0.25


def _inner(before: Any, now: Any) -> Any:
    around = now[:-2, 1:-1] + now[2:, 1:-1] + now[1:-1, :-2] + now[1:-1, 2:]
    inner = now[1:-1, 1:-1]
    return 2 * inner - before[1:-1, 1:-1] + SPEED * (around - 4 * inner)


class Wave(Stencil):
    """The membrane, let go at rest, after some steps; its rim stays as it is."""

    kernel = "wave"
    rate = SPEED

    @staticmethod
    def by_loops(start: Any, steps: int) -> Any:
        before, now = start.copy(), start.copy()
        for _ in range(steps):
            for i in range(1, now.shape[0] - 1):
                for j in range(1, now.shape[1] - 1):
                    around = (
                        now[i - 1, j] + now[i + 1, j] + now[i, j - 1] + now[i, j + 1]
                    )
                    bend = SPEED * (around - 4 * now[i, j])
                    before[i, j] = 2 * now[i, j] - before[i, j] + bend
            before, now = now, before
        return now

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

    def numpy(self) -> Callable[[], Any]:
        def work() -> Any:
            before, now = self.start.copy(), self.start.copy()
            for _ in range(self.steps):
                before[1:-1, 1:-1] = _inner(before, now)
                before, now = now, before
            return now

        return work


def questions(*, smoke: bool) -> Iterator[Question]:
    """Yield the one question."""
    size, steps = (6, 4) if smoke else (250, 500)
    yield Wave(size, steps).question()
