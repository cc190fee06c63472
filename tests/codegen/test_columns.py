"""Loops of which each element goes its own way: threads take some through all steps."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from tests.codegen.any_threads import assert_as_interpreted

pytestmark = pytest.mark.compiler

SHARED = "its elements shared among threads"


SIZES = (0, 1, 63, 130, 5000)


def test_states_taps_rows_and_scalars_go_along(rng):
    x, start, n = T.dvector("x"), T.dmatrix("start"), T.lscalar("n")

    def step(k, u2, u1, v, total, x):
        new = T.tanh(u1) * x + u2 * 0.1
        return new, T.sin(v) + new * total, total * 0.9 + k, v * 2, total + 1

    rows, _ = theano.scan(
        step,
        sequences=T.arange(n),
        outputs_info=[
            {"initial": start, "taps": [-2, -1]},
            x,
            T.constant(0.5),
            None,
            None,
        ],
        non_sequences=x,
    )
    calls = [
        (rng.normal(size=size), rng.normal(size=(2, size)), steps)
        for size in SIZES
        for steps in (0, 1, 30)
    ]
    lasts = [rows[0][-1:], rows[1][-1:]]
    f = assert_as_interpreted([x, start, n], [*lasts, *rows[2:], rows[1]], *calls)
    assert f.plan.count(SHARED) == 1


def test_matrices_go_through_steps_in_either_direction(rng):
    X, C = T.fmatrix("X"), T.ftensor3("C")
    rows, _ = theano.scan(
        lambda c, u: T.exp(-u * u) + c * u,
        sequences=C,
        outputs_info=X,
        go_backwards=True,
    )
    gradient = T.grad(rows[-1].sum(), X)
    calls = [
        (
            rng.normal(size=(n, 7)).astype("float32"),
            rng.normal(size=(6, n, 7)).astype("float32"),
        )
        for n in (0, 3, 900)
    ]
    f = theano.function([X, C], [rows, gradient])
    assert SHARED in f.plan
    g = theano.function([X, C], [rows, gradient], mode="FAST_COMPILE")
    for arguments in calls:
        for got, value in zip(f(*arguments), g(*arguments), strict=True):
            np.testing.assert_allclose(got, value, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize(
    "step",
    [
        lambda u, a: (u[::-1] * 0.5 + 1, a),
        lambda u, a: (u * a + 1, a * 0.5 + u[3]),
        lambda u, a: (u - u.mean(), a),
        lambda u, a: (u + T.concatenate([u[1:], u[:1]]), a),
        lambda u, a: (T.set_subtensor(u[2:], u[2:] * 0.5), a),
        lambda u, a: ((u.reshape((2, -1)).T * 0.9).ravel(), a),
    ],
)
def test_elements_that_read_others_wait_for_them(rng, step):
    u, a = T.dvector("u"), T.dscalar("a")
    (us, numbers), _ = theano.scan(step, outputs_info=[u, a], n_steps=9)
    f = assert_as_interpreted(
        [u, a], [us, us[-1], numbers], (rng.normal(size=20_000), 0.3)
    )
    assert SHARED not in f.plan


def test_states_that_change_places_are_not_mistaken(rng):
    u, v = T.dvectors("u", "v")
    (us, vs), _ = theano.scan(
        lambda u, v: (v * 1.5, u + 0.25), outputs_info=[u, v], n_steps=7
    )
    (ws, zs), _ = theano.scan(lambda u, v: (v, u), outputs_info=[u, v], n_steps=3)
    calls = [tuple(rng.normal(size=(2, size))) for size in SIZES]
    assert_as_interpreted([u, v], [us[-1], vs[-1], vs, ws[-1], zs], *calls)


def test_large_arguments_of_sines_are_computed_again_in_their_block(rng):
    u = T.dvector("u")
    rows, _ = theano.scan(lambda u: T.sin(u * 1e9), outputs_info=u, n_steps=4)
    value = rng.normal(size=700)
    value[::150] = np.inf, np.nan, 1e298, -0.0, 1e22
    f = theano.function([u], rows)
    assert SHARED in f.plan
    with np.errstate(invalid="ignore"):
        expected = np.sin(value * 1e9)
    np.testing.assert_allclose(f(value)[0], expected, rtol=1e-12)
