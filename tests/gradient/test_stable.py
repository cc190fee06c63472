"""Gradients of formulas that overflow as they are written, of any order."""

import inspect

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.gradient.stable import FORMS
from theanolike.rewrites.registry import catalogue

STABLE = theano.Mode("py", "fast_run")
X, INDEX, TARGETS = T.dmatrix("X"), T.lvector("i"), T.dmatrix("Y")
ROWS = np.array(
    [[1000.0, 999, -5], [-2000, -2001, -1999.5], [0.1, 0.2, 3], [1000, -1000, 0]]
)
PICKED = np.array([0, 1, 2, 1])
ONE_HOT = np.eye(3)[PICKED]
sigmoid = T.nnet.sigmoid


def over_sum(e):
    return e / e.sum(axis=1, keepdims=True)


TOP = X.max(axis=1, keepdims=True)
SOFTMAX = {
    "written twice": T.exp(X) / T.exp(X).sum(axis=1, keepdims=True),
    "written once": over_sum(T.exp(X)),
    "by dimshuffle": T.exp(X) / T.exp(X).sum(1).dimshuffle(0, "x"),
    "by reshape": T.exp(X) / T.exp(X).sum(1).reshape((-1, 1)),
    "shifted": over_sum(T.exp(X - TOP)),
    "shifted, written twice": T.exp(X - TOP)
    / T.exp(X - X.max(axis=1, keepdims=True)).sum(axis=1)[:, None],
    "turned": (T.exp(X).T / T.exp(X).sum(axis=1)).T,
    "times the inverse": T.exp(X) * (1 / T.exp(X).sum(axis=1, keepdims=True)),
}
LOSS = {
    "picked": lambda p: -T.mean(T.log(p)[T.arange(INDEX.shape[0]), INDEX]),
    "by matrix": lambda p: -T.mean(T.sum(TARGETS * T.log(p), axis=1)),
    "by comparison": lambda p: (
        -T.mean(T.sum(T.eq(T.arange(3), INDEX[:, None]) * T.log(p), axis=1))
    ),
    "crossentropy": lambda p: T.nnet.categorical_crossentropy(p, INDEX).mean(),
    "of the sum of a product": lambda p: -T.mean(T.log(T.sum(p * TARGETS, axis=1))),
    "of an inverse of it": lambda p: T.log(
        1 / (TARGETS * p).sum(axis=1, keepdims=True)
    ).mean(),
    "of a square of it": lambda p: -T.log(T.sum(p * TARGETS, 1) ** 2).mean() / 2,
    "of rows that meet": lambda p: -T.mean(T.log(T.batched_dot(p, TARGETS))),
    "of a diagonal": lambda p: -T.mean(T.log(T.diag(T.dot(TARGETS, p.T)))),
    "of a dot product": lambda p: (
        -sum(T.log(T.dot(p[k], TARGETS[k])) for k in range(4)) / 4
    ),
    "of a product of powers": lambda p: -T.mean(T.log(T.prod(p**TARGETS, axis=1))),
    "of a matrix": lambda p: T.nnet.categorical_crossentropy(p, TARGETS).mean(),
}


def log_softmax(x):
    apart = x - x.max(axis=1, keepdims=True)
    return apart - np.log(np.exp(apart).sum(axis=1, keepdims=True))


@pytest.mark.parametrize("name", SOFTMAX)
def test_a_cross_entropy_of_a_softmax_by_hand_is_finite_with_its_gradient(name):
    losses = [loss(SOFTMAX[name]) for loss in LOSS.values()]
    f = theano.function(
        [X, INDEX, TARGETS], losses + [T.grad(loss, X) for loss in losses], mode=STABLE
    )
    found = f(ROWS, PICKED, ONE_HOT)
    logs = log_softmax(ROWS)
    for value in found[: len(LOSS)]:
        np.testing.assert_allclose(value, -logs[range(4), PICKED].mean(), rtol=1e-13)
    for gradient in found[len(LOSS) :]:
        expected = (np.exp(logs) - ONE_HOT) / 4
        np.testing.assert_allclose(gradient, expected, rtol=1e-12, atol=1e-15)


WEIGHTS = np.array([[0.2, 0.7, 0], [-0.5, 0, 2], [-1, 3, 0.5], [0, 1e-200, 3e-200]])
MIXTURES = {
    "of a softmax": lambda: T.log(T.sum(T.nnet.softmax(X) * TARGETS, axis=1)),
    "of exponentials": lambda: (
        T.log(T.sum(T.exp(X) * TARGETS, axis=1)) - T.log(T.sum(T.exp(X), axis=1))
    ),
    "of a quotient": lambda: T.log(
        T.sum(TARGETS * T.exp(X) / 3, axis=1) / T.sum(T.exp(X) / 3, axis=1)
    ),
}


