"""`grad` and each of its parameters."""

import numpy as np
import pytest

import theanolike.types.constructors as C
from theanolike.errors import (
    DisconnectedInputError,
    MethodNotDefinedError,
    NullTypeGradError,
)
from theanolike.gradient import (
    disconnected_grad,
    format_as,
    grad,
    grad_clip,
    grad_not_implemented,
    grad_scale,
    grad_undefined,
    undefined_grad,
    zero_grad,
)
from theanolike.graph.apply import Apply
from theanolike.graph.null import DisconnectedType, NullType, disconnected_type
from theanolike.graph.op import Op
from theanolike.graph.pretty import pp
from theanolike.graph.traverse import toposort
from theanolike.types.constants import as_tensor_variable
from theanolike.types.variable import functions

f = functions()


def test_the_gradient_of_a_polynomial_is_its_derivative(value):
    x = C.dscalar("x")
    y = (x - 4) * (x**2 * 2 + 6)
    gy = grad(cost=y, wrt=x)
    assert [value(gy, {x: at}) for at in (0, 1, 2)] == [6, -4, -2]


def test_the_gradient_of_a_square_prints_as_theano_prints_it():
    x = C.dscalar("x")
    assert pp(grad(x**2, x)) == (
        "((fill((x ** TensorConstant{2}), TensorConstant{1.0}) * TensorConstant{2}) * "
        "(x ** (TensorConstant{2} - TensorConstant{1})))"
    )


def test_second_derivatives_come_from_the_gradient_of_the_gradient(value):
    x = C.dscalar("x")
    assert value(grad(grad(f.exp(x * x), x), x), {x: 0.5}) == pytest.approx(
        (2 + 4 * 0.25) * np.exp(0.25)
    )


def test_the_result_comes_in_the_container_of_wrt():
    x, y = C.dscalars("x", "y")
    assert isinstance(grad(x * y, [x, y]), list)
    assert isinstance(grad(x * y, (x, y)), tuple)
    assert not isinstance(grad(x * y, x), list | tuple)


def test_a_variable_read_many_times_gets_one_sum():
    x = C.dscalar("x")
    total = f.add(*[f.exp(x) for _ in range(1000)])
    gx = grad(total, x)
    sums = [n for n in toposort([gx]) if str(n.op) == "Elemwise{add}"]
    assert max(len(n.inputs) for n in sums) == 1000


def test_a_wrt_that_the_cost_reads_through_another_wrt_gets_its_whole_gradient(value):
    x = C.dscalar("x")
    y = x * x
    gx, gy = grad(y * 3 + x, [x, y])
    assert [value(gx, {x: 2.0}), value(gy, {x: 2.0})] == [13, 3]


def test_names_say_what_is_derived_by_what():
    x = C.dscalar("x")
    cost = x * x
    cost.name = "cost"
    assert grad(cost, x).name == "(dcost/dx)"
    assert grad(cost, x, add_names=False).name is None


@pytest.mark.parametrize("wrong", [C.dvector(), 3, "cost"])
def test_a_cost_that_is_no_scalar_is_refused(wrong):
    with pytest.raises(TypeError, match=r"^cost must be a scalar\."):
        grad(wrong, C.dscalar())


def test_a_set_of_wrt_is_refused():
    x = C.dscalar("x")
    with pytest.raises(TypeError, match="set"):
        grad(x * x, {x})


def test_a_wrt_that_is_no_variable_is_refused():
    with pytest.raises(TypeError, match="Expected Variable, got 3"):
        grad(C.dscalar(), [3])


DISCONNECTED = (
    "grad method was asked to compute the gradient with respect to a variable that is "
    "not part of the computational graph of the cost, or is used only by a "
    "non-differentiable operator: z"
)


def test_a_variable_apart_from_the_cost_is_an_error():
    x, z = C.dscalars("x", "z")
    with pytest.raises(DisconnectedInputError, match=DISCONNECTED):
        grad(x * x, [x, z])


def test_a_variable_read_only_for_its_shape_is_disconnected():
    z = C.dvector("z")
    with pytest.raises(DisconnectedInputError, match=DISCONNECTED):
        grad(f.cast(f.shape_i(z, 0), "float64"), z)


