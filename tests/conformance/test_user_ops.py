"""Ops and types written as Theano's "Extending" pages write them, in compiled code."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike import gof

MODES = pytest.mark.parametrize("mode", [None, "FAST_COMPILE"])


class Affine(theano.Op):
    __props__ = ("a", "b")

    def __init__(self, a, b):
        self.a = a
        self.b = b
        super().__init__()

    def make_node(self, x):
        x = T.as_tensor_variable(x)
        return theano.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = self.a * inputs[0] + self.b

    def infer_shape(self, node, i0_shapes):
        return i0_shapes

    def grad(self, inputs, output_grads):
        return [self.a * output_grads[0]]

    def R_op(self, inputs, eval_points):
        if eval_points[0] is None:
            return eval_points
        return self.grad(inputs, eval_points)


class SumAndDifference(theano.Op):
    __props__ = ()

    def make_node(self, x, y):
        x, y = T.as_tensor_variable(x), T.as_tensor_variable(y)
        return theano.Apply(self, [x, y], [x.type(), x.type()])

    def perform(self, node, inputs, outputs):
        outputs[0][0] = inputs[0] + inputs[1]
        outputs[1][0] = inputs[0] - inputs[1]

    def grad(self, inputs, output_grads):
        def given(g):
            disconnected = isinstance(g.type, theano.gradient.DisconnectedType)
            return inputs[0].zeros_like() if disconnected else g

        total, difference = map(given, output_grads)
        return [total + difference, total - difference]


class Spectrum(theano.Op):
    __props__ = ()

    def make_node(self, x):
        x = T.as_tensor_variable(x)
        return gof.Apply(self, [x], [T.dvector(), T.lscalar()])

    def perform(self, node, inputs, outputs):
        outputs[0][0] = np.linalg.svd(inputs[0], compute_uv=False)
        outputs[1][0] = np.asarray(np.linalg.matrix_rank(inputs[0]))

    def infer_shape(self, node, shapes):
        return [(T.minimum(*shapes[0]),), ()]


class Double(gof.Type):  # type: ignore[misc] # the module is found at run time
    def filter(self, value, strict=False, allow_downcast=None):
        if strict and not isinstance(value, float):
            raise TypeError("Expected a float!")
        return float(value)

    def __str__(self):
        return "double"

    def __eq__(self, other):
        return type(self) is type(other)

    def __hash__(self):
        return hash(type(self))


class DoubleOp(gof.Op):  # type: ignore[misc]
    __props__ = ("name", "fn")

    def __init__(self, name, fn):
        self.name = name
        self.fn = fn

    def make_node(self, x, y):
        if isinstance(y, int | float):
            y = gof.Constant(Double(), y)
        return gof.Apply(self, [x, y], [Double()()])

    def perform(self, node, inputs, outputs):
        outputs[0][0] = self.fn(*inputs)

    def __str__(self):
        return self.name


@MODES
def test_an_op_with_parameters_computes_differentiates_and_tells_its_shape(mode):
    x, v = T.dmatrices("x", "v")
    y = Affine(4, 7)(x)
    square = (y**2).sum()
    outputs = [y, T.grad(square, x), T.Rop(square, x, v), y.shape, T.exp(y - y) * 2]
    found = theano.function([x, v], outputs, mode=mode)
    values, ways = np.arange(6.0).reshape(2, 3), np.ones((2, 3))
    value, slope, along, shape, twos = found(values, ways)
    np.testing.assert_array_equal(value, 4 * values + 7)
    np.testing.assert_array_equal(slope, 8 * (4 * values + 7))
    assert along == slope.sum()
    assert list(shape) == [2, 3]
    np.testing.assert_array_equal(twos, np.full((2, 3), 2))


def test_ops_of_equal_parameters_are_equal_and_print_them():
    assert Affine(4, 7) == Affine(4, 7) != Affine(2, 3)
    assert hash(Affine(4, 7)) == hash(Affine(4, 7))
    assert str(Affine(4, 7)) == "Affine{a=4, b=7}"


def test_an_op_that_is_used_twice_is_computed_once():
    x = T.dvector("x")
    f = theano.function([x], Affine(2, 0)(x) + Affine(2, 0)(x))
    ops = [node.op for node in f.maker.fgraph.toposort()]
    assert ops.count(Affine(2, 0)) == 1


@MODES
def test_the_gradient_through_some_outputs_leaves_the_others_disconnected(mode):
    x = T.dvector("x")
    total, difference = SumAndDifference()(x, x * 2)
    gradient = T.grad((total**2).sum(), x)
    f = theano.function([x], [difference, gradient], mode=mode)
    value, slope = f([1, 2])
    np.testing.assert_array_equal(value, [-1, -2])
    np.testing.assert_array_equal(slope, [18, 36])


@MODES
def test_outputs_have_types_of_their_own(mode):
    x = T.dmatrix("x")
    values, rank = Spectrum()(x)
    f = theano.function([x], [values * 2, rank + 1, values.shape[0]], mode=mode)
    doubled, more, count = f(np.eye(3, 4))
    np.testing.assert_allclose(doubled, [2, 2, 2])
    assert more == 4
    assert count == 3


@MODES
def test_a_function_becomes_an_op(mode):
    def shapes(node, input_shapes):
        a, b = input_shapes
        return [a[:-1] + b[-1:]]

    @theano.compile.ops.as_op(
        itypes=[T.fmatrix, T.fmatrix], otypes=[T.fmatrix], infer_shape=shapes
    )
    def numpy_dot(a, b):
        return np.dot(a, b)

    x, y = T.fmatrices("x", "y")
    product = numpy_dot(x, y)
    f = theano.function([x, y], [product * 2, product.shape], mode=mode)
    a, b = np.ones((5, 4), "float32"), np.ones((4, 7), "float32")
    value, shape = f(a, b)
    np.testing.assert_array_equal(value, 2 * a @ b)
    assert list(shape) == [5, 7]
    with pytest.raises(NotImplementedError, match=r"define FromFunctionOp\.grad"):
        T.grad(product.sum(), x)


@MODES
def test_a_type_of_the_users_holds_what_it_filters(mode):
    x, y = Double()("x"), Double()("y")
    mul = DoubleOp("mul", lambda a, b: a * b)
    add = DoubleOp("add", lambda a, b: a + b)
    f = theano.function([x, y], mul(x, add(y, 2)), mode=mode)
    assert f(5, 6) == 40.0


@MODES
def test_an_error_in_perform_keeps_its_type_and_names_the_line(mode):
    class Refusing(theano.Op):
        __props__ = ()
        itypes = (T.dvector,)
        otypes = (T.dvector,)

        def perform(self, node, inputs, outputs):
            raise ZeroDivisionError("no more")

    x = T.dvector("x")
    f = theano.function([x], Refusing()(x) * 2, mode=mode)
    with pytest.raises(ZeroDivisionError, match="no more") as caught:
        f([1, 2])
    assert f"written at {__file__}" in str(caught.value)


class ByThunk(theano.Op):
    """Computes by a thunk of its own, as ops with a function inside do."""

    __props__ = ()
    made = 0

    def make_node(self, x):
        x = T.as_tensor_variable(x)
        return theano.Apply(self, [x], [x.type()])

    def make_thunk(self, node, storage_map, compute_map, no_recycling, impl=None):
        assert (no_recycling, impl) == ([], None)
        ByThunk.made += 1
        x, z = storage_map[node.inputs[0]], storage_map[node.outputs[0]]
        inner = theano.function([v := T.dvector()], v * 3, mode="FAST_COMPILE")

        def thunk():
            z[0] = inner(x[0])
            compute_map[node.outputs[0]][0] = True

        return thunk


@pytest.mark.parametrize("mode", [None, "FAST_COMPILE"])
def test_an_op_may_compute_by_a_thunk_that_is_made_once(mode):
    x = T.dvector("x")
    f = theano.function([x], ByThunk()(x) + 1, mode=mode)
    before = ByThunk.made
    for given in ([1.0, 2.0], [3.0]):
        np.testing.assert_array_equal(f(given), 3 * np.array(given) + 1)
    assert ByThunk.made <= before + 1
