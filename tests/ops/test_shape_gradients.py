"""Derivatives, first and second, of what moves, joins and reduces."""

import numpy as np
import pytest

import theanolike
import theanolike.tensor as T
from tests.ops.differences import differences
from theanolike.ops import find

CASES = {
    "sum": lambda x, f: f("sum")(x, 0),
    "sum kept": lambda x, f: f("sum")(x, 1, keepdims=True) * x,
    "mean": lambda x, f: f("mean")(x, 0),
    "var": lambda x, f: f("var")(x, 1),
    "std": lambda x, f: f("std")(x, 0, ddof=1),
    "prod": lambda x, f: f("prod")(x, 1),
    "max": lambda x, f: f("max")(x, 0),
    "ptp": lambda x, f: f("ptp")(x, 1),
    "reshape": lambda x, f: f("reshape")(x, (2, -1)) ** 2,
    "flatten": lambda x, f: f("flatten")(x) * np.arange(12.0),
    "transpose": lambda x, f: x.T**2,
    "squeeze": lambda x, f: f("squeeze")(x.dimshuffle(0, "x", 1)) ** 2,
    "specify_shape": lambda x, f: f("specify_shape")(x, (3, 4)) ** 2,
    "roll": lambda x, f: f("roll")(x, 2) * x,
    "tile": lambda x, f: f("tile")(x, (2, 3)) ** 2,
    "repeat": lambda x, f: f("repeat")(x, 3, 1) ** 2,
    "join": lambda x, f: f("join")(0, x, x * 2, x**2),
    "many joined": lambda x, f: f("join")(1, *[x * k for k in range(6)]) ** 2,
    "stack": lambda x, f: f("stack")([x, x**2], 2),
    "split": lambda x, f: f("split")(x, [1, 3], 2, 1)[1] ** 2,
    "alloc": lambda x, f: f("alloc")(x, 2, 3, 4) ** 2,
    "tril": lambda x, f: f("tril")(x) ** 2,
    "diagonal": lambda x, f: f("diagonal")(x, 1) ** 2,
    "diag": lambda x, f: f("diag")(f("diagonal")(x), 1) ** 2,
    "softmax": lambda x, f: f("softmax")(x) ** 2,
    "softmax of columns": lambda x, f: f("softmax")(x, axis=0) * x,
    "logsoftmax": lambda x, f: f("logsoftmax")(x) * x,
    "log of softmax": lambda x, f: f("log")(f("softmax")(x)) * x,
    "logsumexp": lambda x, f: f("logsumexp")(x, 1) ** 2,
    "sigmoid crossentropy": lambda x, f: f("sigmoid_binary_crossentropy")(x, 0.3),
    "crossentropy": lambda x, f: f("categorical_crossentropy")(
        f("softmax")(x), f("softmax")(x * 2)
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_first_and_second_derivatives_agree_with_differences(name, rng):
    x = T.dmatrix("x")
    y = CASES[name](x, find)
    cost = (y * T.sin(y + 0.5)).sum()
    gradient = T.grad(cost, x)
    directed = (gradient * T.cos(x)).sum()
    wanted = [cost, gradient, directed, T.grad(directed, x)]
    f = theanolike.function([x], wanted, mode="FAST_COMPILE")
    at = rng.normal(size=(3, 4))
    _, first, _, second = f(at)
    np.testing.assert_allclose(
        first, differences(lambda a: f(a)[0], at), rtol=1e-5, atol=1e-6
    )
    np.testing.assert_allclose(
        second, differences(lambda a: f(a)[2], at), rtol=1e-4, atol=1e-5
    )
    compiled = theanolike.function([x], wanted)
    for got, expected in zip(compiled(at), f(at), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", sorted(set(CASES) - {"specify_shape"}))
def test_a_run_time_extent_of_one_is_taken(name):
    x = T.dmatrix("x")
    y = CASES[name](x * 1, find)
    shape = (
        (3, 4) if name in {"alloc", "flatten", "reshape", "split", "std"} else (1, 1)
    )
    at = np.full(shape, 0.3)
    wanted = [y, T.grad(y.sum(), x)]
    expected = theanolike.function([x], wanted, mode="FAST_COMPILE")(at)
    for got, reference in zip(
        theanolike.function([x], wanted)(at), expected, strict=True
    ):
        np.testing.assert_allclose(got, reference, rtol=1e-12, atol=1e-14)
