"""Steps that are neither nests nor loops: checks, reshapes, calls back into Python."""

from typing import TYPE_CHECKING

from theanolike.codegen.emit_scalar import bare
from theanolike.codegen.memory import root
from theanolike.codegen.program import Host, Require, Reshape
from theanolike.codegen.scalars import ARITHMETIC, CTYPE, loaded, stored

if TYPE_CHECKING:
    from theanolike.codegen.emit_level import Level


def emit_require(level: "Level", node: Require) -> None:
    """Write a check of two extents."""
    extent = level.unit.extent
    a, b = extent(node.first), extent(node.second)
    if node.least:
        level.emit(
            f"if ({a} < {b}) return "
            f"tl_fail(c, TL_BROADCAST, -1, {node.axis}, {a}, {b});"
        )
        return
    code = "TL_SHAPE"
    if node.broadcasting:
        code = f"{a} == 1 || {b} == 1 ? TL_BROADCAST : TL_SHAPE"
    level.emit(
        f"if ({a} != {b}) return "
        f"tl_fail(c, {code}, {node.site}, {node.axis}, {a}, {b});"
    )


def emit_reshape(level: "Level", node: Reshape) -> None:
    """Write what a reshape from or to a scalar does; others are views."""
    value = node.results[0]
    if value.ndim == 0:
        pointer = level.pointer(node.operands[0])
        kind = ARITHMETIC[value.dtype]
        name = level.unit.names(value, "v", value.label)
        level.emit(f"const {kind} {name} = {loaded(f'{pointer}[0]', value.dtype)};")
        level.set_scalar(value, name)
    elif node.operands[0].ndim == 0:
        kind = CTYPE[value.dtype]
        name = level.unit.names(value, "v", value.label)
        text = stored(level.scalar(node.operands[0]), value.dtype)
        level.emit(f"const {kind} {name}[1] = {{{text}}};")
        level.memory[value] = name
        level.memory[root(value)] = name


def emit_host(level: "Level", node: Host) -> None:
    """Write a call back into Python, and name what it made."""
    unit = level.unit
    at = unit.names(node, "host_")
    pointers = [level.dense(v) for v in node.operands]
    shapes: list[str] = []
    for v in node.operands:
        dims = ", ".join(unit.extent(e) for e in v.shape) or "0"
        shape = unit.names(("shape", node, len(shapes)), "d")
        level.emit(f"const i64 {shape}[] = {{{dims}}};")
        shapes.append(shape)
    items = ", ".join(
        f"{{(void*){p}, {s}}}" for p, s in zip(pointers, shapes, strict=True)
    )
    level.emit(f"const tl_array {at}_in[] = {{{items or '{0, 0}'}}};")
    level.emit(f"tl_array {at}_out[{max(1, len(node.results))}];")
    level.emit(
        f"if (c->table->host(c, {node.callback}, {at}_in, {at}_out)) "
        "return tl_fail(c, TL_HOST, -1, 0, 0, 0);"
    )
    for k, value in enumerate(node.results):
        kind = CTYPE[value.dtype]
        name = unit.names(value, "v", value.label)
        if value.ndim:
            level.emit(f"const {kind}* {name} = (const {kind}*){at}_out[{k}].data;")
            unit.shape_of[value] = f"{at}_out[{k}].shape"
            level.memory[value] = name
        else:
            text = loaded(f"*(const {kind}*){at}_out[{k}].data", value.dtype)
            level.emit(f"const {ARITHMETIC[value.dtype]} {name} = {bare(text)};")
            level.set_scalar(value, name)
    unit.plan.append(f"call back into Python ({len(node.operands)} arrays)")
