"""Likelihoods as people write them, where their terms overflow or underflow.

The oracle is the same formula by logsumexp, logsoftmax and softplus.
"""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T

STABLE = theano.Mode("py", "fast_run")
sigmoid, softplus = T.nnet.sigmoid, T.nnet.softplus
PRIORS = np.array([0.3, 0.7])
FAR = [100.0, 0.0, -50.0]
WIDE = [1000.0, 999.0, -1000.0]


def log_sum(*terms):
    return T.logsumexp(T.stack(list(terms)))


def squares(x):
    return -((x[0] - x[1:]) ** 2) / 2


# name: (what is written, what is meant, where)
LIKELIHOODS = {
    "two components": (
        lambda x: T.log(0.3 * T.exp(squares(x)[0]) + 0.7 * T.exp(squares(x)[1])),
        lambda x: T.logsumexp(squares(x) + np.log(PRIORS)),
        FAR,
    ),
    "a vector of components": (
        lambda x: T.log(T.sum(PRIORS * T.exp(squares(x)) / np.sqrt(2 * np.pi))),
        lambda x: T.logsumexp(squares(x) + np.log(PRIORS)) - np.log(2 * np.pi) / 2,
        FAR,
    ),
    "components as a dot product": (
        lambda x: T.log(T.dot(PRIORS, T.exp(squares(x)))),
        lambda x: T.logsumexp(squares(x) + np.log(PRIORS)),
        FAR,
    ),
    "three exponentials": (
        lambda x: T.log(T.exp(x[0]) + T.exp(x[1]) + T.exp(x[2])),
        T.logsumexp,
        WIDE,
    ),
    "one of three": (
        lambda x: T.log(T.exp(x[2]) / (T.exp(x[0]) + T.exp(x[1]) + T.exp(x[2]))),
        lambda x: x[2] - T.logsumexp(x),
        WIDE,
    ),
    "one and the others": (
        lambda x: T.log(T.exp(x[2]) / (T.exp(x[2]) + T.sum(T.exp(x[:2])))),
        lambda x: x[2] - T.logsumexp(x),
        WIDE,
    ),
    "a difference": (
        lambda x: T.log(T.exp(x[0]) - T.exp(x[1])),
        lambda x: x[0] + T.log(-T.expm1(x[1] - x[0])),
        WIDE,
    ),
    "the mean of two probabilities": (
        lambda x: T.log((sigmoid(-x[0]) + sigmoid(-x[1])) / 2),
        lambda x: log_sum(-softplus(x[0]), -softplus(x[1])) - np.log(2),
        WIDE,
    ),
    "a hyperbolic cosine": (
        lambda x: T.log((T.exp(x) + T.exp(-x)) / 2).sum(),
        lambda x: T.logaddexp(x, -x).sum() - 3 * np.log(2),
        WIDE,
    ),
    "an affinity": (
        lambda x: T.log(T.sum(T.sqrt(T.nnet.softmax(x) * T.nnet.softmax(-x)))),
        lambda x: T.logsumexp((T.nnet.logsoftmax(x) + T.nnet.logsoftmax(-x))[0] / 2),
        WIDE,
    ),
    "the largest": (
        lambda x: T.log(T.max(T.nnet.softmax(x - 2 * x[0]), axis=1))[0],
        lambda x: T.max(x) - T.logsumexp(x),
        WIDE,
    ),
    "a product of what was picked": (
        lambda x: T.log(T.prod(T.nnet.softmax(x)[0, [1, 2, 2]])),
        lambda x: x[1] + 2 * x[2] - 3 * T.logsumexp(x),
        WIDE,
    ),
}


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_a_likelihood_has_a_value_and_derivatives_where_its_terms_underflow(name):
    x = T.dvector("x")
    written, meant, point = LIKELIHOODS[name]
    outputs = []
    for cost in (written(x), meant(x)):
        outputs += [cost, T.grad(cost, x), theano.gradient.hessian(cost, x)]
    found = theano.function([x], outputs, mode=STABLE)(point)
    for got, expected in zip(found[:3], found[3:], strict=True):
        assert np.isfinite(expected).all(), "the oracle"
        np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-9)
