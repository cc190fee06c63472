"""Conversion between dtypes."""

import numpy as np
import pytest

import theanolike.tensor as T
from theanolike.config import config
from theanolike.gradient.reverse import grad
from theanolike.ops.cast import cast
from theanolike.testing import reference_values


def value(variable, givens):
    return reference_values([variable], givens)[0]


def test_a_cast_to_the_same_dtype_is_the_variable_itself():
    x = T.dvector()
    assert cast(x, "float64") is x
    assert x.astype(np.float64) is x


def test_floatx_is_the_configurations():
    assert cast(T.lvector(), "floatX").dtype == config.floatX


def test_complex_to_real_is_ambiguous():
    with pytest.raises(TypeError, match="Casting from complex to real is ambiguous"):
        cast(T.zvector(), "float64")


def test_an_unknown_dtype_is_a_type_error():
    with pytest.raises(TypeError, match="dtype"):
        cast(T.dvector(), "float128x")


def test_a_python_number_becomes_a_constant():
    assert cast(3, "float32").dtype == "float32"
    assert cast(3, "float32").data == 3


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64"])
def test_what_no_integer_holds_wraps_from_the_least_int64(dtype):
    x = T.dvector("x")
    got = value(cast(x, dtype), {x: [np.nan, np.inf, -np.inf, 1e300, -1.9, 1.9]})
    lowest = np.int64(-(2**63)).astype(dtype)
    assert got.tolist() == [lowest] * 4 + [-1, 1]


def test_floats_wrap_into_narrow_integers():
    x = T.dvector("x")
    assert value(cast(x, "int8"), {x: [300.7, -129.0]}).tolist() == [44, 127]
    assert value(cast(x, "uint8"), {x: [-1.0, 256.0]}).tolist() == [255, 0]


def test_large_floats_fit_in_uint64():
    x = T.dvector("x")
    assert value(cast(x, "uint64"), {x: [2.0**63, 5.5]}).tolist() == [2**63, 5]


def test_bools_are_what_is_not_zero():
    x = T.dvector("x")
    got = value(cast(x, "bool"), {x: [0.0, -0.0, 0.1, np.nan]})
    assert got.tolist() == [False, False, True, True]


def test_gradients_pass_between_floats_and_stop_at_integers():
    x = T.fscalar("x")
    gradient = grad(cast(x, "float64") ** 2 + cast(x, "int32"), x)
    assert gradient.dtype == "float32"
    assert value(gradient, {x: np.float32(3)}) == 6
