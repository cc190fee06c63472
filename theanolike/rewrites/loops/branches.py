"""Branches: what only one of them reads is computed only there."""

from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.frozen import FrozenGraph
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.variable import Constant, Variable
from theanolike.ops.declare import NativeOp
from theanolike.ops.scan.ifelse import IfElse
from theanolike.rewrites.phases import Phase
from theanolike.rewrites.registry import rewrite

__all__: list[str] = []

LOOPS = Phase.LOOPS


@rewrite(LOOPS, IfElse)
def sink_into_branches(node: Apply, fgraph: FunctionGraph) -> Any:
    """ifelse(c, f(x), g(x)) = a choice with f and g inside, if nothing else reads."""
    op: Any = node.op
    graphs = (op.then, op.otherwise)
    reads = [_read(graph) for graph in graphs]
    moved = [
        _exclusive(node, fgraph, {k for k in reads[one] if k not in reads[1 - one]})
        for one in (0, 1)
    ]
    if not any(moved):
        return None
    captured = node.inputs[1:]
    outputs = [graph.copy(captured) for graph in graphs]
    boundary: dict[Variable, None] = {}
    for own, graph_reads in zip(moved, reads, strict=True):
        boundary.update((captured[k], None) for k in sorted(graph_reads))
        boundary.update((v, None) for n in own for v in n.inputs)
    inside = {out for own in moved for n in own for out in n.outputs}
    given = [v for v in boundary if v not in inside and not isinstance(v, Constant)]
    new = IfElse(*(FrozenGraph(given, values) for values in outputs))
    return new(node.inputs[0], *given, return_list=True)


def _read(graph: FrozenGraph) -> set[int]:
    """Return which inputs a graph reads."""
    read: set[Variable] = set(graph.outputs)
    for node in graph.nodes:
        read.update(node.inputs)
    return {k for k, v in enumerate(graph.inputs) if v in read}


def _exclusive(node: Apply, fgraph: FunctionGraph, slots: set[int]) -> list[Apply]:
    """Return the nodes that only these slots of `node` need, the nearest first."""
    condition = 0
    found: dict[Apply, None] = {}
    stack = [node.inputs[1 + k].owner for k in sorted(slots)]
    while stack:
        candidate = stack.pop()
        if candidate is None or candidate in found:
            continue
        if not isinstance(candidate.op, NativeOp):
            continue
        clients = [c for out in candidate.outputs for c in fgraph.clients(out)]
        if all(
            client in found
            or (client is node and place != condition and place - 1 in slots)
            for client, place in clients
        ):
            found[candidate] = None
            stack += [v.owner for v in candidate.inputs]
    return list(found)
