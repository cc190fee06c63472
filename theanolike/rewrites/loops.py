"""Loops and branches: their bodies are rewritten, and do only what is needed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.frozen import FrozenGraph
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.variable import Constant, Variable
from theanolike.ops.declare import NativeOp
from theanolike.ops.indexing.basic import Subtensor
from theanolike.ops.indexing.pattern import INTEGER
from theanolike.ops.known import known_int
from theanolike.ops.scan.counts import LastRow
from theanolike.ops.scan.ifelse import IfElse
from theanolike.ops.scan.loop import LoopOp
from theanolike.rewrites.phases import Phase
from theanolike.rewrites.registry import rewrite

__all__ = ["drop_unused_rows", "has_loops", "rewrite_bodies"]

LOOPS = Phase.LOOPS


@rewrite(LOOPS, Subtensor)
def last_row(node: Apply) -> Any:
    """rows[-1] = the last state, where the rows are the states after each step.

    A loop of no steps still has no last row.
    """
    if node.op.idx_list != (INTEGER,) or known_int(node.inputs[1]) != -1:  # type: ignore[attr-defined]
        return None
    rows: Any = node.inputs[0]
    loop = rows.owner
    if loop is None or not isinstance(loop.op, LoopOp):
        return None
    op = loop.op
    place = rows.index
    if op.reverse or not op.states <= place < op.states + op.collected:
        return None
    made = op.graph.outputs
    if made[place] not in made[: op.states]:
        return None
    last = loop.outputs[made.index(made[place])]
    steps = loop.inputs[0]
    if (known_int(steps) or 0) > 0:
        return last
    return LastRow()(last, steps)


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


def rewrite_bodies(
    fgraph: FunctionGraph, improve: Callable[[FunctionGraph], Any]
) -> None:
    """Rewrite the bodies of loops by `improve`, which may come to loops in them."""
    for node in fgraph.toposort():
        if not isinstance(node.op, LoopOp):
            continue
        old = node.op.graph
        body = FunctionGraph(old.inputs, old.outputs)
        improve(body)
        graph = FrozenGraph(body.inputs, body.outputs)
        if graph == old:
            continue
        new = replace(node.op, graph=graph)(*node.inputs, return_list=True)
        fgraph.replace_all(zip(list(node.outputs), new, strict=True), "rewrite_bodies")


def has_loops(fgraph: FunctionGraph) -> bool:
    """Tell whether there is a loop in a graph."""
    return any(isinstance(node.op, LoopOp) for node in fgraph.apply_nodes)


def drop_unused_rows(fgraph: FunctionGraph) -> None:
    """Let loops keep only the rows of steps that something reads."""
    for node in reversed(fgraph.toposort()):
        op = node.op
        if not isinstance(op, LoopOp) or node not in fgraph.apply_nodes:
            continue
        first, end = op.states, op.states + op.collected
        unused = {k for k in range(first, end) if not fgraph.clients(node.outputs[k])}
        if not unused:
            continue
        kept = [k for k in range(len(node.outputs)) if k not in unused]
        results = [v for k, v in enumerate(op.graph.outputs) if k not in unused]
        graph = FrozenGraph(op.graph.inputs, results)
        smaller = replace(op, graph=graph, collected=op.collected - len(unused))
        new = smaller(*node.inputs, return_list=True)
        pairs = [(node.outputs[k], v) for k, v in zip(kept, new, strict=True)]
        fgraph.replace_all(pairs, "drop_unused_rows")
