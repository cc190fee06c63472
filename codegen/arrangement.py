"""Arguments that aren't dense, as views of the memory that holds their elements.

A layout is a number that the runtime finds too (runtime/layouts.cpp). `REVERSED`: the
memory has the axes in reversed order, as Fortran's. Bit q: from one index of the axis
before to the next it is further along axis q of the memory than the array has elements
there, as for some columns of a matrix, or every other row. The last axis has no gaps.
A unit is shown the extents of the memory, then, in the same order, those of the array.
"""

from typing import TYPE_CHECKING, Any

from theanolike.codegen.program import Load, Map, Node, Value, View, ViewDim
from theanolike.codegen.shapes import dim

if TYPE_CHECKING:
    from theanolike.codegen.builder import Builder

REVERSED = 128


def laid_out(b: "Builder", kind: Any, layout: int) -> Value:
    """Declare the next argument, of a tensor type, whose elements lie as `layout` says.

    The program's argument is the memory; what is returned shows the array in it.
    """
    rank = kind.ndim
    reverse = bool(layout & REVERSED)
    static = kind.shape[::-1] if reverse else kind.shape
    gaps = [bool(layout >> q & 1) for q in range(rank)]
    memory = b.input(
        kind.dtype, [None if gap else e for e, gap in zip(static, gaps, strict=True)]
    )
    shape = [
        memory.shape[q] if not gaps[q] else static[q] or dim(memory, rank + q)
        for q in range(rank)
    ]
    axes = range(rank)
    order = axes[::-1] if reverse else axes
    return b.view(memory, tuple(shape[q] for q in order), [ViewDim(k) for k in order])


def is_only_copied(b: "Builder", value: Value) -> bool:
    """Tell whether a program only makes copies of an argument that isn't dense.

    They are for what takes dense arrays only, and may as well be made before the call.
    """
    if value in b.program.outputs:
        return False
    memory = value.node.operands[0]
    shown = {memory, value}  # and all views of it
    for node in b.program.nodes:
        if isinstance(node, View) and node.operands[0] is memory:
            shown.update(node.results)
        elif not shown.isdisjoint(node.operands) and not _copies_all(node, value):
            return False
    return shown.isdisjoint(b.program.outputs)


def _copies_all(node: Node, value: Value) -> bool:
    """Tell whether a node is a copy of all elements of a value, in whatever order."""
    if not isinstance(node, Map) or not isinstance(node.body, Load):
        return False
    source = node.body.source
    whole = isinstance(source.node, View) and not any(
        d.start != 0 or d.step != 1 for d in source.node.dims
    )
    return whole and all(extent in value.shape for extent in source.shape)
