"""Whole models as papers write them: optimisers, recurrent nets, energies, masks."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T

MODES = [None, "FAST_COMPILE"]


def sgd(cost, parameters, rate, **options):
    gradients = T.grad(cost, parameters, **options)
    return [(p, p - rate * g) for p, g in zip(parameters, gradients, strict=True)]


def newton(mode):
    """Fit a logistic regression by Newton's method, parameters in one vector."""
    rng = np.random.default_rng(0)
    data = rng.normal(size=(30, 4))
    labels = (data @ [1, -2, 0.5, 3] > 0) * 1.0
    theta = T.dvector("theta")
    w = theta[:4].reshape((4, 1))
    p = T.nnet.sigmoid(T.dot(data, w).flatten() + theta[4])
    cost = T.nnet.binary_crossentropy(p, labels).mean() + 0.05 * (theta**2).sum()
    outputs = [cost, T.grad(cost, theta), theano.gradient.hessian(cost, theta)]
    f = theano.function([theta], outputs, mode=mode)
    point = np.zeros(5)
    for _ in range(8):
        _, slope, curvature = f(point)
        point = point - np.linalg.solve(curvature, slope)
    value, slope, _ = f(point)
    assert abs(slope).max() < 1e-8
    return [value, point]


def boltzmann(mode):
    """Contrastive divergence with given draws, and the pseudo-likelihood's counter."""
    rng = np.random.default_rng(2)
    w = theano.shared(rng.normal(size=(6, 4)) * 0.1, "W")
    hidden, visible = theano.shared(np.zeros(4)), theano.shared(np.zeros(6))
    v, u1, u2 = T.matrices("v", "u1", "u2")

    def energy(v):
        softplus = T.log(1 + T.exp(T.dot(v, w) + hidden))
        return -T.sum(softplus, axis=1) - T.dot(v, visible)

    h = T.cast(u1 < T.nnet.sigmoid(T.dot(v, w) + hidden), theano.config.floatX)
    end = T.cast(u2 < T.nnet.sigmoid(T.dot(h, w.T) + visible), theano.config.floatX)
    cost = T.mean(energy(v)) - T.mean(energy(end))
    updates = sgd(cost, [w, hidden, visible], 0.1, consider_constant=[end])
    train = theano.function([v, u1, u2], cost, updates=updates, mode=mode)
    found = [
        train((rng.random((8, 6)) > 0.5) * 1.0, rng.random((8, 4)), rng.random((8, 6)))
        for _ in range(4)
    ]
    bit = theano.shared(value=0, name="bit_i_idx")
    rounded = T.round(v)
    flipped = T.set_subtensor(rounded[:, bit], 1 - rounded[:, bit])
    gap = T.mean(6 * T.log(T.nnet.sigmoid(energy(flipped) - energy(rounded))))
    watch = theano.function([v], gap, updates={bit: (bit + 1) % 6}, mode=mode)
    found += [watch(rng.random((3, 6))) for _ in range(7)]
    assert bit.get_value() == 1
    return [*found, w.get_value(), hidden.get_value(), visible.get_value()]


def gated(mode):
    """A gated recurrent net, unrolled, with masks and gradients clipped by norm."""
    rng = np.random.default_rng(3)
    n = 5
    shapes = {"Wz": (3, n), "Uz": (n, n), "Wh": (3, n), "Uh": (n, n), "V": (n, 2)}
    p = {
        name: theano.shared(rng.normal(size=shape) * 0.3, name)
        for name, shape in shapes.items()
    }
    x, mask, y = T.tensor3("x"), T.matrix("mask"), T.ivector("y")
    h = T.zeros((x.shape[1], n))
    for t in range(6):
        z = T.nnet.sigmoid(T.dot(x[t], p["Wz"]) + T.dot(h, p["Uz"]))
        candidate = T.tanh(T.dot(x[t], p["Wh"]) + T.dot(h, p["Uh"]))
        m = mask[t].dimshuffle(0, "x")
        h = m * (z * h + (1 - z) * candidate) + (1 - m) * h
    out = T.nnet.softmax(T.dot(h, p["V"]))
    cost = -T.log(out[T.arange(y.shape[0]), y] + 1e-8).mean()
    parameters = list(p.values())
    gradients = T.grad(cost, parameters)
    norm = T.sqrt(sum(T.sum(g**2) for g in gradients))
    clipped = [T.switch(norm > 0.1, g * 0.1 / norm, g) for g in gradients]
    spoilt = T.or_(T.isnan(norm), T.isinf(norm))
    updates = [
        (q, q - 0.5 * T.switch(spoilt, 0.1 * q, g))
        for q, g in zip(parameters, clipped, strict=True)
    ]
    train = theano.function([x, mask, y], [cost, norm], updates=updates, mode=mode)
    data, kept = rng.normal(size=(6, 4, 3)), (rng.random((6, 4)) > 0.3) * 1.0
    found = [train(data, kept, np.array([0, 1, 1, 0], "int32")) for _ in range(4)]
    assert found[-1][0] < found[0][0]
    return [np.array(found), *(q.get_value() for q in parameters)]


