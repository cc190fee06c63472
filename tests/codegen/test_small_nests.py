"""Loops over small arrays run in scalars, and mean what the interpreter says."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.errors import ShapeError

MATRIX = np.array([[0.5, 0.2, 0.1], [0.1, 0.6, 0.2], [0.3, 0.1, 0.5]])


def both(
    inputs: Sequence[Any], outputs: Sequence[Any], *values: Any
) -> tuple[Any, list[Any], list[Any]]:
    """Return the compiled function, and what it and the interpreter give."""
    run = theano.function(list(inputs), list(outputs))
    oracle = theano.function(list(inputs), list(outputs), mode="FAST_COMPILE")
    return run, run(*values), oracle(*values)


def check(run: Any, got: Sequence[Any], expected: Sequence[Any]) -> None:
    """Hold a loop's results to the interpreter, and its body to scalars."""
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13)
        assert a.dtype == b.dtype
    at = next(k for k, line in enumerate(run.plan.split("\n")) if "loop with" in line)
    body = [s for s in run.plan.split("\n")[at + 1 :] if s.startswith("  nest over (")]
    assert body
    assert all("nest over ()" in s or "= map" in s for s in body)


def test_a_pendulum_of_two_numbers_runs_in_two_scalars() -> None:
    s = T.dvector("s")

    def slope(v: Any) -> Any:
        return T.stack([v[1], -T.sin(v[0])])

    def step(v: Any) -> Any:
        half = slope(v + 0.05 * slope(v))
        return v + 0.1 * slope(v + 0.05 * half)

    rows, _ = theano.scan(step, outputs_info=s, n_steps=40)
    run, got, expected = both([s], [rows[-1], rows], np.array([1.0, 0.0]))
    check(run, got, expected)
    assert "loop with 2 states" in run.plan


def test_products_sums_and_choices_of_small_arrays_are_written_out() -> None:
    s = T.dvector("s")

    def step(v: Any) -> list[Any]:
        moved = T.dot(MATRIX, v)
        outer = T.outer(moved, v)
        return [
            T.set_subtensor(moved[1], outer.sum() + v[-1]) / (1 + T.abs_(v).max()),
            T.argmax(v),
            outer.sum(axis=0),
            T.concatenate([v[1:], v[:1]]).reshape((3, 1)),
            outer[T.argmin(v), 1],
        ]

    outputs, _ = theano.scan(step, outputs_info=[s, None, None, None, None], n_steps=9)
    run, got, expected = both([s], outputs, np.array([0.3, -0.2, 0.9]))
    check(run, got, expected)


@pytest.mark.parametrize("value", [np.nan, np.inf, -0.0])
def test_what_is_not_finite_stays_as_it_is(value: float) -> None:
    s = T.dvector("s")

    def step(v: Any) -> list[Any]:
        return [v[::-1], v.sum(), v.max(), v.min(), T.argmax(v), T.argmin(v), v.prod()]

    outputs, _ = theano.scan(step, outputs_info=[s] + [None] * 6, n_steps=2)
    _, got, expected = both([s], outputs, np.array([1.0, value, -0.0]))
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_array_equal(a, b)


def shrink(v: Any) -> Any:
    """Return a step that fixes the length of its state."""
    return T.stack([v[1], v[0] / 2])


def test_a_state_of_another_length_is_refused_with_its_step_and_line() -> None:
    s = T.dvector("s")
    rows, _ = theano.scan(shrink, outputs_info=s, n_steps=3)
    run = theano.function([s], rows[-1])
    with pytest.raises(ShapeError, match="step 0 "):
        run(np.ones(3))
    with pytest.raises(IndexError, match="step 0 "):
        run(np.ones(1))


def test_lengths_that_contradict_each_other_are_refused_at_the_call() -> None:
    b = T.TensorType("float64", (2,))("b")
    c, d = T.TensorType("float64", (None, 5))("c"), T.dvector("d")
    rows = theano.scan(
        lambda x, s: T.tanh(x + s), sequences=T.minimum(d, c), outputs_info=T.zeros(5)
    )[0]
    run = theano.function([b, c, d], [T.switch(b > d, b, d), rows])
    with pytest.raises(ShapeError, match="5"):
        run(np.ones(2), np.ones((3, 5)), np.ones(2))
    assert run(np.ones(2), np.ones((3, 5)), np.ones(1))[1].shape == (3, 5)


def test_no_steps_leave_the_first_state_whatever_its_length() -> None:
    s, n = T.dvector("s"), T.lscalar("n")
    rows, _ = theano.scan(shrink, outputs_info=[s], n_steps=n)
    both_rows = T.concatenate([s.dimshuffle("x", 0), rows])[-1]
    run, got, expected = both([s, n], [both_rows], np.array([3.0, 4.0]), 5)
    np.testing.assert_array_equal(got[0], expected[0])
    for length in (0, 1, 2):
        start = np.arange(float(length))
        try:
            wanted = theano.function([s, n], both_rows, mode="FAST_COMPILE")(start, 0)
        except (ShapeError, ValueError):
            continue
        np.testing.assert_array_equal(run(start, 0)[0], wanted)


def test_two_taps_sequences_and_until_keep_their_meaning() -> None:
    s, x = T.dmatrix("s"), T.dmatrix("x")

    def step(row: Any, before: Any, now: Any) -> Any:
        new = T.dot(MATRIX, now) + 0.1 * before + row * MATRIX[0]
        return new, theano.scan_module.until(new.sum() > 50)

    rows, _ = theano.scan(
        step, sequences=x, outputs_info={"initial": s, "taps": [-2, -1]}
    )
    values = [np.arange(6.0).reshape(2, 3), np.linspace(0, 9, 60).reshape(20, 3)]
    _, got, expected = both([s, x], [rows, rows[-1]], *values)
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13)
    assert len(got[0]) < 20


def test_gradients_of_small_states_are_right() -> None:
    s = T.dvector("s")
    make: Callable[..., Any] = lambda v: T.stack([v[1], T.sin(v[0]) + v[1] / 2])  # noqa: E731
    rows, _ = theano.scan(make, outputs_info=s, n_steps=6)
    _, got, expected = both([s], [T.grad((rows**2).sum(), s)], np.array([0.4, 1.1]))
    np.testing.assert_allclose(got[0], expected[0], rtol=1e-12)
