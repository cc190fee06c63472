"""Filled arrays, ranges, identity, triangles, diagonals, grids."""

import numpy as np
import pytest

from theanolike.ops import creation as C
from theanolike.ops import diagonal as D
from theanolike.ops.cotangent import Cotangent
from theanolike.types.constructors import (
    dscalar,
    fmatrix,
    iscalar,
    lscalar,
    matrix,
    scalar,
    tensor3,
    vector,
)

X = np.arange(12.0).reshape(3, 4) + 1


def test_zeros_and_ones_know_their_shape_and_dtype(evaluate):
    z = C.zeros((1, 3))
    assert z.broadcastable == (True, False)
    assert z.type.shape == (1, 3)
    np.testing.assert_array_equal(evaluate(z), np.zeros((1, 3)))
    one = evaluate(C.ones(4, dtype="int8"))
    assert one.dtype == "int8"
    assert one.tolist() == [1] * 4
    x, n = matrix(), lscalar()
    assert evaluate(C.zeros((n, 2)), {n: 5}).shape == (5, 2)
    assert evaluate(C.ones(x.shape), {x: X}).shape == (3, 4)
    assert evaluate(C.zeros([])).shape == ()


def test_zeros_like_takes_a_dtype(evaluate):
    x = fmatrix()
    got = evaluate([C.zeros_like(x), C.ones_like(x, dtype="int32")], {x: X})
    assert [a.dtype.name for a in got] == ["float32", "int32"]
    assert got[0].sum() == 0
    assert (got[1] == 1).all()


def test_alloc_repeats_a_value(evaluate):
    v, n = vector(), lscalar()
    y = C.alloc(v, n, 3)
    np.testing.assert_array_equal(
        evaluate(y, {v: [1, 2, 3], n: 2}), [[1, 2, 3], [1, 2, 3]]
    )
    assert C.alloc(1, 2).dtype == "int64"
    with pytest.raises(TypeError, match="more dimensions"):
        C.alloc(matrix(), 3)
    with pytest.raises(TypeError, match="must be integers"):
        C.alloc(0.0, dscalar())
    with pytest.raises(ValueError, match="negative"):
        C.zeros((-1,))
    assert evaluate(C.AllocEmpty("float32")(2, n), {n: 3}).shape == (2, 3)


def test_the_cotangent_of_alloc_is_summed(pulled):
    a = scalar()
    y = C.alloc(a, 2, 3)
    (ga, *_) = pulled(y, [Cotangent(y * 0 + 2)], {a: 5})
    assert ga == 12


@pytest.mark.parametrize(
    "args", [(5,), (2, 7), (1, 10, 3), (10, 0, -2), (3, 3), (5, 2), (0, 10, 100)]
)
def test_arange_of_integers(evaluate, args):
    expected = np.arange(*args)
    y = C.arange(*args)
    assert y.type.shape == expected.shape
    got = evaluate(y)
    assert got.dtype == "int64"
    np.testing.assert_array_equal(got, expected)
    symbols = [lscalar() for _ in args]
    got = evaluate(C.arange(*symbols), dict(zip(symbols, args, strict=True)))
    np.testing.assert_array_equal(got, expected)


def test_arange_of_floats_and_dtypes(evaluate):
    np.testing.assert_allclose(evaluate(C.arange(0.0, 1.0, 0.3)), np.arange(0, 1, 0.3))
    a = dscalar()
    np.testing.assert_allclose(evaluate(C.arange(a), {a: 2.5}), [0, 1, 2])
    assert C.arange(iscalar()).dtype == "int64"
    assert C.arange(3, dtype="float32").dtype == "float32"
    assert evaluate(C.arange(3, dtype="uint8")).dtype == "uint8"
    with pytest.raises(ValueError, match="step"):
        C.arange(0, 5, 0)
    with pytest.raises(TypeError, match="scalars"):
        C.arange(vector())


def test_identity_and_triangles(evaluate):
    n = lscalar()
    np.testing.assert_array_equal(evaluate(D.eye(3)), np.eye(3))
    np.testing.assert_array_equal(evaluate(D.eye(n, 4, -1), {n: 3}), np.eye(3, 4, -1))
    assert D.eye(3, dtype="int32").dtype == "int32"
    np.testing.assert_array_equal(evaluate(D.tri(3, 5, 1)), np.tri(3, 5, 1))
    x = matrix()
    for k in (-1, 0, 2):
        got = evaluate([D.tril(x, k), D.triu(x, k)], {x: X})
        np.testing.assert_array_equal(got[0], np.tril(X, k))
        np.testing.assert_array_equal(got[1], np.triu(X, k))
    np.testing.assert_array_equal(evaluate(D.identity_like(x), {x: X}), np.eye(3, 4))


def test_a_triangle_keeps_no_nan_of_the_other_one(evaluate):
    x = matrix()
    got = evaluate(D.tril(x), {x: [[1.0, np.nan], [2.0, 3.0]]})
    assert got.tolist() == [[1, 0], [2, 3]]


@pytest.mark.parametrize("k", [-2, -1, 0, 1, 3])
def test_diagonals_are_taken_and_set(evaluate, k):
    x, v = matrix(), vector()
    np.testing.assert_array_equal(evaluate(D.diagonal(x, k), {x: X}), np.diagonal(X, k))
    got = evaluate(D.diag(v, k), {v: [1, 2]})
    np.testing.assert_array_equal(got, np.diag([1.0, 2.0], k))


def test_diagonals_of_any_two_axes(evaluate, pulled):
    x = tensor3()
    value = np.arange(24.0).reshape(2, 3, 4)
    for axes in [(0, 1), (2, 0), (1, 2)]:
        y = D.diagonal(x, 1, *axes)
        np.testing.assert_array_equal(
            evaluate(y, {x: value}), np.diagonal(value, 1, *axes)
        )
        (gx,) = pulled(y, [Cotangent(y)], {x: value})
        mask = np.zeros_like(value)
        for place in np.diagonal(np.arange(24).reshape(2, 3, 4), 1, *axes).ravel():
            mask.ravel()[place] = 1
        np.testing.assert_array_equal(gx, value * mask)


def test_trace_sums_the_diagonal(evaluate):
    x = matrix()
    assert evaluate(x.trace(), {x: X}) == np.trace(X)


def test_grids(evaluate):
    np.testing.assert_array_equal(evaluate(C.mgrid[0:3, 1:6:2]), np.mgrid[0:3, 1:6:2])
    for got, expected in zip(
        evaluate(list(C.ogrid[0:3, 1:6:2])), np.ogrid[0:3, 1:6:2], strict=True
    ):
        np.testing.assert_array_equal(got, expected)
    with pytest.raises(NotImplementedError, match="complex step"):
        C.mgrid[0:1:3j]
