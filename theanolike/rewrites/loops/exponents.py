"""Exponents of which a part stays the same in a loop, and their factors.

`log_products` and `accumulated` sum up exponentials of them.
"""

from typing import Any, NamedTuple

from theanolike.graph.apply import Apply
from theanolike.graph.variable import Constant, Variable
from theanolike.ops.arithmetic import add, mul, sub
from theanolike.ops.comparison import isfinite
from theanolike.ops.conditional import switch
from theanolike.ops.dimshuffle import DimShuffle
from theanolike.ops.exponential import exp
from theanolike.ops.extrema import Largest
from theanolike.ops.reduction import sum as sum_elements
from theanolike.ops.softmax import LogSumExp, Softmax
from theanolike.rewrites.loops.opened import OpenLoop
from theanolike.rewrites.loops.stacked import TRANSPOSED
from theanolike.types.constants import constant

__all__ = [
    "ACROSS",
    "DOWN",
    "LEAST",
    "Terms",
    "captured_of",
    "combined",
    "finite_or_zero",
    "outside_of",
    "spread_vector",
    "terms_of",
    "weights_of_vector",
]

# Sums at least so large have lost nothing that counts to underflow.
LEAST = {"float64": 1e-280, "float32": 1e-30}
DOWN, ACROSS = DimShuffle((0, None)), DimShuffle((None, 0))


class Terms(NamedTuple):
    """An exponent `a + fixed` of two dims, by the node that sums over `axis`.

    `a` is a vector along that axis; no step changes `fixed`.
    """

    node: Apply
    axis: int
    a: Any
    fixed: Any


def captured_of(node: Apply) -> set[Variable]:
    """Return the variables of a loop's graph that no step changes."""
    op: Any = node.op
    return set(op.graph.inputs[1 + op.states + op.sequences :])


def terms_of(node: Apply, fixed: set[Variable]) -> Terms | None:
    """Return what a node sums exponentials of, None if that isn't known."""
    op: Any = node.op
    if not isinstance(op, LogSumExp | Softmax) or len(op.axes) != 1:
        return None
    exponent: Any = node.inputs[0]
    inner = exponent.owner
    if exponent.ndim != 2 or inner is None or inner.op != add:
        return None
    if len(inner.inputs) != 2 or exponent.type.dtype not in LEAST:
        return None
    (axis,) = op.axes
    for one, other in (inner.inputs, inner.inputs[::-1]):
        a, c = spread_vector(one, axis), _matrix(other, fixed)
        if a is None or c is None or a in fixed:
            continue
        if a.type.dtype == c.type.dtype == exponent.type.dtype:
            return Terms(node, axis, a, c)
    return None


def spread_vector(variable: Any, axis: int) -> Any:
    """Return the vector that a matrix repeats across `axis`, or None."""
    node = variable.owner
    if variable.ndim == 1 and axis == 1:
        a = variable
    elif node is not None and node.op == (DOWN, ACROSS)[axis]:
        (a,) = node.inputs
    else:
        return None
    return None if a.type.shape[0] == 1 or isinstance(a, Constant) else a


def _matrix(variable: Any, fixed: set[Variable]) -> Any:
    """Return a matrix that no step changes and that isn't repeated, or None."""
    node = variable.owner
    is_turned = node is not None and node.op == TRANSPOSED
    source = node.inputs[0] if is_turned else variable
    known = source in fixed or isinstance(source, Constant)
    return variable if known and 1 not in variable.type.shape else None


def outside_of(loop: OpenLoop, fixed: Any) -> Any:
    """Return what is the same in all steps, as it is outside of the loop."""
    if isinstance(fixed, Constant):
        return fixed
    if fixed.owner is None:
        return loop.captured[fixed]
    source = fixed.owner.inputs[0]
    return TRANSPOSED(source if isinstance(source, Constant) else loop.captured[source])


def finite_or_zero(x: Any) -> Any:
    """Return x, or 0 where it is infinite or NaN."""
    return switch(isfinite(x), x, constant(0.0, dtype=x.type.dtype))


def weights_of_vector(a: Any) -> tuple[Any, Any]:
    """Return the largest of the elements, and exp(a - m)."""
    m = Largest((0,))(a)
    return m, exp(sub(a, m))


def combined(vector: Any, matrix: Any, axis: int) -> Any:
    """Return the product of a vector, along `axis`, and a matrix.

    As sums, which like exponents let an extent of 1 meet others.
    """
    return sum_elements(mul((DOWN, ACROSS)[axis](vector), matrix), axis=axis)
