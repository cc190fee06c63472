"""Loops of a few numbers, one for each row, as one loop of vectors over all rows."""

from collections.abc import Iterable
from dataclasses import replace
from math import prod
from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.frozen import FrozenGraph
from theanolike.graph.variable import Constant, Variable
from theanolike.ops.comparison import eq
from theanolike.ops.conditional import switch
from theanolike.ops.creation import alloc
from theanolike.ops.dimshuffle import DimShuffle
from theanolike.ops.extents import ShapeItem, shape_i
from theanolike.ops.scan.counts import LastRow
from theanolike.ops.scan.loop import LoopOp, row_type
from theanolike.rewrites.loops.invariant import has_steps
from theanolike.rewrites.loops.opened import known_as
from theanolike.rewrites.loops.stacked import (
    POINTWISE,
    Stacker,
    can_stack,
    is_harmless,
    is_total,
)
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import rewrite
from theanolike.types.type import TensorType

__all__: list[str] = []

MOST_ELEMENTS = 8  # of a row's value; more of them fill vectors by themselves
FEWEST_ROWS = 8  # where their number is known


@rewrite(Phase.LOOPS, LoopOp, grade=Grade.ROUNDING)
def rows_of_loops_at_once(node: Apply) -> Any:
    """map(loop(f), x) = loop(f over rows of x), where f is of a few numbers.

    All rows take a step together, as many numbers as fill vectors; each row's loop has
    the same number of steps, and surely nothing to fail.
    """
    op: Any = node.op
    if op.states or op.until or not op.sequences:
        return None
    loops = [n for n in op.graph.nodes if isinstance(n.op, LoopOp)]
    extent = node.inputs[1].type.shape[0]  # type: ignore[attr-defined]
    if not loops or (extent is not None and extent < FEWEST_ROWS):
        return None
    moving = _moving(node)
    if moving is None or not all(v in moving for v in op.graph.outputs):
        return None
    return _at_once(node, moving)


def _moving(node: Apply) -> set[Variable] | None:
    """Return what differs from row to row; None where that can't be computed at once.

    What doesn't differ is computed though there may be no row.
    """
    op: Any = node.op
    inputs = op.graph.inputs
    is_safe = has_steps(node)
    rows = set(inputs[1 : 1 + op.sequences])
    stored: set[Variable] = set()  # rows of loops inside
    if any(v is inputs[0] for n in op.graph.nodes for v in n.inputs):
        return None
    for one in op.graph.nodes:
        if not any(v in rows for v in one.inputs):
            if not (is_safe or is_total(one)):
                return None
            continue
        if isinstance(one.op, LoopOp):
            if not _suits(one, rows, stored):
                return None
            rows.update(one.outputs)
            stored.update(one.outputs[one.op.states :])
            continue
        if isinstance(one.op, LastRow) and one.inputs[1] not in rows:
            rows.update(one.outputs)
            continue
        if isinstance(one.op, ShapeItem):
            return None
        fits = can_stack(one, rows.__contains__) and _is_small(one.outputs)
        if not fits or not (is_safe or is_harmless(one, rows.__contains__)):
            return None
        rows.update(one.outputs)
    return rows


def _is_small(values: Iterable[Any]) -> bool:
    shapes = [v.type.shape for v in values]
    return all(None not in s and prod(s) <= MOST_ELEMENTS for s in shapes)


def _suits(node: Apply, rows: set[Variable], stored: set[Variable]) -> bool:
    """Tell whether a loop inside can take the steps of all rows at once.

    Of its sequences those that differ from row to row are such loops' rows: those lie
    with the steps outermost, as they will be read.
    """
    op: Any = node.op
    first = 1 + op.states
    sequences = node.inputs[first : first + op.sequences]
    given = [*node.inputs[1:first], *node.inputs[first + op.sequences :]]
    if op.until or node.inputs[0] in rows:
        return False
    if any(v in rows and v not in stored for v in sequences):
        return False
    if not _is_small(op.graph.outputs) or not _is_small(v for v in given if v in rows):
        return False
    inside = _rows_inside(node, rows)
    if not all(v in inside for v in op.graph.outputs):
        return False
    return all(
        (is_total(one) and isinstance(one.op, (*POINTWISE, DimShuffle)))
        and _is_small(one.outputs)
        for one in op.graph.nodes
        if any(v in inside for v in one.inputs)
    )


def _rows_inside(node: Apply, rows: set[Variable]) -> set[Variable]:
    """Return what differs from row to row in a loop inside; its states do."""
    op: Any = node.op
    inputs = op.graph.inputs
    inside = {a for a, b in zip(inputs, node.inputs, strict=True) if b in rows}
    inside.update(inputs[1 : 1 + op.states])
    for one in op.graph.nodes:
        if any(v in inside for v in one.inputs):
            inside.update(one.outputs)
    return inside


def _at_once(node: Apply, moving: set[Variable]) -> Any:
    """Return the outputs of a loop over rows, all rows computed together."""
    op: Any = node.op
    inner = op.graph.inputs
    first = 1 + op.sequences
    stacker = Stacker(
        dict(zip(inner[1:first], node.inputs[1:first], strict=True)),
        dict(zip(inner[first:], node.inputs[first:], strict=True)),
        is_safe=has_steps(node),
    )
    count = shape_i(node.inputs[1], 0)
    for one in op.graph.nodes:
        if not isinstance(one.op, LoopOp | LastRow) or one.outputs[0] not in moving:
            continue
        given = [v for v in one.inputs if not isinstance(v, Constant)]
        outer = dict(zip(given, stacker.stack(given), strict=True))
        if isinstance(one.op, LastRow):
            last, steps = (outer.get(v, v) for v in one.inputs)
            # Without a row there is no loop that could have made no step.
            results = [LastRow()(last, switch(eq(count, 0), 1, steps))]
        else:
            results = _stacked_loop(one, moving, outer, count)
        for out, value in zip(one.outputs, results, strict=True):
            stacker.give(out, value)
    made = stacker.stack(op.graph.outputs)
    return [known_as(v, out) for v, out in zip(made, node.outputs, strict=True)]


def _stacked_loop(
    node: Apply, moving: set[Variable], outer: dict[Any, Any], count: Any
) -> list[Any]:
    """Return a loop's results for all rows; `outer` has what it is given."""
    op: Any = node.op
    k, q = op.states, op.sequences
    inside = _rows_inside(node, moving)
    rows: dict[Any, Any] = {}
    same: dict[Any, Any] = {}
    given, declared = [], []
    for place, (own, read) in enumerate(zip(op.graph.inputs, node.inputs, strict=True)):
        value = outer.get(read, read)
        is_sequence = k < place <= k + q
        if own not in inside:
            same[own] = own
            declared.append(own)
        else:
            if is_sequence:
                value = _turned(value)
            elif read not in moving:
                extents = [shape_i(value, axis) for axis in range(value.type.ndim)]
                value = alloc(value, count, *extents)
            kind = row_type(value.type) if is_sequence else value.type
            wide = TensorType(kind.dtype, (None, *own.type.shape))
            rows[own] = wide.make_variable()
            declared.append(rows[own])
        given.append(value)
    results = Stacker(rows, same, is_safe=True).stack(op.graph.outputs)
    made = replace(op, graph=FrozenGraph(declared, results))(*given, return_list=True)
    return [*made[:k], *(_turned(v) for v in made[k:])]


def _turned(rows: Any) -> Any:
    """Return rows of steps as steps of rows, or the other way round."""
    return DimShuffle((1, 0, *range(2, rows.type.ndim)))(rows)
