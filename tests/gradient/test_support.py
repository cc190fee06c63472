"""Cotangents, their supports, and sums of them."""

import numpy as np
import pytest

import theanolike.types.constructors as C
from theanolike.config import config
from theanolike.gradient import grad, hessian
from theanolike.gradient.support import Tally, join, union
from theanolike.ops.cotangent import Cotangent, disconnected, undefined
from theanolike.types.type import TensorType
from theanolike.types.variable import functions

f = functions()

GUARDED = {
    "log": lambda x: f.switch(x > 0, f.log(x), 0),
    "square of log": lambda x: f.switch(x > 0, f.log(x), 0) ** 2,
    "nested": lambda x: f.switch(x > 0, f.switch(x > 1, f.log(x - 1), f.sqrt(x)), 0),
    "sqrt": lambda x: f.switch(x > 0, f.sqrt(x), 0),
    "sinc": lambda x: f.switch(f.lt(f.abs_(x), 1e-6), 1, f.sin(x) / x),
    "sum of two": lambda x: f.switch(x > 0, f.log(x), 0) + f.switch(x > 0, 1 / x, x),
}


@pytest.mark.parametrize("name", GUARDED)
def test_a_guarded_formula_has_a_finite_gradient_where_the_guard_is_shut(name, value):
    x = C.dvector("x")
    gx = grad(f.sum(GUARDED[name](x)), x)
    assert np.isfinite(value(gx, {x: [-1.0, 0.0, 0.5, 3.0]})).all()


@pytest.mark.parametrize("name", GUARDED)
def test_a_guarded_formula_has_a_finite_hessian_where_the_guard_is_shut(name, value):
    x = C.dvector("x")
    second = hessian(f.sum(GUARDED[name](x)), x)
    assert np.isfinite(value(second, {x: [-1.0, 0.0, 0.5, 3.0]})).all()


def test_the_gradient_behind_an_open_guard_is_the_formulas(value):
    x = C.dvector("x")
    gx = grad(f.sum(f.switch(x > 0, f.log(x), 0)), x)
    np.testing.assert_allclose(value(gx, {x: [-1.0, 0.0, 2.0]}), [0, 0, 0.5])


def test_an_accidental_zero_is_no_guard(value):
    x = C.dvector("x")
    second = hessian(f.sum((x - 1) ** 2 * x), x)
    np.testing.assert_allclose(value(second, {x: [1.0]}), [[2.0]])


def test_supports_are_joined_by_or_and_everywhere_wins():
    a, b, c = (TensorType("bool", (None,))(n) for n in "abc")
    assert union([a, None, b]) is None
    assert union([a, a]) is a
    assert union([a, b, c]).owner.inputs[1] is c


def test_one_contribution_is_passed_on_as_it_is():
    g = Cotangent(C.dscalar())
    assert join([g]) is g


def test_an_undefined_contribution_spoils_the_sum():
    x, tally = C.dscalar(), Tally()
    tally.add(x, Cotangent(C.dscalar()))
    tally.add(x, undefined("no reason"))
    assert repr(tally.total(x)) == "undefined('no reason')"


def test_what_nothing_reaches_is_disconnected():
    assert Tally().total(C.dscalar()) is disconnected


def test_ieee_nan_semantics_keeps_no_support():
    x = C.dvector("x")
    cost = f.sum(f.switch(x > 0, f.log(x), 0))
    point = np.array([0.0, 2.0])
    assert np.array_equal(grad(cost, x).eval({x: point}), [0, 0.5])
    with config.change_flags(nan_semantics="ieee"):
        slope = grad(cost, x).eval({x: point})
    assert np.isnan(slope[0])
    assert slope[1] == 0.5
