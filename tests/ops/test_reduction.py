"""Reductions: values, dtypes, axes, gradients at ties and zeros, errors."""

from typing import Any

import numpy as np
import pytest

from theanolike.ops import extrema as M
from theanolike.ops import reduction as R
from theanolike.ops import statistics as S
from theanolike.ops.cotangent import Cotangent, Missing
from theanolike.types.constants import constant
from theanolike.types.constructors import lscalar, matrix, tensor3, vector, zmatrix
from theanolike.types.type import TensorType

X = np.array([[[1.0, -2, 3], [4, 0, -6]], [[7, 8, 9], [-1, -1, 2]]])
AXES = [None, 0, 1, 2, -1, (0, 2), (1, 2), [0, 1], (0, 1, 2)]
NUMPY: dict[str, tuple[Any, Any]] = {
    "sum": (R.sum, np.sum),
    "prod": (R.prod, np.prod),
    "max": (M.max, np.max),
    "min": (M.min, np.min),
    "any": (R.any, np.any),
    "all": (R.all, np.all),
    "mean": (S.mean, np.mean),
    "var": (S.var, np.var),
    "std": (S.std, np.std),
}


def numpy_axis(axis):
    return tuple(axis) if isinstance(axis, list) else axis


@pytest.mark.parametrize("name", NUMPY)
def test_reductions_are_numpys(evaluate, name):
    ours, theirs = NUMPY[name]
    x = tensor3()
    cases = [(axis, keepdims) for axis in AXES for keepdims in (False, True)]
    results = evaluate([ours(x, axis, keepdims=k) for axis, k in cases], {x: X})
    for (axis, keepdims), got in zip(cases, results, strict=True):
        expected = theirs(X, axis=numpy_axis(axis), keepdims=keepdims)
        assert got.dtype == expected.dtype
        np.testing.assert_allclose(got, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("dtype", "summed", "averaged"),
    [
        ("bool", "int64", "float64"),
        ("int8", "int64", "float64"),
        ("uint16", "uint64", "float64"),
        ("float16", "float16", "float16"),
        ("float32", "float32", "float32"),
        ("complex64", "complex64", "complex64"),
    ],
)
def test_sums_widen_integers_and_keep_floats(evaluate, dtype, summed, averaged):
    x = TensorType(dtype, (None,))()
    value = np.array([1, 0, 1, 1]).astype(dtype)
    assert R.sum(x).dtype == R.prod(x).dtype == summed
    assert evaluate(R.sum(x), {x: value}) == 3
    assert S.mean(x).dtype == averaged
    assert evaluate(S.mean(x), {x: value}) == 0.75


def test_the_accumulator_can_be_chosen(evaluate):
    x = TensorType("float32", (None,))()
    value = np.array([1e8, 1, -1e8], "float32")
    assert evaluate(R.sum(x, acc_dtype="float64"), {x: value}) == 1
    y = R.sum(x, dtype="float64")
    assert y.dtype == "float64"
    assert y.owner.op.acc_dtype == "float64"
    assert R.sum(x.astype("float16")).owner.op.acc_dtype == "float32"
    with pytest.raises(TypeError, match="complex128"):
        R.sum(zmatrix(), dtype="float64")


def test_the_method_mean_takes_keepdims_third():
    x = matrix()
    assert x.mean(0, None, True).broadcastable == (True, False)


def test_scalars_reduce_to_themselves(evaluate):
    x = constant(-2.0)
    got = evaluate([R.sum(x), M.max(x), R.any(x), M.argmax(x), S.mean(x), S.var(x)])
    assert [float(v) for v in got] == [-2, -2, 1, 0, -2, 0]


def test_reductions_of_nothing(evaluate):
    x = matrix()
    empty = np.zeros((3, 0))
    assert evaluate(R.sum(x, 1), {x: empty}).tolist() == [0, 0, 0]
    assert evaluate(R.prod(x), {x: empty}) == 1
    assert not evaluate(R.any(x), {x: empty})
    assert evaluate(R.all(x), {x: empty})
    for extremum in (M.max, M.argmin):
        with pytest.raises(ValueError):
            evaluate(extremum(x, 1), {x: empty})
    assert evaluate(M.max(x, 0), {x: empty}).shape == (0,)


@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 2), (1, 2), (0, 1)], ids=str)
def test_places_of_extrema_are_the_first_in_row_major_order(evaluate, axis):
    x = tensor3()
    value = np.round(X / 4)
    kept = [
        k for k in range(3) if axis is not None and k not in np.atleast_1d(axis) % 3
    ]
    axes = [k for k in range(3) if k not in kept]
    flat = value.transpose(*kept, *axes).reshape([value.shape[k] for k in kept] + [-1])
    got = evaluate([M.argmax(x, axis), M.argmin(x, axis)], {x: value})
    np.testing.assert_array_equal(got[0], flat.argmax(-1))
    np.testing.assert_array_equal(got[1], flat.argmin(-1))


