"""Identities that change or stop the gradient."""

import numpy as np
import pytest

import theanolike.tensor as T
from theanolike.errors import DisconnectedInputError, NullTypeGradError
from theanolike.gradient.reverse import grad
from theanolike.ops.barriers import (
    consider_constant,
    disconnected_grad,
    grad_clip,
    grad_scale,
    undefined_grad,
    zero_grad,
)
from theanolike.testing import reference_values

BARRIERS = [
    consider_constant,
    disconnected_grad,
    undefined_grad,
    zero_grad,
    lambda x: grad_clip(x, -1, 1),
    lambda x: grad_scale(x, 3),
]


def derivative(cost, x, at):
    return float(reference_values([grad(cost, x)], {x: at})[0])


@pytest.mark.parametrize("barrier", BARRIERS)
def test_barriers_are_identities(barrier, rng):
    x = T.dvector("x")
    array = rng.random(4)
    (got,) = reference_values([barrier(x)], {x: array})
    assert np.array_equal(got, array)


def test_a_disconnected_path_is_an_error_when_it_is_the_only_one():
    x = T.dscalar("x")
    with pytest.raises(DisconnectedInputError):
        grad(disconnected_grad(x) * 2, x)
    assert derivative(disconnected_grad(x) * x, x, 3.0) == 3


@pytest.mark.parametrize("barrier", [zero_grad, consider_constant])
def test_a_zero_gradient_is_no_error(barrier):
    x = T.dscalar("x")
    assert derivative(barrier(x) * 2, x, 3.0) == 0
    assert derivative(barrier(x) * x, x, 3.0) == 3


def test_an_undefined_gradient_is_an_error():
    x = T.dscalar("x")
    with pytest.raises(NullTypeGradError):
        grad(undefined_grad(x) * x, x)


def test_a_gradient_is_clipped_on_its_way():
    x = T.dscalar("x")
    assert derivative(grad_clip(x, -1, 2) ** 2, x, 5.0) == 2
    assert derivative(grad_clip(x, -1, 2) ** 2, x, -5.0) == -1
    assert derivative(grad_clip(x, -1, 2) ** 2, x, 0.25) == 0.5


def test_a_gradient_is_scaled_on_its_way():
    x = T.dscalar("x")
    assert derivative(grad_scale(x, -3) ** 2, x, 5.0) == -30


def test_crossed_bounds_are_refused():
    with pytest.raises(ValueError, match="swap them"):
        grad_clip(T.dscalar(), 1, -1)
