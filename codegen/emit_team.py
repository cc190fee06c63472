"""Which loops' steps threads take together, and the lines of a step for them."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from theanolike.codegen.emit_product import is_product, product_work
from theanolike.codegen.emit_scalar import bare
from theanolike.codegen.kernel_text import ROW, Kernel, piece_arguments
from theanolike.codegen.program import (
    Effect,
    Library,
    Loop,
    Node,
    Require,
    Reshape,
    Value,
)
from theanolike.codegen.scalars import CTYPE
from theanolike.codegen.schedule.fuse import Nest
from theanolike.codegen.schedule.sharing import may_fail
from theanolike.codegen.shapes import Extent, leaves, product

if TYPE_CHECKING:
    from theanolike.codegen.emit_level import Level

TEAM_WORK = 1 << 14  # elements of a step from which threads share it
MOST_CHECKS = 1 << 20  # kernels of a step that may fail
# How a body's statements leave the compute function.
FAILURE = re.compile(r"\breturn (tl_(?:fail|step)\(c, .*\)|c->error\.code);")

Steps = list[Nest | Node]


def sizes_known(node: Loop, scheduled: Steps) -> bool:
    """Tell whether the extents of the work are known before the loop begins."""
    inside = {v for n in node.body.nodes for v in n.results} | {*node.body.inputs}
    return not any(
        leaf.args[0] in inside
        for step in scheduled
        for extent in _extents(step)
        for leaf in leaves(extent)
    )


def _extents(step: Nest | Node) -> Iterator[int | Extent]:
    if isinstance(step, Nest):
        yield from step.domain
    elif isinstance(step, Library):
        for value in (*step.operands, *step.results):
            yield from value.shape


def may_be_shared(level: "Level", node: Loop, inner: "Level", scheduled: Steps) -> bool:
    """Tell whether threads may take the steps together, each a piece of every nest.

    So may those whose nests are all divided by elements, with products of matrices.
    Scalars are computed by each thread: they may not be written where
    others read them.
    """
    if level is not level.unit.top or node.until or not sizes_known(node, scheduled):
        return False
    return any(is_divided(inner, s) for s in scheduled) and all(
        is_divided(inner, step) or stands_alone(inner, step) for step in scheduled
    )


def is_divided(inner: "Level", step: Nest | Node) -> bool:
    """Tell whether each thread can do a part of a step."""
    if not isinstance(step, Nest):
        return is_product(step)
    kernel = inner.ready.get(step)
    return kernel is not None and kernel.sharing == "outer"


def stands_alone(inner: "Level", step: Nest | Node) -> bool:
    """Tell whether all threads can do the same, and need nobody else's results."""
    if not isinstance(step, Nest):
        return isinstance(step, Reshape | Require)
    return inner.stands_inline(step) and not any(
        s.node.effect is Effect.EFFECT or s.value in inner.storage.stored
        for s in step.statements
    )


def work_of(inner: "Level", scheduled: Steps) -> str:
    """Return how many elements a step visits, as text."""
    found = []
    for step in scheduled:
        if isinstance(step, Nest) and not inner.stands_inline(step):
            found.append(f"({bare(inner.unit.extent(product(step.domain)))})")
        elif isinstance(step, Library) and is_product(step):
            found.append(product_work(inner, step))
    return " + ".join(found)


def alone(inner: "Level", scheduled: Steps) -> str:
    """Return when one thread takes all steps: little work, or long rows."""
    conditions = [f"{work_of(inner, scheduled)} < {TEAM_WORK}"]
    for step in scheduled:
        kernel = inner.ready.get(step) if isinstance(step, Nest) else None
        if kernel is not None and kernel.rows:
            conditions.append(f"{said(inner, kernel, kernel.rows)} > {ROW}")
    return " || ".join(dict.fromkeys(conditions))