def test_disconnected_inputs_may_warn_or_be_zero(value):
    x, z = C.dscalar("x"), C.dvector("z")
    with pytest.warns(UserWarning, match="not part of the computational graph"):
        grad(x * x, z, disconnected_inputs="warn")
    gz = grad(x * x, z, disconnected_inputs="ignore")
    np.testing.assert_array_equal(value(gz, {z: [1.0, 2.0]}), [0, 0])


def test_return_disconnected_says_what_stands_for_a_missing_gradient():
    x, z = C.dscalars("x", "z")
    ask = {"cost": x * x, "wrt": [z], "disconnected_inputs": "ignore"}
    assert grad(**ask, return_disconnected="None") == [None]
    (gz,) = grad(**ask, return_disconnected="Disconnected")
    assert isinstance(gz.type, DisconnectedType)


@pytest.mark.parametrize(
    "keyword", ["disconnected_inputs", "return_disconnected", "null_gradients"]
)
def test_a_wrong_choice_names_the_keyword_and_the_choices(keyword):
    x = C.dscalar("x")
    with pytest.raises(ValueError, match=f"'{keyword}', valid values are"):
        grad(x * x, x, **{keyword: "maybe"})


def test_the_gradient_by_an_integer_is_zeros_of_floatx(value):
    x, i = C.dscalar("x"), C.lvector("i")
    gi = grad(f.sum(x * i), i)
    assert gi.type.dtype == "float64"
    np.testing.assert_array_equal(value(gi, {i: [1, 2]}), [0, 0])


def test_the_gradient_through_a_cast_to_integers_is_zero(value):
    x = C.dscalar("x")
    assert value(grad(f.cast(x, "int32") * 1.5, x), {x: 2.5}) == 0


def test_the_gradient_of_an_integer_cost_is_zero(value):
    i = C.lscalar("i")
    assert value(grad(i * i, i), {i: 3}) == 0


def test_the_gradient_by_a_float32_is_float32():
    x, y = C.fscalar("x"), C.dscalar("y")
    assert [g.type.dtype for g in grad(x * y, [x, y])] == ["float32", "float64"]


def test_nothing_passes_through_consider_constant(value):
    x = C.dscalar("x")
    y = x * x
    assert value(grad(x * y, x, consider_constant=[y]), {x: 3.0}) == 9


def test_consider_constant_must_be_iterable():
    x = C.dscalar("x")
    with pytest.raises(TypeError, match="iterable"):
        grad(x * x, x, consider_constant=x)


def test_known_grads_replace_the_cost(value):
    x = C.dscalar("x")
    y = x * x
    assert value(grad(None, x, known_grads={y: f.constant(5.0)}), {x: 3.0}) == 30


def test_known_grads_are_added_to_those_of_the_cost(value):
    x = C.dscalar("x")
    y = x * x
    g = grad(y * 2, x, known_grads={y: f.constant(5.0)})
    assert value(g, {x: 3.0}) == 6 * 7


def test_a_known_gradient_of_another_rank_is_refused():
    x = C.dscalar("x")
    y = x * x
    with pytest.raises(ValueError, match="0 dimensions, got 1"):
        grad(None, x, known_grads={y: C.dvector()})


def test_no_cost_and_no_known_grads_is_refused():
    with pytest.raises(ValueError, match="can't both be None"):
        grad(None, C.dscalar())


def test_the_new_nodes_have_the_origins_of_formula_and_grad():
    x = C.dscalar("x")
    cost = f.exp(x)
    gx = grad(cost, x)
    lines = [o.line for o in gx.owner.origin]
    assert lines[0] == cost.owner.origin[0].line
    assert lines[1] == lines[0] + 1


def test_a_barrier_disconnects_zeroes_clips_or_scales(value):
    x = C.dscalar("x")
    with pytest.raises(DisconnectedInputError):
        grad(disconnected_grad(x) * 3, x)
    assert value(grad(zero_grad(x) * 3, x), {x: 1.0}) == 0
    assert value(grad(grad_clip(x, -1, 1) * 3, x), {x: 1.0}) == 1
    assert value(grad(grad_scale(x, 2) * 3, x), {x: 1.0}) == 6
    with pytest.raises(NullTypeGradError, match="encountered a NaN"):
        grad(undefined_grad(x) * 3, x)


