"""Formulas of statistics where exponentials overflow, underflow or cancel against 1."""

import mpmath as mp
import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T

STABLE = theano.Mode("py", "fast_run")
WIDE = [-2000.0, -1000.0, -60.0, -3.0, -0.001, 0.001, 1.0, 20.0, 60.0, 1000.0, 2000.0]
RIGHT = [v for v in WIDE if v > 0]
BELOW = [v for v in WIDE if v < 6]
sigmoid, softplus = T.nnet.sigmoid, T.nnet.softplus


def logistic(v):
    return 1 / (1 + mp.exp(-v))


def soft(v):
    return mp.log1p(mp.exp(v))


# name: (what is written, what is meant, where)
TANH = {
    "log(1 - tanh)": (
        lambda x: T.log(1 - T.tanh(x)),
        lambda v: mp.log(1 - mp.tanh(v)),
        WIDE,
    ),
    "log of half of 1 + tanh": (
        lambda x: T.log(0.5 * (1 + T.tanh(x))),
        lambda v: -soft(-2 * v),
        WIDE,
    ),
    "log(0.5 - 0.5 * tanh)": (
        lambda x: T.log(0.5 - 0.5 * T.tanh(x)),
        lambda v: -soft(2 * v),
        WIDE,
    ),
    "the slope of tanh, of a flow": (
        lambda x: T.log(1 - T.tanh(x) ** 2),
        lambda v: mp.log(1 - mp.tanh(v) ** 2),
        WIDE,
    ),
    "the same by log1p": (
        lambda x: T.log1p(-T.sqr(T.tanh(x))),
        lambda v: mp.log(1 - mp.tanh(v) ** 2),
        WIDE,
    ),
    "tanh by sinh and cosh": (lambda x: T.sinh(x) / T.cosh(x), mp.tanh, WIDE),
    "1 / cosh": (lambda x: 1 / T.cosh(x), lambda v: 1 / mp.cosh(v), WIDE),
    "a soliton": (
        lambda x: 2 / T.cosh(x) ** 2,
        lambda v: 2 / mp.cosh(v) ** 2,
        WIDE,
    ),
    "log(sinh)": (lambda x: T.log(T.sinh(x)), lambda v: mp.log(mp.sinh(v)), RIGHT),
    "arcsinh": (lambda x: T.log(x + T.sqrt(x**2 + 1)), mp.asinh, WIDE),
    "(1 - exp) / (1 + exp)": (
        lambda x: (1 - T.exp(-x)) / (1 + T.exp(-x)),
        lambda v: mp.tanh(v / 2),
        WIDE,
    ),
}
LOGS = {
    "a discretised logistic": (
        lambda x: T.log(sigmoid(x + 0.5) - sigmoid(x - 0.5)),
        lambda v: mp.log(logistic(v + 0.5) - logistic(v - 0.5)),
        WIDE,
    ),
    "log(1 - sigmoid ** 2)": (
        lambda x: T.log(1 - sigmoid(x) ** 2),
        lambda v: mp.log(1 - logistic(v) ** 2),
        WIDE,
    ),
    "cloglog": (
        lambda x: T.log(1 - T.exp(-T.exp(x))),
        lambda v: mp.log(-mp.expm1(-mp.exp(v))),
        BELOW,
    ),
    "log(-log(1 - sigmoid))": (
        lambda x: T.log(-T.log(1 - sigmoid(x))),
        lambda v: mp.log(soft(v)),
        WIDE,
    ),
    "Poisson with softplus": (
        lambda x: 3 * T.log(softplus(x)) - softplus(x),
        lambda v: 3 * mp.log(soft(v)) - soft(v),
        WIDE,
    ),
    "1 - exp(-softplus)": (
        lambda x: T.log(1 - T.exp(-softplus(x))),
        lambda v: -soft(-v),
        WIDE,
    ),
    "log(c + exp)": (
        lambda x: T.log(0.5 + T.exp(x)),
        lambda v: mp.log(0.5 + mp.exp(v)),
        WIDE,
    ),
    "log(1 + c * exp)": (
        lambda x: T.log(1 + 2 * T.exp(x)),
        lambda v: mp.log(1 + 2 * mp.exp(v)),
        WIDE,
    ),
    "three terms": (
        lambda x: T.log(1 + T.exp(x) + T.exp(-x)),
        lambda v: mp.log(1 + mp.exp(v) + mp.exp(-v)),
        WIDE,
    ),
    "a negative binomial": (
        lambda x: 3 * T.log(T.exp(x) / (2 + T.exp(x))) + 2 * T.log(2 / (2 + T.exp(x))),
        lambda v: 3 * v + 2 * mp.log(2) - 5 * mp.log(2 + mp.exp(v)),
        WIDE,
    ),
    "the inverse of softplus": (
        lambda x: T.log(T.exp(x) - 1),
        lambda v: mp.log(mp.expm1(v)),
        RIGHT,
    ),
}
QUOTIENTS = {
    "logistic growth": (
        lambda x: 3 / (1 + 2 * T.exp(-x)),
        lambda v: 3 / (1 + 2 * mp.exp(-v)),
        WIDE,
    ),
    "swish": (lambda x: x / (1 + T.exp(-x)), lambda v: v * logistic(v), WIDE),
    "exp / (c + exp)": (
        lambda x: T.exp(x) / (2 + T.exp(x)),
        lambda v: 1 / (1 + 2 * mp.exp(-v)),
        WIDE,
    ),
    "a Hill function": (
        lambda x: T.exp(x) ** 2 / (1 + T.exp(x) ** 2),
        lambda v: logistic(2 * v),
        WIDE,
    ),
    "the slope of a logistic": (
        lambda x: T.exp(x) / (1 + T.exp(x)) ** 2,
        lambda v: logistic(v) * logistic(-v),
        WIDE,
    ),
    "a share of three": (
        lambda x: T.exp(x) / (T.exp(x) + T.exp(1 - x) + 3),
        lambda v: mp.exp(v) / (mp.exp(v) + mp.exp(1 - v) + 3),
        WIDE,
    ),
    "a middle class": (
        lambda x: T.exp(x) / (1 + T.exp(x) + T.exp(2 * x)),
        lambda v: 1 / (1 + mp.exp(-v) + mp.exp(v)),
        WIDE,
    ),
    "a root of a logistic": (
        lambda x: (1 + T.exp(-x)) ** -0.5,
        lambda v: mp.sqrt(logistic(v)),
        WIDE,
    ),
    "a deviation from a log-variance": (
        lambda x: T.sqrt(T.exp(x)),
        lambda v: mp.exp(v / 2),
        [v for v in WIDE if v < 1400],
    ),
    "Planck's law": (
        lambda x: x**3 / (T.exp(x) - 1),
        lambda v: v**3 / mp.expm1(v),
        RIGHT,
    ),
    "a rate": (lambda x: x / (1 - T.exp(-x)), lambda v: -v / mp.expm1(-v), WIDE[:-3]),
}


