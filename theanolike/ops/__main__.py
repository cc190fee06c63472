"""Prints the table of ops: what each is in the loop program, and its gradient."""

from typing import Any

from theanolike.ops import OPS
from theanolike.ops.cotangent import Cotangent, Missing
from theanolike.ops.declare import NativeOp
from theanolike.ops.elementwise import Elementwise
from theanolike.types.constructors import vector

HEADER = ("op", "family", "operands", "code", "gradient", "support")


def describe(name: str, op: NativeOp) -> tuple[str, ...]:
    """Return the row of an op."""
    family = type(op).__module__.rpartition(".")[2]
    if not isinstance(op, Elementwise):
        gradient = "pullback" if op.support else "none: disconnected"
        return name, family, "", "lower", gradient, op.support
    row = op.row
    operands = str(row.arity) if row.arity else "any"
    code = "from primitives" if row.lower is not None else row.primitive
    gradient = "pullback"
    if isinstance(row.pullback, Missing):
        gradient = row.pullback.reason or "none: disconnected"
    return name, "scalar row", operands, code, gradient, support_of(op)


def support_of(op: Elementwise) -> str:
    """Return what the op's gradient does to the support of a cotangent."""
    kind = "complex128" if op.row.accepts and not op.row.accepts("float64") else ""
    xs: list[Any] = [vector(dtype=kind or None) for _ in range(op.row.arity or 2)]
    if op.row.selector:
        xs[0] = vector(dtype="bool")
    if op.row.accepts and not op.row.accepts(xs[-1].dtype):
        return ""
    node = op.make_node(*xs)
    pulled = op.pullback(node, [Cotangent(node.outputs[0])])
    cotangents = [part for part in pulled if isinstance(part, Cotangent)]
    if not cotangents:
        return ""
    narrows = any(part.support is not None for part in cotangents)
    return "narrows it" if narrows else "keeps it"


def table() -> str:
    """Return the table of all ops, sorted by name."""
    rows = [HEADER, *(describe(name, OPS[name]) for name in sorted(OPS))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    )


if __name__ == "__main__":
    print(table())