class Twice(Op):
    """A user's op over one scalar, whose `grad` is given by each test."""

    __props__ = ("terms",)

    def __init__(self, terms):
        self.terms = terms

    def make_node(self, *inputs):
        xs = [as_tensor_variable(x) for x in inputs]
        return Apply(self, xs, [xs[0].type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = np.asarray(2 * inputs[0])

    def grad(self, inputs, output_gradients):
        if self.terms is None:
            return super().grad(inputs, output_gradients)
        return self.terms(self, inputs, output_gradients[0])


def test_a_users_op_gives_its_gradient(value):
    x = C.dscalar("x")
    assert value(grad(Twice(lambda op, xs, g: [2 * g])(x) ** 2, x), {x: 3.0}) == 24


def test_a_users_op_without_gradient_is_named():
    x = C.dscalar("x")
    with pytest.raises(MethodNotDefinedError, match="Twice has no grad"):
        grad(Twice(None)(x), x)


@pytest.mark.parametrize("term", [None, disconnected_type()])
def test_a_users_op_may_say_that_an_input_is_disconnected(term):
    x, y = C.dscalars("x", "y")
    out = Twice(lambda op, xs, g: [2 * g, term])(x, y)
    with pytest.raises(DisconnectedInputError):
        grad(out, y)


@pytest.mark.parametrize("why", [grad_undefined, grad_not_implemented])
def test_a_users_op_may_say_that_a_gradient_does_not_exist(why):
    x = C.dscalar("x")
    out = Twice(lambda op, xs, g: [why(op, 0, xs[0], "Just so.")])(x)
    with pytest.raises(NullTypeGradError, match=r"encountered a NaN\..*Just so"):
        grad(out, x)
    assert isinstance(grad(out, x, null_gradients="return").type, NullType)


def test_an_undefined_gradient_elsewhere_does_not_matter(value):
    x, y = C.dscalars("x", "y")
    out = Twice(lambda op, xs, g: [grad_undefined(op, 0, xs[0])])(x) * y
    assert value(grad(out, y), {x: 3.0, y: 1.0}) == 6


def test_a_users_op_must_return_a_term_per_input():
    x = C.dscalar("x")
    with pytest.raises(ValueError, match="expected 1, got 2"):
        grad(Twice(lambda op, xs, g: [g, g])(x), x)
    with pytest.raises(TypeError, match="expected a list or tuple"):
        grad(Twice(lambda op, xs, g: g)(x), x)


def test_a_users_op_must_return_floats_of_the_right_rank():
    x = C.dscalar("x")
    with pytest.raises(TypeError, match="integer-valued"):
        grad(Twice(lambda op, xs, g: [f.constant(2)])(x), x)
    with pytest.raises(ValueError, match="1 dimensions for input 0, but 0"):
        grad(Twice(lambda op, xs, g: [C.dvector()])(x), x)


def test_a_users_op_with_no_connection_is_not_asked():
    class Apart(Twice):
        def connection_pattern(self, node):
            return [[False]]

    x = C.dscalar("x")
    with pytest.raises(DisconnectedInputError):
        grad(Apart(None)(x), x)


def test_a_users_op_gets_a_disconnected_variable_for_an_unused_output(value):
    class Pair(Op):
        __props__ = ()

        def make_node(self, x):
            return Apply(self, [x], [x.type(), x.type()])

        def perform(self, node, inputs, output_storage):
            output_storage[0][0] = inputs[0] * 1
            output_storage[1][0] = inputs[0] * 2

        def grad(self, inputs, output_gradients):
            assert isinstance(output_gradients[0].type, DisconnectedType)
            return [2 * output_gradients[1]]

    x = C.dscalar("x")
    assert value(grad(Pair()(x)[1], x), {x: 3.0}) == 2


def test_format_as_follows_the_users_container():
    assert format_as(True, False, (1, 2)) == [1, 2]
    assert format_as(False, True, [1]) == (1,)
    assert format_as(False, False, [1]) == 1
    with pytest.raises(ValueError, match="not both"):
        format_as(True, True, [1])
