"""Loops whose steps don't depend on each other: threads take some of them each."""

from functools import partial

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from tests.codegen import any_threads
from tests.codegen.any_threads import on_threads
from theanolike import _runtime
from theanolike.codegen import emit_steps
from theanolike.legacy.ifelse import ifelse

pytestmark = pytest.mark.compiler

SHARED = "its steps shared among threads"
assert_as_interpreted = partial(any_threads.assert_as_interpreted, planned=SHARED)


@pytest.fixture
def share_little(monkeypatch):
    monkeypatch.setattr(emit_steps, "LEAST", 1)


def grown(row, rate, n_steps=7):
    """Follow a row: a loop inside, with a buffer for its state."""
    rows, _ = theano.scan(
        lambda v: rate * v * (1 - v[::-1]), outputs_info=row, n_steps=n_steps
    )
    return rows[-1]


def test_rows_are_followed_by_loops_of_their_own(rng):
    X, rates = T.dmatrix("X"), T.dvector("rates")
    last, _ = theano.map(grown, [X, rates])
    sums, _ = theano.map(lambda x, k: (grown(x, 0.5).sum(), k + 1), [X, rates])
    backwards, _ = theano.scan(
        lambda x, k: grown(x, k) * k, sequences=[X, rates], go_backwards=True
    )
    calls = [
        (rng.uniform(size=(n, m)), rng.uniform(1, 3, size=n))
        for n, m in [(900, 23), (40, 400), (1, 9), (0, 9), (3, 0)]
    ]
    assert_as_interpreted([X, rates], [last, *sums, backwards], *calls, times=3)


def test_steps_may_branch_stop_and_slice(rng, share_little):
    x, n = T.dvector("x"), T.lscalar("n")

    def step(k, x, n):
        part = x[k : 3 * k]  # of a size that the step knows
        (halves, counts), _ = theano.scan(
            lambda v, i: ((v / 2, i + 1), theano.scan_module.until(v < 0.3)),
            outputs_info=[abs(x[k]) + 0.01, T.constant(0)],
            n_steps=n,
        )
        chosen = ifelse(x[k] > 0, grown(T.tanh(part), 0.9).sum(), (part * x[k]).sum())
        return chosen, halves.sum(), counts[-1], T.set_subtensor(x[k:], x[k])

    rows, _ = theano.map(step, T.arange(x.shape[0]), non_sequences=[x, n])
    calls = [(rng.normal(size=size), 50) for size in (120, 1, 0)]
    assert_as_interpreted([x, n], rows, *calls)


def test_the_outermost_loop_is_divided_and_loops_around_it_are_not(rng, share_little):
    X, w = T.dmatrix("X"), T.dmatrix("w")

    def change(w, X):
        new, _ = theano.map(
            lambda row, x: T.tanh(
                grown(row, x[0])
                + theano.map(lambda a: grown(row * a, x[1]).sum(), x)[0].sum()
            ),
            [w, X],
        )
        return new

    rows, _ = theano.scan(change, outputs_info=w, non_sequences=X, n_steps=3)
    given = rng.uniform(size=(2, 30, 6))
    f = assert_as_interpreted([X, w], [rows], tuple(given))
    lines = [line for line in f.plan.splitlines() if "loop" in line]
    assert "1 state" in lines[0]
    assert SHARED not in lines[0]
    assert lines[1].strip().endswith(SHARED)


def test_a_large_program_divides_a_loop_too(rng, share_little):
    X = T.dmatrix("X")
    last, _ = theano.map(lambda x: grown(x, 1.7), X)
    outputs = [last]
    for k in range(70):  # a table of steps
        outputs.append(T.dot(outputs[-1] * (k + 1) / 40, T.eye(3)))
    assert_as_interpreted([X], outputs, (rng.uniform(size=(50, 3)),))


