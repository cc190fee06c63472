"""Loops over what is put together from slices: a loop for each slice."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.codegen.program import Axis, Call, Literal
from theanolike.codegen.segments import segments, within


def guarded(condition):
    one, two = Literal(1.0, "float64"), Literal(2.0, "float64")
    return Call("guard", "float64", (condition, one, two))


def test_guards_are_decided_in_each_run_of_their_axis():
    i = Axis(0)
    body = guarded((i - 20 >= 0) & (i - 20 < 30)) + guarded(i <= 19)
    assert segments([body], 0) == [20, 50]
    assert segments([body], 1) == []
    found = []
    for low, high in [(0, 20), (20, 50), (50, None), (0, None)]:
        parts = within(body, 0, low, high).args
        found.append([getattr(part, "value", None) for part in parts])
    assert found == [[2.0, 1.0], [1.0, 2.0], [2.0, 2.0], [None, None]]


def test_short_runs_and_many_of_them_stay_one_loop():
    i = Axis(0)
    assert segments([guarded(i < 3)], 0) == []
    assert segments([guarded(i < 20 * k) for k in range(1, 20)], 0) == []
    assert segments([guarded(i < Axis(1))], 0) == []


@pytest.mark.compiler
def test_gradients_of_slices_are_written_a_slice_at_a_time(rng):
    z = T.dmatrix("z")
    parts = T.tanh(z[:, :20]), T.exp(z[:, 20:40]), z[:, 40:]
    cost = (
        (parts[0] * parts[1]).sum() + (parts[2] ** 2).sum() + (z[:, 20:60] ** 3).sum()
    )
    slope = T.grad(cost, z)
    f = theano.function([z], slope)
    slow = theano.function([z], slope, mode="FAST_COMPILE")
    assert f.source.count("i1 < tl_min(") >= 2
    for columns in (60, 61, 45, 700):
        value = rng.normal(size=(3, columns))
        np.testing.assert_allclose(f(value), slow(value), rtol=1e-12)
