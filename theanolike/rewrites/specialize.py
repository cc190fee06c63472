"""Cheaper spellings of the same: powers by small constants, divisions, reductions."""

from typing import Any

import numpy as np

from theanolike.graph.apply import Apply
from theanolike.ops.arithmetic import inv, mul, sqr
from theanolike.ops.dimshuffle import DimShuffle, dimshuffle
from theanolike.ops.exponential import sqrt
from theanolike.ops.reduction import Sum
from theanolike.rewrites.pattern import number, uniform, wildcard
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import rewrite
from theanolike.types.dtypes import is_discrete, is_float

__all__: list[str] = []

SPECIALIZE = Phase.SPECIALIZE
x, y = wildcard("x"), wildcard("y")
c = number("c")
MOST_POWER = 8


@rewrite(SPECIALIZE, x**c, grade=Grade.ROUNDING, aliases=["local_pow_specialize"])
def power_by_constant(x: Any, c: Any) -> Any:
    """x ** 2 = sqr(x), x ** 0.5 = sqrt(x), x ** -1 = 1 / x, x ** 3 = sqr(x) * x."""
    n = uniform(c)
    if is_discrete(x.type.dtype):
        return _whole_power(x, int(n)) if n >= 0 else None
    if abs(n) == 0.5:
        return sqrt(x) if n > 0 else inv(sqrt(x))
    if n != int(n) or abs(n) > MOST_POWER:
        return None
    power = _whole_power(x, abs(int(n)))
    return inv(power) if n < 0 and power is not None else power


def _whole_power(x: Any, n: int) -> Any:
    """Return a power by repeated squares."""
    if not 1 < n <= MOST_POWER:
        return x if n == 1 else None
    total, square = None, x
    while n:
        if n & 1:
            total = square if total is None else mul(total, square)
        n >>= 1
        if n:
            square = sqr(square)
    return total


@rewrite(SPECIALIZE, x * x, aliases=["local_mul_to_sqr"])
def times_itself(x: Any) -> Any:
    """x * x = sqr(x)."""
    return None if x.type.dtype == "bool" else sqr(x)


@rewrite(SPECIALIZE, x / c, aliases=["local_div_to_inv"])
def over_power_of_two(x: Any, c: Any) -> Any:
    """x / 4 = x * 0.25, for powers of two."""
    value = uniform(c)
    if not is_float(x.type.dtype) or not np.isfinite(value) or value == 0:
        return None
    mantissa, exponent = np.frexp(value)
    if abs(mantissa) != 0.5 or abs(exponent) > 100 or value in {1, -1}:
        return None
    if x.type.dtype == "float16" and abs(exponent) > 10:
        return None
    return mul(x, 1 / value)


@rewrite(
    SPECIALIZE, Sum, aliases=["local_sum_prod_mul_by_scalar"], grade=Grade.ROUNDING
)
def sum_of_scaled(node: Apply) -> Any:
    """sum(s * x) = s * sum(x), for a scalar s."""
    op: Any = node.op
    made = node.inputs[0].owner
    if made is None or made.op != mul or len(made.inputs) != 2 or not op.axes:
        return None
    kinds = {v.type.dtype for v in (*made.inputs, *node.outputs)}  # type: ignore[attr-defined]
    if len(kinds) != 1 or not is_float(op.dtype) or op.acc_dtype != op.dtype:
        return None
    for scalar, other in (made.inputs, made.inputs[::-1]):
        if scalar.type.ndim == 0 and other.type.ndim:  # type: ignore[attr-defined]
            return mul(scalar, op(other))
    return None


@rewrite(SPECIALIZE, Sum, aliases=["local_op_of_op"], grade=Grade.ROUNDING)
def sum_of_sum(node: Apply) -> Any:
    """sum(sum(x, a), b) = sum(x, a and b)."""
    op: Any = node.op
    made = node.inputs[0].owner
    if made is None or not isinstance(made.op, Sum):
        return None
    inner: Any = made.op
    if (inner.dtype, inner.acc_dtype) != (op.dtype, op.acc_dtype):
        return None
    rank: int = made.inputs[0].type.ndim  # type: ignore[attr-defined]
    kept = [k for k in range(rank) if k not in inner.axes]
    axes = (*inner.axes, *(kept[k] for k in op.axes))
    return Sum(tuple(sorted(axes)), op.dtype, op.acc_dtype)(made.inputs[0])


@rewrite(SPECIALIZE, Sum, aliases=["local_reduce_broadcastable"])
def sum_over_ones(node: Apply) -> Any:
    """sum(x, axis) = x without the axis, where its extent is 1."""
    op: Any = node.op
    x: Any = node.inputs[0]
    ones = [k for k in op.axes if x.type.shape[k] == 1]
    same = x.type.dtype == op.dtype == op.acc_dtype
    if not ones or not same:
        return None
    kept = [k for k in range(x.type.ndim) if k not in ones]
    rest = tuple(kept.index(k) for k in op.axes if k not in ones)
    squeezed = dimshuffle(x, kept)
    return Sum(rest, op.dtype, op.acc_dtype)(squeezed) if rest else squeezed


@rewrite(SPECIALIZE, Sum, aliases=["local_sum_prod_all_to_none"], grade=Grade.ROUNDING)
def sum_of_permuted(node: Apply) -> Any:
    """sum(x.T) = sum(x), over all axes."""
    op: Any = node.op
    made = node.inputs[0].owner
    if made is None or not isinstance(made.op, DimShuffle):
        return None
    source: Any = made.inputs[0]
    order = made.op.order
    if len(op.axes) != len(order) or sorted(k for k in order if k is not None) != list(
        range(source.type.ndim)
    ):
        return None
    axes = tuple(range(source.type.ndim))
    return Sum(axes, op.dtype, op.acc_dtype)(source) if axes else None
