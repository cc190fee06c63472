"""Loops in which each element of the states goes its own way through all steps.

Threads take blocks of elements, and each block all steps: nobody waits for others, and
a block's states stay in the cache from step to step.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from theanolike.codegen.emit_scalar import bare
from theanolike.codegen.emit_steps import LEAST, members
from theanolike.codegen.emit_team import Steps, said, sizes_known, stands_alone
from theanolike.codegen.in_place import is_identity
from theanolike.codegen.memory import root
from theanolike.codegen.program import Loop, Value
from theanolike.codegen.schedule.fuse import Nest
from theanolike.codegen.schedule.statements import Statement

if TYPE_CHECKING:
    from theanolike.codegen.emit_level import Level

WIDEST = 1024  # elements of a block, whose states are to stay in the cache
NARROWEST = 64


def may_take_columns(
    level: "Level", node: Loop, inner: "Level", scheduled: Steps
) -> bool:
    """Tell whether no element of a state reads another one's, in any step."""
    if node.until or level.divided or level.barrier:
        return False
    if not sizes_known(node, scheduled):
        return False
    made = {v for n in node.body.nodes for v in n.results if v.ndim}
    made -= {*node.body.inputs[1 + len(node.states) :]}
    made |= {v for v in node.body.inputs[1 : 1 + len(node.states)] if v.ndim}
    by_nests = {
        s.value for step in scheduled if isinstance(step, Nest) for s in step.statements
    }
    counts = set()
    for step in scheduled:
        kernel = inner.ready.get(step) if isinstance(step, Nest) else None
        if kernel is None or not isinstance(step, Nest):
            if not stands_alone(inner, step) or _reads(step, made):
                return False
            continue
        if kernel.sharing != "outer" or kernel.may_fail or kernel.rows:
            return False
        if kernel.divided != kernel.work or not all(
            _is_local(s, made) for s in step.statements
        ):
            return False
        counts.add(said(inner, kernel, kernel.divided))
    leaving = node.body.outputs
    arrays = [v for v in leaving if v.ndim and v not in node.body.inputs]
    return (
        len(counts) == 1
        and all(root(v) is v and v in by_nests for v in arrays)
        and not any(root(v).ndim for v in leaving if not v.ndim)
    )


def _reads(step: object, made: set[Value]) -> bool:
    statements = step.statements if isinstance(step, Nest) else ()
    return any(root(load.source) in made for s in statements for load in s.loads)


def _is_local(s: Statement, made: set[Value]) -> bool:
    """Tell whether an element is made of those of its own place, and put there."""
    if s.kind != "map" or (s.place and not is_identity(s.place)):
        return False
    return all(
        load.source in made
        and load.source.shape == s.domain
        and is_identity(load.index)
        for load in s.loads
        if root(load.source) in made
    )


def count_of(inner: "Level", scheduled: Steps) -> str:
    """Return the number of elements, as text."""
    for step in scheduled:
        kernel = inner.ready.get(step) if isinstance(step, Nest) else None
        if kernel is not None:
            return said(inner, kernel, kernel.divided)
    raise AssertionError("a nest has elements")


def open_blocks(
    level: "Level", node: Loop, inner: "Level", scheduled: Steps, left: Sequence[str]
) -> None:
    """Begin the function that takes blocks of elements through all steps."""
    unit, emit = level.unit, level.emit
    unit.has_steps = True
    count, threads = count_of(inner, scheduled), members(level)
    steps = bare(unit.extent(node.steps))
    run, width, blocks, share = (
        unit.names((key, node), key) for key in ("steps", "width", "blocks", "share")
    )
    block, end = (unit.names((key, node), "at") for key in ("block", "last block"))
    begin, stop = (unit.names((key, node), key) for key in ("from", "upto"))
    weight = sum(len(s.statements) for s in scheduled if isinstance(s, Nest))
    enough = f"{steps} * ({count}) * {weight} >= {LEAST}"
    emit(f"const i64 {share} = {enough} ? {threads} : 1;")
    emit(
        f"const i64 {width} = tl_max({NARROWEST}, tl_min({WIDEST}, "
        f"(({count}) / {share} + {NARROWEST - 1}) & ~(i64){NARROWEST - 1}));"
    )
    emit(f"const i64 {blocks} = tl_max(1, (({count}) + {width} - 1) / {width});")
    kept = "".join(f", &{name}" for name in left)
    emit(f"const auto {run} = [={kept}](tl_call* c, tl_member& member) mutable {{")
    emit(f"  for (i64 {block} = 0, {end} = 0; member.take(&{block}, &{end});)")
    emit(f"  for (; {block} < {end}; ++{block}) {{")
    emit(f"  const i64 {begin} = {block} * {width};")
    emit(f"  const i64 {stop} = tl_min({begin} + {width}, {count});")
    inner.block = begin, stop


def close_blocks(level: "Level", node: Loop, left: dict[str, str]) -> None:
    """End the function, and let threads take the blocks."""
    unit, emit = level.unit, level.emit
    begin = unit.names(("from", node), "from")
    for name, current in left.items():
        emit(f"  if ({begin} == 0) {name} = {current};")
    emit("  }")
    emit("};")
    run, blocks, share = (
        unit.names((key, node), key) for key in ("steps", "blocks", "share")
    )
    threads = f"tl_min({share}, {blocks})"
    emit(f"if (tl_take_steps(c, {blocks}, {threads}, {run})) return c->error.code;")
