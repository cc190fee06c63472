"""A 1 that meets an n only inside the run: values, gradients, second gradients."""

import numpy as np
import pytest

import theanolike.tensor as T
from theanolike import function, shared
from theanolike.gradient.reverse import grad

X = T.dvector("x")
N = T.lscalar("n")
STATE = np.array([0.5, -1.0, 2.0])


def of_slices():
    return X[:N] * X[1:4]


def of_a_range():
    return T.arange(N).astype("float64") * 0.3 + X[:3]


def of_a_slice_of_a_product():
    return (X * X)[N - 1 : N] * X[:3] + X[:N]


def of_a_shared_variable():
    return SHARED * X[:3]


SHARED = shared(STATE, "state")
CASES = {
    "slices": (of_slices, [1, 3]),
    "a range": (of_a_range, [1, 3]),
    "a slice of a product": (of_a_slice_of_a_product, [1, 3]),
    "a shared variable": (of_a_shared_variable, [1, 3]),
}


def derivatives(mode, make):
    """Return cost, gradient, and the gradient of the gradient along a direction."""
    along = np.linspace(-1, 1, 5)
    cost = (make() ** 3).sum()
    first = grad(cost, X)
    second = grad((first * along).sum(), X)
    outputs = [cost, first, second]
    return function([X, N], outputs, mode=mode, on_unused_input="ignore"), along


@pytest.mark.compiler
@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("mode", ["FAST_COMPILE", "FAST_RUN"])
def test_derivatives_agree_with_differences(mode, name):
    make, lengths = CASES[name]
    f, along = derivatives(mode, make)
    x = np.array([0.7, -0.4, 1.3, 0.2, -0.9])
    for n in lengths:
        SHARED.set_value(STATE[:n])
        _, first, second = f(x, n)
        step = 1e-5
        for k in range(5):
            ahead, behind = x.copy(), x.copy()
            ahead[k] += step
            behind[k] -= step
            above, below = f(ahead, n), f(behind, n)
            slope = (above[0] - below[0]) / (2 * step)
            np.testing.assert_allclose(first[k], slope, rtol=1e-6, atol=1e-7)
            change = ((above[1] - below[1]) * along).sum() / (2 * step)
            np.testing.assert_allclose(second[k], change, rtol=1e-5, atol=1e-6)
