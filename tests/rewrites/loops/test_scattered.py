"""Gradients by a table of which the steps of a loop read rows."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.compile.mode import Mode

pytestmark = pytest.mark.compiler

AS_WRITTEN = Mode(linker="py", optimizer=None)


def fired(f):
    return f.explain().count("scatter_into_state")


def test_steps_add_to_the_rows_that_they_read(rng):
    W, ids, places = T.dmatrix("W"), T.lmatrix("ids"), T.lmatrix("places")

    def last(row, places):
        h, _ = theano.scan(lambda i, h: T.tanh(h * 0.5 + W[i]), row, T.zeros_like(W[0]))
        return (h[-1] * T.exp(W[places, places[::-1]])).sum()

    rows, _ = theano.map(last, [ids, places])
    gradient = T.grad(rows.sum(), W)
    f = theano.function([W, ids, places], gradient)
    assert fired(f)
    wanted = theano.function([W, ids, places], gradient, mode=AS_WRITTEN)
    for n in (0, 1, 12):
        values = (
            rng.normal(size=(6, 6)),
            rng.integers(-6, 6, size=(n, 4)),
            rng.integers(0, 2, size=(n, 6)),  # some more than once
        )
        np.testing.assert_allclose(f(*values), wanted(*values), rtol=1e-12, atol=1e-14)


def test_zeros_of_another_shape_stay(rng):
    W, start, i = T.dmatrix("W"), T.dmatrix("start"), T.lscalar("i")
    spread = T.inc_subtensor(T.zeros_like(W)[i], T.exp(W[i]))
    found, _ = theano.scan(
        lambda k, s, W, i: s + T.inc_subtensor(T.zeros_like(W)[i - k], W[i - k]),
        T.arange(2),
        start + spread[:1],
        [W, i],
    )
    f = theano.function([W, start, i], found[-1])
    assert not fired(f)
    one, three = rng.normal(size=(1, 4)), rng.normal(size=(3, 4))
    with pytest.raises(ValueError, match="shape"):
        f(three, one, 1)
