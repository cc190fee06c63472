"""What do loops in loops cost? Dynamic time warping of two series of 1000."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.limits import call_limit, load_limit
from benchmarks.measure import Question
from benchmarks.peers import load_peer


def _by_loops(x: Any, y: Any) -> Any:
    row = np.full(len(y), np.inf)
    for i in range(len(x)):
        diagonal = 0.0 if i == 0 else np.inf
        left = np.inf
        for j in range(len(y)):
            above = row[j]
            left = abs(x[i] - y[j]) + np.minimum(np.minimum(above, left), diagonal)
            diagonal = above
            row[j] = left
    return row[-1]


class Warping:
    """The distance of two series, each of which may wait for the other."""

    def __init__(self, length: int) -> None:
        rng = np.random.default_rng(0)
        self.x, self.y = rng.normal(size=(2, length)).cumsum(axis=1)

    def theanolike(self) -> Callable[[], Any]:
        import theanolike as theano

        return self._symbolic(theano, theano.tensor)

    def pytensor(self) -> Callable[[], Any]:
        pytensor = load_peer("pytensor")
        work = self._symbolic(pytensor, pytensor.tensor)
        expected, got = _by_loops(self.x, self.y), work()
        if not np.isclose(got, expected):  # its FAST_COMPILE is right, in 3.0.7
            raise ArithmeticError(f"it finds {got}, not {expected}")
        return work

    def _symbolic(self, library: Any, T: Any) -> Callable[[], Any]:
        x, y = T.dvector("x"), T.dvector("y")
        far = T.constant(np.inf, dtype="float64")
        corners = T.concatenate([T.zeros(1), T.alloc(far, x.shape[0] - 1)])

        def cell(b: Any, above: Any, left: Any, diagonal: Any, a: Any) -> Any:
            least = T.minimum(T.minimum(above, left), diagonal)
            return abs(a - b) + least, above

        def row(a: Any, corner: Any, above: Any, y: Any) -> Any:
            starts = [far, corner]
            (cells, _), _ = library.scan(
                cell, sequences=[y, above], outputs_info=starts, non_sequences=a
            )
            return cells

        rows, _ = library.scan(
            row,
            sequences=[x, corners],
            outputs_info=T.alloc(far, y.shape[0]),
            non_sequences=y,
        )
        run = library.function([x, y], rows[-1, -1])
        return lambda: run(self.x, self.y)

    def jax(self) -> Callable[[], Any]:
        jax = load_peer("jax")
        jnp, scan = jax.numpy, jax.lax.scan
        corners = jnp.full(len(self.x), jnp.inf).at[0].set(0.0)

        def value(x: Any, y: Any) -> Any:
            def row(above: Any, given: Any) -> Any:
                a, corner = given

                def cell(states: Any, one: Any) -> Any:
                    (left, diagonal), (b, up) = states, one
                    least = jnp.minimum(jnp.minimum(up, left), diagonal)
                    new = abs(a - b) + least
                    return (new, up), new

                return scan(cell, (jnp.inf, corner), (y, above))[1], None

            return scan(row, jnp.full(len(y), jnp.inf), (x, corners))[0][-1]

        run = jax.jit(value)
        given = jax.device_put(self.x), jax.device_put(self.y)
        return lambda: run(*given).block_until_ready()

    def numba(self) -> Callable[[], Any]:
        run = load_peer("numba").njit(_by_loops)
        return lambda: run(self.x, self.y)

    def numpy(self) -> Callable[[], Any]:
        """Return the work by anti-diagonals, whose cells don't depend on each other."""
        x, y = self.x, self.y
        n = len(x)

        def work() -> Any:
            # Of the two diagonals before: cell (i, d - i) at i + 1.
            before, last = np.full(n + 1, np.inf), np.full(n + 1, np.inf)
            before[0] = 0.0
            for d in range(2 * n - 1):
                low, high = max(0, d - n + 1), min(d, n - 1) + 1
                at = slice(low, high)
                cost = abs(x[at] - y[d - high + 1 : d - low + 1][::-1])
                new = np.full(n + 1, np.inf)
                least = np.minimum(last[at], last[low + 1 : high + 1])
                new[low + 1 : high + 1] = cost + np.minimum(least, before[at])
                before, last = last, new
            return last[-1]

        return work

    def limit(self) -> Callable[[], Any]:
        run, out = load_limit("warping", exact=True).warping, np.empty(())

        def work() -> Any:
            call_limit(run, self.x, self.y, out, len(self.x), len(self.y))
            return out

        return work


def questions(*, smoke: bool) -> Iterator[Question]:
    """Yield the one question."""
    length = 5 if smoke else 1000
    by = Warping(length)
    yield Question(
        f"dynamic time warping, {length} x {length}, float64 "
        "(numpy: by anti-diagonals)",
        "1.1 x by hand",
        {
            "theanolike": by.theanolike,
            "numpy": by.numpy,
            "jax": by.jax,
            "pytensor": by.pytensor,
            "numba": by.numba,
            "limit: C++, serial, NaN as NumPy": by.limit,
        },
        _by_loops(by.x, by.y),
    )
