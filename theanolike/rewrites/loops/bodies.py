"""The bodies of loops and branches are graphs too, rewritten as those outside."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.frozen import FrozenGraph
from theanolike.graph.function_graph import FunctionGraph
from theanolike.ops.scan.ifelse import IfElse
from theanolike.ops.scan.loop import LoopOp

__all__ = ["rewrite_bodies"]


def rewrite_bodies(
    fgraph: FunctionGraph,
    improve: Callable[[FunctionGraph], Any],
    settled: set[FrozenGraph],
    note: Callable[[Apply, Sequence[Any], str], None],
) -> bool:
    """Rewrite loops' bodies and branches by `improve`, which may come to others inside.

    `settled` are those to which nothing more applies. Return whether there were others.
    `note` hears of each change: the old node and what replaces its outputs.
    """
    found = False
    for node in fgraph.toposort():
        old = _bodies(node.op)
        if all(graph in settled for graph in old.values()):
            continue
        found = True
        better = {}
        for name, graph in old.items():
            body = FunctionGraph(graph.inputs, graph.outputs)
            if graph not in settled:
                improve(body)
            better[name] = FrozenGraph(body.inputs, body.outputs)
        settled.update(better.values())
        if better == old:
            continue
        op: Any = node.op
        new = replace(op, **better)(*node.inputs, return_list=True)
        note(node, new, "")
        fgraph.replace_all(zip(list(node.outputs), new, strict=True), "rewrite_bodies")
    return found


def _bodies(op: Any) -> dict[str, FrozenGraph]:
    """Return the graphs that an op holds, by the names of its fields."""
    if isinstance(op, LoopOp):
        return {"graph": op.graph}
    if isinstance(op, IfElse):
        branches = {"then": op.then, "otherwise": op.otherwise}
        return {name: graph for name, graph in branches.items() if graph.nodes}
    return {}
