"""Training loops as papers write them, held to NumPy and to the interpreter."""

from collections import OrderedDict

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T

MODES = [None, "FAST_COMPILE"]


def like(parameter):
    value = parameter.get_value(borrow=True)
    return theano.shared(
        np.zeros(value.shape, value.dtype), broadcastable=parameter.broadcastable
    )


def sgd(cost, parameters, rate=0.05):
    gradients = T.grad(cost, parameters)
    return [(p, p - rate * g) for p, g in zip(parameters, gradients, strict=True)]


def nesterov(cost, parameters, rate=0.02, momentum=0.9):
    updates = []
    for p, g in zip(parameters, T.grad(cost, parameters), strict=True):
        velocity = like(p)
        step = momentum * velocity - rate * g
        updates.append((velocity, step))
        updates.append((p, p + momentum * step - rate * g))
    return updates


def adagrad(cost, parameters, rate=0.5, epsilon=1e-6):
    updates = OrderedDict()
    for p, g in zip(parameters, theano.grad(cost, parameters), strict=True):
        total = like(p)
        new = total + g**2
        updates[total] = new
        updates[p] = p - (rate * g / T.sqrt(new + epsilon))
    return updates


def rmsprop(cost, parameters, rate=0.05, rho=0.9, epsilon=1e-6):
    one = T.constant(1)
    updates = OrderedDict()
    for p, g in zip(parameters, theano.grad(cost, parameters), strict=True):
        total = like(p)
        new = rho * total + (one - rho) * g**2
        updates[total] = new
        updates[p] = p - (rate * g / T.sqrt(new + epsilon))
    return updates


def adam(cost, parameters, rate=0.05, beta1=0.9, beta2=0.999, epsilon=1e-8):
    steps = theano.shared(np.asarray(0.0, dtype=theano.config.floatX))
    one = T.constant(1)
    t = steps + 1
    scale = rate * T.sqrt(one - beta2**t) / (one - beta1**t)
    updates = OrderedDict()
    for p, g in zip(parameters, theano.grad(cost, parameters), strict=True):
        first, second = like(p), like(p)
        m = beta1 * first + (one - beta1) * g
        v = beta2 * second + (one - beta2) * g**2
        updates[first] = m
        updates[second] = v
        updates[p] = p - scale * m / (T.sqrt(v) + epsilon)
    updates[steps] = t
    return updates


def costs(rule, dtype, mode):
    """Return the costs of 30 steps on a vector and a column that broadcasts."""
    rng = np.random.default_rng(3)
    with theano.change_flags(floatX=dtype):
        w = theano.shared(rng.normal(size=4).astype(dtype), name="w")
        column = theano.shared(
            rng.normal(size=(4, 1)).astype(dtype), broadcastable=(False, True)
        )
        x = T.matrix("x")
        cost = T.sqr(T.dot(x, w) - 1).mean() + T.sqr(T.dot(x, column)).mean()
        step = theano.function([x], cost, updates=rule(cost, [w, column]), mode=mode)
        data = rng.normal(size=(10, 4)).astype(dtype)
        found = [step(data) for _ in range(30)]
    assert w.get_value().dtype == column.get_value().dtype == dtype
    assert {value.dtype.name for value in found} == {dtype}
    return np.array(found, "float64")


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("rule", [sgd, nesterov, adagrad, rmsprop, adam])
def test_an_update_rule_keeps_dtypes_and_takes_the_interpreters_steps(rule, dtype):
    compiled, interpreted = (costs(rule, dtype, mode) for mode in MODES)
    assert compiled[-1] < compiled[0]
    tolerance = 1e-9 if dtype == "float64" else 1e-4
    np.testing.assert_allclose(compiled, interpreted, rtol=tolerance)


@pytest.mark.parametrize("mode", MODES)
def test_what_an_update_in_place_reads_is_not_overwritten_before(mode):
    x = T.dmatrix("x")
    u = theano.shared(np.zeros(4), "u")
    v = theano.shared(np.zeros((4, 1)), "v")
    first, second = T.dot(x.T, x[:, 0]), T.dot(x.T, x[:, 1:2])
    step = theano.function(
        [x], [], updates=[(u, u - first), (v, v - second)], mode=mode
    )
    data = np.random.default_rng(0).normal(size=(3, 4))
    step(data)
    np.testing.assert_allclose(u.get_value(), -data.T @ data[:, 0])
    np.testing.assert_allclose(v.get_value(), -data.T @ data[:, 1:2])


