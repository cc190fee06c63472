"""Statements, nests, slots: what is inlined, runs together, or shares memory."""

import itertools
import operator

import numpy as np

from theanolike.codegen.emit_cxx import bind_outputs
from theanolike.codegen.lowering import Builder, Call, Literal, ViewDim
from theanolike.codegen.memory import plan_storage, reads, root, size_of, writes
from theanolike.codegen.program import Axis, Effect, Load
from theanolike.codegen.schedule.fuse import Nest, fuse
from theanolike.codegen.schedule.statements import KERNEL_COST, plan_statements


def tanh(x):
    return Call("tanh", x.dtype, (x,))


def planned(b, *outputs):
    b.program.outputs = list(outputs)
    bind_outputs(b.program)
    return plan_statements(b.program)


def nests(b, *outputs):
    return [step for step in fuse(planned(b, *outputs)) if isinstance(step, Nest)]


def vectors(count):
    b = Builder()
    return b, *(b.input("float64", (40,)) for _ in range(count))


def test_a_value_with_one_reader_is_inlined():
    b, x = vectors(1)
    y = b.pointwise("float64", tanh, b.pointwise("float64", tanh, x))
    (statement,) = planned(b, y)
    assert [load.source for load in statement.loads] == [x]


def test_a_dear_value_with_two_readers_is_computed_once():
    b, x = vectors(1)
    y = b.pointwise("float64", tanh, x)
    both = [b.reduce("add", y, (0,)), b.reduce("max", y, (0,))]
    assert [s.kind for s in planned(b, *both)] == ["map", "reduce", "reduce"]
    (nest,) = nests(b, *both)
    assert len(nest.stages) == 1


def test_a_cheap_value_with_two_readers_is_computed_twice():
    b, x = vectors(1)
    y = b.pointwise("float64", lambda e: -e, x)
    both = [b.reduce("add", y, (0,)), b.reduce("max", y, (0,))]
    assert [s.kind for s in planned(b, *both)] == ["reduce", "reduce"]


def test_a_matrix_and_a_column_are_added_again_by_each_reader():
    b = Builder()
    x, y = (b.input("float64", (40, 40)) for _ in range(2))
    column = b.input("float64", (40,))

    def readers(other):
        shape = (40, 40)
        both = b.map(shape, "float64", lambda i, j: x.at(i, j) + other(i, j))
        low = b.reduce("max", both, (0,))
        spread = b.map(shape, "float64", lambda i, j: both.at(i, j) - low.at(j))
        return [low, b.reduce("add", spread, (0,))]

    cheap = planned(b, *readers(lambda i, _: column.at(i)))
    assert [s.kind for s in cheap] == ["reduce", "reduce"]
    dear = planned(b, *readers(y.at))
    assert [s.kind for s in dear] == ["map", "reduce", "reduce"]


def test_nothing_that_may_fail_is_inlined_into_more_work():
    b, x, y = vectors(2)
    i = b.input("int64", (40,))
    picked = b.map((40,), "float64", lambda k: x.at(b.checked(i.at(k), 40)))
    assert picked.node.effect is Effect.MAY_FAIL
    wide = b.map((9, 40), "float64", lambda j, k: picked.at(k) + y.at(k))
    assert [s.value for s in planned(b, wide)] == [picked, wide]


def test_dead_values_are_dropped():
    b, x = vectors(1)
    b.pointwise("float64", tanh, x)
    assert planned(b) == []


def test_loops_run_along_memory():
    b = Builder()
    x, y = (b.input("float64", (50, 60)) for _ in range(2))
    total = b.pointwise(
        "float64", lambda p, q: p + q, *(b.transpose(v, (1, 0)) for v in (x, y))
    )
    (statement,) = planned(b, b.reduce("add", total, (1,)))
    assert statement.domain == (50, 60)
    (load, _) = statement.loads
    assert isinstance(load, Load)
    assert [axis.axis for axis in load.index if isinstance(axis, Axis)] == [0, 1]


def test_views_of_views_load_from_memory():
    b = Builder()
    x = b.input("float64", (8, 9))
    y = b.view(b.transpose(x, (1, 0)), (8,), [ViewDim(None, 2), ViewDim(0)])
    (statement,) = planned(b, b.pointwise("float64", tanh, y))
    assert [load.source for load in statement.loads] == [x]


