"""States to which each step adds at an index: without the zeros all around."""

from dataclasses import replace
from typing import Any

from theanolike.graph.apply import Apply
from theanolike.ops.arithmetic import add
from theanolike.ops.broadcast import Fill
from theanolike.ops.indexing.advanced import AdvancedIncSubtensor
from theanolike.ops.indexing.basic import IncSubtensor
from theanolike.ops.scan.loop import LoopOp
from theanolike.rewrites.extents import covers
from theanolike.rewrites.loops.opened import OpenLoop, readers
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import rewrite
from theanolike.rewrites.scatters import is_zero

__all__ = ["scatter_into_state"]


@rewrite(Phase.LOOPS, LoopOp, grade=Grade.ROUNDING)
def scatter_into_state(node: Apply) -> Any:
    """s[t+1] = s[t] + scatter(zeros, v, i) = s[t] with v added at i, in place.

    As in the gradient by a matrix of which a step reads a row.
    """
    graph = node.op.graph  # type: ignore[attr-defined]
    found = [
        n
        for n in graph.nodes
        if isinstance(n.op, IncSubtensor | AdvancedIncSubtensor)
        and is_zero(n.inputs[0])
    ]
    if not found:
        return None
    loop, read_by = OpenLoop(node), readers(graph)
    changed = False
    for state in loop.states:
        made = state.after.owner
        if made is None or made.op != add or len(made.inputs) != 2:
            continue
        if len(read_by.get(state.before, ())) != 1 or len(read_by[state.after]) != 1:
            continue
        for before, term in (made.inputs, made.inputs[::-1]):
            if before is state.before and term.owner in found:
                new = _into(loop, state, term.owner)
                if new is not None:
                    state.after, changed = new, True
                break
    return loop.close().replacements() if changed else None


def _into(loop: OpenLoop, state: Any, scatter: Any) -> Any:
    """Return a scatter into a state, if the zeros surely have the state's shape."""
    zeros, value, *index = scatter.inputs
    op = scatter.op
    if isinstance(op, AdvancedIncSubtensor) and op.set_instead_of_inc:
        return None  # what is set twice counts once
    if zeros.owner is None or not isinstance(zeros.owner.op, Fill):
        return None
    outer = loop.captured.get(zeros.owner.inputs[0])
    if outer is None or zeros.type.dtype != state.before.type.dtype:
        return None
    if outer.type.ndim != state.start.type.ndim:
        return None
    if not (covers(outer, state.start) and covers(state.start, outer)):
        return None
    return replace(op, set_instead_of_inc=False)(state.before, value, *index)
