"""Loops of the same steps become one."""

from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.function_graph import FunctionGraph
from theanolike.ops.scan.ifelse import IfElse
from theanolike.ops.scan.loop import LoopOp
from theanolike.rewrites.loops.opened import OpenLoop, is_loop, known_as
from theanolike.rewrites.phases import Phase
from theanolike.rewrites.registry import rewrite

__all__ = ["needs"]

# So far it is looked whether a loop needs another one, and at so many of them.
MOST_NODES = 4096
MOST_LOOPS = 16


@rewrite(Phase.LOOPS, LoopOp, aliases=["scanOp_merge", "scan_merge"])
def loops_of_same_steps(node: Apply, fgraph: FunctionGraph) -> Any:
    """loop(f), loop(g) = loop(f, g), of as many steps, if neither needs the other.

    Loops without states are left alone, whose steps can be done at once, and so are
    those beside a choice, of which it may turn out that only one is needed.
    """
    if not _can_merge(node):
        return None
    others = _of_same_steps(node, fgraph)
    if not others or any(isinstance(n.op, IfElse) for n in fgraph.apply_nodes):
        return None
    for other in others[:MOST_LOOPS]:
        if not (needs(node, other) or needs(other, node)):
            return _merged(node, other)
    return None


def _of_same_steps(node: Apply, fgraph: FunctionGraph) -> list[Apply]:
    found = []
    for client, place in fgraph.clients(node.inputs[0]):
        if isinstance(client, str) or client is node or place or not is_loop(client):
            continue
        if _can_merge(client) and client.op.reverse == node.op.reverse:  # type: ignore[attr-defined]
            found.append(client)
    return found


def _can_merge(node: Apply) -> bool:
    return bool(node.op.states) and not node.op.until  # type: ignore[attr-defined]


def needs(node: Apply, other: Apply, most: int = MOST_NODES) -> bool:
    """Tell whether a node may need another one; `most` nodes are looked at."""
    seen: set[Apply] = set()
    stack = [node]
    while stack:
        for v in stack.pop().inputs:
            above = v.owner
            if above is other or len(seen) > most:
                return True
            if above is not None and above not in seen:
                seen.add(above)
                stack.append(above)
    return False


def _merged(node: Apply, other: Apply) -> dict[Any, Any]:
    loop, added = OpenLoop(node), OpenLoop(other)
    if other.op.graph is node.op.graph:  # type: ignore[attr-defined]
        added.rename()
    added.substitute({added.step: loop.step})
    parts: list[Any] = [*added.states, *added.rows]
    names = {part.old: (other, part.old) for part in parts}
    for part in parts:
        part.old = names[part.old]
    loop.states += added.states
    loop.rows += added.rows
    loop.sequences |= added.sequences
    loop.captured |= added.captured
    closed = loop.close()
    made = dict(zip(node.outputs, closed.replacements(), strict=True))
    for place, name in names.items():
        out = other.outputs[place]
        made[out] = known_as(closed.of_old(name), out)
    return made
