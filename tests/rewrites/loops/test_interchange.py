"""Loops of a few numbers for each row take the steps of all rows together."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.ops.scan.loop import LoopOp


def loops_of(f):
    return [n for n in f.maker.fgraph.toposort() if isinstance(n.op, LoopOp)]


def assert_at_once(inputs, outputs, *calls, loops=1):
    """Hold loops over vectors to the interpreter."""
    f = theano.function(inputs, outputs)
    found = loops_of(f)
    assert len(found) == loops
    assert all(n.op.states for n in found)
    g = theano.function(inputs, outputs, mode="FAST_COMPILE")
    for arguments in calls:
        for got, value in zip(f(*arguments), g(*arguments), strict=True):
            np.testing.assert_allclose(got, value, rtol=1e-11, atol=1e-13)
            assert got.dtype == value.dtype
    return f


def swing(start, pull, n):
    """Let a pendulum go: two states, one of which starts the same for all."""

    def step(x, v, pull):
        faster = v - 0.1 * pull * T.sin(x)
        return x + 0.1 * faster, faster

    return theano.scan(
        step, outputs_info=[start, T.constant(0.0)], non_sequences=pull, n_steps=n
    )[0]


@pytest.mark.compiler
def test_all_rows_swing_together(rng):
    starts, pulls, n = T.dvector("starts"), T.fvector("pulls"), T.lscalar("n")

    def last(start, pull, n):
        angles, _ = swing(start, pull, n)
        return T.exp(angles[-1] - start), pull * 2

    outputs, _ = theano.map(last, [starts, pulls], non_sequences=n)
    calls = [
        (rng.normal(size=rows), rng.uniform(size=rows).astype("float32"), steps)
        for rows, steps in [(40, 13), (1, 5), (0, 5), (9, 1)]
    ]
    f = assert_at_once([starts, pulls, n], outputs, *calls)
    with pytest.raises(IndexError, match="test_interchange"):
        f(np.ones(3), np.ones(3, "float32"), 0)
    assert f(np.ones(0), np.ones(0, "float32"), 0)[0].shape == (0,)


@pytest.mark.compiler
def test_what_pendulums_cost_has_its_gradient_at_once(rng):
    starts, pull, w = T.dvector("starts"), T.dscalar("pull"), T.dvector("w")

    def cost(start, pull, w):
        angles, _ = theano.scan(
            lambda a, x: x + T.tanh(x) * a * pull, sequences=w, outputs_info=start
        )
        return (angles**2).sum() + angles[-1]

    costs, _ = theano.map(cost, starts, non_sequences=[pull, w])
    slopes = T.grad(costs.sum(), [starts, pull, w])
    f = theano.function([starts, pull, w], [costs, *slopes])
    g = theano.function([starts, pull, w], [costs, *slopes], mode="FAST_COMPILE")
    for rows, steps in [(30, 7), (1, 4), (9, 1)]:
        given = rng.normal(size=rows), 0.3, rng.normal(size=steps)
        for got, value in zip(f(*given), g(*given), strict=True):
            np.testing.assert_allclose(got, value, rtol=1e-10, atol=1e-12)


@pytest.mark.compiler
def test_loops_one_after_another_pass_on_their_rows(rng):
    x, k = T.dvector("x"), T.lvector("k")

    def twice(x, k):
        first, _ = theano.scan(lambda v: v * 0.9 + x, outputs_info=x, n_steps=6)
        second, _ = theano.scan(
            lambda a, s, c: s * 0.5 + a * c + k,
            sequences=first,
            outputs_info=T.constant(1.0),
            non_sequences=x * k,
        )
        return second[-1], first.sum()

    rows, _ = theano.map(twice, [x, k])
    calls = [(rng.normal(size=n), rng.integers(0, 5, size=n)) for n in (25, 1, 0)]
    f = theano.function([x, k], rows)
    assert all(n.op.states for n in loops_of(f))
    assert_at_once([x, k], rows, *calls, loops=len(loops_of(f)))


def test_rows_of_other_lengths_or_many_numbers_keep_their_loops():
    x, n, X = T.dvector("x"), T.lvector("n"), T.dmatrix("X")
    few = T.TensorType("float64", (3,))("few")

    def follow(v, steps=5):
        return theano.scan(lambda s: s * 0.5, outputs_info=v, n_steps=steps)[0][-1]

    until = theano.scan_module.until
    for given, row in [
        ([x, n], follow),
        ([X], follow),
        ([few], follow),
        (
            [x],
            lambda v: theano.scan(
                lambda s: (s * 0.5, until(s < 1)), outputs_info=v, n_steps=9
            )[0][-1],
        ),
    ]:
        rows, _ = theano.map(row, given)
        f = theano.function(given, rows, mode="FAST_RUN")
        assert any(not node.op.states for node in loops_of(f)), row