@pytest.mark.parametrize("name", MIXTURES)
def test_derivatives_of_the_log_of_a_weighted_sum_are_finite_and_right(name):
    gx = T.grad(MIXTURES[name]().sum(), X)
    out = [MIXTURES[name](), gx, T.grad((gx * T.arange(3)).sum(), X)]
    value, first, second = theano.function([X, TARGETS], out, mode=STABLE)(
        ROWS, WEIGHTS
    )
    p = np.exp(log_softmax(ROWS))
    # Weights of the row's terms; none of 1000 less falls in beside another.
    terms = [np.where(w != 0, x, -np.inf) for x, w in zip(ROWS, WEIGHTS, strict=True)]
    powers = np.exp([t - t.max() for t in terms])
    total = (scaled := WEIGHTS * powers).sum(axis=1)
    tops = np.array([t.max() for t in terms])
    expected = np.log(total) + tops - ROWS.max(axis=1)
    expected -= np.log(np.exp(ROWS - ROWS.max(axis=1, keepdims=True)).sum(axis=1))
    np.testing.assert_allclose(value, expected, rtol=1e-13, atol=1e-13)
    share = scaled / total[:, None]
    np.testing.assert_allclose(first, share - p, rtol=1e-12, atol=1e-15)
    spread = [
        q * (np.arange(3) - (q * np.arange(3)).sum(axis=1, keepdims=True))
        for q in (share, p)
    ]
    np.testing.assert_allclose(second, spread[0] - spread[1], rtol=1e-11, atol=1e-13)


def test_weights_have_gradients_too_at_zero_and_below():
    out = T.log(T.sum(T.nnet.softmax(X) * TARGETS, axis=1))
    gradient = T.grad(out.sum(), TARGETS)
    f = theano.function([X, TARGETS], [out, gradient], mode=STABLE)
    x = np.array([[0.3, -1.0, 2.0], [5.0, -700.0, 4.0], [1.0, 2.0, 3.0]])
    y = np.array([[0.0, 1.0, 0.0], [-0.1, 0.0, 1.0], [-3.0, 0.5, 0.1]])
    p = np.exp(log_softmax(x))
    value, found = f(x, y)
    np.testing.assert_allclose(value[:2], np.log((p * y)[:2].sum(axis=1)), rtol=1e-13)
    np.testing.assert_allclose(found, p / (p * y).sum(axis=1, keepdims=True))
    assert np.isnan(value[2]), "the logarithm of a negative sum"
    value, found = f(x[:2], [[0.0, 0.0, 0.0], [0.0, np.nan, 1.0]])
    assert value[0] == -np.inf
    assert np.isnan(value[1])


POINTS = np.array([-1000.0, -50.0, -1.0, 0.0, 1e-9, 1.0, 50.0, 1000.0])
LOGISTIC = {
    "log(1 + exp)": (lambda x: T.log(1 + T.exp(x)), 1),
    "log1p(exp)": (lambda x: T.log1p(T.exp(x)), 1),
    "log(1 - sigmoid)": (lambda x: T.log(1 - sigmoid(x)), -1),
    "log(1 - 1 / (1 + exp))": (lambda x: T.log(1 - 1 / (1 + T.exp(-x))), -1),
    "log(sigmoid)": (lambda x: T.log(sigmoid(x)) - x, -1),
    "log(1 / (1 + exp))": (lambda x: T.log(1 / (1 + T.exp(-x))) - x, -1),
    "log(exp / (1 + exp))": (lambda x: T.log(T.exp(x) / (1 + T.exp(x))) - x, -1),
    "log of a power of it": (lambda x: T.log((1 + T.exp(-x)) ** -1) - x, -1),
    "log of powers": (
        lambda x: T.log(sigmoid(x) ** 0.5 * (1 - sigmoid(x)) ** 0.5) - 0.5 * x,
        -1,
    ),
    "by tanh": (lambda x: T.log(0.5 * (1 + T.tanh(x / 2))) - x, -1),
    "crossentropy": (lambda x: T.nnet.binary_crossentropy(sigmoid(x), 0.0), 1),
    "crossentropy by hand": (
        lambda x: -0.3 * T.log(sigmoid(x)) - 0.7 * T.log(1 - sigmoid(x)) + 0.3 * x,
        1,
    ),
}


def logistic(x):
    return np.where(x > 0, 1, np.exp(-abs(x))) / (1 + np.exp(-abs(x)))


@pytest.mark.parametrize("name", LOGISTIC)
def test_second_derivatives_of_logistic_losses_are_finite_and_right(name):
    written, sign = LOGISTIC[name]
    x = T.dvector("x")
    cost = written(x).sum()
    first = T.grad(cost, x)
    seconds = [
        T.grad(first.sum(), x),
        T.diag(theano.gradient.hessian(cost, x)),
        T.diag(theano.gradient.jacobian(first, x)),
    ]
    found = theano.function([x], [first, *seconds], mode=STABLE)(POINTS)
    expected = sign * logistic(POINTS)
    np.testing.assert_allclose(found[0], expected, rtol=1e-13, atol=1e-15)
    for second in found[1:]:
        expected = sign * logistic(POINTS) * logistic(-POINTS)
        np.testing.assert_allclose(second, expected, rtol=1e-13, atol=1e-15)


