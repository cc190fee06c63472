"""`FitRows` changes what has no rows, and nothing else."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.ops.scan.fitted import FitRows


@pytest.mark.parametrize("mode", ["FAST_COMPILE", "FAST_RUN"])
def test_only_without_rows_the_extents_change(mode, rng):
    x, n = T.dtensor3("x"), T.lscalar("n")
    f = theano.function([x, n], FitRows((2,))(x, n) * 1, mode=mode)
    value = rng.normal(size=(3, 2, 4))
    for rows in (3, 1):
        np.testing.assert_array_equal(f(value[:rows], 7), value[:rows])
    assert f(value[:0], 7).shape == (0, 2, 7)
    assert f(value[:0], 4).shape == (0, 2, 4)


def test_its_shape_is_told_without_it():
    x, n = T.dmatrix("x"), T.lscalar("n")
    f = theano.function([x, n], FitRows((1,))(x, n).shape)
    assert f(np.zeros((2, 3)), 5).tolist() == [2, 3]
    assert f(np.zeros((0, 3)), 5).tolist() == [0, 5]


def test_gradients_come_back_in_the_extents_of_the_rows(rng):
    theano.gradient.verify_grad(
        lambda x: FitRows((1,))(x, T.constant(7)) ** 2,
        [rng.normal(size=(3, 4))],
        rng=rng,
    )
    x = T.dmatrix("x")
    g = T.grad(FitRows((1,))(x, T.constant(7)).sum(), x)
    assert theano.function([x], g)(np.zeros((0, 4))).shape == (0, 4)
