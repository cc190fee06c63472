"""The bodies of loops are graphs too: they are rewritten as those outside."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.frozen import FrozenGraph
from theanolike.graph.function_graph import FunctionGraph
from theanolike.ops.scan.loop import LoopOp

__all__ = ["rewrite_bodies"]


def rewrite_bodies(
    fgraph: FunctionGraph,
    improve: Callable[[FunctionGraph], Any],
    settled: set[FrozenGraph],
    note: Callable[[Apply, Sequence[Any], str], None],
) -> bool:
    """Rewrite the bodies of loops by `improve`, which may come to loops in them.

    `settled` are those to which nothing more applies. Return whether there were others.
    `note` hears of each change: the old node and what replaces its outputs.
    """
    found = False
    for node in fgraph.toposort():
        if not isinstance(node.op, LoopOp) or node.op.graph in settled:
            continue
        found = True
        old = node.op.graph
        body = FunctionGraph(old.inputs, old.outputs)
        improve(body)
        graph = FrozenGraph(body.inputs, body.outputs)
        settled.add(graph)
        if graph == old:
            continue
        new = replace(node.op, graph=graph)(*node.inputs, return_list=True)
        note(node, new, "")
        fgraph.replace_all(zip(list(node.outputs), new, strict=True), "rewrite_bodies")
    return found
