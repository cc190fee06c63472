"""Threads look elements up together; of bad indices the first one is told."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from tests.codegen.any_threads import on_threads
from theanolike.codegen import emit_columns, emit_team, kernel_text

pytestmark = pytest.mark.compiler


@pytest.fixture(autouse=True)
def share_little(monkeypatch):
    monkeypatch.setattr(emit_team, "TEAM_WORK", 1)
    monkeypatch.setattr(kernel_text, "PARALLEL", 64)
    monkeypatch.setattr(kernel_text, "GRAIN", 16)


def assert_as_interpreted(f, wanted, *arguments):
    one, *others = on_threads(f, *arguments)
    np.testing.assert_allclose(one, wanted(*arguments), rtol=1e-12)
    assert all(np.array_equal(one, other) for other in others)


def test_a_nest_that_looks_elements_up_is_divided(rng):
    x, at, rows = T.dvector("x"), T.lvector("at"), T.lvector("rows")
    table = T.dmatrix("table")
    outputs = T.stack([x[at].sum(), T.exp(x[at] * 2).max()])
    softmax = T.nnet.softmax(table[rows] * 3)
    given = rng.normal(size=900), rng.integers(-900, 900, size=3000)
    of_rows = rng.normal(size=(20, 7)), rng.integers(-20, 20, size=400)
    for inputs, out, arguments in [
        ([x, at], outputs, given),
        ([x, at], x[at] * 2 + at, given),
        ([table, rows], softmax, of_rows),
    ]:
        f = theano.function(inputs, out)
        wanted = theano.function(inputs, out, mode="FAST_COMPILE")
        assert_as_interpreted(f, wanted, *arguments)
        bad = arguments[1].copy()
        bad[[377, 201, 202]] = 7001, 7002, 7003
        for _ in range(3):
            messages = on_threads(f, arguments[0], bad)
            assert len({*messages}) == 1
            assert "index 7002 is out of bounds" in messages[0]
            assert "test_checked_threads.py" in messages[0]
        assert_as_interpreted(f, wanted, *arguments)


@pytest.fixture
def walk():
    """Return a loop whose steps look up in a table, by state and by number."""
    start, table, at, scales = (
        T.dvector("s"),
        T.dvector("t"),
        T.lmatrix("at"),
        T.dvector(),
    )
    which = T.lvector("which")

    def step(k, row, s, table, scales):
        found = table[row + T.cast(s > 0, "int64")]
        return T.tanh(s[::-1] * 0.5 + found) * scales[k]

    rows, _ = theano.scan(step, [which, at], start, [table, scales], name="walk")
    inputs = [start, table, at, which, scales]
    f = theano.function(inputs, rows[-1])
    assert "shared among threads" in f.plan
    return f, theano.function(inputs, rows[-1], mode="FAST_COMPILE")


@pytest.fixture
def given(rng):
    return (
        rng.normal(size=300),
        rng.normal(size=50),
        rng.integers(0, 49, size=(40, 300)),
        rng.integers(0, 5, size=40),
        rng.uniform(1, 2, size=5),
    )


def test_steps_taken_together_look_up_in_tables(walk, given):
    assert_as_interpreted(*walk, *given)


def test_of_a_teams_bad_indices_the_first_one_is_told(walk, given):
    f, wanted = walk
    start, table, at, which, scales = given
    for places in ([(7, 290), (7, 12), (8, 0)], [(0, 299), (0, 150)], [(39, 0)]):
        bad = at.copy()
        for k, place in enumerate(places):
            bad[place] = 1000 * (k + 1)
        step = places[0][0]
        first = min(place for place in places if place[0] == step)
        for _ in range(3):
            messages = on_threads(f, start, table, bad, which, scales)
            assert len({*messages}) == 1
            index = bad[first]
            assert (
                f"index {index} is" in messages[0]
                or f"index {index + 1} is" in messages[0]
            )
            assert f"in step {step} " in messages[0]
            assert "walk" in messages[0]
            assert "test_checked_threads.py" in messages[0]
    assert_as_interpreted(f, wanted, *given)


def test_a_number_that_all_threads_look_up_fails_once(walk, given):
    start, table, at, which, scales = given
    bad = which.copy()
    bad[[31, 17]] = 78, 77
    messages = on_threads(walk[0], start, table, at, bad, scales)
    assert len({*messages}) == 1
    assert "index 77 is out of bounds" in messages[0]
    assert "in step 17 " in messages[0]


def test_blocks_of_elements_fail_at_the_same_step(rng, monkeypatch):
    monkeypatch.setattr(emit_columns, "LEAST", 1)
    s, which, scales = T.dvector("s"), T.lvector("which"), T.dvector("scales")
    rows, _ = theano.scan(
        lambda k, s, scales: T.cos(s) * scales[k], which, s, scales, name="scaled"
    )
    f = theano.function([s, which, scales], rows[-1])
    assert "its elements shared among threads" in f.plan
    wanted = theano.function([s, which, scales], rows[-1], mode="FAST_COMPILE")
    given = rng.normal(size=500), rng.integers(-4, 4, size=30), rng.normal(size=4)
    assert_as_interpreted(f, wanted, *given)
    given[1][[22, 9, 10]] = 66, -77, 88
    messages = on_threads(f, *given)
    assert len({*messages}) == 1
    assert "index -77 is out of bounds" in messages[0]
    assert "in step 9 " in messages[0]


def test_what_a_step_made_is_looked_up_by_one_thread(rng):
    s, at = T.dvector("s"), T.lvector("at")
    rows, _ = theano.scan(lambda s, at: T.tanh(s[at]) + 1, None, s, at, n_steps=5)
    f = theano.function([s, at], rows[-1])
    assert "shared" not in f.plan
    wanted = theano.function([s, at], rows[-1], mode="FAST_COMPILE")
    assert_as_interpreted(
        f, wanted, rng.normal(size=200), rng.integers(0, 200, size=200)
    )
