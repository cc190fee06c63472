"""Laws of derivatives over formulas of every family: differences, adjoints, twice."""

import numpy as np
import pytest

import theanolike.tensor as T
from theanolike.compile.function import function
from theanolike.gradient import Lop, Rop, grad, verify_grad
from theanolike.types.type import TensorType

# name: formula, shapes of its arguments
CASES = {
    "sum of all": (T.sum, [(3, 2)]),
    "sum of rows": (lambda x: T.sum(x, axis=1), [(3, 2)]),
    "sum that keeps dims": (lambda x: T.sum(x, axis=0, keepdims=True), [(3, 2)]),
    "mean": (lambda x: T.mean(x, axis=0), [(3, 2)]),
    "var": (lambda x: T.var(x, axis=0), [(3, 2)]),
    "std": (T.std, [(5,)]),
    "prod": (lambda x: T.prod(x, axis=1), [(3, 4)]),
    "max": (lambda x: T.max(x, axis=1), [(3, 4)]),
    "min": (T.min, [(3, 4)]),
    "maximum": (T.maximum, [(3, 4), (4,)]),
    "clip": (lambda x: T.clip(x, 0.9, 1.6), [(3, 4)]),
    "switch": (lambda x, y: T.switch(x > 1.2, x * y, y), [(3, 4), (3, 1)]),
    "softmax": (T.nnet.softmax, [(3, 4)]),
    "logsoftmax": (T.nnet.logsoftmax, [(3, 4)]),
    "broadcast product": (lambda x, y: x * y, [(3, 1), (1, 4)]),
    "product with a scalar": (lambda x, y: x * y, [(3, 2), ()]),
    "product of three": (T.mul, [(2,), (3, 2), ()]),
    "quotient": (lambda x, y: x / y, [(3, 2), (2,)]),
    "power": (lambda x, y: x**y, [(3, 2), (2,)]),
    "reshape": (lambda x: x.reshape((2, -1)), [(4, 3)]),
    "flatten": (lambda x: x.flatten(2), [(2, 3, 2)]),
    "transpose": (lambda x: x.T, [(3, 2)]),
    "dimshuffle": (lambda x: x.dimshuffle(1, "x", 0), [(3, 2)]),
    "concatenate": (lambda x, y: T.concatenate([x, y], axis=1), [(2, 3), (2, 1)]),
    "stack": (lambda x, y: T.stack([x, y], axis=1), [(3,), (3,)]),
    "split": (lambda x: T.split(x, [1, 2], 2)[1], [(3,)]),
    "tile": (lambda x: T.tile(x, (2, 2)), [(2, 3)]),
    "repeat": (lambda x: T.repeat(x, 3, axis=1), [(2, 2)]),
    "roll": (lambda x: T.roll(x, 2), [(5,)]),
    "diagonal": (T.diagonal, [(3, 3)]),
    "fill": (T.fill, [(3, 2), ()]),
    "alloc": (lambda x: T.alloc(x, 3, 2), [()]),
    "sigmoid and friends": (
        lambda x: T.nnet.sigmoid(x) + T.nnet.softplus(x) + T.nnet.relu(x - 1.2),
        [(4,)],
    ),
    "chain of functions": (
        lambda x: T.exp(-T.sqrt(x)) + T.log1p(x) * T.tanh(x) + T.cos(T.sin(x)),
        [(4,)],
    ),
}


@pytest.fixture
def points(request, rng):
    """Numbers between 1 and 2, none equal, none at a kink of the cases."""
    _, shapes = CASES[request.param]
    total = sum(int(np.prod(shape)) for shape in shapes)
    draws = iter(1 + (rng.permutation(total) + 0.37) / total)
    return [np.array([next(draws) for _ in np.ndindex(s)]).reshape(s) for s in shapes]


def variables(points):
    return [TensorType("float64", [None] * p.ndim)() for p in points]


BY_NAME = pytest.mark.parametrize(
    ("name", "points"),
    [(name, name) for name in CASES],
    indirect=["points"],
    ids=list(CASES),
)


@BY_NAME
def test_gradients_agree_with_differences(name, points, rng):
    verify_grad(CASES[name][0], points, rng=rng, n_tests=1, mode="FAST_COMPILE")


@BY_NAME
def test_second_derivatives_agree_with_differences(name, points, rng):
    formula, _ = CASES[name]

    def derivative(*xs):
        cost = T.sum(T.sin(formula(*xs)))
        options = {"disconnected_inputs": "ignore"}
        return T.concatenate([T.flatten(g) for g in grad(cost, list(xs), **options)])

    verify_grad(derivative, points, rng=rng, n_tests=1, mode="FAST_COMPILE")


@BY_NAME
def test_rop_is_adjoint_to_lop(name, points, rng):
    xs = variables(points)
    out = CASES[name][0](*xs)
    moves = [rng.normal(size=p.shape) for p in points]
    forward = Rop(out, xs, [T.constant(m) for m in moves])
    weights = TensorType("float64", [None] * out.ndim)()
    back = Lop(out, xs, weights, disconnected_inputs="ignore")
    push = function(xs, forward, mode="FAST_COMPILE", on_unused_input="ignore")
    pull = function([*xs, weights], back, mode="FAST_COMPILE", on_unused_input="ignore")
    pushed = push(*points)
    given = rng.normal(size=pushed.shape)
    pulled = pull(*points, given)
    expected = sum((g * m).sum() for g, m in zip(pulled, moves, strict=True))
    assert (given * pushed).sum() == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.compiler
def test_compiled_gradients_agree_with_interpreted_ones(rng):
    inputs, outputs, arrays = [], [], []
    for formula, shapes in CASES.values():
        given = [rng.uniform(1, 2, size=shape) for shape in shapes]
        xs = variables(given)
        cost = T.sum(T.sin(formula(*xs)))
        outputs += grad(cost, xs, disconnected_inputs="ignore")
        inputs += xs
        arrays += given
    options = {"on_unused_input": "ignore"}
    expected = function(inputs, outputs, mode="FAST_COMPILE", **options)(*arrays)
    got = function(inputs, outputs, **options)(*arrays)
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)
