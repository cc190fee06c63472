"""Formulas that users write plainly and Theano makes finite, with their gradients."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T

FORMULAS = {
    "log sigmoid": lambda z: T.log(T.nnet.sigmoid(z)),
    "log 1 - sigmoid": lambda z: T.log(1 - T.nnet.sigmoid(z)),
    "log 1 + exp": lambda z: T.log(1 + T.exp(z)),
    "log1p exp": lambda z: T.log1p(T.exp(z)),
    "mean": lambda z: T.log(1 + T.exp(-z)).mean(),
    "inverse": lambda z: 1 / (1 + T.exp(-z)),
    "quotient": lambda z: T.exp(z) / (1 + T.exp(z)),
    "likelihood": lambda z: -T.log(1 / (1 + T.exp(-z))),
    "likelihood of 0": lambda z: -T.log(1 - 1 / (1 + T.exp(-z))),
    "cross-entropy": lambda z: T.nnet.binary_crossentropy(T.nnet.sigmoid(z), 0.5),
    "log softmax": lambda z: T.log(T.nnet.softmax(z)),
    "class": lambda z: -T.log(T.nnet.softmax(z))[T.arange(1), [2]],
}


@pytest.mark.parametrize("name", FORMULAS)
def test_large_arguments_give_finite_values_and_gradients(name):
    z = T.dvector("z")
    y = FORMULAS[name](z)
    f = theano.function([z], [y, T.grad(y.sum(), z)])
    assert all(np.isfinite(value).all() for value in f([1000.0, 0, -1000]))
    near = np.array([0.3, -1, 2])
    plain = theano.function([z], [y, T.grad(y.sum(), z)], mode="FAST_COMPILE")
    for value, expected in zip(f(near), plain(near), strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-12)
