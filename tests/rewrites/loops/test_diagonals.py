"""Tables that loops in loops fill: by anti-diagonals, the same numbers."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.errors import ShapeError
from theanolike.ops.scan.diagonals import Diagonals

SIZES = [(1, 1), (1, 5), (5, 1), (3, 4), (17, 9), (9, 17), (40, 70), (0, 3), (3, 0)]


def has_diagonals(function):
    return any(isinstance(n.op, Diagonals) for n in function.maker.fgraph.apply_nodes)


def last_row(x, y, cell, *, before=np.inf, top=None, dtype="float64"):
    """Return a table's last row, the corner carried along in the loop inside."""
    far = T.constant(before, dtype=dtype)
    top = T.alloc(far, y.shape[0]) if top is None else top
    corners = T.concatenate([T.zeros(1, dtype), T.alloc(far, x.shape[0] - 1)])

    def step(b, above, left, corner, a):
        return cell(left, above, corner, a, b), above

    def row(a, corner, above, y):
        (cells, _), _ = theano.scan(
            step, sequences=[y, above], outputs_info=[far, corner], non_sequences=a
        )
        return cells

    rows, _ = theano.scan(
        row, sequences=[x, corners], outputs_info=top, non_sequences=y
    )
    return rows[-1]


def warp(left, above, corner, a, b):
    return abs(a - b) + T.minimum(T.minimum(above, left), corner)


def by_loops(x, y, cell, *, before=np.inf, top=np.inf):
    table = np.full((len(x) + 1, len(y) + 1), before, dtype=x.dtype)
    table[0] = top
    table[0, 0] = 0
    for i, a in enumerate(x):
        for j, b in enumerate(y):
            table[i + 1, j + 1] = cell(
                table[i + 1, j], table[i, j + 1], table[i, j], a, b
            )
    return table[-1, 1:]


def warped(left, above, corner, a, b):
    return abs(a - b) + np.minimum(np.minimum(above, left), corner)


@pytest.fixture(scope="module")
def warping():
    x, y = T.dvectors("x", "y")
    return theano.function([x, y], last_row(x, y, warp))


@pytest.mark.parametrize(("n", "m"), SIZES[:-2])
def test_warping_goes_by_diagonals(warping, n, m):
    assert has_diagonals(warping)
    x, y = (
        np.random.default_rng(n).normal(size=n),
        np.random.default_rng(m).normal(size=m),
    )
    np.testing.assert_allclose(warping(x, y), by_loops(x, y, warped), rtol=1e-13)


def test_a_table_without_columns_is_empty_and_one_without_rows_an_error(warping):
    assert warping(np.ones(3), np.ones(0)).shape == (0,)
    with pytest.raises((IndexError, ShapeError)):
        warping(np.ones(0), np.ones(3))


def test_nan_and_infinity_go_where_they_went(warping):
    x, y = np.arange(12.0), np.arange(10.0)
    x[3], x[9], y[5] = np.inf, -1, np.nan
    np.testing.assert_array_equal(warping(x, y), by_loops(x, y, warped))


@pytest.mark.parametrize("dtype", ["float32", "int64"])
def test_other_dtypes_and_functions_of_cells(dtype):
    x, y = T.vector("x", dtype), T.vector("y", dtype)

    def most(left, above, corner, a, b):
        return T.maximum(T.maximum(left, above), corner + T.eq(a, b).astype(dtype))

    def most_of(left, above, corner, a, b):
        return max(left, above, corner + (a == b))

    run = theano.function([x, y], last_row(x, y, most, before=0, dtype=dtype))
    assert has_diagonals(run)
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 3, 30).astype(dtype), rng.integers(0, 3, 21).astype(dtype)
    expected = by_loops(a, b, most_of, before=0, top=0)
    np.testing.assert_array_equal(run(a, b), expected)


def shifted_row(x, y, costs, top, left, diagonals, gap):
    """Return a table's last row, the row above shifted as a whole."""

    def cell(cost, above, diagonal, left):
        return T.minimum(T.minimum(above, left) + gap, diagonal + cost)

    def row(costs, left, diagonal, above):
        shifted = T.concatenate([T.shape_padleft(diagonal), above[:-1]])
        cells, _ = theano.scan(cell, [costs, above, shifted], left, name="cells")
        return cells

    rows, _ = theano.scan(row, [costs, left, diagonals], top, name="rows")
    return theano.function([x, y], rows[-1])