def test_of_steps_that_fail_the_first_one_is_told(rng, share_little):
    X, at = T.dmatrix("X"), T.lvector("at")

    def look(x, k):
        return grown(x, 1.5)[k] * 2

    rows, _ = theano.map(look, [X, at], name="looking")
    back, _ = theano.scan(look, [X, at], go_backwards=True, name="looking back")
    given = rng.uniform(size=(400, 11))
    places = rng.integers(0, 11, size=400)
    places[[77, 78, 301]] = 99, 98, 97
    for out, step, index in [(rows, 77, 99), (back, 98, 97)]:
        f = theano.function([X, at], out)
        assert SHARED in f.plan
        for _ in range(5):
            first, *others = on_threads(f, given, places)
            assert f"in step {step} " in first
            assert f"index {index} " in first
            assert "looking" in first
            assert "test_independent_steps.py" in first
            assert set(others) == {first}


def test_a_step_that_broadcasts_asks_for_another_build(rng, share_little):
    X, w = T.dmatrix("X"), T.dvector("w")
    rows, _ = theano.map(grown, X, non_sequences=w)
    calls = [(rng.uniform(size=(30, 5)), rng.uniform(size=n)) for n in (5, 1)]
    assert_as_interpreted([X, w], [rows], *calls)
    f = theano.function([X, w], rows)
    first, *others = on_threads(f, rng.uniform(size=(30, 5)), np.ones(4))
    assert isinstance(first, str)
    assert set(others) == {first}


def test_work_for_python_and_carried_states_stay_on_one_thread():
    x = T.dvector("x")

    @theano.compile.as_op(itypes=[T.dscalar], otypes=[T.dscalar])
    def twice(v):
        return np.asarray(v * 2)

    rows, _ = theano.map(lambda v: grown(T.stack([v, v]), 1.0).sum() + twice(v), x)
    f = theano.function([x], rows)
    assert SHARED not in f.plan
    assert f([1.0, 0.0]).shape == (2,)
    total, _ = theano.reduce(lambda v, s: T.tanh(s) + v, x, T.constant(0.0))
    assert SHARED not in theano.function([x], total).plan


def test_the_gradient_of_independent_steps_has_the_same_bits(rng, share_little):
    X = T.dmatrix("X")
    rows, _ = theano.map(lambda x: grown(x, 1.2), X)
    gradient = T.grad((rows**2).sum(), X)
    f = theano.function([X], gradient)
    value = rng.uniform(size=(40, 6))
    one, *others = on_threads(f, value)
    for other in others:
        np.testing.assert_array_equal(other, one)
    wanted = theano.function([X], gradient, mode="FAST_COMPILE")(value)
    np.testing.assert_allclose(one, wanted, rtol=1e-10)


def test_each_threads_memory_is_reckoned():
    X = T.dmatrix("X")
    rows, _ = theano.map(lambda x: grown(x, 1.2), X)
    f = theano.function([X], rows)
    before = _runtime.threads()
    try:
        _runtime.set_threads(1)
        one = f.memory_plan((10, 1000)).workspace
        _runtime.set_threads(3)
        assert f.memory_plan((10, 1000)).workspace == 3 * one > 0
    finally:
        _runtime.set_threads(before)


ENDLESS = """
_runtime.set_threads(2)
x, n = T.dvector("x"), T.lvector("n")
rows, _ = theano.map(
    lambda v, n: theano.scan(T.cos, outputs_info=v, n_steps=n)[0][-1], [x, n]
)
f = theano.function([x, n], rows)
assert "its steps shared" in f.plan
"""


@pytest.mark.parametrize("lengths", ["10**12, 10**12", "1, 10**12"])
def test_ctrl_c_stops_all_threads(lengths, stopped_by_ctrl_c):
    said, error = stopped_by_ctrl_c(
        ENDLESS,
        f"f(np.zeros(2), [{lengths}])",
        "assert f(np.zeros(3), [1, 1, 1]).tolist() == [1, 1, 1]",
    )
    assert said == ["stopped True"], error
    assert not error
