"""Programs that stop themselves: `Assert`, `assert_`, `Raise`, masks that don't fit."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.legacy.ifelse import ifelse
from theanolike.legacy.raise_op import Raise
from theanolike.tensor.opt import Assert, assert_

x, m, s = T.dvector("x"), T.dmatrix("m"), T.dscalar("s")
mask = T.TensorType("bool", (False,))("mask")

# An expression, arguments that it takes, arguments that it refuses, the error.
CASES = {
    "Assert": (
        [x, s],
        Assert("x is small")(x, x.sum() > 0, s) * 2,
        ([1.0, 2.0], 3.0),
        ([1.0, 2.0], 0.0),
        (AssertionError, "x is small"),
        [2.0, 4.0],
    ),
    "its gradient": (
        [x],
        T.grad((assert_(x, T.eq(x.shape[0], 2)) ** 2).sum(), x),
        ([1.0, 2.0],),
        ([1.0],),
        (AssertionError, "Theano Assert failed!"),
        [2.0, 4.0],
    ),
    "inside of a loop": (
        [x],
        theano.scan(lambda v: Assert("negative")(v, v >= 0) * 2, x)[0],
        ([1.0, 2.0],),
        ([1.0, -2.0],),
        (AssertionError, "step 1"),
        [2.0, 4.0],
    ),
    "Raise in a branch": (
        [x, s],
        ifelse(s > 0, x, Raise("not yet", ValueError)(x)),
        ([1.0, 2.0], 1.0),
        ([1.0, 2.0], -1.0),
        (ValueError, "not yet"),
        [1.0, 2.0],
    ),
    "a mask of rows": (
        [m, mask],
        m[mask],
        ([[1.0], [2.0]], [False, True]),
        ([[1.0], [2.0]], [True]),
        (IndexError, "boolean index did not match"),
        [[2.0]],
    ),
    "a mask of columns that is written to": (
        [m, mask],
        T.set_subtensor(m[:, mask], 0.0),
        ([[1.0, 2.0]], [False, True]),
        ([[1.0, 2.0]], [False, True, True]),
        (IndexError, "boolean index did not match"),
        [[1.0, 0.0]],
    ),
    "a constant mask": (
        [m],
        m[np.array([True, False])],
        ([[1.0], [2.0]],),
        ([[1.0], [2.0], [3.0]],),
        (IndexError, "boolean index did not match"),
        [[1.0]],
    ),
}


@pytest.mark.parametrize("mode", [None, "FAST_COMPILE"])
@pytest.mark.parametrize("case", CASES)
def test_what_is_refused_stops_the_call_with_its_error(case, mode):
    inputs, output, taken, refused, (kind, text), expected = CASES[case]
    f = theano.function(inputs, output, mode=mode)
    np.testing.assert_array_equal(f(*taken), expected)
    with pytest.raises(kind, match=text):
        f(*refused)


def test_conditions_are_scalars_and_raise_knows_its_default():
    with pytest.raises(TypeError, match="scalars"):
        Assert("m")(x, x > 0)
    with pytest.raises(NotImplementedError, match="later"):
        Raise("later")(x).eval({x: [1.0]})