def test_independent_work_over_one_domain_is_one_nest():
    b, x, y = vectors(2)
    outputs = [b.pointwise("float64", tanh, v) for v in (x, y)]
    assert len(nests(b, *outputs)) == 1


def test_work_over_other_domains_is_not_one_nest():
    b, x = vectors(1)
    y = b.input("float64", (41,))
    outputs = [b.pointwise("float64", tanh, v) for v in (x, y)]
    assert len(nests(b, *outputs)) == 2


def test_large_kernels_are_cut():
    b, x = vectors(1)
    y, outputs = x, []
    for _ in range(60):
        y = b.pointwise("float64", tanh, y)
        outputs.append(y)
    found = nests(b, *outputs)
    assert len(found) > 1
    assert all(nest.weight <= KERNEL_COST for nest in found)


def test_a_check_between_two_loops_keeps_them_in_order():
    b, x = vectors(1)
    first = b.pointwise("float64", tanh, x)
    n = b.item(b.input("int64", ()))
    b.require_equal(n * n, 1600)
    second = b.pointwise("float64", lambda e: tanh(tanh(e)), x)
    steps = fuse(planned(b, first, second))
    kinds = ["nest" if isinstance(s, Nest) else type(s).__name__ for s in steps]
    assert kinds == ["nest", "Require", "nest"]


def storage(b, *outputs):
    steps = fuse(planned(b, *outputs))
    return steps, plan_storage(b.program, steps, set(b.program.outputs))


def value_of(extent, rows):
    """Return a size, all unknown extents being `rows`."""
    if isinstance(extent, int):
        return extent
    if extent.op == "dim":
        return rows
    function = {"mul": operator.mul, "max": max}[extent.op]
    return function(*(value_of(arg, rows) for arg in extent.args))


def chain(sizes):
    """Return matrix products with something after each."""
    b = Builder()
    h = b.input("float64", (None, sizes[0]))
    for m, n in itertools.pairwise(sizes):
        w = b.input("float64", (m, n))
        shape = (h.shape[0], n)
        h = b.library("gemm", [h, w], [("float64", shape)], False, False)
        h = b.pointwise("float64", tanh, h)
    return b, h


def test_a_slot_is_as_large_as_the_largest_value_it_holds():
    b, h = chain([4, 7, 100, 3, 50, 2])
    _, kept = storage(b, h)
    assert len(kept.slots) == 2
    for value, slot in kept.slot_of.items():
        assert value_of(size_of(value), 10) <= value_of(slot.size, 10)
    assert max(value_of(slot.size, 10) for slot in kept.slots) == 100 * 10 * 8


def test_values_that_live_at_once_have_slots_of_their_own():
    b, h = chain([4, 5, 5, 6, 5, 4])
    made = [node.results[0] for node in b.program.nodes if node.operands]
    shared = b.library("gemm", [made[1], made[3]], [("float64", (5, 5))], True, False)
    steps, kept = storage(b, h, shared)
    last = {root(v): at for at, step in enumerate(steps) for v in reads(step)}
    live = {}
    for at, step in enumerate(steps):
        for value in writes(step):
            slot = kept.slot_of.get(value)
            assert slot is None or live.get(slot, -1) < at
            live[slot] = last.get(value, at)
    assert len(kept.slots) >= 3


def test_what_only_one_loop_sees_has_no_memory():
    b, x = vectors(1)
    y = b.pointwise("float64", tanh, x)
    _, found = storage(b, b.reduce("add", y, (0,)), b.reduce("max", y, (0,)))
    assert found.slots == []
    assert y not in found.stored


def test_a_number_that_extents_make_is_no_step():
    b = Builder()
    x = b.input("float64", (None,))
    count = b.map((), "float64", lambda: Call("cast", "float64", (x.at(0) * 0.0,)))
    length = b.pointwise("float64", lambda c: c, count)
    sized = b.map(
        (), "float64", lambda: Call("cast", "float64", (Literal(3, "int64"),))
    )
    total = b.pointwise("float64", lambda a, c: a / c, x, sized)
    assert len(planned(b, total)) == 1
    assert len(planned(b, length)) == 2
    np.testing.assert_equal(total.shape, x.shape)
