"""`numeric_grad` and `verify_grad`, which must find what is wrong."""

import numpy as np
import pytest

from theanolike.errors import GradientError as AnyGradientError
from theanolike.gradient import GradientError, grad_scale, numeric_grad, verify_grad
from theanolike.types.variable import functions

f = functions()


def test_differences_give_the_gradient():
    found = numeric_grad(lambda x, y: (x**2).sum() * y, [np.array([1.0, 3.0]), 2.0])
    np.testing.assert_allclose(found.gf[0], [4, 12], rtol=1e-5)
    np.testing.assert_allclose(found.gf[1], 10, rtol=1e-5)


def test_differences_of_one_array_give_one_array():
    found = numeric_grad(lambda x: (x**2).sum(), np.array([1.0, 3.0]))
    np.testing.assert_allclose(found.gf, [2, 6], rtol=1e-5)


def test_differences_need_floats():
    with pytest.raises(TypeError, match="float arrays, got int64"):
        numeric_grad(lambda x: x, [np.array(1)])


def test_the_worst_element_is_found():
    found = numeric_grad(lambda x: (x**2).sum(), [np.array([1.0, 3.0])])
    arg, position, absolute, _ = found.max_err([np.array([2.0, 7.0])], 1e-4, 1e-4)
    assert (arg, position) == (0, 1)
    assert absolute == pytest.approx(1, rel=1e-3)


def test_a_right_gradient_passes(rng):
    verify_grad(lambda x, y: f.exp(x) * y, [[[1.0, 2.0]], [[3.0, 4.0]]], rng=rng)


def test_a_wrong_gradient_is_reported_with_its_place():
    rng = np.random.RandomState(1)
    with pytest.raises(GradientError, match="position 0 of argument 0") as caught:
        verify_grad(lambda x: grad_scale(x, 2.0) * 3, [np.array(1.0)], rng=rng)
    assert isinstance(caught.value, AnyGradientError)
    assert caught.value.val2 == pytest.approx(2 * caught.value.val1, rel=1e-4)
    assert verify_grad.E_grad is GradientError


def test_a_gradient_of_nan_is_reported(rng):
    with pytest.raises(GradientError):
        verify_grad(lambda x: grad_scale(f.sqr(x), np.nan), [np.array(1.0)], rng=rng)


def test_integers_cannot_be_checked(rng):
    with pytest.raises(TypeError, match="floating point inputs, but input 0"):
        verify_grad(lambda x: x, [np.array(1)], rng=rng)


def test_a_generator_must_be_given():
    with pytest.raises(TypeError, match="RandomState"):
        verify_grad(lambda x: x, [np.array(1.0)])
