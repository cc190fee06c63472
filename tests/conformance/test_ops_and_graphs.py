"""Ops made by their classes, users' ops, and what a compiled graph tells."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.errors import NotScalarConstantError
from theanolike.legacy.tests import unittest_tools

x, v, m = T.dscalar("x"), T.dvector("v"), T.dmatrix("m")


class Twice(theano.Op):
    """Twice its input."""

    __props__ = ()

    def make_node(self, a):
        return theano.Apply(self, [a], [a.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0] * 2


def test_variables_of_a_compiled_graph_know_who_reads_them():
    f = theano.function([x], T.exp(x) * 2, mode="FAST_COMPILE")
    graph = f.maker.fgraph
    exp, times = graph.toposort()
    assert graph.inputs[0].clients == [(exp, 0)]
    assert exp.outputs[0].clients == [(times, 0)]
    assert graph.outputs[0].clients == [("output", 0)]
    assert times.fgraph is graph
    with pytest.raises(AttributeError, match="FunctionGraph"):
        x.clients


def test_an_op_without_a_thunk_of_its_own_gives_one_that_performs():
    node = Twice()(v).owner
    storage = {v: [np.ones(2)], node.out: [None]}
    computed = {v: [True], node.out: [False]}
    node.op.make_thunk(node, storage, computed, [])()
    assert storage[node.out][0].tolist() == [2, 2]
    assert computed[node.out] == [True]
    assert node.run_params() is None
    assert node.get_parents() == [v]


def test_make_node_returns_a_node():
    class Wrong(Twice):
        def make_node(self, a):
            return a

    with pytest.raises(TypeError, match="make_node of Wrong must return an Apply"):
        Wrong()(v)


def test_ops_are_made_in_theanos_words():
    value = np.arange(6.0).reshape(2, 3)
    turned = T.DimShuffle(m.broadcastable, (1, "x", 0))(m)
    reshaped = T.Reshape(2, name="r")(m, (3, 2))
    flat = T.Flatten()(m)
    f = theano.function([m], [turned, reshaped, flat], mode="FAST_COMPILE")
    a, b, c = f(value)
    assert np.array_equal(a, value.T[:, None])
    assert np.array_equal(b, value.reshape(3, 2))
    assert np.array_equal(c, value.ravel())
    assert T.Flatten(outdim=2)(m).ndim == 2
    assert T.opt.make_vector(x, x).type.shape == (2,)
    assert T.Rebroadcast((0, True))(m).broadcastable == (True, False)
    assert T.Rebroadcast((0, False), (1, True))(m).broadcastable == (False, True)
    with pytest.raises(ValueError, match="non-existent dimension 5"):
        T.Rebroadcast((5, True))(m)
    with pytest.raises(ValueError, match="each of the input's dims once"):
        T.DimShuffle((True, False), (1,))


def test_an_elemwise_of_a_scalar_op_is_not_there_yet():
    with pytest.raises(NotImplementedError, match=r"theano\.scalar\.add"):
        T.Elemwise(theano.scalar.add)(x, x)


def test_a_fill_by_a_constant_has_its_value():
    known = T.get_scalar_constant_value
    assert known(T.fill(v, 5.0)) == 5
    assert known(T.ones_like(v), elemwise=False) == 1
    with pytest.raises(NotScalarConstantError):
        known(T.fill(v, v))
    with pytest.raises(NotScalarConstantError):
        known(T.fill(v, 5.0), only_process_constants=True)


@pytest.mark.parametrize("axis", [0.5, "a", v])
def test_an_axis_to_join_along_is_a_known_integer(axis):
    with pytest.raises(TypeError, match="axis known early"):
        T.join(axis, m, m)


def test_choices_of_rop_are_checked():
    for keyword in ("disconnected_outputs", "return_disconnected"):
        with pytest.raises(ValueError, match=f"keyword '{keyword}'"):
            T.Rop(v**2, v, v, **{keyword: "foo"})


def test_what_is_cloned_is_a_variable():
    with pytest.raises(TypeError, match="list of them"):
        theano.clone({"a": x})
    with pytest.raises(ValueError, match="Expected a matrix"):
        T.identity_like(v)


def test_types_describe_themselves():
    assert T.dvector.dtype_specs() == (float, "npy_float64", "NPY_FLOAT64")
    assert T.fvector.get_size(T.fvector.get_shape_info(np.ones(3))) == 12
    assert "dimensions" in T.dvector.value_validity_msg(np.ones((2, 2)))
    assert T.dvector.value_validity_msg(np.ones(2)) == "value is valid"


def test_a_test_value_that_is_missing_warns_at_the_users_line():
    flags = theano.change_flags(compute_test_value="warn")
    with flags, pytest.warns(UserWarning, match="Cannot compute test") as caught:
        v + 1
    assert caught[0].filename == __file__


def test_the_test_helper_draws_by_the_seed_of_the_configuration():
    unittest_tools.verify_grad(T.exp, [np.ones(2)], mode="FAST_COMPILE")


def test_a_function_says_which_attribute_it_has_not():
    f = theano.function([x], x, mode="FAST_COMPILE")
    assert [out.variable for out in f.outputs] == [x]
    with pytest.raises(AttributeError, match="compiled function has no attribute 'q'"):
        f.q


WRONG = {
    "connection_pattern": (lambda *_: [[True, True]], "a row for each of 1 inputs"),
    "R_op": (lambda *_: [], "returned 0 terms"),
    "infer_shape": (lambda *_: [(1, 2)], "a shape for each output"),
}


@pytest.mark.parametrize("method", WRONG)
def test_what_a_users_op_says_of_itself_must_fit_its_node(method):
    told, message = WRONG[method]
    op = type("Wrong", (Twice,), {method: told, "grad": lambda _, __, gs: gs})()
    uses = {
        "connection_pattern": lambda: T.grad(op(v).sum(), v),
        "R_op": lambda: T.Rop(op(v), v, v),
        "infer_shape": lambda: theano.function([v], op(v).shape),
    }
    with pytest.raises(ValueError, match=message):
        uses[method]()


def test_r_op_may_return_a_term_alone_and_infer_shape_may_not_know():
    methods = {
        "R_op": lambda _, __, points: points[0] * 2,
        "infer_shape": lambda *_: [None],
    }
    op = type("Bare", (Twice,), methods)()
    f = theano.function([v], [T.Rop(op(v), v, v), op(v).shape])
    pushed, shape = f([1.0, 2.0])
    assert pushed.tolist() == [2, 4]
    assert shape.tolist() == [2]
