"""Names of Theano that are made of others: picking, devices, seeds, constants' text."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.legacy.configparser import config
from theanolike.legacy.tests import unittest_tools
from theanolike.tensor import extra_ops

x, m, k, r = T.dvector("x"), T.dmatrix("m"), T.lvector("k"), T.lmatrix("r")
M = np.arange(12.0).reshape(3, 4) ** 2

# An expression, what it is given, its value.
CASES = {
    "to_one_hot": (extra_ops.to_one_hot(k, 3), {k: [1, 2, -1]}, np.eye(3)[[1, 2, 2]]),
    "diff": (extra_ops.diff(m, n=2), {m: M}, np.diff(M, 2)),
    "diff down": (extra_ops.diff(m, axis=0), {m: M}, np.diff(M, axis=0)),
    "its gradient": (
        T.grad((extra_ops.diff(x) ** 2).sum(), x),
        {x: [0.0, 1.0, 4.0]},
        [-2.0, -4.0, 6.0],
    ),
    "compress": (extra_ops.compress(k, m, axis=1), {m: M, k: [0, 1, 1, 0]}, M[:, 1:3]),
    "x.compress": (m.compress([0, 1, 0], axis=0), {m: M}, M[1:2]),
    "inverse_permutation": (T.inverse_permutation(k), {k: [2, 0, 1]}, [1, 2, 0]),
    "of each row": (
        T.inverse_permutation(r),
        {r: [[2, 0, 1], [1, 0, 2]]},
        [[1, 2, 0], [1, 0, 2]],
    ),
    "transfer": (m.transfer("cpu") + T.transfer(m, "cpu"), {m: M}, 2 * M),
    "scalars": (T.tensor_from_scalar(T.scalar_from_tensor(x.sum())), {x: [1, 2]}, 3.0),
    "tile by a vector": (T.tile(m, k, ndim=2), {m: M, k: [2, 1]}, np.tile(M, (2, 1))),
}


@pytest.mark.parametrize("mode", [None, "FAST_COMPILE"])
def test_functions_made_of_indexing_have_numpys_values(mode):
    inputs = [x, m, k, r]
    for name, (output, given, expected) in CASES.items():
        used = [v for v in inputs if v in given]
        value = theano.function(used, output, mode=mode)(*(given[v] for v in used))
        np.testing.assert_array_equal(value, expected, err_msg=name)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (lambda: extra_ops.to_one_hot(k, 3).eval({k: [3]}), IndexError),
        (lambda: extra_ops.to_one_hot(x, 3), TypeError),
        (lambda: extra_ops.diff(x, axis=1), ValueError),
        (lambda: extra_ops.diff(x, n=-1), ValueError),
        (lambda: T.inverse_permutation(x), TypeError),
        (lambda: x.transfer("gpu"), NotImplementedError),
        (lambda: T.scalar_from_tensor(x), TypeError),
        (lambda: unittest_tools.assert_allclose([1.0], [1.1]), AssertionError),
    ],
)
def test_wrong_use_of_them_is_refused(wrong, error):
    with pytest.raises(error):
        wrong()


def test_tests_of_users_get_their_seed_and_comparison():
    unittest_tools.assert_allclose(np.ones(2), np.ones(2) + 1e-13)
    assert unittest_tools.fetch_seed() == int(config.unittests.rseed)
    state = np.random.get_state()
    assert unittest_tools.seed_rng(3) == 3
    np.random.set_state(state)
    with theano.change_flags([("unittests.rseed", "random")]):
        assert unittest_tools.fetch_seed() is None


def test_rounding_keeps_integers():
    for name in ("ceil", "floor", "trunc"):
        assert getattr(T, name)(k).dtype == "int64", name


def test_an_update_may_know_more_of_its_shape():
    w = theano.shared(np.ones((2, 2)))
    f = theano.function([], [], updates={w: w.sum(axis=0, keepdims=True)})
    f()
    np.testing.assert_array_equal(w.get_value(), [[2.0, 2.0]])


def test_axes_may_be_a_range():
    np.testing.assert_array_equal(m.sum(axis=range(m.ndim)).eval({m: M}), M.sum())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.array([1.0, 2.0]), "[1. 2.]"),
        (np.ones((2, 3)), "(2, 3) of 1.0"),
        (np.arange(100.0), "[ 0.  1.  ... 98. 99.]"),
        (np.arange(6).reshape(2, 3), "[[0 1 2]\n [3 4 5]]"),
        (np.arange(8.0).reshape(2, 4), "[[0. 1. 2...5. 6. 7.]]"),
    ],
)
def test_constants_print_their_values_shortened(value, text):
    assert str(T.constant(value)) == f"TensorConstant{{{text}}}"
    assert theano.__api_version__ == 1
