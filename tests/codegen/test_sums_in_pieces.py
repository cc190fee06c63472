"""Loops that add up what their steps make: in pieces, the same bits on any threads."""

from functools import partial

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from tests.codegen import any_threads
from tests.codegen.any_threads import on_threads
from theanolike import _runtime
from theanolike.codegen import emit_sums
from theanolike.legacy.ifelse import ifelse

pytestmark = pytest.mark.compiler

PIECES = "in pieces, its steps shared among threads"
assert_as_interpreted = partial(any_threads.assert_as_interpreted, planned=PIECES)


@pytest.fixture(autouse=True)
def divide_little(monkeypatch):
    monkeypatch.setattr(emit_sums, "LEAST", 1)


def grown(row, rate, n_steps=7):
    """Follow a row: a loop inside, with a buffer for its state."""
    rows, _ = theano.scan(
        lambda v: rate * v * (1 - v[::-1]), outputs_info=row, n_steps=n_steps
    )
    return rows[-1]


LENGTHS = (0, 1, 2, 5, 15, 16, 17, 33, 100)


def test_numbers_and_arrays_are_added_up_for_any_number_of_steps(rng):
    X, k, start = T.dmatrix("X"), T.dscalar("k"), T.dvector("start")

    def step(x, total, longest, some, all_, row, table):
        new = grown(x, k)
        return (
            total + new.sum() - new[0],
            T.maximum(new.max(), longest),
            T.or_(some, new[0] > 0.24),
            T.and_(all_, new[0] > 0.2),
            row - new,
            table + T.outer(new, x),
        )

    (*numbers, row, table), _ = theano.foldl(
        step, X, [T.constant(0.5), T.constant(-np.inf), k > 9, k > 0, start, X.T.dot(X)]
    )
    calls = [(rng.uniform(size=(n, 6)), 1.3, rng.uniform(size=6)) for n in LENGTHS]
    assert_as_interpreted([X, k, start], [*numbers, row, table], *calls)


def test_steps_may_keep_rows_too_and_go_backwards(rng):
    X, k = T.dmatrix("X"), T.dscalar("k")

    def step(x, i, total, k):
        new = grown(x, k)
        return total + (new * i).sum(), new[1:]

    loops = [
        theano.scan(step, [X, T.arange(X.shape[0])], [0.0, None], k, go_backwards=back)
        for back in (False, True)
    ]
    outputs = [out for (totals, rows), _ in loops for out in (totals[-1], rows)]
    calls = [(rng.uniform(size=(n, 5)), 1.7) for n in LENGTHS[1:]]
    assert_as_interpreted([X, k], outputs, *calls)


def test_gradients_of_sums_over_rows_are_added_up(rng):
    X, w, at = T.dmatrix("X"), T.dmatrix("w"), T.lvector("at")

    def cost(x, i, w):
        return T.sqr(grown(T.nnet.sigmoid(T.dot(w, x)) * w[i], 1.1)).sum()

    rows, _ = theano.map(cost, [X, at], w)
    calls = [
        (rng.normal(size=(n, 4)), rng.integers(-4, 4, size=n), rng.uniform(size=(4, 4)))
        for n in (0, 1, 7, 37)
    ]
    f = assert_as_interpreted([X, at, w], [T.grad(rows.sum(), w)], *calls)
    x, places, value = calls[2]
    slopes, places = T.constant(x), T.constant(places)
    theano.gradient.verify_grad(
        lambda w: theano.map(cost, [slopes, places], w)[0].sum(),
        [value],
        rng=np.random.default_rng(1),
        mode="FAST_COMPILE",
    )
    assert f(*calls[0])[0].tolist() == np.zeros((4, 4)).tolist()


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "float16", "float32"])
def test_every_dtype_starts_from_what_changes_nothing(dtype):
    X, start = T.TensorType(dtype, (None, None))("X"), T.TensorType(dtype, ())("start")

    def step(x, total, least, most, row):
        return total + x[0], T.minimum(least, x[1]), T.maximum(most, x[2]), row + x

    outputs, _ = theano.foldl(step, X, [start] * 3 + [X.sum(0, dtype=dtype)])
    assert [out.dtype for out in outputs] == [dtype] * 4
    f = theano.function([X, start], outputs)
    wanted = theano.function([X, start], outputs, mode="FAST_COMPILE")
    assert PIECES in f.plan
    numbers = np.arange(-80, 80).reshape(-1, 4).astype(dtype)
    for values in (numbers, -numbers if dtype != "bool" else ~numbers, numbers[:3]):
        one, *others = on_threads(f, values, values[0, 0])
        for got, value in zip(one, wanted(values, values[0, 0]), strict=True):
            np.testing.assert_array_equal(got, value)  # small integers: no rounding
        assert all(
            np.array_equal(a, b) for o in others for a, b in zip(o, one, strict=True)
        )