@pytest.mark.parametrize("mode", MODES)
def test_an_autoencoder_with_tied_weights_takes_numpys_steps(mode):
    rng = np.random.default_rng(5)
    w = theano.shared(rng.uniform(-0.5, 0.5, (12, 6)), name="w", borrow=True)
    visible = theano.shared(np.zeros(12), borrow=True)
    hidden = theano.shared(np.zeros(6), name="b", borrow=True)
    x = T.dmatrix("input")
    code = T.nnet.sigmoid(T.dot(x, w) + hidden)
    z = T.nnet.sigmoid(T.dot(code, w.T) + visible)
    cost = T.mean(-T.sum(x * T.log(z) + (1 - x) * T.log(1 - z), axis=1))
    updates = sgd(cost, [w, hidden, visible], 0.1)
    train = theano.function([x], cost, updates=updates, mode=mode)
    data = (rng.random((30, 12)) > 0.5).astype("float64")
    weights, b, c = w.get_value(), hidden.get_value(), visible.get_value()
    for _ in range(10):
        y = 1 / (1 + np.exp(-(data @ weights + b)))
        out = 1 / (1 + np.exp(-(y @ weights.T + c)))
        loss = -(data * np.log(out) + (1 - data) * np.log(1 - out)).sum(1).mean()
        np.testing.assert_allclose(train(data), loss)
        dz = (out - data) / len(data)
        dy = dz @ weights * y * (1 - y)
        weights = weights - 0.1 * (data.T @ dy + dz.T @ y)
        b, c = b - 0.1 * dy.sum(0), c - 0.1 * dz.sum(0)
    np.testing.assert_allclose(w.get_value(), weights)


@pytest.mark.parametrize("mode", MODES)
def test_an_embedding_learns_by_the_rows_it_was_asked_for(mode):
    rng = np.random.default_rng(0)
    table, out = rng.normal(size=(10, 4)), rng.normal(size=(8, 3))
    words, classes = rng.integers(0, 10, (6, 2)), rng.integers(0, 3, 6)
    e, u = theano.shared(table, "E"), theano.shared(out, "U")
    idx, y = T.lmatrix("idx"), T.lvector("y")
    p = T.nnet.softmax(T.dot(e[idx].reshape((idx.shape[0], -1)), u))
    cost = T.nnet.categorical_crossentropy(p, y).mean()
    step = theano.function([idx, y], cost, updates=sgd(cost, [e, u], 0.1), mode=mode)
    for _ in range(3):
        x = table[words].reshape(6, 8)
        q = np.exp(x @ out)
        q /= q.sum(1, keepdims=True)
        loss = -np.log(q[range(6), classes]).mean()
        np.testing.assert_allclose(step(words, classes), loss)
        q[range(6), classes] -= 1
        rows = np.zeros_like(table)
        np.add.at(rows, words, (q / 6 @ out.T).reshape(6, 2, 4))
        table, out = table - 0.1 * rows, out - 0.1 * x.T @ q / 6
    np.testing.assert_allclose(e.get_value(), table)
    np.testing.assert_allclose(u.get_value(), out)


@pytest.mark.parametrize("mode", MODES)
def test_rows_are_updated_by_the_gradient_of_what_was_taken(mode):
    table = theano.shared(np.arange(12.0).reshape(6, 2))
    rows = T.ivector("rows")
    taken = table[rows]
    gradient = T.grad((taken**2).sum(), taken)
    step = theano.function(
        [rows],
        [],
        updates=[(table, T.inc_subtensor(taken, -0.1 * gradient))],
        mode=mode,
    )
    expected = np.arange(12.0).reshape(6, 2)
    np.add.at(expected, [1, 3, 3], -0.2 * expected[[1, 3, 3]])
    step(np.array([1, 3, 3], "int32"))
    np.testing.assert_allclose(table.get_value(), expected)
