"""Steps without a row in the table: one of them among many leaves the rest a table."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.codegen import emit_cxx

pytestmark = pytest.mark.compiler


def many(y, x, steps=40):
    """Return what takes two nests a step."""
    for k in range(steps):
        y = T.tanh(T.dot(x, y) / (k + 2.0)) + y.max()
    return y


def loop(x, v):
    rows, _ = theano.scan(
        lambda h, x: T.tanh(T.dot(x, h)), outputs_info=v, non_sequences=x, n_steps=5
    )
    return rows[2] + rows[-1] * rows.sum()


def loop_that_stops(x, v):
    rows, _ = theano.scan(
        lambda s: (s * 2, theano.scan_module.until(s > 10)),
        outputs_info=abs(v).max() + 1,
        n_steps=50,
    )
    return v * rows.sum() / rows.shape[0]


def branch(x, v):
    return theano.ifelse.ifelse(v.sum() > 0, v * 2, T.exp(v))


def branch_of_numbers(x, v):
    return v * theano.ifelse.ifelse(v.sum() > 0, v.max(), v.min())


def batches(x, v):
    stacked = T.stack([x, x * 2])
    return T.batched_dot(stacked, stacked).sum(axis=0)[1]


class Halved(theano.Op):
    __props__ = ()

    def make_node(self, x):
        return theano.Apply(self, [x], [x.type(), T.dscalar()])

    def perform(self, node, inputs, outputs):
        outputs[0][0] = inputs[0][::2].copy()
        outputs[1][0] = np.asarray(inputs[0].max())


def callback(x, v):
    half, most = Halved()(T.join(0, v, v))
    return T.join(0, half, half)[: v.shape[0]] * most + half.sum()


STEPS = [loop, loop_that_stops, branch, branch_of_numbers, batches, callback]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_one_step_without_a_row_leaves_a_table(step, rng):
    x, v = T.dmatrix("x"), T.dvector("v")
    y = many(v, x)
    z = step(x, y)
    outputs = [many(z, x), z, y.sum()]
    f = theano.function([x, v], outputs)
    assert "rows[]" in f.source
    assert "island_0" in f.source
    given = rng.normal(size=(4, 4)) / 4, rng.normal(size=4)
    expected = theano.function([x, v], outputs, mode="FAST_COMPILE")(*given)
    for _ in range(2):
        for one, other in zip(f(*given), expected, strict=True):
            np.testing.assert_allclose(one, other, 1e-9, 1e-12)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_a_table_gives_the_bits_of_a_straight_line(step, rng, monkeypatch):
    x, v = T.dmatrix("x"), T.dvector("v")
    given = rng.normal(size=(4, 4)), rng.normal(size=4)
    results = []
    for straight in (-1, 10**9):
        monkeypatch.setattr(emit_cxx, "STRAIGHT", straight)
        f = theano.function([x, v], [step(x, T.tanh(v)), x * 2, v * 2])
        assert ("rows[]" in f.source) == (straight < 0)
        results.append(f(*given))
    for one, other in zip(*results, strict=True):
        np.testing.assert_array_equal(one, other)


def test_an_error_inside_names_the_line_of_the_user(rng):
    x, v, i = T.dmatrix("x"), T.dvector("v"), T.lscalar("i")
    y = many(v, x)
    rows, _ = theano.scan(lambda s, i: y[i + s], sequences=T.arange(3), non_sequences=i)
    f = theano.function([x, v, i], many(y * rows.sum(), x))
    given = rng.normal(size=(4, 4)) / 4, rng.normal(size=4)
    f(*given, 1)
    with pytest.raises(IndexError, match="test_island.py"):
        f(*given, 2)
