"""Loops over what is put together from slices: a loop for each slice."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.codegen.program import Axis, Call, Literal, Size
from theanolike.codegen.segments import segments, within
from theanolike.codegen.shapes import dim


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


def test_loops_are_cut_where_runs_are_long_or_little_is_written_twice():
    i = Axis(0)
    place = Call("cast", "float64", (i,))
    short, long = (
        Call("exp", "float64", (guarded(i < cut) * place,)) for cut in (3, 30)
    )
    same = Call("exp", "float64", (Literal(1.0, "float64"),)) * guarded(i < 3)
    assert segments([guarded(i < 3)], 0) == segments([same], 0) == [3]
    assert segments([short], 0) == []
    assert segments([long], 0) == [30]
    assert segments([guarded(i < 20 * k) for k in range(1, 20)], 0) == []
    assert segments([guarded(i < Axis(1))], 0) == []


def test_extents_cut_a_loop_where_their_order_is_known():
    i = Axis(0)
    m, n = dim("x", 0), dim("y", 0)
    parts = [guarded(i < Size(m)), guarded(i < Size(m + n)), guarded(i < Size(n + 3))]
    assert segments(parts, 0) == [m, m + n]
    found = [
        [getattr(within(part, 0, low, high), "value", None) for part in parts]
        for low, high in ((0, m), (m, m + n), (m + n, None))
    ]
    assert found == [[1.0, 1.0, None], [2.0, 1.0, None], [2.0, 2.0, None]]


def test_places_are_not_clamped_in_a_run_that_has_one_arm():
    i, last = Axis(0), Size(dim("x", 0) + -1)
    kept = Call("inside", "int64", (i, last))
    body = Call("guard", "int64", (i < 20, kept, i))
    assert within(body, 0, 0, 20) is i
    assert within(body, 0, 0, 30).args[1] is kept


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
