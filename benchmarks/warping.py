"""What do loops in loops cost? Dynamic time warping of two series of 1000.

And what one loop over anti-diagonals, whose slices move and whose widths change.
"""

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


def _by_diagonals(x: Any, y: Any) -> Any:
    n, m = len(x), len(y)
    turned = y[::-1].copy()
    before, last, new = [np.full(n + 1, np.inf) for _ in range(3)]
    before[0] = 0.0
    for d in range(n + m - 1):
        for i in range(max(0, d - m + 1), min(d + 1, n)):
            least = np.minimum(np.minimum(last[i + 1], last[i]), before[i])
            new[i + 1] = abs(x[i] - turned[m - 1 - d + i]) + least
        before[0] = np.inf
        before, last, new = last, new, before
    return last[-1]


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

    def limit(self, name: str = "warping") -> Callable[[], Any]:
        run, out = getattr(load_limit("warping", exact=True), name), np.empty(())

        def work() -> Any:
            call_limit(run, self.x, self.y, out, len(self.x), len(self.y))
            return out

        return work


class Diagonals(Warping):
    """The same, written by anti-diagonals."""

    def _symbolic(self, library: Any, T: Any) -> Callable[[], Any]:
        x, y = T.dvector("x"), T.dvector("y")
        n, m = x.shape[0], y.shape[0]
        turned, middle = y[::-1], m // 2 + 1
        far = T.alloc(T.constant(np.inf, dtype="float64"), 2, (n + m) // 2 + 4)

        def step(d: Any, before: Any, last: Any, x: Any, turned: Any) -> Any:
            # A cell replaces its neighbour above and to the left.
            low, high = T.maximum(1, d - m), T.minimum(d, n + 1)
            width = high - low
            at, left = low - d // 2 + middle, low - (d - 1) // 2 + middle
            cells, upper = slice(at, at + width), slice(left - 1, left - 1 + width)
            costs = abs(x[low - 1 : high - 1] - turned[m - d + low : m - d + high])
            ways = T.minimum(last[upper], last[left : left + width])
            new = costs + T.minimum(ways, before[cells])
            return T.set_subtensor(before[cells], new)

        rows, _ = library.scan(
            step,
            sequences=T.arange(2, n + m + 1),
            outputs_info={
                "initial": T.set_subtensor(far[0, middle], 0.0),
                "taps": [-2, -1],
            },
            non_sequences=[x, turned],
        )
        last = rows[-1, middle + n - (n + m) // 2]
        run = library.function([x, y], last)
        return lambda: run(self.x, self.y)

    def jax(self) -> Callable[[], Any]:
        jax = load_peer("jax")
        jnp, n = jax.numpy, len(self.x)
        border = jnp.full(n, jnp.inf)

        def value(x: Any, y: Any) -> Any:
            # Slices have one width there: cells beside the table are infinite.
            padded = jnp.concatenate([border, y[::-1], border])

            def step(states: Any, k: Any) -> Any:
                before, last = states
                costs = abs(x - jax.lax.dynamic_slice(padded, (k,), (n,)))
                least = jnp.minimum(jnp.minimum(last[:-1], last[1:]), before[:-1])
                new = last.at[1:].set(costs + least)
                return (last, new), None

            last = jnp.full(n + 1, jnp.inf)
            ks = jnp.arange(2 * n - 1, 0, -1)
            return jax.lax.scan(step, (last.at[0].set(0.0), last), ks)[0][1][-1]

        run = jax.jit(value)
        given = jax.device_put(self.x), jax.device_put(self.y)
        return lambda: run(*given).block_until_ready()

    def numba(self) -> Callable[[], Any]:
        run = load_peer("numba").njit(_by_diagonals)
        return lambda: run(self.x, self.y)

    def limit(self, name: str = "warping_diagonals") -> Callable[[], Any]:
        return super().limit(name)


def questions(*, smoke: bool) -> Iterator[Question]:
    """Yield both ways to fill the table."""
    length = 5 if smoke else 1000
    for kind, what in ((Warping, "row by row"), (Diagonals, "by anti-diagonals")):
        by = kind(length)
        makers = {
            "theanolike": by.theanolike,
            "numpy": by.numpy,
            "jax": by.jax,
            "pytensor": by.pytensor,
            "numba": by.numba,
            "limit: C++, serial, NaN as NumPy": by.limit,
        }
        if kind is Warping:
            makers["limit: the same by anti-diagonals"] = Diagonals(length).limit
        yield Question(
            f"dynamic time warping, {length} x {length}, {what}, float64 "
            "(numpy: by anti-diagonals)",
            "1.1 x by hand",
            makers,
            _by_loops(by.x, by.y),
        )