def elman(mode):
    """A recurrent net by scan, with a learned first state."""
    rng = np.random.default_rng(4)
    w, u = (theano.shared(rng.normal(size=(k, 4)) * 0.3) for k in (3, 4))
    start, v = theano.shared(np.zeros(4)), theano.shared(rng.normal(size=(4, 2)))
    x, t = T.matrices("x", "t")

    def step(x_t, h_tm1):
        h = T.tanh(T.dot(x_t, w) + T.dot(h_tm1, u))
        return [h, T.dot(h, v)]

    (_, y), _ = theano.scan(step, sequences=x, outputs_info=[start, None])
    cost = ((y - t) ** 2).sum()
    updates = sgd(cost, [w, u, v, start], 0.01)
    train = theano.function([x, t], cost, updates=updates, mode=mode)
    data, target = rng.normal(size=(7, 3)), rng.normal(size=(7, 2))
    found = [train(data, target) for _ in range(4)]
    assert found[-1] < found[0]
    return [*found, w.get_value(), u.get_value(), start.get_value()]


def factors(mode):
    """Matrix factorisation: rows and columns by index, repeated ones summed."""
    rng = np.random.default_rng(5)
    u, v = (
        theano.shared(rng.normal(size=(8, 3))),
        theano.shared(rng.normal(size=(9, 3))),
    )
    bias = theano.shared(np.zeros(8))
    i, j, rating = T.lvector("i"), T.lvector("j"), T.dvector("rating")
    predicted = (u[i] * v[j]).sum(1) + bias[i]
    cost = T.sqr(predicted - rating).mean() + 0.1 * T.sqr(u[i]).sum()
    updates = sgd(cost, [u, v, bias], 0.05)
    train = theano.function([i, j, rating], cost, updates=updates, mode=mode)
    rows, columns = rng.integers(0, 8, 20), rng.integers(0, 9, 20)
    ratings = rng.normal(size=20)
    found = [train(rows, columns, ratings) for _ in range(4)]
    assert found[-1] < found[0]
    return [*found, u.get_value(), v.get_value(), bias.get_value()]


def attention(mode):
    """Masked attention over a sequence, and means of what the mask keeps."""
    rng = np.random.default_rng(6)
    x, m = T.tensor3("x"), T.matrix("m")
    mean = (x * m[:, :, None]).sum(axis=1) / m.sum(axis=1, keepdims=True)
    weights = T.nnet.softmax(T.switch(m > 0, x[:, :, 0], -1e10))
    context = T.sum(weights[:, :, None] * x, axis=1)
    outputs = [mean, weights, context, T.grad(context.sum(), x)]
    mask = np.array([[1.0, 0, 1], [1, 1, 0]])
    values = rng.normal(size=(2, 3, 4))
    found = theano.function([x, m], outputs, mode=mode)(values, mask)
    kept = values * mask[:, :, None]
    np.testing.assert_allclose(found[0], kept.sum(1) / mask.sum(1, keepdims=True))
    assert (found[1][mask == 0] == 0).all()
    return found


@pytest.mark.parametrize(
    "model",
    [newton, boltzmann, gated, elman, factors, attention],
    ids=lambda m: m.__name__,
)
def test_the_compiled_model_takes_the_interpreters_steps(model):
    compiled, interpreted = (model(mode) for mode in MODES)
    for a, b in zip(compiled, interpreted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-7, atol=1e-10)
