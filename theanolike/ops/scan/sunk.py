"""An `ifelse` with that inside of its branches which only they read."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.frozen import FrozenGraph
from theanolike.graph.variable import Constant, Variable
from theanolike.ops.scan.ifelse import IfElse

__all__ = ["MOST_NESTED", "ClientsOf", "clients_among", "sunk"]

ClientsOf = Callable[[Variable], Iterable[tuple[Any, int]]]

# A choice holds at most so many others in its branches: graphs in graphs are walked
# by recursion.
MOST_NESTED = 16


def sunk(node: Apply, clients: ClientsOf, kept: Collection[Variable] = ()) -> Any:
    """Return the same choice, its branches with what only they read; None if nothing.

    Parameters
    ----------
    node : Apply
        Of an `IfElse`.
    clients : callable
        Who reads a variable: pairs of a node, or of something else, and a place.
    kept : collection of Variable
        What is not to move.
    """
    op: Any = node.op
    graphs = (op.then, op.otherwise)
    reads = [_read(graph) for graph in graphs]
    room = MOST_NESTED - max(map(_nested, graphs))
    moved = []
    for one in (0, 1):
        own = {k for k in reads[one] if k not in reads[1 - one]}
        moved.append(_exclusive(node, clients, own, kept, room))
    if not any(moved):
        return None
    captured = node.inputs[1:]
    outputs = [graph.copy(captured) for graph in graphs]
    boundary: dict[Variable, None] = {}
    for own_nodes, graph_reads in zip(moved, reads, strict=True):
        boundary.update((captured[k], None) for k in sorted(graph_reads))
        boundary.update((v, None) for n in own_nodes for v in n.inputs)
    inside = {out for own_nodes in moved for n in own_nodes for out in n.outputs}
    given = [v for v in boundary if v not in inside and not isinstance(v, Constant)]
    then, otherwise = (FrozenGraph(given, values) for values in outputs)
    new = IfElse(then, otherwise, op.stands_by)
    return new.make_node(node.inputs[0], *given)


def clients_among(nodes: Sequence[Apply], outputs: Iterable[Variable]) -> ClientsOf:
    """Return who reads a variable among `nodes`; `outputs` are read by others, too."""
    read: dict[Variable, list[tuple[Any, int]]] = {}
    for node in nodes:
        for place, v in enumerate(node.inputs):
            read.setdefault(v, []).append((node, place))
    for place, v in enumerate(outputs):
        read.setdefault(v, []).append(("output", place))
    return lambda v: read.get(v, ())


def _read(graph: FrozenGraph) -> set[int]:
    """Return which inputs a graph reads."""
    read: set[Variable] = set(graph.outputs)
    for node in graph.nodes:
        read.update(node.inputs)
    return {k for k, v in enumerate(graph.inputs) if v in read}


def _nested(graph: FrozenGraph) -> int:
    """Return how many choices there are in a graph, those inside of others too."""
    count, stack = 0, [graph]
    while stack:
        for node in stack.pop().nodes:
            if isinstance(node.op, IfElse):
                count += 1
                stack += [node.op.then, node.op.otherwise]
    return count


def _exclusive(
    node: Apply,
    clients: ClientsOf,
    slots: set[int],
    kept: Collection[Variable],
    room: int,
) -> list[Apply]:
    """Return the nodes that only these slots of `node` need, the nearest first."""
    condition = 0
    found: dict[Apply, None] = {}
    stack = [node.inputs[1 + k].owner for k in sorted(slots)]
    while stack:
        candidate = stack.pop()
        if candidate is None or candidate in found:
            continue
        in_place = getattr(candidate.op, "destroy_map", None)
        if in_place or any(out in kept for out in candidate.outputs):
            continue
        readers = [c for out in candidate.outputs for c in clients(out)]
        if not all(
            client in found
            or (client is node and place != condition and place - 1 in slots)
            for client, place in readers
        ):
            continue
        if isinstance(candidate.op, IfElse):
            room -= 1 + max(map(_nested, (candidate.op.then, candidate.op.otherwise)))
            if room < 0:
                continue
        found[candidate] = None
        stack += [v.owner for v in candidate.inputs]
    return list(found)
