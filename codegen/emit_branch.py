"""A branch node as a C++ `if`: its results have the same place whichever arm runs."""

from typing import TYPE_CHECKING

from theanolike.codegen.emit_scalar import bare
from theanolike.codegen.memory import root
from theanolike.codegen.program import Branch
from theanolike.codegen.scalars import ARITHMETIC

if TYPE_CHECKING:
    from theanolike.codegen.emit_level import Level


def emit_branch(level: "Level", node: Branch) -> None:
    """Write a branch: its results have the same place whichever program runs."""
    unit = level.unit
    condition = level.scalar(node.condition)
    places = []
    for value in node.results:
        if value.ndim:
            places.append(level.pointer(value))
            continue
        name = unit.names(value, "v", value.label)
        level.emit(f"{ARITHMETIC[value.dtype]} {name};")
        level.set_scalar(value, name)
        places.append(name)
    for title, head, program in (
        (f"if {unit.labels(node.condition)}", f"if ({condition}) {{", node.then),
        ("else", "} else {", node.otherwise),
    ):
        inner = level.nested(program)
        level.capture(inner, node.captured, program.inputs)
        for value, place in zip(program.outputs, places, strict=True):
            if value.ndim:
                inner.place(root(value), place)
        unit.planned(title, inner.write)
        level.emit(head)
        at = len(level.chunks[-1].lines)
        for value, place in zip(program.outputs, places, strict=True):
            if value.ndim == 0:
                level.emit(f"  {place} = {bare(inner.scalar(value))};")
        level.chunks[-1].lines[at:at] = inner.lines  # with what the results asked for
    level.emit("}")