def test_signs_of_zeros_and_nan_are_as_in_order():
    X = T.dmatrix("X")
    outputs, _ = theano.foldl(
        lambda x, total, row, most, least: (
            total + T.exp(x).sum() * x[0],
            row - x * T.exp(x.sum()),
            T.maximum(most, x * T.exp(-x).max()),
            T.minimum(least, -x[1] * T.exp(x).sum()),
        ),
        X,
        [T.constant(-0.0), -T.zeros_like(X[0]), X[0] - np.inf, T.constant(np.inf)],
    )
    zeros = np.zeros((40, 2))
    zeros[:, 0] = -0.0
    nan = np.ones((40, 2))
    nan[33, 1] = np.nan
    f = assert_as_interpreted([X], outputs, (zeros,), (-zeros,), (nan,))
    total, row, *_ = f(zeros)
    assert np.signbit(total)
    assert np.signbit(row).tolist() == [False, True]


def test_of_steps_that_fail_the_first_one_is_told(rng):
    X, at, start = T.dmatrix("X"), T.lvector("at"), T.dscalar("start")
    state = theano.shared(1.5)

    def look(x, k, total):
        return total + grown(x, 1.5)[k] * 2

    for back in (False, True):
        total, _ = theano.reduce(look, [X, at], start, go_backwards=back, name="looks")
        f = theano.function([X, at, start], total, updates={state: total})
        assert PIECES in f.plan
        given, places = rng.uniform(size=(400, 11)), rng.integers(0, 11, size=400)
        places[[77, 78, 301]] = 99, 98, 97
        for _ in range(2):
            first, *others = on_threads(f, given, places, 0.0)
            # Steps are counted as they are done.
            step, index = (98, 97) if back else (77, 99)
            assert f"in step {step} " in first
            assert f"index {index} " in first
            assert "looks" in first
            assert "test_sums_in_pieces.py" in first
            assert set(others) == {first}
        assert state.get_value() == 1.5


def test_what_needs_the_steps_in_order_is_left_in_order(rng):
    X, x = T.dmatrix("X"), T.dvector("x")
    size = T.constant(1)
    loops = [
        theano.scan(lambda v, s: s + T.exp(v), x, T.constant(0.0))[0],
        theano.foldl(lambda v, s: s * T.exp(v), x, T.constant(1.0))[0],
        theano.foldl(lambda v, s: s + T.exp(v) * T.cos(s), x, T.constant(0.0))[0],
        theano.foldl(lambda v, s: T.exp(v) - s, x, T.constant(0.0))[0],
        theano.foldl(lambda v, s, r: (s + r, r * v), x, [x[0], x[0]])[0][0],
        theano.foldl(lambda v, s: s[::-1] + grown(v, 0.5), X, X[0])[0],
        theano.foldl(lambda v, s: T.switch(v > 0, s, s + T.exp(v)), x, size * 1.0)[0],
    ]
    f = theano.function([X, x], loops)
    assert "in pieces" not in f.plan
    wanted = theano.function([X, x], loops, mode="FAST_COMPILE")
    given = rng.normal(size=(20, 3)), rng.normal(size=20)
    for got, value in zip(f(*given), wanted(*given), strict=True):
        np.testing.assert_allclose(got, value, rtol=1e-12)


def test_only_exact_rewrites_leave_sums_in_order(rng):
    X = T.dmatrix("X")
    total, _ = theano.foldl(lambda x, s: s + grown(x, 1.2).sum(), X, T.constant(0.0))
    mode = theano.compile.get_default_mode().excluding("sums_in_pieces")
    plain = theano.function([X], total, mode=mode)
    assert "in pieces" not in plain.plan
    with theano.config.change_flags(nan_semantics="ieee"):
        exact = theano.function([X], total)
    assert "in pieces" not in exact.plan
    wanted = theano.function([X], total, mode="FAST_COMPILE")
    value = rng.uniform(size=(50, 4))
    assert exact(value) == pytest.approx(wanted(value), rel=1e-13)
    theano.function([X], total, mode="DebugMode")(value)


def test_a_loop_inside_that_goes_on_adding_is_part_of_a_sum(rng):
    X, k = T.dmatrix("X"), T.dscalar("k")

    def row_total(x, total):
        return theano.foldl(
            lambda v, s: ifelse(v > 0.5, s + grown(T.stack([v, k]), k)[1], s - 1),
            x,
            total,
        )[0]

    total, _ = theano.foldl(row_total, X, k)
    shares, _ = theano.foldl(
        lambda x, s: theano.foldl(lambda v, r: r + T.exp(v) * grown(x, k), x, s)[0],
        X,
        X[0],
    )
    calls = [(rng.uniform(size=(n, 7)), 1.1) for n in (1, 20, 50)]
    assert_as_interpreted([X, k], [shares], *calls)
    assert theano.function([X, k], total)(*calls[2]) == pytest.approx(
        theano.function([X, k], total, mode="FAST_COMPILE")(*calls[2])
    )


def test_memory_of_pieces_is_reckoned():
    X = T.dmatrix("X")
    total, _ = theano.foldl(lambda x, s: s + grown(x, 1.2), X, X[0])
    f = theano.function([X], total)
    before = _runtime.threads()
    try:
        _runtime.set_threads(1)
        few, many = (f.memory_plan((n, 1000)).workspace for n in (1, 1600))
        assert many - few == 15 * 8000
        _runtime.set_threads(3)
        assert f.memory_plan((1600, 1000)).workspace > many + 2 * 8000
    finally:
        _runtime.set_threads(before)
