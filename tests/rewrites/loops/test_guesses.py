"""Extremes that a step waits for: by a branch, the same numbers."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.ops.conditional import _guessed_minimum


@pytest.fixture
def rows():
    return T.dmatrix("rows")


def test_the_state_of_an_extreme_comes_last_by_a_branch(rows, loops):
    def step(row, state):
        return T.minimum(T.minimum(row[0], state), row[1]) + row[2]

    states, _ = theano.scan(step, sequences=rows, outputs_info=T.constant(np.inf))
    run = theano.function([rows], states)
    assert "guessed_minimum" in run.source
    (loop,) = loops(run)
    (last,) = [n for n in loop.op.graph.nodes if n.op == _guessed_minimum]
    assert last.inputs[1] in loop.op.graph.inputs
    given = np.random.default_rng(0).normal(size=(50, 3))
    state, expected = np.inf, []
    for a, b, c in given:
        state = min(a, state, b) + c
        expected.append(state)
    np.testing.assert_array_equal(run(given), expected)


@pytest.mark.parametrize("name", ["minimum", "maximum"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_nan_and_infinity_stay(name, dtype):
    x = T.vector("x", dtype)
    states, _ = theano.scan(getattr(T, name), x, T.constant(0.0, dtype=dtype))
    run = theano.function([x], states)
    assert f"guessed_{name}" in run.source
    given = np.array([1, -2, np.inf, -np.inf, 3, np.nan, 5], dtype)
    both = np.concatenate([np.zeros(1, dtype), given])
    expected = getattr(np, name).accumulate(both)[1:]
    np.testing.assert_array_equal(run(given), expected)


def test_an_extreme_of_arrays_or_of_what_is_not_waited_for_stays(rows, loops):
    states, _ = theano.scan(T.minimum, rows, T.zeros(rows.shape[1]))
    more, _ = theano.scan(
        lambda row, s: [row[1], T.minimum(s, row[0])],
        rows,
        [T.constant(0.0), None],
    )
    run = theano.function([rows], [states, *more])
    assert loops(run)
    assert "guessed_minimum" not in run.source


def test_the_gradient_goes_the_cheapest_way(rows):
    def step(row, state):
        return T.minimum(T.minimum(row[0], state), row[1]) + row[2]

    states, _ = theano.scan(step, sequences=rows, outputs_info=T.constant(1.0))
    slope = theano.function([rows], T.grad(states[-1], rows))
    given = np.array([[3.0, 2.0, 0.5], [0.7, 4.0, 1.0], [5.0, 6.0, -1.0]])
    expected = np.array([[0, 0, 0], [1, 0, 1], [0, 0, 1.0]])
    np.testing.assert_array_equal(slope(given), expected)