LOG_SUMS = {
    "plain": lambda x: T.log(T.sum(T.exp(x))),
    "shifted": lambda x: x.max() + T.log(T.sum(T.exp(x - x.max()))),
    "of a constant shift": lambda x: (
        T.log(T.sum(T.exp(x - theano.gradient.disconnected_grad(x.max()))))
        + theano.gradient.disconnected_grad(x.max())
    ),
    "through a softmax": lambda x: x[0] - T.log((T.exp(x) / T.exp(x).sum())[0]),
}


@pytest.mark.parametrize("name", ["plain", "shifted", "through a softmax"])
def test_the_hessian_of_a_log_of_a_sum_by_hand_is_finite_and_right(name):
    x = T.dvector("x")
    cost = LOG_SUMS[name](x)
    first = T.grad(cost, x)
    outputs = [first, theano.gradient.hessian(cost, x)]
    outputs.append(theano.gradient.jacobian(first, x))
    outputs.append(theano.gradient.Rop(first, x, T.constant(np.arange(4.0))))
    values = np.array([1000.0, 999.0, -1000.0, 998.5])
    found = theano.function([x], outputs, mode=STABLE)(values)
    p = np.exp(values - 1000)
    p /= p.sum()
    hessian = np.diag(p) - np.outer(p, p)
    expected = [p, hessian, hessian, hessian @ np.arange(4.0)]
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-15)


def test_a_shift_that_is_held_constant_changes_no_gradient():
    x = T.dvector("x")
    gradient = T.grad(LOG_SUMS["of a constant shift"](x), x)
    found = theano.function([x], gradient, mode=STABLE)(np.array([3.0, 1.0]))
    np.testing.assert_allclose(found, [logistic(2.0), logistic(-2.0)], rtol=1e-14)


def test_a_form_goes_around_nothing_that_is_asked_for():
    x = T.dvector("x")
    e = T.exp(x)
    cost = T.log(1 + e).sum()
    by_e, by_x = T.grad(cost, [e, x])
    found = theano.function([x], [by_e, by_x], mode=STABLE)(np.zeros(2))
    np.testing.assert_allclose(found, [[0.5, 0.5], [0.5, 0.5]])
    assert (
        not T.grad(cost, x, consider_constant=[e], disconnected_inputs="ignore")
        .eval({x: np.zeros(2)})
        .any()
    )


def test_a_twin_of_what_is_asked_for_keeps_its_own_gradient():
    x = T.dvector("x")
    first, second = T.exp(x), T.exp(x)
    cost = T.sum(first / second.sum())
    expected = 1 / second.sum(), -first.sum() / second.sum() ** 2
    found = T.grad(cost, [first, second])
    f = theano.function([x], [*found, *expected], mode=STABLE)
    a, b, c, d = f(np.array([0.5, 2.0]))
    np.testing.assert_allclose(a, np.full(2, c), rtol=1e-14)
    np.testing.assert_allclose(b, np.full(2, d), rtol=1e-14)


def test_a_form_that_turns_linear_has_second_derivatives_of_0():
    rate, v = T.dscalar("rate"), T.dvector("v")
    cost = T.log(rate * T.exp(-rate * v)).sum()
    by_v, by_rate = theano.grad(cost, [v, rate])
    second = theano.grad(by_rate, rate)
    outs = [T.hessian(cost, v), theano.grad((2 * by_v).sum(), v), second]
    f = theano.function([v, rate], outs, mode=STABLE, on_unused_input="ignore")
    hessian, twice, by_rates = f([1.0, 900.0], 3.0)
    np.testing.assert_array_equal(hessian, np.zeros((2, 2)))
    np.testing.assert_array_equal(twice, [0, 0])
    np.testing.assert_allclose(by_rates, -2 / 9)
    with pytest.raises(theano.gradient.DisconnectedInputError):
        theano.grad((2 * by_v).sum(), T.dvector())
    with pytest.raises(theano.gradient.DisconnectedInputError):
        theano.grad(theano.grad((rate * v).sum(), v).sum(), v)  # linear as written


@pytest.mark.parametrize(
    "square",
    [lambda x: T.log(T.exp(x)) * x, lambda x: T.arctanh(T.tanh(x)) ** 2],
)
def test_functions_undone_have_the_derivatives_of_what_is_left(square):
    x = T.dscalar("x")
    slope = theano.grad(square(x), x)
    f = theano.function([x], [slope, theano.grad(slope, x)], mode=STABLE)
    assert list(f(900.0)) == [1800, 2]


def test_ieee_semantics_differentiate_what_is_written():
    x = T.dscalar("x")
    before = theano.config.nan_semantics
    theano.config.nan_semantics = "ieee"
    try:
        gradient = T.grad(T.log(1 + T.exp(x)), x)
        found = theano.function([x], gradient, mode=STABLE)(1000.0)
    finally:
        theano.config.nan_semantics = before
    assert np.isnan(found)


def test_forms_are_rewrites_that_ask_for_no_readers():
    known = {one.name: one for one in catalogue()}
    for name in FORMS:
        assert "fgraph" not in inspect.signature(known[name].function).parameters