def derivatives(function, point):
    """Return a value, the first and the second derivative in high precision."""
    with mp.workdps(2400):
        v, h = mp.mpf(point), mp.mpf(10) ** -250
        low, mid, high = (function(v + k * h) for k in (-1, 0, 1))
        return (
            float(mid),
            float((high - low) / (2 * h)),
            float((high - 2 * mid + low) / h**2),
        )


@pytest.mark.parametrize("group", [TANH, LOGS, QUOTIENTS], ids=["tanh", "log", "over"])
def test_a_formula_has_its_value_gradient_and_hessian_also_at_extremes(group):
    x = T.dvector("x")
    outputs = []
    for written, _, _ in group.values():
        first = T.grad(written(x).sum(), x)
        outputs += [written(x), first, T.grad(first.sum(), x)]
    f = theano.function([x], outputs, mode=STABLE)
    found = np.array(f(np.array(WIDE))).reshape(len(group), 3, len(WIDE))
    for (name, (_, meant, points)), got in zip(group.items(), found, strict=True):
        kept = np.isin(WIDE, points)
        expected = np.array([derivatives(meant, v) for v in points]).T
        for order, rtol, atol in (
            (0, 1e-12, 1e-15),
            (1, 1e-9, 1e-12),
            (2, 1e-6, 1e-9),
        ):
            np.testing.assert_allclose(
                got[order, kept], expected[order], rtol, atol, err_msg=f"{name} {order}"
            )


X = T.dmatrix("X")
WEIGHTS = np.array([[1.0, 0, 2.0], [1, 1, 0], [0.5, 0, 0]])
ROWS = np.array([[1000.0, 1010, 999], [-1000, -999, 4], [0.1, 0.2, 3]])


def test_weighted_exponentials_over_their_sum_are_a_softmax_of_those_that_count():
    Y = T.dmatrix("Y")
    p = Y * T.exp(X) / (Y * T.exp(X)).sum(axis=1, keepdims=True)
    outputs = [p, T.grad((p * T.arange(3)).sum(), X)]
    found = theano.function([X, Y], outputs, mode=STABLE)(ROWS, WEIGHTS)
    apart = ROWS - np.where(WEIGHTS > 0, ROWS, -np.inf).max(axis=1, keepdims=True)
    expected = WEIGHTS * np.exp(np.where(WEIGHTS > 0, apart, 0))
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found[0], expected, rtol=1e-13)
    mean = (expected * np.arange(3)).sum(axis=1, keepdims=True)
    gradient = expected * (np.arange(3) - mean)
    np.testing.assert_allclose(found[1], gradient, rtol=1e-12, atol=1e-15)


def test_a_softmax_with_one_more_class_is_finite():
    p = T.exp(X) / (1 + T.exp(X).sum(axis=1, keepdims=True))
    outputs = [p, T.grad((p * T.arange(3)).sum(), X), T.log(0.5 + T.exp(X).sum(1))]
    found = theano.function([X], outputs, mode=STABLE)(ROWS)
    wide = np.concatenate([ROWS, np.zeros((3, 1))], axis=1)
    expected = np.exp(wide - wide.max(axis=1, keepdims=True))
    expected = (expected / expected.sum(axis=1, keepdims=True))[:, :3]
    np.testing.assert_allclose(found[0], expected, rtol=1e-12, atol=1e-300)
    mean = (expected * np.arange(3)).sum(axis=1, keepdims=True)
    gradient = expected * (np.arange(3) - mean)
    np.testing.assert_allclose(found[1], gradient, rtol=1e-11, atol=1e-15)
    wide[:, 3] = np.log(0.5)
    np.testing.assert_allclose(found[2], np.logaddexp.reduce(wide, axis=1), rtol=1e-14)
