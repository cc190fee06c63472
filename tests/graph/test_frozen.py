"""Graphs as values, which loops and branches hold."""

import pickle

import numpy as np
import pytest

import theanolike.types.constructors as C
from theanolike.errors import MissingInputError
from theanolike.graph.frozen import FrozenGraph
from theanolike.graph.pretty import pp
from theanolike.types.variable import functions

f = functions()


def build(factor=2):
    x, y = C.dscalars("x", "y")
    return FrozenGraph([x, y], [f.exp(x) * factor, y])


def test_graphs_are_equal_by_content():
    assert build() == build()
    assert hash(build()) == hash(build())
    assert build() != build(3)


def test_a_pickled_graph_is_equal():
    assert pickle.loads(pickle.dumps(build())) == build()


def test_it_computes_with_the_references():
    first, second = build().run([np.array(0.0), np.array(5.0)])
    assert (first, second) == (2, 5)


def test_a_copy_reads_the_users_variables():
    x, y = C.dscalars("a", "b")
    outputs = build().copy([x, y])
    assert pp(outputs[0]) == "(exp(a) * TensorConstant{2})"
    assert outputs[1] is y


def test_the_users_graph_stays_apart():
    x = C.dscalar("x")
    y = f.exp(x)
    graph = FrozenGraph([x], [y])
    y.owner.inputs[0] = C.dscalar("z")
    assert graph.nodes[0].inputs[0] is graph.inputs[0]


def test_a_variable_that_is_no_input_is_refused():
    x, z = C.dscalars("x", "z")
    with pytest.raises(MissingInputError, match="reads z of type"):
        FrozenGraph([x], [x * z])
