"""The extremes that a step waits for: their state last, and by a branch."""

from collections.abc import Iterator
from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.variable import Variable
from theanolike.ops.conditional import (
    _guessed_maximum,
    _guessed_minimum,
    maximum,
    minimum,
)
from theanolike.ops.scan.loop import LoopOp
from theanolike.rewrites.loops.opened import OpenLoop, readers, reading
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import rewrite

__all__ = ["guessed_extreme_of_state"]

GUESSED = {maximum: _guessed_maximum, minimum: _guessed_minimum}


@rewrite(Phase.LOOPS, LoopOp, grade=Grade.ROUNDING)
def guessed_extreme_of_state(node: Apply) -> Any:
    """min(min(x, s), y) = guessed_min(min(x, y), s), for a number s that waits for it.

    Only one operation then stands between a step's number and the next one's, and the
    processor begins the next step before it is done. Of zeros the sign may differ.
    """
    graph = node.op.graph  # type: ignore[attr-defined]
    found = [n for n in graph.nodes if n.op in GUESSED and _is_number(n.outputs[0])]
    if not found:
        return None
    loop = OpenLoop(node)
    waited = {s.before: reading([s.after]) for s in loop.states if _is_number(s.before)}
    read_by = readers(graph)
    pairs = {}
    for one in found:
        (out,) = one.outputs
        if any(r is not None and r.op == one.op for r in read_by.get(out, [])):
            continue  # a part of a larger one
        operands = list(_operands(one, read_by))
        late = [v for v in operands if v in waited and out in waited[v]]
        if len(late) != 1:
            continue
        pairs[out] = _with_last(one.op, operands, late[0])
    if not pairs:
        return None
    loop.substitute(pairs)
    return loop.close().replacements()


def _is_number(variable: Any) -> bool:
    kind = variable.type
    return kind.ndim == 0 and kind.dtype in ("float32", "float64")


def _operands(node: Apply, read_by: dict[Variable, list[Any]]) -> Iterator[Variable]:
    """Yield the operands of extremes of extremes that nothing else reads."""
    stack = list(reversed(node.inputs))
    while stack:
        v = stack.pop()
        inner = v.owner
        if inner is not None and inner.op == node.op and len(read_by[v]) == 1:
            stack.extend(reversed(inner.inputs))
        else:
            yield v


def _with_last(op: Any, operands: list[Variable], last: Variable) -> Any:
    first, *others = (v for v in operands if v is not last)
    for v in others:
        first = op(first, v)
    return GUESSED[op](first, last)
