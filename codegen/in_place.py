"""Updates in place: steps that may overwrite the shared variable that they replace.

A step whose results are new values of shared variables can write them straight into the
old ones' memory, once everything that may fail has been done and everything else has
been read: in the unit's commit part. It may where it reads an old value only at the
element that it writes, and no other such step reads it.
"""

from collections.abc import Sequence
from typing import NamedTuple

from theanolike.codegen.affine import offset
from theanolike.codegen.emit_scalar import is_fast
from theanolike.codegen.memory import reads, root
from theanolike.codegen.program import (
    Axis,
    Call,
    Checked,
    Effect,
    Library,
    Load,
    Node,
    Program,
    Reduce,
    Reshape,
    Scalar,
    Value,
    scalar_order,
)
from theanolike.codegen.schedule.fuse import Nest, Stage
from theanolike.codegen.schedule.sharing import set_box
from theanolike.codegen.schedule.statements import Statement
from theanolike.codegen.shapes import minimum, mul, product


class Target(NamedTuple):
    """A result that may overwrite an argument: update `number`, `old` -> `new`."""

    number: int
    old: Value
    new: Value


Steps = Sequence["Nest | Node"]


def in_place(
    program: Program, steps: Steps, slots: Sequence[int | None]
) -> dict["Nest | Node", list[Target]]:
    """Return the steps that may update in place, and what each overwrites.

    Parameters
    ----------
    slots : sequence of int or None
        For each update, the argument that holds the old value. The updates' new values
        are the program's last outputs.
    """
    found: dict[Nest | Node, list[Target]] = {}
    targets = _targets(program, slots)
    read_by: dict[Value, list[Nest | Node]] = {}
    for step in steps:
        for value in dict.fromkeys(map(root, reads(step))):
            read_by.setdefault(value, []).append(step)
    for step in steps:
        own = [targets.get(value) for value in _made(step)]
        whole = [target for target in own if target is not None]
        if not whole or len(whole) != len(own):
            continue
        elsewhere = (other for t in whole for other in read_by.get(t.new, ()))
        if any(other is not step for other in elsewhere):
            continue
        if _may_overwrite(step, whole):
            found[step] = whole
    return {
        step: whole
        for step, whole in found.items()
        if not any(
            other is not step and other in found
            for target in whole
            for other in read_by.get(target.old, ())
        )
    }


def _targets(program: Program, slots: Sequence[int | None]) -> dict[Value, Target]:
    first = len(program.outputs) - len(slots)
    found = {}
    for number, slot in enumerate(slots):
        new = program.outputs[first + number]
        if slot is None or not new.ndim or isinstance(new.node, Reshape):
            continue
        old = program.inputs[slot]
        if old.dtype == new.dtype and old.shape == new.shape:
            found[new] = Target(number, old, new)
    return found


def _made(step: "Nest | Node") -> list[Value]:
    if isinstance(step, Nest):
        return [s.value for s in step.statements]
    return list(step.results) if isinstance(step, Library) else []


def _may_overwrite(step: "Nest | Node", targets: list[Target]) -> bool:
    if isinstance(step, Library):
        if step.name != "gemm_add":
            return False
        a, b, c = (root(v) for v in step.operands[:3])
        old = targets[0].old
        return c is old and old not in (a, b)
    if not isinstance(step, Nest) or len(step.stages) != 1:
        return False
    olds = {target.old for target in targets}
    return all(
        _reads_own_element(s, olds) and not may_be_done_again(s)
        for s in step.statements
    )


def may_be_done_again(s: Statement) -> bool:
    """Tell whether elements may be computed twice: fast first, then exactly.

    What the second time reads must not be overwritten by the first.
    """
    return s.kind != "scatter" and any(
        isinstance(part, Call) and is_fast(part) for part in scalar_order(s.body)
    )


def _reads_own_element(s: Statement, olds: set[Value]) -> bool:
    if s.kind == "scatter":  # its indices are checked before anything is put off
        base = s.base.body if s.base is not None else None
        copies = isinstance(base, Load) and base.source in olds and is_whole(base)
        own = set_box(s) is not None and all(reads_at(s, old, s.place) for old in olds)
        return copies and (
            own or not any(root(load.source) in olds for load in s.loads)
        )
    if s.kind != "map" or s.node.effect is not Effect.TOTAL:
        return False
    if not is_identity(s.place):
        return False
    return all(
        load.source in olds and is_whole(load) and load.source.shape == s.domain
        for load in s.loads
        if root(load.source) in olds
    )


def reads_at(s: Statement, old: Value, place: tuple[Scalar, ...]) -> bool:
    """Tell whether a statement reads `old` at no place but `place` of `old` itself."""
    where = offset(place, old.shape)
    return not where.rest and all(
        load.source is old and offset(load.index, old.shape) == where
        for load in s.loads
        if root(load.source) is old
    )


def index_check(nest: Nest) -> Nest | None:
    """Return a nest that does nothing but check a scatter's indices, if it has any."""
    (s,) = nest.statements[:1]
    checked = [c for c in scalar_order(s.body, *s.place) if isinstance(c, Checked)]
    if not checked:
        return None
    total: Scalar = checked[0]
    for other in checked[1:]:
        total = Call("maximum", "int64", (total, other))
    read = {part.axis for part in scalar_order(total) if isinstance(part, Axis)}
    domain, count = s.domain, len(read)
    if read == set(range(count)):
        # Once is enough along the other axes, and not at all where they are empty.
        anything = minimum(product(domain[count:]), 1)
        domain = (mul(domain[0], anything), *domain[1:count]) if read else (anything,)
    axes = tuple(range(len(domain)))
    node = Reduce("max", domain, axes, total, "int64", "int64", s.node.site)
    made = Statement("reduce", node.results[0], domain, total, node, axes)
    return Nest(domain, 0, [made], stages=[Stage(domain, [made])])


def is_whole(load: Load) -> bool:
    """Tell whether a load is of the element at the loops' own indices."""
    return is_identity(load.index)


def is_identity(index: Sequence[Scalar]) -> bool:
    """Tell whether an index is that of the loops themselves."""
    return all(isinstance(i, Axis) and i.axis == k for k, i in enumerate(index))
