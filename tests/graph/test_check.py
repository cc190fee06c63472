"""`check_graph`: each invariant of a graph, violated."""

import pytest

import theanolike.types.constructors as C
from theanolike.errors import InconsistencyError
from theanolike.graph.check import check_graph
from theanolike.graph.function_graph import FunctionGraph
from theanolike.types.variable import functions

f = functions()


@pytest.fixture
def fgraph():
    x, y = C.dscalars("x", "y")
    return FunctionGraph([x, y], [f.exp(x) * y, x])


def test_a_sound_graph_passes(fgraph):
    check_graph(fgraph)


def test_an_unknown_leaf_is_found(fgraph):
    fgraph.outputs[0].owner.inputs[1] = C.dscalar("z")
    with pytest.raises(InconsistencyError, match="z, is no input of the graph"):
        check_graph(fgraph)


def test_a_cycle_is_found(fgraph):
    node = fgraph.outputs[0].owner
    node.inputs[0].owner.inputs[0] = node.outputs[0]
    with pytest.raises(InconsistencyError, match="in a cycle"):
        check_graph(fgraph)


def test_an_output_with_a_wrong_place_is_found(fgraph):
    fgraph.outputs[0].index = 3
    with pytest.raises(InconsistencyError, match="output 3"):
        check_graph(fgraph)


def test_a_type_that_the_op_would_not_infer_is_found(fgraph):
    fgraph.outputs[0].type = C.fvector().type
    with pytest.raises(InconsistencyError, match="its op infers"):
        check_graph(fgraph)


def test_wrong_clients_are_found(fgraph):
    x = fgraph.inputs[0]
    fgraph._clients[x].clear()
    with pytest.raises(InconsistencyError, match="client"):
        check_graph(fgraph)
