"""What the rewrites' README promises of values and gradients, line by line."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T

STABLE = theano.Mode("py", "fast_run")
x, y = T.dvector("x"), T.dvector("y")
sigmoid, softmax = T.nnet.sigmoid, T.nnet.softmax
NAN, INF = np.nan, np.inf
BIG = [1000.0, -1000.0, 0.0]
HALF_LOG = np.log(0.5)
rows = x.dimshuffle("x", 0)

# claim: (expression, x, value, gradient by x of its sum; None: nothing is said)
PROMISES = {
    "log(1 + x) near 0": (T.log(1 + x), [1e-20, -1e-20], [1e-20, -1e-20], [1, 1]),
    "log(1 - x) near 0": (T.log(1 - x), [1e-20], [-1e-20], [-1]),
    "exp(x) - 1 near 0": (T.exp(x) - 1, [1e-20], [1e-20], [1]),
    "1 - exp(x) near 0": (1 - T.exp(x), [1e-20], [-1e-20], [-1]),
    "log(1 + exp(x)) everywhere": (
        T.log(1 + T.exp(x)),
        BIG,
        [1000, 0, -HALF_LOG],
        [1, 0, 0.5],
    ),
    "log(1 - exp(x)) for all x < 0": (
        T.log(1 - T.exp(x)),
        [-1e-20, -1000.0],
        [np.log(1e-20), 0],
        [-1e20, 0],
    ),
    "log(exp(x) - 1) for all x > 0": (
        T.log(T.exp(x) - 1),
        [1e-20, 1000.0],
        [np.log(1e-20), 1000],
        None,
    ),
    "1 / (1 + exp(-x)) everywhere": (
        1 / (1 + T.exp(-x)),
        BIG,
        [1, 0, 0.5],
        [0, 0, 0.25],
    ),
    "1 - sigmoid(x) everywhere": (
        1 - sigmoid(x),
        [40.0],
        [np.exp(-40)],
        [-np.exp(-40)],
    ),
    "exp(x) / (1 + exp(x)) everywhere": (
        T.exp(x) / (1 + T.exp(x)),
        BIG,
        [1, 0, 0.5],
        [0, 0, 0.25],
    ),
    "log(sigmoid(x)) everywhere": (
        T.log(sigmoid(x)),
        BIG,
        [0, -1000, HALF_LOG],
        [0, 1, 0.5],
    ),
    "log(1 - sigmoid(x)) everywhere": (
        T.log(1 - sigmoid(x)),
        BIG,
        [-1000, 0, HALF_LOG],
        [-1, 0, -0.5],
    ),
    "tanh by exponentials everywhere": (
        (T.exp(x) - T.exp(-x)) / (T.exp(x) + T.exp(-x)),
        BIG,
        [1, -1, 0],
        [0, 0, 1],
    ),
    "(exp(x) - 1) / (exp(x) + 1)": (
        (T.exp(x) - 1) / (T.exp(x) + 1),
        BIG,
        [1, -1, 0],
        None,
    ),
    "exp(x) / sum(exp(x)) everywhere": (
        T.exp(x) / T.exp(x).sum(),
        [1000.0, 1000.0, -9.0],
        [0.5, 0.5, 0],
        [0, 0, 0],
    ),
    "log(sum(exp(x))) everywhere": (
        T.log(T.exp(x).sum()),
        [1000.0, 1000.0],
        1000 - HALF_LOG,
        [0.5, 0.5],
    ),
    "log(sum(exp(x))) is -inf where all of x is": (
        T.log(T.exp(x).sum()),
        [-INF, -INF],
        -INF,
        None,
    ),
    "log(mean(exp(x)))": (T.log(T.exp(x).mean()), [1000.0, 1000.0], 1000, [0.5, 0.5]),
    "log(1 + sum(exp(x)))": (T.log(1 + T.exp(x).sum()), [1000.0, 0.0], 1000, [1, 0]),
    "x - logsumexp(x)": (
        x - T.log(T.exp(x).sum()),
        [1000.0, 0.0],
        [0, -1000],
        [-1, 1],
    ),
    "log(softmax(x)[i])": (T.log(softmax(rows)[0, 1]), [1000.0, 0.0], -1000, [-1, 1]),
    "log(cosh(x)) everywhere": (
        T.log(T.cosh(x)),
        BIG,
        [1000 + HALF_LOG, 1000 + HALF_LOG, 0],
        [1, -1, 0],
    ),
    "(1 + tanh(x)) / 2 everywhere": (
        (1 + T.tanh(x)) / 2,
        [-100.0, 0.0],
        [np.exp(-200), 0.5],
        [2 * np.exp(-200), 0.5],
    ),
    "log(p ** y)": (T.log(sigmoid(x) ** 2.5), [-1000.0], [-2500], [2.5]),
    "log(y / p)": (T.log(3 / T.exp(x)), [1000.0], [np.log(3) - 1000], [-1]),
    "log(prod(x)) by underflow": (
        T.log(T.prod(x)),
        [1e-200, 1e-200],
        2 * np.log(1e-200),
        [1e200, 1e200],
    ),
    "log(prod(x)) is NaN where the product is negative": (
        T.log(T.prod(x)),
        [-1.0, 2.0],
        NAN,
        None,
    ),
    "log(x ** 2)": (
        T.log(x**2),
        [1e-200, -1e200],
        [np.log(1e-200) * 2, np.log(1e200) * 2],
        None,
    ),
    "log(x ** c)": (T.log(x**3), [1e-200], [np.log(1e-200) * 3], None),
    "log(1 / x)": (T.log(1 / x), [1e-310], [-np.log(1e-310)], None),
    "a variance by hand": (
        T.mean(x**2) - T.mean(x) ** 2,
        [1e8, 1e8 + 1],
        0.25,
        [-0.5, 0.5],
    ),
    "a variance by hand by one less": (
        (T.sum(x**2) - T.sum(x) ** 2 / 2) / (2 - 1),
        [1e8, 1e8 + 1],
        0.5,
        [-1, 1],
    ),
    "sqrt(x ** 2) everywhere": (T.sqrt(x**2), [1e-200, -1e200], [1e-200, 1e200], None),
    "x * log(x) is 0 at 0": (x * T.log(x), [0.0, 1.0], [0, 0], None),
    "x * log2(x) is 0 at 0": (x * T.log2(x), [0.0, 2.0], [0, 2], None),
    "a weight of 0 leaves out": (
        T.log(T.sum(T.exp(x) * np.array([0.0, 1.0, 0.0]))),
        BIG,
        -1000,
        [0, 1, 0],
    ),
    "a weighted sum below 0 is NaN": (
        T.log(T.sum(T.exp(x) * np.array([-1.0, 0.5]))),
        [1.0, 1.0],
        NAN,
        None,
    ),
    "a NaN beside a weight of 0 is NaN": (
        T.log(T.sum(T.exp(x) * np.array([0.0, 0.5]))),
        [NAN, 1.0],
        NAN,
        None,
    ),
    "log(max(p))": (T.log(T.max(sigmoid(x))), [-1000.0, -2000.0], -1000, [1, 0]),
    "log(p + c) is no logarithm of p": (
        T.log(T.exp(x) + 1e-8),
        [-1000.0],
        [np.log(1e-8)],
        [0],
    ),
    "x * 0 isn't 0": (x * 0, [INF, NAN, 1.0], [NAN, NAN, 0], None),
    "0 / x isn't 0": (0 / x, [0.0, NAN, 1.0], [NAN, NAN, 0], None),
    "x - x is 0 also where x is NaN": (x - x, [INF, NAN], [0, 0], [0, 0]),
    "x / x is 1 also where x is NaN": (x / x, [INF, NAN, 0.0], [1, 1, 1], None),
    "x / 3 stays a division": (x / 3, [5.0], [5.0 / 3.0], [1 / 3]),
    "x / y / z keeps both divisions": (x / 1e-200 / 1e-200, [1e-300], [1e100], None),
}


@pytest.mark.parametrize("claim", PROMISES)
def test_a_promise_is_kept(claim):
    expression, point, value, gradient = PROMISES[claim]
    outputs = [expression]
    if gradient is not None:
        outputs.append(T.grad(expression.sum(), x))
    found = theano.function([x], outputs, mode=STABLE)(np.array(point))
    np.testing.assert_allclose(found[0], value, rtol=4e-14, atol=1e-300)
    if gradient is not None:
        np.testing.assert_allclose(found[1], gradient, rtol=4e-14, atol=1e-15)


def test_weights_have_a_gradient_where_they_are_0():
    value = T.log(T.sum(T.exp(x) * y))
    f = theano.function([x, y], [value, T.grad(value, y)], mode=STABLE)
    np.testing.assert_allclose(f([0.0, 1.0], [0.0, 2.0])[1], [0.5 / np.e, 0.5])
    assert f([1000.0, -1000.0], [0.0, 1.0])[1][0] == INF
    assert f([1000.0, -1000.0], [0.0, 0.0])[0] == -INF, "the value of no weights"


def test_behind_a_guard_weights_that_are_all_0_have_derivatives_of_0():
    value = T.log(T.sum(T.exp(x) * y))
    cost = T.switch(T.isinf(value), 0, value)
    f = theano.function([x, y], T.grad(cost, [x, y]), mode=STABLE)
    for gradient in f([1000.0, -1000.0], [0.0, 0.0]):
        np.testing.assert_array_equal(gradient, [0, 0])


def test_without_domain_rewrites_a_nan_stays():
    kept = theano.Mode("py", "fast_run_stable")
    f = theano.function([x], [x - x, x / x, x * T.log(x)], mode=kept)
    for value in f([NAN, INF, 0.0]):
        assert np.isnan(value).any()
