"""Products of matrices inside of loops, by the unit's own kernel (cxx/product.h)."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from theanolike.codegen.emit_scalar import bare
from theanolike.codegen.libraries import gemm_numbers
from theanolike.codegen.memory import Slot
from theanolike.codegen.program import (
    Branch,
    Data,
    Library,
    Loop,
    Node,
    Program,
    Value,
)
from theanolike.codegen.scalars import CTYPE, stored
from theanolike.codegen.schedule.fuse import Nest
from theanolike.codegen.shapes import Extent, add, mul

if TYPE_CHECKING:
    from theanolike.codegen.emit_level import Level

WIDEST = 32  # columns of the widest panel
COST = 128  # multiplications that take the time of an element of a nest


def is_product(step: Nest | Node) -> bool:
    """Tell whether a step is a product that the unit computes by itself."""
    return (
        isinstance(step, Library)
        and step.name in ("gemm", "gemm_add")
        and step.operands[0].dtype in ("float32", "float64")
    )


def has_loop_products(program: Program) -> bool:
    """Tell whether a program's loops hold such products, at any depth."""
    programs = [(program, False)]
    while programs:
        current, in_loop = programs.pop()
        for node in current.nodes:
            if in_loop and is_product(node):
                return True
            if isinstance(node, Loop):
                programs.append((node.body, True))
            elif isinstance(node, Branch):
                programs += [(node.then, in_loop), (node.otherwise, in_loop)]
    return False


def product_work(level: "Level", node: Library) -> str:
    """Return how many elements of a nest take as long as a product."""
    m, n, k, *_ = gemm_numbers(level, node)
    return f"({m}) * ({n}) * ({k}) / {COST}"


def pack_factors(outer: "Level", inner: "Level", steps: Iterable[Nest | Node]) -> None:
    """Pack the factors that are the same in all steps, before the loop.

    A left one is packed for the transposed product, if the right one changes.
    """
    for step in steps:
        if not isinstance(step, Library) or not is_product(step):
            continue
        fixed = [f for f in (_right(step), _left(step)) if _given(inner, f[0])]
        if not fixed or fixed[0] in inner.packed:
            continue
        right, flipped = fixed[0]
        given = _given(inner, right) or right
        name = outer.unit.names(("packed", outer, right, flipped), "packed")
        kind = CTYPE[right.dtype]
        slot = Slot(-1, _packed_size(given, flipped=flipped))
        outer.extra.append(slot)
        outer.emit(f"{kind}* {name} = ({kind}*){outer.slot_text(slot)};")
        rows, columns = (bare(outer.unit.extent(e)) for e in given.shape)
        sizes = (
            [columns, rows, "1", columns] if flipped else [rows, columns, columns, "1"]
        )
        deep, wide, *steps_of = sizes
        outer.emit(
            f"tl_pack<{kind}>({deep}, {wide}, {outer.pointer(given)}, "
            f"{', '.join(steps_of)}, {name});"
        )
        inner.packed[right, flipped] = name


def emit_product(level: "Level", node: Library) -> None:
    """Write a product; of a team, each thread's part, and that it waits for others."""
    level.unit.has_product = True
    text = _described(level, node, turned=False)
    if is_turned(level, node):
        # A whole panel of columns is as fast without, and needs no transposed stores.
        columns = gemm_numbers(level, node)[1]
        kind = CTYPE[node.operands[0].dtype]
        turned = _described(level, node, turned=True)
        text = f"({columns} < tl_panel<{kind}> ? {turned} : {text})"
    if not level.barrier:
        level.emit(f"{text}.whole(c);")
        return
    name = level.unit.names(("product", node), "product")
    level.emit(f"const auto {name} = {text};")
    level.let_read()
    if level.apart:
        level.emit(f"if ({level.apart}) {name}.rows(member, members);")
        level.emit(f"else {name}.part(member, members);")
    else:
        level.emit(f"{name}.part(member, members);")
    level.wait()


def is_turned(level: "Level", node: Library) -> bool:
    """Tell whether a product may be its transpose's, whose right factor is packed."""
    return _right(node) not in level.packed and _left(node) in level.packed


def _given(level: "Level", value: Value) -> Value | None:
    """Return what a value is outside, if it is the same in all steps."""
    return value if isinstance(value.node, Data) else level.captured.get(value)


def _right(node: Library) -> tuple[Value, bool]:
    return node.operands[1], bool(node.params[1])


def _left(node: Library) -> tuple[Value, bool]:
    return node.operands[0], not node.params[0]


def _packed_size(right: Value, *, flipped: bool) -> int | Extent:
    columns, deep = right.shape if flipped else right.shape[::-1]
    return mul(mul(add(columns, WIDEST), deep), np.dtype(right.dtype).itemsize)


def _described(level: "Level", node: Library, *, turned: bool) -> str:
    """Return a product's description as text."""
    a, b = node.operands[:2]
    ta, tb = node.params[:2]
    m, n, k, lda, ldb = gemm_numbers(level, node)
    start, alpha, beta = "nullptr", "1", "0"
    if node.name == "gemm_add":
        start = level.pointer(node.operands[2])
        alpha, beta = (
            bare(stored(level.scalar(v), a.dtype)) for v in node.operands[3:]
        )
    out = level.pointer(node.results[0])
    packed = level.packed.get(_left(node) if turned else _right(node), "nullptr")
    pa, pb = level.pointer(a), level.pointer(b)
    left = ("1", lda) if ta else (lda, "1")
    right = ("1", ldb) if tb else (ldb, "1")
    if turned:
        m, n, pa, pb, left, right = n, m, pb, pa, right[::-1], left[::-1]
    given = [
        *(m, n, k, pa, pb, packed, start, *left, *right),
        *(out, alpha, beta, "true" if turned else "false"),
    ]
    return f"tl_product<{CTYPE[a.dtype]}>{{{', '.join(given)}}}"