def said(level: "Level", kernel: Kernel, text: str) -> str:
    """Return a kernel's text about its extents, as the caller says it."""
    asked = {p.name: p for p in kernel.parameters if p.kind == "extent"}
    return re.sub(
        r"[a-z_]\w*",
        lambda m: level.argument(asked[m[0]]) if m[0] in asked else m[0],
        text,
    )


def steps_fail(scheduled: Steps) -> bool:
    """Tell whether a nest among the steps may fail."""
    return any(isinstance(step, Nest) and may_fail(step) for step in scheduled)


def noting(step: str, line: str, *, shared: bool, caller: str = "c") -> str:
    """Return a line of a loop's body; where it fails it notes the step.

    In a team all members fail at the same step, and one of them says so: what is noted
    with its `caller`.
    """
    noted = rf"tl_step(c, {step}, \1);"
    if shared:
        if caller != "c":
            noted = f"{{ c->error = {caller}->error; {noted} }}"
        return FAILURE.sub(rf"{{ if (member == 0) {noted} return; }}", line)
    return FAILURE.sub(f"return {noted}", line)


def declare_own_rows(level: "Level", inner: "Level", scheduled: Steps) -> None:
    """Give each thread row temporaries of its own; a single one keeps the slots."""
    for step in scheduled:
        kernel = inner.ready.get(step) if isinstance(step, Nest) else None
        for p in kernel.parameters if kernel is not None else ():
            if p.kind != "row" or not isinstance(p.subject, Value):
                continue
            kind = CTYPE[p.subject.dtype]
            own = level.unit.names(("own", p.subject), "row")
            row = level.unit.names(("row", p.subject), "row")
            level.emit(f"  {kind} {own}[{ROW}];")
            slot = inner.argument(p)
            level.emit(f"  {kind}* const {row} = members == 1 ? {slot} : {own};")
            inner.own_rows[p.subject] = row


def call_together(level: "Level", name: str, kernel: Kernel) -> None:
    """Let each thread do its share of a kernel, and wait for the others."""
    given = {p.name: level.argument(p) for p in kernel.parameters}
    given["c"] = level.caller
    for p in kernel.parameters:
        if p.kind == "row" and isinstance(p.subject, Value):
            given[p.name] = level.own_rows[p.subject]
    for key, text in given.items():
        if "[" in text:
            local = level.unit.names(("given", name, key, len(level.lines)), "g")
            level.emit(f"const auto {local} = {text};")
            given[key] = local
    count = said(level, kernel, kernel.divided)
    share = [_share(level, count, at) for at in ("member", "(member + 1)")]
    args = ", ".join([*(given[n] for n in piece_arguments(kernel)), *share])
    level.let_read()
    level.emit(f"{name}_piece({args});")
    if not kernel.may_fail:
        level.wait()
        return
    level.checks += 1
    step = level.scalar(level.program.inputs[0])
    at = f"({step} + 1) * {MOST_CHECKS} + {level.checks}"
    level.emit(f"if ({level.caller}->error.code) {level.barrier}.fail({at});")
    level.wait()
    # In order, by one of them: what fails first is told, as by one thread.
    whole = ", ".join([*(given[n] for n in piece_arguments(kernel)), "0", count])
    again = f"{level.caller}->error = tl_error{{}}; {name}_piece({whole});"
    level.emit(f"if ({level.barrier}.has_failed({at})) {{")
    level.emit(f"  if (member == 0) {{ {again} }}")
    level.emit("  return c->error.code;")
    level.emit("}")


def _share(level: "Level", count: str, at: str) -> str:
    """Return where a thread's share of a loop begins: at a row, where rows are its."""
    plain = f"({count}) * {at} / members"
    rows = bare(level.unit.extent(level.row_count))
    if not level.apart or rows == count:
        return plain
    return (
        f"({level.apart} ? ({rows}) * {at} / members * (({count}) / tl_max({rows}, 1)) "
        f": {plain})"
    )
