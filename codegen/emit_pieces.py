"""Accumulators of pieces of rows, and how pieces' results are combined in order."""

from typing import TYPE_CHECKING

from theanolike.codegen.emit_scalar import bare, stored_text
from theanolike.codegen.kernel_text import Parameter
from theanolike.codegen.reductions import Accumulator
from theanolike.codegen.scalars import ARITHMETIC, CTYPE, loaded
from theanolike.codegen.schedule.statements import Statement
from theanolike.codegen.shapes import product

if TYPE_CHECKING:
    from theanolike.codegen.emit_kernel import KernelWriter


def clear(kernel: "KernelWriter", s: Statement, name: str) -> None:
    """Set the memory of an accumulated reduction to the identity."""
    size = kernel.extent(product(s.value.shape))
    identity = Accumulator.of(s, kernel).identity()
    stored = stored_text(identity, s.value.dtype)
    kernel.emit(f"for (i64 i = 0; i < {bare(size)}; ++i) {name}[i] = {stored};")


def open_pieces(kernel: "KernelWriter", memory: list[Statement]) -> None:
    """Begin the loop over pieces of rows, each with accumulators of its own."""
    rows = bare(kernel.extent(kernel.loops[0].extents[0]))
    kernel.emit(f"const i64 length = tl_rows({rows}, {row_work(kernel)});")
    kernel.open("for (i64 piece = begin; piece < end; ++piece)")
    kernel.emit("const i64 low = piece * length;")
    kernel.emit(f"const i64 high = tl_min(low + length, {rows});")
    for s in memory:
        whole = kernel.pointer(s.value, write=True)
        size = kernel.extent(product(s.value.shape))
        kind = CTYPE[s.value.dtype]
        kernel.emit(f"{kind}* {whole}_here = {whole}_part + piece * {size};")
        clear(kernel, s, f"{whole}_here")
        kernel.here[s.value] = f"{whole}_here"


def close_pieces(kernel: "KernelWriter", memory: list[Statement]) -> None:
    """Leave each piece's results, and combine them in order."""
    for s in kernel.spanning.get(0, []):
        leave_partial(kernel, s)
    kernel.close()
    body, kernel.lines = kernel.lines, kernel.after
    indent, kernel.indent = kernel.indent, 1
    for s in memory:
        del kernel.here[s.value]
        whole = kernel.pointer(s.value, write=True)
        kernel.parameters["part", s.value] = Parameter(
            f"{CTYPE[s.value.dtype]}* {whole}_space", "part", s.value
        )
        size = bare(kernel.extent(product(s.value.shape)))
        old = loaded(f"{whole}[i]", s.value.dtype)
        part = loaded(f"{whole}_part[piece * ({size}) + i]", s.value.dtype)
        new = stored_text(
            bare(Accumulator.of(s, kernel).combine(old, part)), s.value.dtype
        )
        first = f"for (i64 i = 0; i < {size}; ++i) {whole}[i] = "
        kernel.open("if (pieces > 1)")
        kernel.emit(f"{first}{whole}_part[i];")
        kernel.open("for (i64 piece = 1; piece < pieces; ++piece)")
        kernel.emit(f"{first}{new};")
        kernel.close()
        kernel.close()
    kernel.lines, kernel.indent = body, indent


def leave_partial(kernel: "KernelWriter", s: Statement) -> None:
    """Store a piece's result, and combine those of all pieces afterwards."""
    accumulator = kernel.accumulators.pop(s.value)
    name = f"{accumulator.name}_part"
    kernel.partials.append((ARITHMETIC[accumulator.dtype], name))
    kernel.emit(f"{name}[piece] = {bare(accumulator.total_text())};")
    body, kernel.lines = kernel.lines, kernel.after
    indent, kernel.indent = kernel.indent, 1
    if accumulator.cascaded:
        # One copy for all kernels: a cascade compiles as long as a small kernel.
        kernel.leave(s, f"tl_combined({name}, pieces)")
    else:
        result = accumulator.push(f"{name}[i]")
        kernel.emit(accumulator.declare_total())
        # Few, so not worth the compiler's time for vectors.
        kernel.emit(f"for (i64 i = 0; i < pieces; ++i) {{ TL_SCALAR; {result} }}")
        kernel.leave(s, accumulator.total_text())
    kernel.lines, kernel.indent = body, indent


def row_work(kernel: "KernelWriter") -> str:
    """Return the elements visited per step of the outermost loop."""
    domain = max((s.domain for s in kernel.nest.statements), key=len)
    rest = product(
        e for a, e in enumerate(domain) if kernel.loops[0].loop_of.get(a) != 0
    )
    return bare(kernel.extent(rest))
