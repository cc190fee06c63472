"""Loops that look elements up stand apart from loops over elementary functions."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.compile.mode import Mode

x, i = T.dvector("x"), T.lvector("i")
m = T.dmatrix("m")
VALUES = {
    x: np.linspace(0.1, 2, 40),
    m: np.linspace(0.1, 2, 80).reshape(40, 2),
    i: np.arange(60) % 40 - 20,
}
APART = {
    "a function of an element": T.exp(x[i]),
    "an element of a function": T.exp(x)[i],
    "functions of two elements": T.tanh(x[i]) * T.exp(x[i[::-1]] * x[i]),
    "what a class is given": -T.log(m)[T.arange(i.shape[0]) % 40, i % 2].mean(),
    "a function of columns": T.exp(m.T[:, i]),
}
TOGETHER = {
    "sums of an element": 2 * x[i] + 1,
    "a function of rows": T.exp(m[i]),
    "a few elements": T.exp(x[T.constant(np.arange(8))]),
}


def compiled(formula, mode=None):
    given = [v for v in VALUES if v in theano.gof.graph.inputs([formula])]
    return theano.function(given, formula, mode=mode), [VALUES[v] for v in given]


@pytest.mark.parametrize("what", APART)
def test_elementary_functions_run_in_vectors_beside_lookups(what):
    f, values = compiled(APART[what])
    loops = f.source[f.source.index("kernel_") :].split("for (")
    lookups = [loop for loop in loops if "tl_at(c" in loop]
    assert lookups
    assert not any("_f64(" in loop for loop in lookups)
    expected, _ = compiled(APART[what], "FAST_COMPILE")
    np.testing.assert_allclose(f(*values), expected(*values), rtol=1e-14)


@pytest.mark.parametrize("what", TOGETHER)
def test_cheap_or_few_elements_are_looked_up_where_they_are_needed(what):
    f, values = compiled(TOGETHER[what])
    assert "nests: 1, buffers: 0" in str(f.plan)
    expected, _ = compiled(TOGETHER[what], "FAST_COMPILE")
    np.testing.assert_allclose(f(*values), expected(*values), rtol=1e-14)


def test_an_index_out_of_bounds_is_told_before_functions_run():
    f = theano.function([x, i], T.exp(x)[i])
    with pytest.raises(IndexError, match="index 3 is out of bounds"):
        f([1.0, 2.0, 3.0], [0, 3])


def test_a_lookup_in_a_loops_step_stands_apart():
    rows, _ = theano.scan(
        lambda row, h: T.log(1 + T.exp(h)) + row[i], sequences=m, outputs_info=x
    )
    values = [np.ones((5, 60)), np.zeros(60), np.arange(60)]
    found = [
        theano.function([m, x, i], rows, mode=mode)(*values)
        for mode in (None, Mode(linker="py", optimizer=None))
    ]
    np.testing.assert_allclose(*found, rtol=1e-14)
