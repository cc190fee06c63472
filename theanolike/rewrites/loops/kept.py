"""Of the rows of a loop, only those are kept that something reads."""

from typing import Any

from theanolike.graph.apply import Apply
from theanolike.ops.indexing.basic import Subtensor
from theanolike.ops.indexing.pattern import INTEGER
from theanolike.ops.known import known_int
from theanolike.ops.scan.checkpoints import KnownLast
from theanolike.ops.scan.counts import LastRow
from theanolike.ops.scan.loop import LoopOp
from theanolike.rewrites.phases import Phase
from theanolike.rewrites.registry import rewrite

__all__: list[str] = []

LOOPS = Phase.LOOPS


@rewrite(Phase.CANONICALIZE, Subtensor)
def last_row_at_hand(node: Apply) -> Any:
    """rows[-1] = last, where that is known by itself; of no rows there is none."""
    rows: Any = node.inputs[0]
    if node.op.idx_list != (INTEGER,) or known_int(node.inputs[1]) != -1:  # type: ignore[attr-defined]
        return None
    if rows.owner is None or not isinstance(rows.owner.op, KnownLast):
        return None
    return LastRow()(rows.owner.inputs[1], rows.shape[0])


@rewrite(LOOPS, Subtensor, aliases=["scanOp_save_mem"])
def last_row(node: Apply) -> Any:
    """rows[-1] = the last state, where the rows are the states after each step.

    A loop of no steps still has no last row.
    """
    if node.op.idx_list != (INTEGER,) or known_int(node.inputs[1]) != -1:  # type: ignore[attr-defined]
        return None
    rows: Any = node.inputs[0]
    loop = rows.owner
    if loop is None or not isinstance(loop.op, LoopOp):
        return None
    op = loop.op
    place = rows.index
    if op.reverse or not op.states <= place < op.states + op.collected:
        return None
    made = op.graph.outputs
    if made[place] not in made[: op.states]:
        return None
    last = loop.outputs[made.index(made[place])]
    steps = loop.inputs[0]
    if (known_int(steps) or 0) > 0:
        return last
    return LastRow()(last, steps)
