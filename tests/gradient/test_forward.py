"""`Rop`, `Lop` and `subgraph_grad`."""

import numpy as np
import pytest

import theanolike.types.constructors as C
from theanolike.errors import DisconnectedInputError
from theanolike.gradient import Lop, Rop, grad, subgraph_grad
from theanolike.graph.apply import Apply
from theanolike.graph.op import Op
from theanolike.types.variable import functions

f = functions()


def test_rop_is_the_jacobian_times_the_direction(value):
    x, v = C.dvectors("x", "v")
    y = f.exp(x) * x
    given = {x: [1.0, 2.0], v: [3.0, -1.0]}
    expected = np.exp([1, 2]) * (1 + np.array([1, 2])) * [3, -1]
    np.testing.assert_allclose(value(Rop(y, x, v), given), expected)


def test_rop_of_a_variable_read_twice_counts_both(value):
    x, v = C.dvectors("x", "v")
    assert value(Rop(x * x, x, v), {x: [3.0], v: [1.0]}) == [6]


def test_rop_by_several_adds_their_parts(value):
    x, y, v, w = C.dvectors("x", "y", "v", "w")
    given = {x: [2.0], y: [5.0], v: [1.0], w: [10.0]}
    assert value(Rop(x * y, [x, y], [v, w]), given) == [25]


def test_rop_through_a_sum_goes_through_reductions(value):
    x, v = C.dvectors("x", "v")
    out = Rop(f.sum(x**3), x, v)
    assert value(out, {x: [1.0, 2.0], v: [1.0, 1.0]}) == 15


def test_rop_of_the_gradient_is_the_hessian_times_a_vector(value):
    x, v = C.dvectors("x", "v")
    product = Rop(grad(f.sum(x**3), x), x, v)
    np.testing.assert_allclose(
        value(product, {x: [1.0, 2.0], v: [1.0, -1.0]}), [6, -12]
    )


def test_rop_keeps_the_container_of_the_outputs():
    x, v = C.dvectors("x", "v")
    assert isinstance(Rop([x * 2], x, v), list)
    assert isinstance(Rop((x * 2,), [x], [v]), tuple)


def test_rop_of_an_output_apart_from_wrt_is_an_error_or_zero(value):
    x, y, v = C.dvectors("x", "y", "v")
    with pytest.raises(DisconnectedInputError, match="does not depend on wrt"):
        Rop(y * 2, x, v)
    zero = Rop(y * 2, x, v, disconnected_outputs="ignore")
    np.testing.assert_array_equal(value(zero, {y: [1.0, 2.0]}), [0, 0])
    assert (
        Rop(y * 2, x, v, disconnected_outputs="ignore", return_disconnected="None")
        is None
    )


def test_rop_refuses_a_direction_of_another_type():
    with pytest.raises(ValueError, match="must have its type"):
        Rop(C.dvector(), C.dvector("x"), C.dscalar("v"))


class Cube(Op):
    """Without R_op: Rop has to differentiate the gradient."""

    __props__ = ()

    def make_node(self, x):
        return Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = np.asarray(inputs[0] ** 3)

    def grad(self, inputs, output_gradients):
        return [3 * inputs[0] ** 2 * output_gradients[0]]


def test_rop_of_an_op_without_a_rule_differentiates_twice_backward(value):
    x, v = C.dscalars("x", "v")
    assert value(Rop(Cube()(x), x, v), {x: 2.0, v: 5.0}) == 60


def test_rop_asks_a_users_op_for_its_rule(value):
    class Ruled(Cube):
        def R_op(self, inputs, eval_points):
            return [7 * eval_points[0]]

    x, v = C.dscalars("x", "v")
    assert value(Rop(Ruled()(x), x, v), {x: 2.0, v: 5.0}) == 35


def test_lop_is_the_direction_times_the_jacobian(value):
    x, u = C.dvectors("x", "u")
    out = Lop(f.exp(x), x, u)
    np.testing.assert_allclose(
        value(out, {x: [1.0, 2.0], u: [2.0, 3.0]}), np.exp([1, 2]) * [2, 3]
    )


def test_lop_needs_a_direction_per_output():
    x, u = C.dvectors("x", "u")
    with pytest.raises(ValueError, match="expected 2, got 1"):
        Lop([x, x * 2], x, [u])


def test_subgraph_grads_chained_give_the_whole_gradient(value):
    x, w1, w2 = C.dscalars("x", "w1", "w2")
    hidden = x * w1
    cost = (hidden * w2) ** 2
    (g2,), (g_hidden,) = subgraph_grad([w2], [hidden], cost=cost)
    (g1,), _ = subgraph_grad([w1], [x], start={hidden: g_hidden})
    given = {x: 2.0, w1: 3.0, w2: 5.0}
    assert value([g1, g2], given) == value(grad(cost, [w1, w2]), given)


def test_subgraph_grad_gives_its_parts_on_request(value):
    x, w = C.dscalars("x", "w")
    hidden = x * w
    results = subgraph_grad([w], [x], start={hidden: x}, cost=w * w, details=True)
    given = {x: 2.0, w: 3.0}
    assert value(results[0], given) == [4 + 6]
    assert value(results[2][:1], given) == [4]
    assert value(results[3][:1], given) == [6]


def test_subgraph_grad_needs_a_beginning():
    with pytest.raises(ValueError, match="cost, start or both"):
        subgraph_grad([C.dscalar()], [])
