"""How a nest is divided among threads, from what its statements write and reduce."""

from theanolike.codegen.boxes import Box, box_of
from theanolike.codegen.collapse import Layout
from theanolike.codegen.memory import accumulates
from theanolike.codegen.program import (
    Checked,
    Effect,
    Reduce,
    Scatter,
    Value,
    scalar_order,
)
from theanolike.codegen.schedule.fuse import Nest
from theanolike.codegen.schedule.statements import Statement


def may_fail(nest: Nest) -> bool:
    """Tell whether a nest looks at an index that may be out of bounds."""
    return any(s.node.effect is not Effect.TOTAL for s in nest.statements)


def looked_up(nest: Nest) -> set[Value]:
    """Return the values of which a nest reads elements at indices that it checks."""
    return {
        load.source
        for s in nest.statements
        for load in s.loads
        if any(isinstance(i, Checked) for i in scalar_order(*load.index))
    }


def sharing_of(nest: Nest, layout: Layout) -> str:
    """Say how the nest is divided among threads (kernel_text.py).

    One that may fail is taken in order by each of them: as if by one thread it is done
    again to find what failed first.
    """
    how = _sharing_of(nest, layout)
    return how if how in {"outer", "blocks"} or not may_fail(nest) else "none"


def _sharing_of(nest: Nest, layout: Layout) -> str:
    statements = nest.statements
    if not may_fail(nest) and only_box(nest, layout) is not None:
        return "outer"
    if not layout.extents or any(s.kind == "scatter" for s in statements):
        return "none"
    memory = [s for s in statements if accumulates(s)]
    if layout.outer:
        if not spanning(nest, layout).get(0) and not memory:
            return "outer"
        positional = {"argmax", "argmin"}
        kinds = {s.node.kind for s in statements if isinstance(s.node, Reduce)}
        whole = all(0 in s.reduced for s in memory) and not kinds & positional
        return "rows" if whole else "none"
    if len(nest.stages) > 1:
        return "none"
    last = len(layout.extents) - 1
    reduced = [{layout.loop_of[a] for a in s.reduced} for s in statements]
    if memory:
        # An element of a map is written by the one thread that has its column.
        free = [
            s.kind == "map" and last in {layout.loop_of[a] for a in range(rank)}
            for s in statements
            for rank in [len(s.domain)]
        ]
        whole = len(memory) + sum(free) == len(statements) and last > 0
        return "inner" if whole and not any(last in r for r in reduced) else "none"
    if not any(0 in r for r in reduced):
        return "outer"
    kinds = {s.node.kind for s in statements if isinstance(s.node, Reduce)}
    return "none" if last or kinds & {"argmax", "argmin"} else "blocks"


def only_box(nest: Nest, layout: Layout) -> Statement | None:
    """Return the nest's only statement if it sets a box of what it starts from.

    What is copied and what is set don't meet: both can be divided.
    """
    s = nest.statements[0]
    if len(nest.statements) > 1 or s.base is None or layout.outer:
        return None
    if not s.domain:
        return None
    return s if set_box(s) is not None else None


def spanning(nest: Nest, layout: Layout) -> dict[int, list[Statement]]:
    """Return the register reductions that span outer loops, by their first one."""
    found: dict[int, list[Statement]] = {}
    for s in nest.statements:
        if s.kind != "reduce" or accumulates(s):
            continue
        first = layout.loop_of_outer(min(s.reduced), nest.k)
        if first is not None:
            found.setdefault(first, []).append(s)
    return found


def set_box(s: Statement) -> Box | None:
    """Return the box that a scatter sets whatever it holds, if it is one."""
    node = s.node
    if not isinstance(node, Scatter) or node.kind != "set":
        return None
    return box_of(s.place, s.domain, s.value.shape)
