"""Loops of one step that keep different rows become one, before anything else.

A gradient makes a loop that keeps the states before each step, beside the loop that was
written: the same steps, taken once.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.frozen import FrozenGraph
from theanolike.graph.function_graph import FunctionGraph
from theanolike.ops.scan.loop import LoopOp

__all__ = ["merge_loops_alike"]

NAME = "loops_of_one_step"


def merge_loops_alike(
    fgraph: FunctionGraph, note: Callable[[Apply, Sequence[Any], str], None]
) -> None:
    """loop(s, f(s)), loop(s, g(s)) = loop(s, f(s), g(s)), of the same s and inputs."""
    groups: dict[Any, list[Apply]] = {}
    for node in fgraph.toposort():
        op: Any = node.op
        if isinstance(op, LoopOp) and op.states and not op.until:
            key = (*node.inputs, op.states, op.sequences, op.reverse)
            groups.setdefault(key, []).append(node)
    for group in groups.values():
        alike: dict[bytes, list[Apply]] = {}
        for node in group if len(group) > 1 else ():
            graph = node.op.graph  # type: ignore[attr-defined]
            steps = FrozenGraph(graph.inputs, graph.outputs[: node.op.states])  # type: ignore[attr-defined]
            alike.setdefault(steps.digest, []).append(node)
        for nodes in alike.values():
            if len(nodes) > 1:
                _merge(fgraph, nodes, note)


def _merge(
    fgraph: FunctionGraph,
    nodes: Sequence[Apply],
    note: Callable[[Apply, Sequence[Any], str], None],
) -> None:
    first: Any = nodes[0].op
    k = first.states
    results = list(first.graph.outputs)
    shifts = [0]
    for node in nodes[1:]:
        rows = node.op.graph.copy(first.graph.inputs)[k:]  # type: ignore[attr-defined]
        shifts.append(len(results) - k)
        results += rows
    names = [node.op.name for node in nodes if node.op.name]  # type: ignore[attr-defined]
    op = replace(
        first,
        graph=FrozenGraph(first.graph.inputs, results),
        collected=len(results) - k,
        name=names[0] if names else "",
    )
    made = op(*nodes[0].inputs, return_list=True)
    for node, shift in zip(nodes, shifts, strict=True):
        new = [*made[:k], *made[k + shift : shift + len(node.outputs)]]
        note(node, new, NAME)
        fgraph.replace_all(zip(list(node.outputs), new, strict=True), NAME)
