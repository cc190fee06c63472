"""What is known of shapes inside of a step before any step ran."""

import numpy as np
import pytest

import theanolike.tensor as T
from theanolike.graph.frozen import FrozenGraph
from theanolike.ops.scan.inside import Inside, shapes_inside

x, n = T.dmatrix("x"), T.lvector("n")
KNOWN = [
    ("a row of a matrix", x[0], (3,)),
    ("an extent read by its place", T.zeros((x.shape[-1],)), (3,)),
    ("an element of a vector", T.zeros((n[1] + 1,)), (6,)),
]


@pytest.mark.parametrize(("name", "y", "shape"), KNOWN, ids=[k[0] for k in KNOWN])
def test_shapes_follow_from_those_of_what_enters(name, y, shape):
    graph = FrozenGraph([x, n], [y])
    data = np.ones((2, 3)), np.array([4, 5])
    known = zip(graph.inputs, (Inside(d.shape, d) for d in data), strict=True)
    assert shapes_inside(graph, dict(known), graph.outputs) == [shape], name
