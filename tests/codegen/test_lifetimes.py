"""What a loop's results and a guard's arms lie in and read, in compiled code."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T


@pytest.mark.parametrize("limit", [1, 4])
def test_results_of_few_steps_lie_in_what_the_states_began_with(limit):
    x, n = T.dmatrix("x"), T.lscalar("n")
    stop = theano.scan_module.until
    states, _ = theano.scan(
        lambda a, b: (T.tanh(a * 0.5 + b * 0.25), stop(a.sum() > -1)),
        outputs_info={"initial": x, "taps": [-3, -1]},
        n_steps=n,
        truncate_gradient=limit,
    )
    f = theano.function([x, n], T.grad((states[-1] ** 2).sum(), x))
    slope = 2 * np.tanh(0.75) * (1 - np.tanh(0.75) ** 2)
    expected = np.outer([slope * 0.5, 0, slope * 0.25], [1, 1])
    np.testing.assert_allclose(f(np.ones((3, 2)), 5), expected)


def test_an_arm_of_a_guard_may_be_read_outside_of_it_too():
    x = T.dvector("x")
    row = T.tanh(x.dimshuffle("x", 0))
    f = theano.function([x], T.grad((row * row[::-1]).sum(), x))
    y = np.tanh([1.0, 2.0])
    np.testing.assert_allclose(f([1.0, 2.0]), 2 * y * (1 - y**2))
