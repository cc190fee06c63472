"""Theano's walks between inputs and outputs."""

import pytest

import theanolike.tensor as T
from theanolike.graph import walks


@pytest.fixture
def graph():
    x, y = T.dscalars("x", "y")
    z = x + y
    return x, y, z, z * 2 - x


def test_nodes_stand_between_inputs_and_outputs(graph):
    x, y, z, w = graph
    assert walks.io_toposort([x, y], [w])[-1] is w.owner
    assert walks.io_toposort([x, z], [w])[0] is not z.owner
    assert z.owner not in walks.ops([x, z], [w])
    assert walks.list_of_nodes([x, y], [z]) == [z.owner]


def test_variables_are_those_between_and_the_inputs_not_needed(graph):
    x, y, z, w = graph
    found = walks.variables([x, y], [z])
    assert set(found) == {x, y, z}
    assert y in walks.variables([x, y, z], [w])


def test_orphans_are_needed_and_not_given(graph):
    x, y, z, w = graph
    assert walks.orphans([x], [z]) == [y]
    assert [str(v) for v in walks.orphans([x, y], [w])] == ["TensorConstant{2}"]
    assert walks.inputs([z]) == [x, y]


def test_a_node_is_among_its_own_ancestors_but_not_its_users(graph):
    x, y, z, w = graph
    assert walks.is_in_ancestors(w.owner, z.owner)
    assert walks.is_in_ancestors(z.owner, z.owner)
    assert not walks.is_in_ancestors(z.owner, w.owner)


def test_graphs_are_the_same_when_built_alike_over_the_same_inputs(graph):
    x, y, z, w = graph
    assert walks.is_same_graph(w, (x + y) * 2 - x)
    assert not walks.is_same_graph(w, (x + y) * 3 - x)
    assert not walks.is_same_graph(w, (y + x) * 2 - x)
    assert not walks.is_same_graph(z, x - y)


def test_givens_are_read_in_both_graphs(graph):
    x, y, z, w = graph
    assert walks.is_same_graph(x + y, x + x, givens={y: x})
    assert walks.is_same_graph(x + y, y + y, givens=[(y, x)])
    assert not walks.is_same_graph(x + y, x - y, givens=[(y, x)])


def test_a_chain_of_many_nodes_is_compared_without_recursion():
    x = T.dscalar("x")
    one = other = x
    for _ in range(20_000):
        one, other = one + x, other + x
    assert walks.is_same_graph(one, other)