def test_extrema_propagate_nan(evaluate):
    x = vector()
    got = evaluate([M.max(x), M.min(x), M.argmax(x)], {x: [1, np.nan, 3]})
    assert np.isnan(got[0])
    assert np.isnan(got[1])
    assert got[2] == 1


def test_the_largest_and_its_place_come_in_a_list(evaluate):
    x = matrix()
    largest, place = M.max_and_argmax(x, axis=1, keepdims=True)
    assert largest.broadcastable == place.broadcastable == (False, True)
    assert evaluate(M.ptp(x, 0), {x: [[1, 2], [4, 0]]}).tolist() == [3, 2]


@pytest.mark.parametrize("axis", [0, (0, 1), None])
@pytest.mark.parametrize("ddof", [0, 1])
def test_variance_divides_by_count_less_ddof(evaluate, axis, ddof):
    x = matrix()
    value = X[0]
    got = evaluate(S.var(x, axis, ddof=ddof, corrected=True), {x: value})
    np.testing.assert_allclose(got, np.var(value, axis, ddof=ddof))


def test_variance_of_complex_numbers_is_real(evaluate):
    x = zmatrix()
    value = X[0] + 1j * X[1]
    np.testing.assert_allclose(evaluate(S.var(x, 1), {x: value}), np.var(value, 1))


@pytest.mark.parametrize(
    ("axis", "kind", "message"),
    [
        (3, ValueError, "Not enough dimensions on"),
        (-4, ValueError, "Not enough dimensions on"),
        ((0, 0), ValueError, "twice"),
        (1.5, TypeError, "Computation needs a constant axis. Got"),
    ],
)
def test_wrong_axes_are_refused(axis, kind, message):
    with pytest.raises(kind, match=message):
        M.max(tensor3(), axis)


def test_an_axis_may_be_a_constant_but_not_a_variable(evaluate):
    x = matrix()
    assert evaluate(R.sum(x, constant(0)), {x: np.ones((2, 3))}).tolist() == [2, 2, 2]
    assert R.sum(x, np.array([0, 1])).ndim == 0
    with pytest.raises(TypeError, match="constant axis"):
        R.sum(x, lscalar())


def test_extrema_of_complex_numbers_are_refused():
    with pytest.raises(TypeError, match="ordered"):
        M.max(zmatrix())


def test_the_cotangent_of_a_sum_is_spread_with_its_support(evaluate):
    x, g = matrix(), vector()
    support = TensorType("bool", (None,))()
    y = R.sum(x, 0)
    (c,) = y.owner.op.pullback(y.owner, [Cotangent(g, support)])
    values = {x: np.zeros((2, 3)), g: [1, 2, 3], support: [1, 0, 1]}
    assert evaluate(c.value, values).tolist() == [[1, 2, 3]] * 2
    assert evaluate(c.support, values).tolist() == [[True, False, True]] * 2


def test_every_tied_maximum_gets_the_whole_gradient(pulled):
    x, g = matrix(), vector()
    values = {x: [[1, 3, 3], [5, 0, 5]], g: [2, 4]}
    (gx,) = pulled(M.max(x, 1), [Cotangent(g)], values)
    assert gx.tolist() == [[0, 2, 2], [4, 0, 4]]
    (gx,) = pulled(M.min(x, 1), [Cotangent(g)], values)
    assert gx.tolist() == [[2, 0, 0], [0, 4, 0]]


def test_the_gradient_of_a_product_is_exact_with_any_number_of_zeros(pulled):
    x, g = matrix(), vector()
    value = [[2.0, 3, 4], [2, 0, 4], [0, 3, 0]]
    (gx,) = pulled(R.prod(x, 1), [Cotangent(g)], {x: value, g: [1, 1, 1]})
    assert gx.tolist() == [[12, 8, 6], [0, 8, 0], [0, 0, 0]]
    y = R.prod(x, 1, no_zeros_in_input=True)
    (gx,) = pulled(y, [Cotangent(g)], {x: [[2, 4]], g: [1]})
    assert gx.tolist() == [[4, 2]]


def test_what_is_discrete_passes_no_gradient():
    x = matrix()
    for y in (R.any(x), M.argmax(x), R.sum(TensorType("int64", (None,))())):
        (found,) = y.owner.op.pullback(y.owner, [Cotangent(y)])
        assert isinstance(found, Missing)
