"""Joining, stacking, splitting, repeating and rolling."""

import numpy as np
import pytest

from theanolike.errors import UnsupportedError
from theanolike.ops import joining as J
from theanolike.ops import repetition as R
from theanolike.ops.cotangent import Cotangent, Missing
from theanolike.types.constants import as_tensor_variable
from theanolike.types.constructors import (
    fmatrix,
    lmatrix,
    lscalar,
    lvector,
    matrix,
    scalar,
    vector,
)
from theanolike.types.type import TensorType

X = np.arange(12.0).reshape(3, 4)
Y = -np.arange(8.0).reshape(2, 4)


def test_join_along_each_axis(evaluate):
    x, y = matrix(), matrix()
    got = evaluate(J.join(0, x, y, x), {x: X, y: Y})
    np.testing.assert_array_equal(got, np.concatenate([X, Y, X]))
    got = evaluate(J.concatenate([x, x * 2], axis=-1), {x: X})
    np.testing.assert_array_equal(got, np.concatenate([X, X * 2], axis=1))


def test_join_promotes_and_adds_known_extents(evaluate):
    x, y = TensorType("float32", (2, 3))(), TensorType("int64", (4, None))()
    z = J.join(0, x, y)
    assert z.type.same(TensorType("float64", (6, 3)))


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (lambda: J.join(0), ValueError, "Cannot join an empty list"),
        (lambda: J.join(0, matrix(), vector()), TypeError, "same number of dim"),
        (lambda: J.join(2, matrix(), matrix()), ValueError, "out of range"),
        (lambda: J.join(0, scalar(), scalar()), TypeError, "dimension 0"),
        (lambda: J.join(lscalar(), matrix(), matrix()), TypeError, "known early"),
        (lambda: J.concatenate(matrix()), TypeError, "either a tuple or a list"),
        (lambda: J.stack([]), ValueError, "empty list"),
        (lambda: J.stack([matrix(), vector()]), TypeError, "same number of dim"),
        (
            lambda: J.join(
                0, TensorType("int8", (1, 2))(), TensorType("int8", (1, 3))()
            ),
            ValueError,
            "equal extents",
        ),
    ],
)
def test_wrong_joins_are_refused(make, kind, message):
    with pytest.raises(kind, match=message):
        make()


def test_join_of_unequal_extents_fails_in_the_run(evaluate):
    x, y = matrix(), matrix()
    with pytest.raises(ValueError):
        evaluate(J.join(1, x, y), {x: X, y: Y})


def test_each_joined_tensor_gets_its_part_of_the_cotangent(evaluate):
    x, y, n = matrix(), fmatrix(), lmatrix()
    z = J.join(0, x, y, n)
    g = matrix()
    support = TensorType("bool", (None, None))()
    G = np.arange(24.0).reshape(6, 4)
    found = z.owner.op.pullback(z.owner, [Cotangent(g, support)])
    values = {x: X, y: Y, n: np.zeros((1, 4)), g: G, support: G > 10}
    np.testing.assert_array_equal(evaluate(found[0].value, values), G[:3])
    part = evaluate(found[1].value, values)
    assert part.dtype == "float32"
    np.testing.assert_array_equal(part, G[3:5])
    np.testing.assert_array_equal(evaluate(found[1].support, values), G[3:5] > 10)
    assert isinstance(found[2], Missing)


def test_stack_in_its_new_and_old_form(evaluate):
    x, y = matrix(), matrix()
    for axis in (0, 1, 2, -1):
        got = evaluate(J.stack([x, y], axis=axis), {x: X, y: X * 2})
        np.testing.assert_array_equal(got, np.stack([X, X * 2], axis))
    np.testing.assert_array_equal(
        evaluate(J.stack([x, y], 1), {x: X, y: X}), np.stack([X, X], 1)
    )
    with pytest.warns(DeprecationWarning, match="deprecated"):
        z = J.stack(x, y)
    assert evaluate(z, {x: X, y: X}).shape == (2, 3, 4)


def test_scalars_stack_to_a_vector_that_promotes(evaluate):
    a, b = scalar(), lscalar()
    z = J.stack([a, b, 1])
    assert z.type.same(TensorType("float64", (3,)))
    assert evaluate(z, {a: 0.5, b: 2}).tolist() == [0.5, 2.0, 1.0]
    assert evaluate(as_tensor_variable([a, 2.0]), {a: 1}).tolist() == [1.0, 2.0]


