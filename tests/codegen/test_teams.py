"""Loops whose steps threads take together, and loops that are told to stop."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike import _runtime

pytestmark = pytest.mark.compiler


@pytest.fixture(params=[1, 2, 3])
def threads(request):
    before = _runtime.threads()
    _runtime.set_threads(request.param)
    yield request.param
    _runtime.set_threads(before)


def spread(u):
    around = u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:]
    return T.set_subtensor(u[1:-1, 1:-1], u[1:-1, 1:-1] * 0.2 + 0.2 * around)


def spread_in_numpy(u, steps):
    for _ in range(steps):
        new = u.copy()
        around = u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:]
        new[1:-1, 1:-1] = u[1:-1, 1:-1] * 0.2 + 0.2 * around
        u = new
    return u


@pytest.mark.parametrize("shape", [(150, 130), (3, 9000), (2, 9000), (9000, 2), (5, 4)])
@pytest.mark.parametrize("steps", [0, 1, 7])
def test_a_stencil_is_shared_row_by_row(rng, threads, shape, steps):
    u = T.dmatrix("u")
    states, _ = theano.scan(spread, outputs_info=u, n_steps=steps)
    last = theano.reduce(lambda _, u: spread(u), T.arange(steps), u)[0]
    f = theano.function([u], [last, states])
    assert "shared among threads" in f.plan
    value = rng.normal(size=shape)
    got, rows = f(value)
    wanted = spread_in_numpy(value, steps)
    np.testing.assert_allclose(got, wanted, rtol=1e-13, atol=1e-15)
    assert rows.shape == (steps, *shape)
    if steps:
        np.testing.assert_array_equal(rows[-1], got)


def test_states_of_several_kinds_go_along(rng, threads):
    x, a = T.dvector("x"), T.dscalar("a")

    def step(t, u, before, total):
        new = T.tanh(u) * total + before
        return new, u, total * 0.99 + t * 0.01, total * 2

    (us, befores, totals, doubles), _ = theano.scan(
        step, sequences=T.arange(9), outputs_info=[x, x * 2, a, None]
    )
    f = theano.function([x, a], [us[-1], befores, totals, doubles])
    assert "shared among threads" in f.plan
    u, total = rng.normal(size=40_000), 0.5
    before, rows, sums = u * 2, [], []
    got = f(u, total)
    for t in range(9):
        u, before, old, total = (
            np.tanh(u) * total + before,
            u,
            total,
            total * 0.99 + t * 0.01,
        )
        rows.append(before)
        sums.append((total, old * 2))
    np.testing.assert_allclose(got[0], u, rtol=1e-12)
    np.testing.assert_allclose(got[1], rows, rtol=1e-12)
    np.testing.assert_allclose(np.transpose(got[2:]), sums)


def test_scalars_of_arrays_are_read_before_others_write_them(rng):
    x, a = T.TensorType("float64", (20_000,))("x"), T.dscalar("a")

    def step(u, total):
        new = T.tanh(u) * 1.01 + total * 1e-9
        return new, total * 0.5 + u[0] * T.exp(new[5])

    (us, totals), _ = theano.scan(step, outputs_info=[x, a], n_steps=300)
    f = theano.function([x, a], [us[-1], totals])
    assert "shared among threads" in f.plan
    value, results = rng.normal(size=20_000), []
    before = _runtime.threads()
    for count in (1, 2, 2, 4):
        _runtime.set_threads(count)
        results.append(f(value, 0.5))
    _runtime.set_threads(before)
    for last, sums in results[1:]:
        np.testing.assert_array_equal(last, results[0][0])
        np.testing.assert_array_equal(sums, results[0][1])


@pytest.mark.parametrize("size", [5, 20_000])
def test_elements_of_the_state_before_are_states_and_rows(rng, threads, size):
    x, a = T.TensorType("float64", (size,))("x"), T.dscalar("a")
    (us, firsts, thirds), _ = theano.scan(
        lambda u, t: (T.tanh(u) + t, u[0], u[3]), outputs_info=[x, a, None], n_steps=40
    )
    f = theano.function([x, a], [us[-1], firsts, thirds])
    u, t = rng.normal(size=size), 0.5
    rows, got = [], f(u, t)
    for _ in range(40):
        rows.append((u[0], u[3]))
        u, t = np.tanh(u) + t, u[0]
    np.testing.assert_allclose(got[0], u, rtol=1e-11)
    np.testing.assert_allclose(np.transpose(got[1:]), rows, rtol=1e-11)


def test_the_gradient_of_a_stencil_is_that_of_one_thread(rng):
    u = T.dmatrix("u")
    last = theano.scan(spread, outputs_info=u, n_steps=5)[0][-1]
    f = theano.function([u], T.grad((last**2).sum(), u))
    value, results = rng.normal(size=(140, 150)), []
    before = _runtime.threads()
    for count in (1, 2, 3):
        _runtime.set_threads(count)
        results.append(f(value))
    _runtime.set_threads(before)
    for other in results[1:]:
        np.testing.assert_array_equal(other, results[0])


ENDLESS = """
w = theano.shared(np.ones({size}) if {size} else 1.0, "w")
rows, _ = theano.scan(lambda u: T.cos(u) * 1.5, outputs_info=w, n_steps=10**12)
f = theano.function([], [], updates={{w: rows[-1]}})
"""


@pytest.mark.parametrize("size", [0, 3, 50_000, 3_000_000])
def test_a_loop_of_any_step_stops_at_ctrl_c_and_leaves_what_was(
    size, stopped_by_ctrl_c
):
    said, error = stopped_by_ctrl_c(
        ENDLESS.format(size=size), "f()", "print(bool((w.get_value() == 1).all()))"
    )
    assert said == ["stopped True", "True"], error


def test_rows_of_a_loop_that_stops_take_what_they_need(rng):
    x = T.dvector("x")
    n = T.lscalar("n")

    def step(u, k):
        new = u * 2
        return [new, k + 1], theano.scan_module.until(new[0] > 1000)

    (rows, counts), _ = theano.scan(
        step, outputs_info=[x, T.constant(0)], n_steps=n, name="doubling"
    )
    f = theano.function([x, n], [rows, counts])
    for first in (1.0, 1e-3, 1e-200, 2000.0):
        value = rng.normal(size=3)
        value[0] = first
        got, numbers = f(value, 10**12)
        steps = int(np.floor(np.log2(1000 / first))) + 1 if first < 1000 else 1
        np.testing.assert_array_equal(numbers, np.arange(1, steps + 1))
        powers = 2.0 ** np.arange(1, steps + 1)
        np.testing.assert_allclose(got, powers[:, None] * value)
    assert f(np.ones(3), 0)[0].shape == (0, 3)
    assert f(np.ones(3), 4)[0].shape == (4, 3)


def test_loops_that_stop_inside_of_loops_use_their_buffers_again(rng):
    def inner(limit):
        rows, _ = theano.scan(
            lambda k: (k + 1, theano.scan_module.until(k + 1 >= limit)),
            outputs_info=T.constant(0),
            n_steps=10**9,
        )
        return rows.sum()

    limits = T.lvector("limits")
    sums, _ = theano.map(inner, limits)
    f = theano.function([limits], sums)
    given = rng.integers(1, 2000, size=50)
    np.testing.assert_array_equal(f(given), given * (given + 1) // 2)
