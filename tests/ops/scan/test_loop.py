"""`LoopOp` by itself: shapes, reference, program."""

import pickle

import numpy as np
import pytest

import theanolike.types.constructors as C
from theanolike.codegen.lowering import lower
from theanolike.codegen.program import Loop
from theanolike.errors import UnsupportedError
from theanolike.gradient import Rop, grad
from theanolike.graph.frozen import FrozenGraph
from theanolike.graph.traverse import toposort
from theanolike.ops.scan.loop import LoopOp, for_each
from theanolike.types.variable import functions

f = functions()


def power(until=False):
    """Return a loop of x -> x * a from s, which keeps each x and may stop at 100."""
    step, x, a = C.lscalar("step"), C.dscalar("x"), C.dscalar("a")
    outputs = [x * a, x * a + step]
    if until:
        outputs.append(x * a > 100)
    return LoopOp(FrozenGraph([step, x, a], outputs), 1, 1, until)


def test_states_go_from_step_to_step_and_rows_are_kept(value):
    n, s, a = C.lscalar("n"), C.dscalar("s"), C.dscalar("a")
    last, rows = power()(n, s, a)
    given = {n: 3, s: 1.0, a: 2.0}
    assert value(last, given) == 8
    np.testing.assert_array_equal(value(rows, given), [2, 5, 10])


@pytest.mark.parametrize("steps", [0, -2])
def test_no_steps_leave_the_states_and_give_no_rows(steps, value):
    n, s, a = C.lscalar("n"), C.dscalar("s"), C.dscalar("a")
    last, rows = power()(n, s, a)
    given = {n: steps, s: 1.0, a: 2.0}
    assert value(last, given) == 1
    assert value(rows, given).shape == (0,)


def test_a_condition_ends_the_loop_after_its_step(value):
    n, s, a = C.lscalar("n"), C.dscalar("s"), C.dscalar("a")
    last, rows, done = power(until=True)(n, s, a)
    given = {n: 50, s: 1.0, a: 3.0}
    assert value(done, given) == 5
    assert value(last, given) == 243
    assert value(rows, given).shape == (5,)


def test_the_loop_becomes_one_node_of_the_loop_program():
    n, s, a = C.lscalar("n"), C.dscalar("s"), C.dscalar("a")
    outputs = power()(n, s, a)
    program = lower([n, s, a], toposort(outputs), outputs).program
    (loop,) = [node for node in program.nodes if isinstance(node, Loop)]
    assert len(loop.results) == 2
    assert len(loop.body.inputs) == 3


def test_loops_are_equal_by_their_bodies_and_pickle():
    assert power() == power()
    assert power() != power(until=True)
    assert pickle.loads(pickle.dumps(power())) == power()


def test_a_state_must_keep_its_type():
    step, x = C.lscalar(), C.fscalar()
    op = LoopOp(FrozenGraph([step, x], [x * C.dscalar().type.make_constant(2.0)]), 1, 0)
    with pytest.raises(TypeError, match="starts with type .*float32.* makes type .*64"):
        op(3, C.fscalar())


def test_inputs_must_have_the_types_of_the_body():
    with pytest.raises(TypeError, match="Input 1 of Loop.*must have type"):
        power()(3, C.dvector(), C.dscalar())
    with pytest.raises(TypeError, match="takes 3 inputs, got 2"):
        power()(3, C.dscalar())
    with pytest.raises(TypeError, match="0-d integer"):
        power()(C.dscalar(), C.dscalar(), C.dscalar())


class Argument:
    def __init__(self, array):
        self.array = np.asarray(array)
        self.shape = self.array.shape

    def item(self, *index):
        return int(self.array[index])


def test_shapes_are_inferred_through_the_body():
    step, v, w = C.lscalar(), C.dvector(), C.dvector()
    body = FrozenGraph([step, v, w], [v + w, v.dimshuffle(0, "x") * w])
    op = LoopOp(body, 1, 1)
    shapes = op.shape(*(Argument(x) for x in (5, np.zeros(3), np.zeros(3))))
    assert shapes == [(3,), (5, 3, 3)]


