"""Edit distance and dynamic time warping, as loops in loops and by anti-diagonals."""

import argparse
from typing import Any

import numpy as np
from numpy.typing import NDArray

import theanolike as theano
import theanolike.tensor as T

Array = NDArray[np.float64]


def last_cell(costs: Any, corner: Any, top: Any, left: Any, gap: float) -> Any:
    """Return the cheapest way through a table of costs.

    A cell is reached from the left or from above for `gap` and its cost, and along the
    diagonal for its cost; `corner`, `top` and `left` stand before the first cells.
    """

    def cell(cost: Any, above: Any, diagonal: Any, before: Any) -> Any:
        either = T.minimum(above, before) + gap
        return (
            T.minimum(either, diagonal) if gap else T.minimum(either, diagonal) + cost
        )

    def row(costs: Any, before: Any, above: Any, diagonal: Any) -> Any:
        shifted = T.concatenate([T.shape_padleft(diagonal), above[:-1]])
        if gap:
            shifted = shifted + costs
        cells, _ = theano.scan(
            cell, sequences=[costs, above, shifted], outputs_info=before, name="cells"
        )
        return cells

    diagonals = T.concatenate([T.shape_padleft(corner), left[:-1]])

    def step(costs: Any, before: Any, diagonal: Any, above: Any) -> Any:
        return row(costs, before, above, diagonal)

    rows, _ = theano.scan(
        step, sequences=[costs, left, diagonals], outputs_info=top, name="rows"
    )
    return rows[-1, -1]


def edit_distance(a: Any, b: Any) -> Any:
    """Return how many letters to insert, delete and change to make `b` of `a`."""
    costs = T.neq(a[:, None], b[None, :]).astype("float64")
    top = T.arange(1, b.shape[0] + 1).astype("float64")
    left = T.arange(1, a.shape[0] + 1).astype("float64")
    return last_cell(costs, T.constant(0.0), top, left, gap=1.0)


def warping(x: Any, y: Any) -> Any:
    """Return the distance of two series, each of which may wait for the other."""
    costs = abs(x[:, None] - y[None, :])
    far = T.constant(np.inf)
    top, left = T.alloc(far, y.shape[0]), T.alloc(far, x.shape[0])
    return last_cell(costs, T.constant(0.0), top, left, gap=0.0)


def warping_by_diagonals(x: Any, y: Any) -> Any:
    """Return the same by one loop, over the anti-diagonals of the table.

    The cells of a diagonal need those of the two before it, but none of each other.
    Cell (i, j) is on diagonal d = i + j, counted from 1, at place i - d // 2 from the
    middle: where its neighbour (i - 1, j - 1) was, which it replaces.
    """
    n, m = x.shape[0], y.shape[0]
    turned, middle = y[::-1], m // 2 + 1

    def step(d: Any, before: Any, last: Any) -> Any:
        low, high = T.maximum(1, d - m), T.minimum(d, n + 1)
        at, left = low - d // 2 + middle, low - (d - 1) // 2 + middle
        width = high - low
        cells = slice(at, at + width)
        costs = abs(x[low - 1 : high - 1] - turned[m - d + low : m - d + high])
        ways = T.minimum(last[left - 1 : left - 1 + width], last[left : left + width])
        return T.set_subtensor(before[cells], costs + T.minimum(ways, before[cells]))

    far = T.alloc(T.constant(np.inf), 2, (n + m) // 2 + 4)
    starts = T.set_subtensor(far[0, middle], 0.0)
    diagonals, _ = theano.scan(
        step,
        sequences=T.arange(2, n + m + 1),
        outputs_info={"initial": starts, "taps": [-2, -1]},
        name="diagonals",
    )
    return diagonals[-1, middle + n - (n + m) // 2]


def warping_by_loops(x: Array, y: Array) -> float:
    """Return the same by loops in Python."""
    table = np.full((len(x) + 1, len(y) + 1), np.inf)
    table[0, 0] = 0
    for i, a in enumerate(x):
        for j, b in enumerate(y):
            ways = min(table[i, j], table[i, j + 1], table[i + 1, j])
            table[i + 1, j + 1] = abs(a - b) + ways
    return float(table[-1, -1])


def edits_by_loops(a: str, b: str) -> int:
    """Return the edit distance by loops in Python."""
    row = list(range(len(b) + 1))
    for i, one in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(b, 1):
            changed = diagonal + (one != other)
            diagonal = row[j]
            row[j] = min(changed, row[j] + 1, row[j - 1] + 1)
    return row[-1]


def letters(word: str) -> NDArray[np.int64]:
    """Return the code points of a word."""
    return np.array([ord(letter) for letter in word], dtype="int64")


def main() -> None:
    """Compare words and series."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*", default=["kitten", "sitting"])
    parser.add_argument("--length", type=int, default=200, help="default 200")
    options = parser.parse_args()

    a, b = T.lvectors("a", "b")
    edits = theano.function([a, b], edit_distance(a, b))
    for one in options.words[:-1]:
        for other in options.words[1:]:
            count = int(edits(letters(one), letters(other)))
            same = count == edits_by_loops(one, other)
            print(f"{one} -> {other}: {count} edits, by loops the same: {same}")

    x, y = T.dvectors("x", "y")
    distance = warping(x, y)
    warp = theano.function([x, y], distance)
    slope = theano.function([x, y], T.grad(distance, x))
    rng = np.random.default_rng(3)
    series = np.sin(np.linspace(0, 12, options.length))
    late = np.sin(np.linspace(-0.5, 11, options.length))
    late += rng.normal(scale=0.05, size=options.length)
    found, expected = float(warp(series, late)), warping_by_loops(series, late)
    print(f"warped: {found:.6f}, by loops the same: {np.isclose(found, expected)}")
    slanted = theano.function([x, y], warping_by_diagonals(x, y))
    is_same = np.isclose(slanted(series, late), found)
    print(f"by anti-diagonals the same: {is_same}")
    print(f"point by point: {abs(series - late).sum():.6f}")
    eps = 1e-6
    moved = series.copy()
    moved[5] += eps
    by_difference = (float(warp(moved, late)) - found) / eps
    agrees = np.isclose(slope(series, late)[5], by_difference, atol=1e-4)
    print(f"the gradient is that of the cheapest way: {agrees}")


if __name__ == "__main__":
    main()
