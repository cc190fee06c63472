"""Ops of the user's own: theano.Op subclasses and as_op."""

import copy
import pickle

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike import as_op


@pytest.fixture(
    params=["FAST_COMPILE", pytest.param("FAST_RUN", marks=pytest.mark.compiler)]
)
def mode(request):
    """Return the name of a mode."""
    return request.param


@as_op(itypes=[T.dmatrix, T.dmatrix], otypes=[T.dmatrix])
def product(a, b):
    return a @ b


@as_op(itypes=T.dvector, otypes=[T.dscalar, T.lscalar])
def total_and_length(x):
    return x.sum(), np.int64(x.size)


class DoubleOp(theano.Op):
    """Theano's example: twice its input."""

    __props__ = ()

    def make_node(self, x):
        x = T.as_tensor_variable(x)
        return theano.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0] * 2

    def infer_shape(self, node, i0_shapes):
        return i0_shapes

    def grad(self, inputs, output_grads):
        return [output_grads[0] * 2]


class AddTo(theano.Op):
    """An op with a property, made by itypes and otypes."""

    __props__ = ("amount",)
    itypes = (T.dvector,)
    otypes = (T.dvector,)

    def __init__(self, amount):
        self.amount = amount

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0] + self.amount


def test_as_op_makes_an_op(mode):
    A, B = T.dmatrices("A", "B")
    f = theano.function([A, B], product(A + 1, B) * 2, mode=mode)
    p, q = np.ones((2, 3)), np.ones((3, 2))
    np.testing.assert_array_equal(f(p, q), (p + 1) @ q * 2)


def test_as_op_may_have_several_results(mode):
    x = T.dvector("x")
    f = theano.function([x], total_and_length(x * 2), mode=mode)
    assert f([1.0, 2.0]) == [6, 2]


def test_as_op_checks_its_types():
    with pytest.raises(TypeError, match="itypes and otypes have to be a list"):
        as_op(itypes=["float64"], otypes=[T.dscalar])
    with pytest.raises(TypeError, match="infer_shape needs to be a callable"):
        as_op(T.dscalar, T.dscalar, infer_shape=3)
    with pytest.raises(TypeError):
        product(T.dvector(), T.dmatrix())


def test_another_number_of_results_is_told(mode):
    @as_op(T.dvector, [T.dvector, T.dvector])
    def one_of_two(x):
        return (x,)

    x = T.dvector()
    f = theano.function([x], one_of_two(x), mode=mode)
    with pytest.raises(ValueError, match="declares 2 outputs, but its function"):
        f([1.0])


def test_an_op_of_as_op_pickles_by_name():
    assert pickle.loads(pickle.dumps(product)) is product
    A, B = T.dmatrices("A", "B")
    f = theano.function([A, B], product(A, B), mode="FAST_COMPILE")
    twin = copy.deepcopy(f)
    np.testing.assert_array_equal(twin(np.eye(2), np.eye(2)), np.eye(2))


def test_theanos_example_runs(mode):
    x = T.matrix()
    f = theano.function([x], DoubleOp()(x), mode=mode)
    np.testing.assert_array_equal(f(np.ones((2, 3))), np.full((2, 3), 2))


def test_props_make_equality_hash_and_name():
    assert AddTo(3) == AddTo(3) != AddTo(4)
    assert hash(AddTo(3)) == hash(AddTo(3))
    assert str(AddTo(3)) == "AddTo{amount=3}"


def test_an_op_by_itypes_takes_what_fits(mode):
    x = T.dvector("x")
    f = theano.function([x], AddTo(3)(x), mode=mode)
    np.testing.assert_array_equal(f([1.0]), [4])
    with pytest.raises(TypeError):
        AddTo(3)(T.dmatrix())


def test_a_result_of_another_dtype_is_cast_where_nothing_is_lost(mode):
    class Ints(DoubleOp):
        def perform(self, node, inputs, output_storage):
            output_storage[0][0] = inputs[0].astype("int32")

    x = T.dvector("x")
    result = theano.function([x], Ints()(x), mode=mode)([3.0])
    assert result.dtype == "float64"
    assert result == 3


def test_a_result_that_is_a_view_of_the_input_is_copied(mode):
    class EverySecond(theano.Op):
        __props__ = ()
        view_map = {0: [0]}  # noqa: RUF012 - Theano's way

        def make_node(self, x):
            return theano.Apply(self, [x], [x.type()])

        def perform(self, node, inputs, output_storage):
            output_storage[0][0] = inputs[0][::2]

    x = T.dvector("x")
    f = theano.function([x], EverySecond()(x), mode=mode)
    given = np.arange(5.0)
    result = f(given)
    np.testing.assert_array_equal(result, [0, 2, 4])
    assert not np.shares_memory(result, given)


def test_inputs_of_a_users_op_are_read_only_when_compiled():
    class Clobbers(DoubleOp):
        def perform(self, node, inputs, output_storage):
            inputs[0][:] = 0
            output_storage[0][0] = inputs[0]

    x = T.dvector("x")
    f = theano.function([x], Clobbers()(x))
    with pytest.raises(ValueError, match="read-only"):
        f(np.ones(2))


def test_an_op_may_call_a_compiled_function(mode):
    a = T.dscalar("a")
    inner = theano.function([a], a * 10, mode=mode)

    @as_op(T.dscalar, T.dscalar)
    def calls(v):
        return inner(v)

    f = theano.function([a], calls(a) + 1, mode=mode)
    assert f(2.0) == 21


def test_an_op_may_not_update_what_is_being_updated(mode):
    a, w = T.dscalar("a"), theano.shared(0.0, "w")
    inner = theano.function([], [], updates=[(w, w + 1)], mode=mode)

    @as_op(T.dscalar, T.dscalar)
    def calls(v):
        inner()
        return v

    f = theano.function([a], calls(a), updates=[(w, w + 10)], mode=mode)
    with pytest.raises(RuntimeError, match="in progress in this thread"):
        f(2.0)
    assert w.get_value() == 0