def test_a_shape_computed_inside_is_not_known_before():
    step, v = C.lscalar(), C.dvector()
    op = LoopOp(FrozenGraph([step, v], [f.alloc(0.0, step + 1)]), 0, 1)
    with pytest.raises(UnsupportedError, match="depends on values computed there"):
        op.shape(Argument(5), Argument(np.zeros(3)))


def test_the_rows_of_a_loop_that_stops_early_are_not_known_before():
    with pytest.raises(UnsupportedError, match="known only after it ran"):
        power(until=True).shape(*(Argument(x) for x in (5, 1.0, 2.0)))


def test_for_each_computes_once_what_does_not_contain_the_index(value):
    i, x = C.lscalar("i"), C.dscalar("x")
    shared = f.exp(x)
    rows, same = for_each(i, 4, [shared * i, shared])
    names = [str(n.op) for n in rows.owner.op.graph.nodes]
    assert names == ["Elemwise{mul}"]
    np.testing.assert_allclose(value(rows, {x: 0.0}), [0, 1, 2, 3])
    np.testing.assert_allclose(value(same, {x: 0.0}), [1, 1, 1, 1])


def test_the_gradient_goes_back_through_the_steps(value):
    s, a = C.dscalar("s"), C.dscalar("a")
    last, rows = power()(f.constant(4), s, a)
    given = {s: 2.0, a: 3.0}
    by_s, by_a = grad(last, [s, a])
    assert value(by_s, given) == 81
    assert value(by_a, given) == 2 * 4 * 27
    by_s, by_a = grad(f.sum(rows), [s, a])
    assert value(by_s, given) == 3 + 9 + 27 + 81
    assert value(by_a, given) == 2 * (1 + 2 * 3 + 3 * 9 + 4 * 27)


def test_the_gradient_of_a_loop_that_stops_early_counts_the_steps_done(value):
    s, a = C.dscalar("s"), C.dscalar("a")
    last, _, _ = power(until=True)(f.constant(50), s, a)
    assert value(grad(last, s), {s: 1.0, a: 3.0}) == 243


def test_the_second_derivative_goes_through_the_backward_loop(value):
    s, a = C.dscalar("s"), C.dscalar("a")
    last, _ = power()(f.constant(4), s, a)
    twice = grad(grad(last, a), a)
    assert value(twice, {s: 2.0, a: 3.0}) == 2 * 12 * 9


def test_a_directional_derivative_goes_through_the_loop(value):
    s, a = C.dscalar("s"), C.dscalar("a")
    last, _ = power()(f.constant(4), s, a)
    forward = Rop(last, [s, a], [f.constant(1.0), f.constant(10.0)])
    assert value(forward, {s: 2.0, a: 3.0}) == 81 + 10 * 2 * 4 * 27


@pytest.mark.parametrize(
    "order", [(1, 0, 2, 3), (0, 0, 1, 2), (3, 0, 0, 2), (2, 0, 3, 1), (0, 1, 2, 2)]
)
def test_arrays_change_hands_among_states(order, value):
    step, n = C.lscalar(), C.lscalar("n")
    states = [C.dvector(f"s{k}") for k in range(4)]
    outputs = [states[k] for k in order]
    outputs[0] = outputs[0] * 2 + states[3]
    outputs[3] = outputs[3] + step
    op = LoopOp(FrozenGraph([step, *states], [*outputs, states[2]]), 4, 1)
    starts = [C.dvector(f"x{k}") for k in range(4)]
    arrays = [np.arange(3.0) + 10.0**k for k in range(4)]
    made = op(n, *starts, return_list=True)
    now, rows = list(arrays), []
    for t in range(6):
        rows.append(now[2])
        after = [now[k] for k in order]
        after[0] = after[0] * 2 + now[3]
        after[3] = after[3] + t
        now = after
    given = {n: 6, **dict(zip(starts, arrays, strict=True))}
    for out, expected in zip(made, [*now, np.array(rows)], strict=True):
        np.testing.assert_array_equal(value(out, given), expected)
