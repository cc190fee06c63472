"""The gradient of logistic regression, as tutorials write it."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T

x, w, b = T.dmatrix("x"), T.dvector("w"), T.dscalar("b")
y = T.dvector("y")


def cost_of(p, y):
    return (-y * T.log(p) - (1 - y) * T.log(1 - p)).mean()


SPELLINGS = {
    "by hand": lambda y: cost_of(1 / (1 + T.exp(-T.dot(x, w) - b)), y),
    "exp over one plus exp": lambda y: cost_of(
        T.exp(x.dot(w) + b) / (1 + T.exp(x.dot(w) + b)), y
    ),
    "sigmoid": lambda y: cost_of(T.nnet.sigmoid(x.dot(w) + b), y),
    "binary_crossentropy": lambda y: T.nnet.binary_crossentropy(
        T.nnet.sigmoid(x.dot(w) + b), y
    ).mean(),
    "one sum": lambda y: (
        -T.mean(
            y * T.log(T.nnet.sigmoid(x.dot(w) + b))
            + (1 - y) * T.log(1 - T.nnet.sigmoid(x.dot(w) + b))
        )
    ),
}


def names(f):
    return [str(node.op) for node in f.maker.fgraph.toposort()]


@pytest.mark.parametrize("name", SPELLINGS)
@pytest.mark.parametrize("dtype", ["float64", "int64"])
def test_the_gradient_is_a_product_with_a_difference(name, dtype):
    t = T.vector("y", dtype)
    f = theano.function([x, t, w, b], T.grad(SPELLINGS[name](t), [w, b]))
    assert "Elemwise{exp}" not in names(f)
    assert names(f).count("Elemwise{sigmoid}") == 1
    rng = np.random.default_rng(0)
    data, target = rng.normal(size=(20, 3)), rng.integers(0, 2, 20).astype(dtype)
    for size in (1.0, 1000.0):
        weights = rng.normal(size=3) * size
        p = 1 / (1 + np.exp(-np.clip(data @ weights + 0.5, -700, 700)))
        by_w, by_b = f(data, target, weights, 0.5)
        np.testing.assert_allclose(by_w, data.T @ (p - target) / 20, atol=1e-15)
        np.testing.assert_allclose(by_b, (p - target).mean(), atol=1e-15)


def test_the_data_are_read_once_in_a_training_step():
    weights = theano.shared(np.zeros(3), "weights")
    cost = theano.clone(SPELLINGS["by hand"](y), {w: weights})
    step = theano.function(
        [x, y, b], cost, updates=[(weights, weights - 0.1 * T.grad(cost, weights))]
    )
    assert sum("reads x" in line for line in step.plan.splitlines()) == 1


@pytest.mark.parametrize("n", [(6, 1), (1, 6)])
def test_one_row_that_meets_many_targets_and_one_target_many_rows(n):
    rows, targets = n
    cost = SPELLINGS["by hand"](y)
    results = [cost, *T.grad(cost, [w, b])]
    rng = np.random.default_rng(1)
    given = [rng.normal(size=(rows, 3)), rng.random(targets), rng.normal(size=3), 0.1]
    plain = theano.Mode(linker="py", optimizer=None)
    expected = theano.function([x, y, w, b], results, mode=plain)(*given)
    for mode in ("FAST_RUN", theano.Mode(linker="py", optimizer="fast_run")):
        got = theano.function([x, y, w, b], results, mode=mode)(*given)
        for one, other in zip(got, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12)
