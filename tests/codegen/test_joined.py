"""What is joined from slices is copied a slice at a time, whatever reads it."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T

x, y, z = T.dvectors("x", "y", "z")
m, n = T.dmatrices("m", "n")
FORMULAS = {
    "vectors": T.concatenate([x, y, z]),
    "a shifted vector": T.concatenate([T.zeros(1), x[:-1]]) + x,
    "copies": T.tile(m, (2, 3)),
    "columns": T.concatenate([m, n], axis=1),
    "a function of vectors": T.exp(T.concatenate([x, y])),
    "functions, joined": T.concatenate([T.tanh(x), T.exp(y), z]),
    "a function of columns": T.tanh(T.concatenate([m, n, m[:, :1]], axis=1)) * 2,
    "neighbours": T.log(1 + T.exp(x + T.concatenate([x[1:], x[-1:]]))),
}
LENGTHS = [(40, 30, 1), (1, 50, 0), (0, 17, 20), (3, 0, 0)]


@pytest.mark.parametrize("what", FORMULAS)
def test_joined_slices_are_what_numpy_joins(what, rng):
    formula = FORMULAS[what]
    given = [v for v in (x, y, z, m, n) if v in theano.gof.graph.inputs([formula])]
    f = theano.function(given, formula)
    slow = theano.function(given, formula, mode="FAST_COMPILE")
    for a, b, c in LENGTHS:
        if what in {"a shifted vector", "neighbours"} and a < 2:
            continue  # their pieces have other lengths then
        shapes = {x: a, y: b, z: c, m: (3, a + 1), n: (3, b)}
        values = [rng.normal(size=shapes[v]) for v in given]
        np.testing.assert_allclose(f(*values), slow(*values), rtol=1e-14)
    assert "min_int" not in f.source
    body = f.source[f.source.index("kernel_0") : f.source.index("extern")]
    assert body.count(" ? ") == 0


def test_states_that_move_along_are_joined_in_each_step(rng):
    states, _ = theano.scan(
        lambda row, s: T.tanh(T.concatenate([row[:1], s[:-1]]) + row),
        sequences=m,
        outputs_info=x,
    )
    f, slow = (theano.function([m, x], states, mode=k) for k in (None, "FAST_COMPILE"))
    values = rng.normal(size=(6, 33)), rng.normal(size=33)
    np.testing.assert_allclose(f(*values), slow(*values), rtol=1e-13)