def edits(x, y, costs, *, corner=0.0):
    top = T.arange(1, y.shape[0] + 1).astype("float64")
    left = T.arange(1, x.shape[0] + 1).astype("float64")
    diagonals = T.concatenate([T.shape_padleft(T.constant(corner)), left[:-1]])
    return shifted_row(x, y, costs, top, left, diagonals, 1.0)


@pytest.mark.parametrize("matrix", ["of edges", "whole"])
def test_edit_distances_from_a_matrix_of_costs(matrix):
    x, y = T.lvectors("x", "y")
    costs = T.neq(x[:, None], y[None, :]).astype("float64")
    if matrix == "whole":  # it is no function of a row's and of a column's element
        costs = T.dot(costs, T.eye(y.shape[0]))
    run = edits(x, y, costs)
    (node,) = [n for n in run.maker.fgraph.apply_nodes if isinstance(n.op, Diagonals)]
    assert node.op.tables == (matrix == "whole")
    rng = np.random.default_rng(1)
    for n, m in SIZES[:-2]:
        a, b = rng.integers(0, 4, n), rng.integers(0, 4, m)
        table = np.zeros((n + 1, m + 1))
        table[0], table[:, 0] = np.arange(m + 1), np.arange(n + 1)
        for i in range(n):
            for j in range(m):
                near = min(table[i, j + 1], table[i + 1, j]) + 1
                table[i + 1, j + 1] = min(near, table[i, j] + (a[i] != b[j]))
        np.testing.assert_array_equal(run(a, b), table[-1, 1:])


def test_a_corner_that_is_not_the_cell_beside_the_row_above_stays_a_loop(loops):
    x, y = T.lvectors("x", "y")
    costs = T.neq(x[:, None], y[None, :]).astype("float64")
    left = T.arange(1, x.shape[0] + 1).astype("float64")
    top = T.arange(1, y.shape[0] + 1).astype("float64")
    run = shifted_row(x, y, costs, top, left, 2 * left, 1.0)
    assert loops(run)
    assert not has_diagonals(run)
    a, b = np.array([1, 2, 3, 2]), np.array([1, 3, 2])
    above = np.arange(1.0, 4)
    for i in range(4):
        corner, before, row = 2.0 * (i + 1), i + 1.0, []
        for j in range(3):
            before = min(min(above[j], before) + 1, corner + (a[i] != b[j]))
            corner = above[j]
            row.append(before)
        above = np.array(row)
    np.testing.assert_array_equal(run(a, b), above)


def test_rows_that_are_read_and_gradients_stay_loops(loops):
    x, y = T.dvectors("x", "y")
    cost = last_row(x, y, warp)[-1]
    slope = theano.function([x, y], T.grad(cost, x))
    assert loops(slope)
    assert not has_diagonals(slope)
    a, b = np.random.default_rng(2).normal(size=(2, 6))
    step = 1e-6 * np.eye(6)
    value = lambda a: by_loops(a, b, warped)[-1]  # noqa: E731
    expected = [(value(a + s) - value(a - s)) / 2e-6 for s in step]
    np.testing.assert_allclose(slope(a, b), expected, atol=1e-8)


def test_a_row_that_gets_shorter_is_the_error_that_it_was():
    x, y, top = T.dvectors("x", "y", "top")
    rows = last_row(x, y, warp, top=top)
    run = theano.function([x, y, top], rows)
    assert has_diagonals(run)
    a, b = np.arange(4.0), np.arange(3.0)
    expected = by_loops(a, b, warped, top=np.r_[0.0, 1, 2, 3])
    np.testing.assert_array_equal(run(a, b, np.array([1.0, 2, 3])), expected)
    longer = run(a, np.arange(5.0), np.array([1.0, 2, 3]))
    np.testing.assert_array_equal(longer, expected)
    with pytest.raises(ValueError, match="shape|4"):
        run(a, b, np.arange(4.0))


def test_it_can_be_left_out(loops):
    x, y = T.dvectors("x", "y")
    mode = theano.compile.get_default_mode().excluding("table_by_diagonals")
    assert loops(theano.function([x, y], last_row(x, y, warp), mode=mode))


def test_the_interpreter_goes_by_diagonals_too(warping):
    node = next(
        n for n in warping.maker.fgraph.apply_nodes if isinstance(n.op, Diagonals)
    )
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=8), rng.normal(size=11)
    above, before = np.full(11, np.inf), np.full(8, np.inf)
    row = node.op.reference(above, before, np.float64(0), np.int64(11), x, y)
    np.testing.assert_allclose(row, by_loops(x, y, warped), rtol=1e-13)
