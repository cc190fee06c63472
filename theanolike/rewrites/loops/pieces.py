"""Loops that only add up what their steps make: the order may be another one."""

from dataclasses import replace
from typing import Any

from theanolike.graph.apply import Apply
from theanolike.ops.arithmetic import add, sub
from theanolike.ops.conditional import (
    _guessed_maximum,
    _guessed_minimum,
    maximum,
    minimum,
)
from theanolike.ops.indexing.advanced import AdvancedIncSubtensor
from theanolike.ops.indexing.basic import IncSubtensor
from theanolike.ops.logic import and_, or_
from theanolike.ops.products import Gemm
from theanolike.ops.scan.loop import LoopOp
from theanolike.rewrites.loops.opened import readers
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import rewrite

__all__ = ["sums_in_pieces"]

OPS = (add, sub, maximum, minimum, _guessed_maximum, _guessed_minimum, and_, or_)
KINDS = (IncSubtensor, AdvancedIncSubtensor, Gemm, LoopOp)


@rewrite(Phase.LOOPS, LoopOp, grade=Grade.ROUNDING)
def sums_in_pieces(node: Apply) -> Any:
    """s[t+1] = s[t] + f(t), all states such: their steps may be added up in pieces.

    Only the permission: the code generator looks whether a loop is worth it.
    """
    op: Any = node.op
    if op.in_pieces or op.until or not op.states:
        return None
    read_by = readers(op.graph)
    for before in op.graph.inputs[1 : 1 + op.states]:
        read = read_by.get(before, [])
        if len(read) != 1 or read[0] is None:
            return None
        if read[0].op not in OPS and not isinstance(read[0].op, KINDS):
            return None
    return replace(op, in_pieces=True)(*node.inputs, return_list=True)