def test_nested_lists_stack_a_dim_per_level(evaluate):
    a, b = scalar(), scalar()
    z = J.stacklists([[a, b], [b, 1.0]])
    assert evaluate(z, {a: 1, b: 2}).tolist() == [[1, 2], [2, 1]]


def test_matrices_stack_sideways_and_upright(evaluate):
    x, y = matrix(), matrix()
    assert evaluate(J.horizontal_stack(x, x), {x: X}).shape == (3, 8)
    assert evaluate(J.vertical_stack(x, y), {x: X, y: Y}).shape == (5, 4)
    with pytest.raises(ValueError, match="two matrices"):
        J.vertical_stack(vector(), x)


def test_split_cuts_at_the_given_lengths(evaluate):
    x, n = matrix(), lscalar()
    a, b = J.split(x, [n, 1], 2, axis=1)
    got = evaluate([a, b], {x: X, n: 3})
    np.testing.assert_array_equal(got[0], X[:, :3])
    np.testing.assert_array_equal(got[1], X[:, 3:])
    (whole,) = J.split(x, [3], 1)
    np.testing.assert_array_equal(evaluate(whole, {x: X}), X)
    assert [p.type.shape for p in J.split(x, [1, 2], 2)] == [(1, None), (2, None)]


@pytest.mark.parametrize("lengths", [[2, 3], [4, -1]])
def test_lengths_that_do_not_fit_fail_in_the_run(evaluate, lengths):
    x, v = matrix(), lvector()
    a, b = J.split(x, v, 2)
    with pytest.raises(ValueError):
        evaluate([a, b], {x: X, v: lengths})


def test_the_cotangent_of_split_is_joined_with_zeros_for_what_is_missing(evaluate):
    x = matrix()
    a, b = J.split(x, [1, 2], 2)
    g = matrix()
    pulled = b.owner.op.pullback(b.owner, [None, Cotangent(g)])
    got = evaluate(pulled[0].value, {x: X, g: np.ones((2, 4))})
    np.testing.assert_array_equal(got, np.repeat([[0.0], [1], [1]], 4, 1))
    assert a.owner is b.owner


@pytest.mark.parametrize("reps", [2, (2, 3), (2, 1, 3), (0, 1)])
def test_tile_repeats_the_whole(evaluate, reps):
    x = matrix()
    got = evaluate(R.tile(x, reps), {x: X})
    np.testing.assert_array_equal(got, np.tile(X, reps))


def test_tile_takes_symbolic_counts_and_a_rank(evaluate):
    x, n = vector(), lscalar()
    got = evaluate(R.tile(x, (n, 2), ndim=3), {x: [1, 2], n: 3})
    np.testing.assert_array_equal(got, np.tile([1, 2], (1, 3, 2)))


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_repeat_by_a_scalar(evaluate, axis):
    x, n = matrix(), lscalar()
    got = evaluate(R.repeat(x, n, axis), {x: X, n: 3})
    np.testing.assert_array_equal(got, np.repeat(X, 3, axis))


def test_repeat_by_an_unknown_vector_says_that_it_is_not_there():
    with pytest.raises(UnsupportedError, match="x\\[indices\\]"):
        R.repeat(matrix(), lvector(), 0)


@pytest.mark.parametrize(("shift", "axis"), [(1, 0), (-5, 1), (7, None), (0, 1)])
def test_roll_goes_around_the_end(evaluate, shift, axis):
    x = matrix()
    got = evaluate(R.roll(x, shift, axis), {x: X})
    np.testing.assert_array_equal(got, np.roll(X, shift, axis))


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (lambda x: R.tile(x, (2, 3)), 6.0),
        (lambda x: R.repeat(x, 4, 1), 4.0),
        (lambda x: R.roll(x, 2, 1), 1.0),
    ],
)
def test_cotangents_of_repetitions_are_summed_over_the_copies(pulled, f, expected):
    x = matrix()
    y = f(x)
    (gx, *_) = pulled(y, [Cotangent(y * 0 + 1)], {x: X})
    np.testing.assert_array_equal(gx, np.full((3, 4), expected))


def test_the_cotangent_of_roll_is_rolled_back(pulled):
    x, g = vector(), vector()
    (gx, _) = pulled(R.roll(x, 1), [Cotangent(g)], {x: [0, 0, 0], g: [1, 2, 3]})
    assert gx.tolist() == [2, 3, 1]
