"""Arithmetic where it is not obvious: zeros, wrapping, weak scalars, ties."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.gradient.reverse import grad
from theanolike.graph.traverse import explicit_inputs
from theanolike.ops import arithmetic as ops
from theanolike.testing import reference_values


def value(variable, **givens):
    inputs = {v: givens[str(v.name)] for v in explicit_inputs([variable])}
    return reference_values([variable], inputs)[0]


def test_integers_divided_by_zero_give_zero():
    x = T.ivector("x")
    assert value(x // 0, x=[5, -5, 0]).tolist() == [0, 0, 0]
    assert value(x % 0, x=[5, -5, 0]).tolist() == [0, 0, 0]


def test_the_least_integer_over_minus_one_is_itself():
    x = T.bvector("x")
    assert value(x // -1, x=[-128]).tolist() == [-128]
    assert value(abs(x), x=[-128]).tolist() == [-128]


def test_an_integer_to_a_negative_power_is_rounded_towards_zero():
    x, n = T.lvector("x"), T.lvector("n")
    result = value(x**n, x=[1, -1, -1, 2, -3, 0], n=[-5, -3, -2, -1, -1, -1])
    assert result.tolist() == [1, -1, 1, 0, 0, 0]


def test_division_of_integers_is_a_float():
    x = T.ivector("x")
    assert (x / 2).dtype == "float64"
    assert value(x / 2, x=[3]).tolist() == [1.5]


def test_a_small_exponent_stays_as_it_was_written():
    x = T.dscalar("x")
    assert str((x**2).owner.inputs[1]) == "TensorConstant{2}"
    assert (T.fvector() ** 2).dtype == "float32"


def test_an_int_that_the_dtype_cannot_hold_is_refused():
    with pytest.raises(OverflowError, match=r"cast the tensor first"):
        T.bvector() + 300


def test_bools_add_as_or_and_multiply_as_and():
    p, q = T.vector("p", dtype="bool"), T.vector("q", dtype="bool")
    given = {"p": [True, True, False], "q": [True, False, False]}
    assert value(p + q, **given).tolist() == [True, True, False]
    assert value(p * q, **given).tolist() == [True, False, False]


def test_bools_are_not_subtracted():
    p = T.vector(dtype="bool")
    with pytest.raises(TypeError, match="sub isn't defined"):
        p - p


def test_sums_take_any_number_of_operands():
    x = T.dvector("x")
    assert value(ops.add(x, x, 1, x), x=[2.0]).tolist() == [7.0]
    assert value(ops.mul(x, x, 2, x), x=[2.0]).tolist() == [16.0]


def test_divmod_is_quotient_and_remainder():
    x = T.dvector("x")
    quotient, remainder = divmod(x, 3)
    assert value(quotient, x=[-7.0]).tolist() == [-3.0]
    assert value(remainder, x=[-7.0]).tolist() == [2.0]


def test_ceil_intdiv_rounds_up():
    n = T.lvector("n")
    result = value(ops.ceil_intdiv(n, 3), n=[0, 1, 3, 4, -1, -4])
    assert result.tolist() == [0, 1, 1, 2, 0, -1]


def test_ceil_intdiv_refuses_floats():
    with pytest.raises(TypeError, match="ceil_intdiv takes integers"):
        ops.ceil_intdiv(T.dscalar(), 3)


def test_the_gradient_of_abs_is_zero_at_zero():
    x = T.dscalar("x")
    assert value(grad(abs(x), x), x=0.0) == 0


@pytest.mark.parametrize("x", [0.0, 2.0])
def test_the_gradient_by_an_exponent_is_finite_where_the_base_is_zero(x):
    base, n = T.dscalar("base"), T.dscalar("n")
    expected = x**2 * np.log(x) if x else 0
    assert value(grad(base**n, n), base=x, n=2.0) == pytest.approx(expected)


def test_the_gradient_through_a_remainder_or_floor_follows_its_pieces():
    x, y = T.dscalar("x"), T.dscalar("y")
    given = {"x": 7.5, "y": 2.0}
    assert value(grad(x % y, x), **given) == 1
    assert value(grad(x % y, y), **given) == -3
    assert value(grad(x // y + x, x), **given) == 1


def test_an_unsigned_exponent_of_zero_has_a_gradient_of_zero():
    x, n = T.dscalar("x"), T.scalar("n", dtype="uint8")
    assert value(grad(x**n, x), x=3.0, n=np.uint8(0)) == 0


def test_a_product_has_a_gradient_by_each_of_its_operands():
    xs = [T.dscalar(f"x{i}") for i in range(5)]
    given = {x: i + 1.0 for i, x in enumerate(xs)}
    gradients = reference_values(grad(ops.mul(*xs), xs), given)
    assert [float(g) for g in gradients] == [120, 60, 40, 30, 24]


def test_copies_are_variables_of_their_own():
    x = T.dvector("x")
    copy = x.copy("again")
    assert copy is not x
    assert copy.name == "again"
    assert value(copy, x=[1.0]).tolist() == [1.0]


@pytest.mark.parametrize("mode", [None, "FAST_COMPILE"])
def test_the_gradient_of_a_power_is_0_where_base_and_exponent_are(mode):
    x, e = T.dvector("x"), T.dvector("e")
    written = T.grad((x**0).sum() + (x**2.0).sum() + (x ** np.arange(3)).sum(), x)
    by_x, by_e = T.grad((x**e).sum(), [x, e])
    mixed = T.grad(by_x.sum(), e)
    thrice = T.grad(T.grad(T.grad((x**2).sum(), x).sum(), x).sum(), x)
    f = theano.function([x, e], [written, by_x, by_e, mixed, thrice], mode=mode)
    some, *others = f([0.0, 0.0, 2.0], [0.0, 1.0, 0.0])
    np.testing.assert_allclose(some, [0, 1, 8])
    np.testing.assert_allclose(others[0], [0, 1, 0])
    np.testing.assert_allclose(others[1], [0, 0, np.log(2)])
    np.testing.assert_allclose(others[2][2], 0.5)  # not masked with the zero
    np.testing.assert_allclose(others[3], [0, 0, 0])
