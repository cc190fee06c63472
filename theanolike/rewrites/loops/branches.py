"""Branches: what only one of them reads is computed only there."""

from itertools import islice
from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.variable import Variable
from theanolike.ops.scan.ifelse import IfElse, choice
from theanolike.ops.scan.sunk import sunk
from theanolike.rewrites.loops.merging import needs
from theanolike.rewrites.phases import Phase
from theanolike.rewrites.registry import rewrite

__all__: list[str] = []

LOOPS = Phase.LOOPS
MOST_CHOICES = 4
MOST_NODES = 128  # that are looked at to see whether one choice needs another


@rewrite(LOOPS, IfElse)
def sink_into_branches(node: Apply, fgraph: FunctionGraph) -> Any:
    """ifelse(c, f(x), g(x)) = a choice with f and g inside, if nothing else reads."""
    new = sunk(node, fgraph.clients)
    return None if new is None else list(new.outputs)


@rewrite(LOOPS, IfElse)
def unread_values_of_choice(node: Apply, fgraph: FunctionGraph) -> Any:
    """ifelse(c, [f, g], [p, q]) = ifelse(c, f, p), where nothing reads the others."""
    read = [k for k, out in enumerate(node.outputs) if fgraph.clients(out)]
    if not read or len(read) == len(node.outputs):
        return None
    then, otherwise, given = _opened(node)
    made = choice(
        node.inputs[0],
        given,
        given,
        [then[k] for k in read],
        [otherwise[k] for k in read],
        stands_by=node.op.stands_by,  # type: ignore[attr-defined]
    )
    return dict(zip((node.outputs[k] for k in read), made, strict=True))


@rewrite(LOOPS, IfElse)
def choices_by_same_condition(node: Apply, fgraph: FunctionGraph) -> Any:
    """ifelse(c, f, p), ifelse(c, g, q) = ifelse(c, [f, g], [p, q]) of one's own."""
    condition = node.inputs[0]
    others = (
        client
        for client, place in fgraph.clients(condition)
        if isinstance(client, Apply)
        and client is not node
        and not place
        and isinstance(client.op, IfElse)
        and client.op.stands_by == node.op.stands_by  # type: ignore[attr-defined]
    )
    for other in islice(others, MOST_CHOICES):
        if needs(node, other, MOST_NODES) or needs(other, node, MOST_NODES):
            continue
        then, otherwise, given = _opened(node)
        then_too, otherwise_too, given_too = _opened(other)
        both = list(dict.fromkeys((*given, *given_too)))
        made = choice(
            condition,
            both,
            both,
            [*then, *then_too],
            [*otherwise, *otherwise_too],
            stands_by=node.op.stands_by,  # type: ignore[attr-defined]
        )
        return dict(zip((*node.outputs, *other.outputs), made, strict=True))
    return None


def _opened(node: Apply) -> tuple[list[Variable], list[Variable], list[Variable]]:
    """Return the values of both branches in terms of what the node reads."""
    op: Any = node.op
    given = node.inputs[1:]
    return op.then.copy(given), op.otherwise.copy(given), given
