"""Calls of library routines: matrix products through the table of `abi.h`."""

from typing import TYPE_CHECKING

from theanolike.codegen.emit_scalar import bare
from theanolike.codegen.program import Library, Value
from theanolike.codegen.scalars import CTYPE, literal, stored
from theanolike.codegen.shapes import Extent, product

if TYPE_CHECKING:
    from theanolike.codegen.emit_level import Level

GEMM = {
    "float32": "sgemm",
    "float64": "dgemm",
    "complex64": "cgemm",
    "complex128": "zgemm",
}


def emit_library(level: "Level", node: Library) -> None:
    """Write the call of a library node."""
    emitters = {"gemm": _gemm, "gemm_add": _gemm_add, "batched_gemm": _batched_gemm}
    emitters[node.name](level, node)


def _dimensions(level: "Level", a: Value, b: Value, ta: bool, tb: bool) -> list[str]:
    """Return m, n, k and the leading dims of a and b, as text."""
    rows, inner = a.shape[-2:][::-1] if ta else a.shape[-2:]
    columns = b.shape[-2] if tb else b.shape[-1]
    extents = (rows, columns, inner, a.shape[-1], b.shape[-1])
    return [bare(level.unit.extent(e)) for e in extents]


def _number(level: "Level", value: object, dtype: str) -> str:
    """Declare a one-element buffer and return a pointer to it."""
    name = level.unit.names(("number", object()), "f")
    level.emit(f"const {CTYPE[dtype]} {name} = {value};")
    return f"&{name}"


def gemm_numbers(level: "Level", node: Library) -> list[str]:
    """Return m, n, k and the leading dims of a and b, as text."""
    a, b = node.operands[:2]
    ta, tb = node.params[:2]
    return _dimensions(level, a, b, ta, tb)


def gemm_call(
    node: Library, extents: list[str], pointers: list[str], numbers: tuple[str, str]
) -> str:
    """Return the call of BLAS; `numbers` point to alpha and beta."""
    ta, tb = node.params[:2]
    m, n, k, lda, ldb = extents
    pa, pb, pc = pointers
    alpha, beta = numbers
    routine = GEMM[node.operands[0].dtype]
    return (
        f"c->table->{routine}({int(ta)}, {int(tb)}, {m}, {n}, {k}, {alpha}, "
        f"{pa}, {lda}, {pb}, {ldb}, {beta}, {pc}, {n});"
    )


def _call(
    level: "Level", node: Library, pointers: list[str], numbers: tuple[str, str]
) -> str:
    return gemm_call(node, gemm_numbers(level, node), pointers, numbers)


def _gemm(level: "Level", node: Library) -> None:
    a, b = node.operands
    numbers = (
        _number(level, literal(1, a.dtype), a.dtype),
        _number(level, literal(0, a.dtype), a.dtype),
    )
    pointers = [level.pointer(a), level.pointer(b), level.pointer(node.results[0])]
    level.emit(_call(level, node, pointers, numbers))


def _gemm_add(level: "Level", node: Library) -> None:
    """Write alpha op(a) op(b) + beta c: the result starts as a copy of c."""
    a, b, c, alpha, beta = node.operands
    numbers = (
        _number(level, stored(level.scalar(alpha), a.dtype), a.dtype),
        _number(level, stored(level.scalar(beta), a.dtype), a.dtype),
    )
    out = level.pointer(node.results[0])
    size = level.unit.extent(_elements(node.results[0]))
    start = level.pointer(c)
    level.emit(f"__builtin_memcpy({out}, {start}, ({size}) * sizeof(*{out}));")
    pointers = [level.pointer(a), level.pointer(b), out]
    level.emit(_call(level, node, pointers, numbers))


def _batched_gemm(level: "Level", node: Library) -> None:
    a, b = node.operands
    numbers = (
        _number(level, literal(1, a.dtype), a.dtype),
        _number(level, literal(0, a.dtype), a.dtype),
    )
    result = node.results[0]
    steps = [level.unit.extent(_elements(v, 1)) for v in (a, b, result)]
    var = level.unit.names(("batch", object()), "i")
    pointers = [
        f"{level.pointer(v)} + {var} * {step}"
        for v, step in zip((a, b, result), steps, strict=True)
    ]
    text = _call(level, node, pointers, numbers)
    batches = bare(level.unit.extent(a.shape[0]))
    level.emit(f"for (i64 {var} = 0; {var} < {batches}; ++{var}) {text}")


def _elements(value: Value, skip: int = 0) -> int | Extent:
    return product(value.shape[skip:])
