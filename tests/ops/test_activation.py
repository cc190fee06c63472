"""Activations: stability, kinks and contracts."""

import numpy as np
import pytest
from scipy import special

import theanolike.tensor as T
from theanolike.gradient.reverse import grad
from theanolike.ops import activation as ops
from theanolike.ops import find
from theanolike.testing import reference_values

POINTS = np.array([-800.0, -30.0, -3.5, -2.0, -1e-3, 0.0, 1e-3, 0.7, 2.0, 40.0, 800.0])


def value(f, points=POINTS):
    x = T.dvector("x")
    return reference_values([f(x)], {x: points})[0]


def slope(f, points=POINTS):
    x = T.dvector("x")
    return reference_values([grad(find("sum")(f(x)), x)], {x: points})[0]


def test_sigmoid_and_softplus_overflow_nowhere():
    assert np.allclose(value(ops.sigmoid), special.expit(POINTS), rtol=1e-14, atol=0)
    assert np.allclose(value(ops.softplus), np.logaddexp(0, POINTS), rtol=1e-14)
    assert np.allclose(slope(ops.softplus), special.expit(POINTS), rtol=1e-14)


def test_relu_is_zero_below_and_has_half_a_slope_at_zero():
    assert np.array_equal(value(ops.relu), np.maximum(POINTS, 0))
    assert slope(ops.relu, np.array([-1.0, 0.0, 1.0])).tolist() == [0, 0.5, 1]


def test_relu_of_infinities_and_nan():
    got = value(ops.relu, np.array([-np.inf, np.inf, np.nan]))
    assert np.array_equal(got, [0, np.inf, np.nan], equal_nan=True)


def test_a_leaky_relu_has_the_mean_of_both_slopes_at_zero():
    leaky = lambda x: ops.relu(x, 0.2)  # noqa: E731
    assert np.array_equal(value(leaky), np.where(POINTS > 0, POINTS, 0.2 * POINTS))
    assert np.allclose(slope(leaky, np.array([-1.0, 0.0, 1.0])), [0.2, 0.6, 1])


def test_the_slope_of_a_leaky_relu_can_be_learnt():
    alpha = T.dscalar("alpha")
    x = T.constant(np.array([-2.0, 3.0, -1.0]))
    gradient = grad(find("sum")(ops.relu(x, alpha)), alpha)
    assert reference_values([gradient], {alpha: 0.1})[0] == -3


def test_elu_and_selu_have_finite_gradients_where_the_exponential_overflows():
    assert slope(ops.elu)[-1] == 1
    assert np.isfinite(slope(ops.selu)).all()
    assert np.allclose(
        value(ops.elu), np.where(POINTS > 0, POINTS, np.expm1(np.minimum(POINTS, 0)))
    )


def test_softsign_is_bounded():
    assert np.allclose(value(ops.softsign), POINTS / (1 + np.abs(POINTS)))


def test_hard_sigmoid_is_linear_between_its_bounds():
    expected = np.clip(0.2 * POINTS + 0.5, 0, 1)
    assert np.array_equal(value(ops.hard_sigmoid), expected)


def test_ultra_fast_sigmoid_keeps_its_bounds_and_its_error():
    points = np.linspace(-20, 20, 4001)
    got = value(ops.ultra_fast_sigmoid, points)
    assert got.min() == pytest.approx(0.00247262, abs=1e-8)
    assert got.max() == pytest.approx(0.99752738, abs=1e-8)
    assert np.abs(got - special.expit(points)).max() < 0.03


@pytest.mark.parametrize(
    "name",
    ["elu", "hard_sigmoid", "relu", "selu", "sigmoid", "softplus", "softsign"],
)
def test_activations_keep_float32(name):
    assert getattr(ops, name)(T.fmatrix()).dtype == "float32"
