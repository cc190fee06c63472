"""Which loops are small enough to be written out, element by element."""

import math
from collections.abc import Sequence

from theanolike.codegen.program import (
    Data,
    Input,
    Loop,
    Map,
    Node,
    Reduce,
    Require,
    Reshape,
    Scatter,
    View,
)
from theanolike.codegen.segments import body_cost
from theanolike.codegen.shapes import Shape

LARGEST = 16  # elements of an array that is written out
TERMS = 64  # elements that one reduction combines, over all of its results
# A function that costs as many additions is faster in a vector of so many elements.
COSTLY, VECTOR = 10, 8
KINDS = Map | Reduce | View | Reshape | Scatter | Input | Data | Require


def count_of(shape: Shape, most: int = LARGEST) -> int | None:
    """Return the number of elements, if it is known and small."""
    known = [e for e in shape if isinstance(e, int)]
    count = math.prod(known)
    return count if len(known) == len(shape) and 0 < count <= most else None


def is_small(node: Loop) -> bool:
    """Tell whether a loop has arrays to write out, and no others."""
    body, count = node.body, len(node.states)
    arrays = [v for n in body.nodes for v in n.results if v.ndim]
    made = [v for v in arrays if not isinstance(v.node, Input | Data | View)]
    states = [v for v in body.inputs[1 : 1 + count] if v.ndim]
    fits = [*made, *states, *(v for v in body.outputs if v.ndim)]
    return (
        count > 0  # else steps may be divided among threads
        and bool(made or states)
        and all(isinstance(n, KINDS) for n in body.nodes)
        and all(count_of(v.shape) for v in fits)
        and all(_has_few_terms(n) for n in body.nodes)
        and not _suits_vectors(body.nodes)
        and _keeps_shapes(node)
    )


def _keeps_shapes(node: Loop) -> bool:
    """Tell whether states keep their shapes; if they can't, each call fails."""
    before = node.body.inputs[1 : 1 + len(node.states)]
    after = node.body.outputs[: len(node.states)]
    return all(a.shape == b.shape for a, b in zip(before, after, strict=True))


def _suits_vectors(nodes: Sequence[Node]) -> bool:
    """Tell whether a step is costly functions of vectors, and no sums of small ones."""
    costly = [
        n
        for n in nodes
        if isinstance(n, Map)
        and math.prod(e for e in n.results[0].shape if isinstance(e, int)) >= VECTOR
        and body_cost(n.scalars) >= COSTLY
    ]
    return bool(costly) and not any(isinstance(n, Reduce) for n in nodes)


def _has_few_terms(node: Node) -> bool:
    if not isinstance(node, Reduce | Scatter):
        return True
    return count_of(node.domain, TERMS) is not None
