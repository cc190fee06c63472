"""Derivatives as Theano's tutorial and papers ask for them, with its values."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T

MODES = pytest.mark.parametrize("mode", [None, "FAST_COMPILE"])


@MODES
def test_rop_of_a_linear_function_takes_all_inputs_of_the_tutorial(mode):
    w, v, x = T.dmatrix("W"), T.dmatrix("V"), T.dvector("x")
    f = theano.function([w, v, x], T.Rop(T.dot(x, w), w, v), mode=mode)
    found = f([[1, 1], [1, 1]], [[2, 2], [2, 2]], [0, 1])
    np.testing.assert_array_equal(found, [2, 2])


@MODES
def test_rop_requires_the_direction_to_have_the_shape_of_wrt(mode):
    x, v = T.dvectors("x", "v")
    f = theano.function([x, v], T.Rop(T.exp(x), x, v), mode=mode)
    with pytest.raises(AssertionError, match="has shape 3"):
        f([1, 2], [1, 2, 3])


@MODES
def test_rop_by_a_scalar_keeps_it_an_input(mode):
    x, v = T.dscalars("x", "v")
    f = theano.function([x, v], T.Rop(3 * x, x, v), mode=mode)
    assert f(1, 2) == 6


@MODES
def test_lop_is_the_tutorials(mode):
    w, v, x = T.dmatrix("W"), T.dvector("v"), T.dvector("x")
    f = theano.function([v, x], T.Lop(T.dot(x, w), w, v), mode=mode)
    np.testing.assert_array_equal(f([2, 2], [0, 1]), [[0, 0], [2, 2]])


@MODES
def test_jacobian_by_scan_is_the_one_by_the_macro(mode):
    x = T.dvector("x")
    y = x**2
    rows, updates = theano.scan(
        lambda i, y, x: T.grad(y[i], x),
        sequences=T.arange(y.shape[0]),
        non_sequences=[y, x],
    )
    outputs = [rows, theano.gradient.jacobian(y, x)]
    f = theano.function([x], outputs, updates=updates, mode=mode)
    for found in f([4, 4]):
        np.testing.assert_array_equal(found, [[8, 0], [0, 8]])


@MODES
def test_a_hessian_times_a_vector_comes_forward_and_backward(mode):
    x, v = T.dvectors("x", "v")
    gradient = T.grad(T.sum(x**2), x)
    outputs = [T.grad(T.sum(gradient * v), x), T.Rop(gradient, x, v)]
    f = theano.function([x, v], outputs, mode=mode)
    for found in f([4, 4], [2, 2]):
        np.testing.assert_array_equal(found, [4, 4])


@MODES
def test_the_pieces_of_subgraph_grad_are_the_gradient(mode):
    rng = np.random.default_rng(0)
    x, t = T.dvectors("x", "t")
    w1 = theano.shared(rng.normal(size=(3, 4)))
    w2 = theano.shared(rng.normal(size=(4, 2)))
    a1 = T.tanh(T.dot(x, w1))
    a2 = T.tanh(T.dot(a1, w2))
    costs = [T.sqr(a2 - t).sum() + T.sqr(w2.sum()), T.sqr(w1.sum())]
    following, found = None, []
    for wrt, end, cost in zip([[w2], [w1]], [[a1], [x]], costs, strict=True):
        gradients, ends = theano.subgraph_grad(wrt, end, start=following, cost=cost)
        following = dict(zip(end, ends, strict=True))
        found += gradients
    expected = T.grad(sum(costs), [w2, w1])
    values = theano.function([x, t], found + expected, mode=mode)([1, 2, 3], [0, 1])
    np.testing.assert_allclose(values[0], values[2])
    np.testing.assert_allclose(values[1], values[3])


RULES = {
    "consider_constant": lambda y, x: T.grad(y * x, x, consider_constant=[y]),
    "disconnected_grad": lambda y, x: T.grad(
        theano.gradient.disconnected_grad(y) * x, x
    ),
    "zero_grad": lambda y, x: T.grad(theano.gradient.zero_grad(y) * x, x),
    "grad_clip": lambda y, x: T.grad(theano.gradient.grad_clip(y, -1, 1.5) * 5, x) * 1,
    "grad_scale": lambda y, x: T.grad(theano.gradient.grad_scale(y, 1.5), x),
    "known_grads": lambda y, x: T.grad(None, x, known_grads={y: T.constant(1.5)}),
}


@MODES
@pytest.mark.parametrize("rule", RULES)
def test_what_bends_a_gradient_is_obeyed(rule, mode):
    x = T.dscalar("x")
    assert theano.function([x], RULES[rule](x**2, x), mode=mode)(3) == 9


def test_a_gradient_is_named_after_a_named_cost():
    x = T.dvector("x")
    cost = (x**2).sum()
    assert T.grad(cost, x).name is None
    cost.name = "cost"
    assert T.grad(cost, x).name == "(dcost/dx)"
    assert T.grad(cost * 1, x, add_names=False).name is None


CURVES = {
    "max": lambda a: T.max(a, axis=1),
    "prod": lambda a: T.prod(a, axis=0),
    "logsoftmax": T.nnet.logsoftmax,
    "picked": lambda a: a[T.arange(3), [2, 1, 0]],
    "set": lambda a: T.set_subtensor(a[1:], a[:-1] ** 2),
    "joined": lambda a: T.concatenate([a, a**2], axis=1).reshape((2, 9)),
    "switch": lambda a: T.switch(a > 0.5, a**2, a),
    "norm": lambda a: a.norm(2, axis=1),
    "tensordot": lambda a: T.tensordot(a, a, [[1], [0]]),
    "tile": lambda a: T.tile(a, (2, 2)),
    "standardised": lambda a: (a - a.mean(0)) / T.sqrt(a.var(0) + 1e-2),
    "power": lambda a: a**a.T,
}


@MODES
@pytest.mark.parametrize("name", CURVES)
def test_gradient_and_rop_are_differences(name, mode):
    curve = CURVES[name]
    rng = np.random.RandomState(0)
    point, way = rng.rand(3, 3) + 0.05, rng.randn(3, 3)
    T.verify_grad(curve, [point], rng=rng, mode=mode)
    x, v = T.dmatrices("x", "v")
    y = curve(x)
    pushed = theano.function([x, v], T.Rop(y, x, v), mode=mode)(point, way)
    f = theano.function([x], y, mode=mode)
    slope = (f(point + 1e-6 * way) - f(point - 1e-6 * way)) / 2e-6
    np.testing.assert_allclose(pushed, slope, rtol=1e-4, atol=1e-6)
