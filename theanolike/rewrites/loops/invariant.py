"""Work that is the same in all steps moves out of the loop."""

from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.clone import clone_graph
from theanolike.graph.frozen import FrozenGraph
from theanolike.graph.variable import Constant, Variable
from theanolike.ops.broadcast import SumTo
from theanolike.ops.declare import NativeOp
from theanolike.ops.elementwise import Elementwise
from theanolike.ops.known import known_int
from theanolike.ops.printing import Print
from theanolike.ops.products import Dot, Gemm
from theanolike.ops.reduction import Reduction
from theanolike.ops.scan.loop import LoopOp
from theanolike.ops.softmax import LogSoftmax, LogSumExp, Softmax
from theanolike.rewrites.loops.opened import OpenLoop
from theanolike.rewrites.loops.stacked import is_costly, is_total
from theanolike.rewrites.phases import Phase
from theanolike.rewrites.registry import rewrite

__all__ = ["has_steps", "invariant_out_of_loop"]

WORK = (Dot, Gemm, Reduction, SumTo, Softmax, LogSoftmax, LogSumExp, LoopOp)


@rewrite(Phase.LOOPS, LoopOp, aliases=["scanOp_pushout_nonseqs_ops"])
def invariant_out_of_loop(node: Apply) -> Any:
    """loop(f(c)) = loop(y), y = f(c), where c is the same in all steps.

    A loop may have no step: then only what can't fail goes out. What is as cheap to
    make as to read stays in.
    """
    graph = node.op.graph  # type: ignore[attr-defined]
    fixed = _invariant(node)
    work = [n for n in graph.nodes if n.outputs[0] in fixed and _is_work(n)]
    wanted = _outermost(graph, [out for n in work for out in n.outputs])
    if not wanted:
        return None
    loop = OpenLoop(node)
    outside = clone_graph(wanted, loop.captured)[0]
    captured = [loop.capture(value) for value in outside]
    loop.substitute(dict(zip(wanted, captured, strict=True)))
    return loop.close().replacements()


def has_steps(node: Apply) -> bool:
    """Tell whether a loop surely does a step."""
    return (known_int(node.inputs[0]) or 0) > 0


def _invariant(loop: Apply) -> set[Variable]:
    """Return what doesn't change from step to step and may be made before the first."""
    op: Any = loop.op
    is_safe = has_steps(loop)
    fixed = set(op.graph.inputs[1 + op.states + op.sequences :])
    for node in op.graph.nodes:
        may_leave = _is_pure(node) if is_safe else is_total(node)
        if may_leave and all(
            v in fixed or isinstance(v, Constant) for v in node.inputs
        ):
            fixed.update(node.outputs)
    return fixed


def _is_pure(node: Apply) -> bool:
    return isinstance(node.op, NativeOp) and not isinstance(node.op, Print)


def _is_work(node: Apply) -> bool:
    """Tell whether a result is worth its memory."""
    if isinstance(node.op, WORK) or is_costly(node):
        return True
    out: Any = node.outputs[0].type
    return (
        isinstance(node.op, Elementwise)
        and out.ndim > 0
        and any(v.type.shape == out.shape for v in node.inputs)  # type: ignore[attr-defined]
    )


def _outermost(graph: FrozenGraph, values: list[Variable]) -> list[Variable]:
    """Return the values that something else reads than what makes other ones."""
    moved = set(values)
    above: set[Variable] = set()
    for node in reversed(graph.nodes):
        if any(out in moved or out in above for out in node.outputs):
            above.update(node.inputs)
    read = {
        v
        for node in graph.nodes
        if not any(out in moved or out in above for out in node.outputs)
        for v in node.inputs
    }
    read.update(graph.outputs)
    return [v for v in values if v in read]
