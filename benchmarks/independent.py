"""Do rows that need nothing of each other use all cores? Maps, pendulums, a sum."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.limits import call_limit, load_limit
from benchmarks.measure import Question
from benchmarks.peers import load_peer
from benchmarks.pendulum import H, numba_sin, swung
from benchmarks.symbolic import Symbolic

START = 0.3


class LogisticMaps(Symbolic):
    """A logistic map for each of many rates."""

    def __init__(self, rows: int, steps: int) -> None:
        self.steps = steps
        # Where it isn't chaotic, which would make much of the last bits.
        self.rates = np.linspace(1.5, 3.5, rows)

    def _symbolic(self, library: Any, T: Any) -> Callable[[], Any]:
        rates = T.dvector("rates")
        start = T.constant(START, dtype="float64")

        def follow(rate: Any) -> Any:
            rows, _ = library.scan(
                lambda x, rate: rate * x * (1 - x),
                outputs_info=start,
                non_sequences=rate,
                n_steps=self.steps,
            )
            return rows[-1]

        last, _ = library.scan(follow, sequences=rates)
        run = library.function([rates], last)
        return lambda: run(self.rates)

    def jax(self) -> Callable[[], Any]:
        jax = load_peer("jax")

        def follow(rate: Any) -> Any:
            return jax.lax.fori_loop(
                0, self.steps, lambda _, x: rate * x * (1 - x), START
            )

        run, rates = jax.jit(jax.vmap(follow)), jax.device_put(self.rates)
        return lambda: run(rates).block_until_ready()

    def numba(self) -> Callable[[], Any]:
        numba, steps = load_peer("numba"), self.steps

        def follow(rates: Any) -> Any:
            out = np.empty(len(rates))
            for k in numba.prange(len(rates)):
                x = START
                for _ in range(steps):
                    x = rates[k] * x * (1 - x)
                out[k] = x
            return out

        run = numba.njit(parallel=True)(follow)
        return lambda: run(self.rates)

    def numpy(self) -> Callable[[], Any]:
        """Return the work on all rows at once, step by step."""

        def work() -> Any:
            x = np.full(len(self.rates), START)
            for _ in range(self.steps):
                x = self.rates * x * (1 - x)
            return x

        return work

    def limit(self) -> Callable[[], Any]:
        run, out = load_limit("independent").logistic_maps, np.empty(len(self.rates))

        def work() -> Any:
            call_limit(run, self.rates, out, START, len(out), self.steps)
            return out

        return work


class Pendulums(Symbolic):
    """A pendulum let go at each of many angles."""

    def __init__(self, rows: int, steps: int) -> None:
        self.steps = steps
        self.starts = np.linspace(0.1, 3.0, rows)

    def _symbolic(self, library: Any, T: Any) -> Callable[[], Any]:
        starts, rest = T.dvector("starts"), T.constant(0.0, dtype="float64")

        def swing(start: Any) -> Any:
            (angles, _), _ = library.scan(
                lambda x, v: swung(x, v, T.sin),
                outputs_info=[start, rest],
                n_steps=self.steps,
            )
            return angles[-1]

        last, _ = library.scan(swing, sequences=starts)
        run = library.function([starts], last)
        return lambda: run(self.starts)

    def jax(self) -> Callable[[], Any]:
        jax = load_peer("jax")

        def swing(start: Any) -> Any:
            def step(_: Any, state: Any) -> Any:
                x, v = state
                return swung(x, v, jax.numpy.sin)

            return jax.lax.fori_loop(0, self.steps, step, (start, 0.0))[0]

        run, starts = jax.jit(jax.vmap(swing)), jax.device_put(self.starts)
        return lambda: run(starts).block_until_ready()

    def numba(self) -> Callable[[], Any]:
        numba, steps = load_peer("numba"), self.steps
        after, sin = numba.njit(swung), numba_sin()

        def swing(starts: Any) -> Any:
            out = np.empty(len(starts))
            for k in numba.prange(len(starts)):
                x, v = starts[k], 0.0
                for _ in range(steps):
                    x, v = after(x, v, sin)
                out[k] = x
            return out

        run = numba.njit(parallel=True)(swing)
        return lambda: run(self.starts)

    def numpy(self) -> Callable[[], Any]:
        """Return the work on all rows at once, step by step."""

        def work() -> Any:
            x, v = self.starts, np.zeros(len(self.starts))
            for _ in range(self.steps):
                x, v = swung(x, v, np.sin)
            return x

        return work

    def limit(self) -> Callable[[], Any]:
        run, out = load_limit("independent").pendulums, np.empty(len(self.starts))

        def work() -> Any:
            call_limit(run, self.starts, out, H, len(out), self.steps)
            return out

        return work


class Fits(Symbolic):
    """How a sum of squared misses changes with the pull and drag of pendulums."""

    def __init__(self, rows: int, steps: int) -> None:
        self.steps = steps
        self.starts = np.linspace(0.1, 2.5, rows)
        self.seen = np.cos(self.starts)
        self.given = np.array([1.1, 0.2])

    def _symbolic(self, library: Any, T: Any) -> Callable[[], Any]:
        starts, seen, given = T.dvectors("starts", "seen", "given")
        rest = T.constant(0.0, dtype="float64")

        def miss(start: Any, seen: Any, pull: Any, drag: Any) -> Any:
            (angles, _), _ = library.scan(
                lambda x, v, pull, drag: slowed(x, v, pull, drag, T.sin),
                outputs_info=[start, rest],
                non_sequences=[pull, drag],
                n_steps=self.steps,
            )
            return (angles[-1] - seen) ** 2

        rows, _ = library.scan(
            miss, sequences=[starts, seen], non_sequences=[given[0], given[1]]
        )
        run = library.function([starts, seen, given], library.grad(rows.sum(), given))
        return lambda: run(self.starts, self.seen, self.given)

    def jax(self) -> Callable[[], Any]:
        jax = load_peer("jax")

        def miss(given: Any, start: Any, seen: Any) -> Any:
            def step(state: Any, _: Any) -> Any:
                return slowed(*state, *given, jax.numpy.sin), None

            first = (start, jax.numpy.zeros(()))
            (x, _), _ = jax.lax.scan(step, first, None, self.steps)
            return (x - seen) ** 2

        def total(given: Any, *rows: Any) -> Any:
            return jax.vmap(miss, (None, 0, 0))(given, *rows).sum()

        run = jax.jit(jax.grad(total))
        arguments = jax.device_put((self.given, self.starts, self.seen))
        return lambda: run(*arguments).block_until_ready()

    def numpy(self) -> Callable[[], Any]:
        """Return the work on all rows at once, step by step and back."""

        def work() -> Any:
            (pull, drag), x = self.given, self.starts
            v = np.zeros(len(x))
            states = []
            for _ in range(self.steps):
                states.append((x, v))
                x, v = slowed(x, v, pull, drag, np.sin)
            dx, dv, total = 2 * (x - self.seen), 0.0, np.zeros(2)
            for x, v in reversed(states):
                dv = dv + H * dx
                total -= H * np.sum(dv * np.sin(x)), H * np.sum(dv * v)
                dx = dx - H * pull * np.cos(x) * dv
                dv = dv * (1 - H * drag)
            return total

        return work

    def limit(self) -> Callable[[], Any]:
        run, out = load_limit("independent").fits, np.empty(2)
        kept = np.empty(2 * self.steps)

        def work() -> Any:
            rows = len(self.starts), self.steps
            call_limit(run, self.starts, self.seen, self.given, out, kept, H, *rows)
            return out

        return work


def slowed(x: Any, v: Any, pull: Any, drag: Any, sin: Any) -> Any:
    """Return angle and speed a step later."""
    after = v - H * (pull * sin(x) + drag * v)
    return x + H * after, after


def questions(*, smoke: bool) -> Iterator[Question]:
    """Yield a question for each kind of row."""
    rows, steps = (3, 20) if smoke else (64, 20_000)
    angles, swings = (3, 20) if smoke else (256, 1000)
    asked: list[tuple[str, LogisticMaps | Pendulums]] = [
        (f"{rows} logistic maps, {steps:,} steps", LogisticMaps(rows, steps)),
        (f"{angles} pendulums, {swings:,} steps", Pendulums(angles, swings)),
    ]
    for title, by in asked:
        yield Question(
            f"{title}, float64 (numpy: all rows at once; limit: row by row)",
            "0.6 x by hand on two cores",
            {
                "theanolike": by.theanolike,
                "theanolike on one thread": by.one_thread,
                "numpy": by.numpy,
                "jax": by.jax,
                "pytensor": by.pytensor,
                "numba": by.numba,
                "limit: C++, serial": by.limit,
            },
            by.numpy()(),
        )
    fits = Fits(angles, swings)
    yield Question(
        f"gradient by two numbers, summed over {angles} pendulums, {swings:,} steps, "
        "float64 (numpy: all rows at once; limit: row by row)",
        "0.6 x by hand on two cores",
        {
            "theanolike": fits.theanolike,
            "theanolike on one thread": fits.one_thread,
            "numpy": fits.numpy,
            "jax": fits.jax,
            "pytensor": fits.pytensor,
            "limit: C++, serial": fits.limit,
        },
        fits.numpy()(),
    )
