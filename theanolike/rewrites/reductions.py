"""Reductions of scaled, spread out, turned and reduced tensors: less is read."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.variable import Constant
from theanolike.ops.arithmetic import mul, neg, power, true_div
from theanolike.ops.broadcast import Fill
from theanolike.ops.cast import cast
from theanolike.ops.comparison import eq
from theanolike.ops.conditional import switch
from theanolike.ops.creation import Alloc
from theanolike.ops.dimshuffle import DimShuffle, dimshuffle
from theanolike.ops.extents import ShapeItem, shape_i
from theanolike.ops.extrema import Max, Min
from theanolike.ops.reduction import AllTrue, AnyTrue, Prod, Sum
from theanolike.ops.shape import Flatten
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import rewrite
from theanolike.types.constants import constant
from theanolike.types.dtypes import is_discrete, is_float

__all__: list[str] = []

SPECIALIZE = Phase.SPECIALIZE
PLAIN = (Sum, Prod, Max, Min, AnyTrue, AllTrue)


def _accumulates_its_own(op: Any, dtype: str) -> bool:
    """Tell whether a reduction combines elements in their dtype, and gives it."""
    return {op.result_dtype(dtype), op.accumulator(dtype)} == {dtype}


@rewrite(
    SPECIALIZE, Sum, aliases=["local_sum_prod_mul_by_scalar"], grade=Grade.ROUNDING
)
def sum_of_scaled(node: Apply, fgraph: FunctionGraph) -> Any:
    """sum(c * x, axes) = c * sum(x, axes), for a c that has no such axes.

    And so for x / c, where nothing else reads the product.
    """
    op: Any = node.op
    product: Any = node.inputs[0]
    made = product.owner
    if made is None or made.op not in (mul, true_div) or len(made.inputs) != 2:
        return None
    dtype: str = op.dtype
    if not op.axes or not is_float(dtype) or not fgraph.has_one_client(product):
        return None
    if {product.type.dtype, op.acc_dtype} != {dtype}:
        return None
    pairs = [made.inputs] if made.op == true_div else [made.inputs, made.inputs[::-1]]
    for x, c in pairs:
        if x.type.dtype != dtype or x.type.ndim != product.type.ndim:
            continue
        scale = _without(c, op.axes, product.type.ndim)
        if scale is not None:
            return made.op(op(x), scale)
    return None


def _without(variable: Any, axes: Sequence[int], rank: int) -> Any:
    """Return a factor without axes along which it is 1, or None if it isn't."""
    extra = rank - variable.type.ndim
    own = range(extra, rank)
    if any(k in own and variable.type.shape[k - extra] != 1 for k in axes):
        return None
    kept = [k - extra for k in own if k not in axes]
    return variable if len(kept) == len(own) else dimshuffle(variable, kept)


@rewrite(
    SPECIALIZE, Sum, grade=Grade.ROUNDING, aliases=["local_sum_prod_mul_by_scalar"]
)
def sum_of_negative(node: Apply, fgraph: FunctionGraph) -> Any:
    """sum(-x) = -sum(x), of floats: an integer may have no negative."""
    op: Any = node.op
    product: Any = node.inputs[0]
    made = product.owner
    if made is None or made.op != neg or not fgraph.has_one_client(product):
        return None
    are_floats = is_float(product.type.dtype) and is_float(op.dtype)
    return neg(op(made.inputs[0])) if op.axes and are_floats else None


@rewrite(SPECIALIZE, *PLAIN, aliases=["local_op_of_op"], grade=Grade.ROUNDING)
def reduction_of_reduction(node: Apply) -> Any:
    """sum(sum(x, a), b) = sum(x, a and b), and so for prod, max, min, all and any."""
    op: Any = node.op
    made = node.inputs[0].owner
    inner: Any = None if made is None else made.op
    if made is None or not isinstance(inner, PLAIN) or type(inner) is not type(op):
        return None
    if replace(inner, axes=()) != replace(op, axes=()):
        return None
    source: Any = made.inputs[0]
    rank: int = source.type.ndim
    kept = [k for k in range(rank) if k not in inner.axes]
    axes = (*inner.axes, *(kept[k] for k in op.axes))
    return replace(op, axes=tuple(sorted(axes)))(source)


@rewrite(
    SPECIALIZE,
    *PLAIN,
    aliases=["local_reduce_broadcastable"],
    grade=Grade.ROUNDING,  # a sum makes 0.0 of -0.0
)
def reduction_over_ones(node: Apply) -> Any:
    """sum(x, axis) = x without the axis, where its extent is 1; so for prod and max."""
    op: Any = node.op
    x: Any = node.inputs[0]
    ones = [k for k in op.axes if x.type.shape[k] == 1]
    if not ones or not _accumulates_its_own(op, x.type.dtype):
        return None
    kept = [k for k in range(x.type.ndim) if k not in ones]
    rest = tuple(kept.index(k) for k in op.axes if k not in ones)
    squeezed = dimshuffle(x, kept)
    return replace(op, axes=rest)(squeezed) if rest else squeezed


@rewrite(
    SPECIALIZE,
    *PLAIN,
    aliases=["local_sum_prod_all_to_none", "local_reduce_dimshuffle"],
    grade=Grade.ROUNDING,
)
def reduction_of_permuted(node: Apply) -> Any:
    """sum(x.T, 0) = sum(x, 1), where the dims that are left keep their order."""
    op: Any = node.op
    made = node.inputs[0].owner
    if made is None or not isinstance(made.op, DimShuffle):
        return None
    source: Any = made.inputs[0]
    order: Any = made.op.order
    if sorted(-1 if k is None else k for k in order) != list(range(source.type.ndim)):
        return None
    left = [k for place, k in enumerate(order) if place not in op.axes]
    if left != sorted(left) or not op.axes:
        return None
    return replace(op, axes=tuple(sorted(order[k] for k in op.axes)))(source)


@rewrite(SPECIALIZE, *PLAIN, grade=Grade.ROUNDING)
def reduction_of_flattened(node: Apply) -> Any:
    """sum(x.flatten()) = sum(x), over all axes."""
    op: Any = node.op
    made = node.inputs[0].owner
    if made is None or not isinstance(made.op, Flatten) or op.axes != (0,):
        return None
    source: Any = made.inputs[0]
    if made.op.ndim != 1 or not source.type.ndim:
        return None
    return replace(op, axes=tuple(range(source.type.ndim)))(source)


@rewrite(
    SPECIALIZE, Sum, Prod, grade=Grade.ROUNDING, aliases=["local_opt_alloc_sum_prod"]
)
def reduction_of_spread(node: Apply) -> Any:
    """sum(fill(x, c)) = c * n, prod(fill(x, c)) = c ** n, for a scalar c."""
    op: Any = node.op
    spread: Any = node.inputs[0]
    made = spread.owner
    if made is None or not isinstance(made.op, Fill | Alloc) or not op.axes:
        return None
    value = made.inputs[1 if isinstance(made.op, Fill) else 0]
    dtype: str = op.dtype
    if value.type.ndim or not is_float(dtype) or op.acc_dtype != dtype:
        return None
    if is_discrete(value.type.dtype) or value.type.dtype != dtype:
        return None
    like = made.inputs[0] if isinstance(made.op, Fill) else spread
    extents = [shape_i(like, k) for k in range(spread.type.ndim)]
    if isinstance(made.op, Alloc) and not all(map(_is_extent, made.inputs[1:])):
        return None  # the integer may be none that an array has
    n = _folded([extents[k] for k in op.axes])
    left = [extent for k, extent in enumerate(extents) if k not in op.axes]
    if isinstance(op, Prod):
        total = power(value, cast(n, dtype))
    else:
        total = switch(eq(n, 0), constant(0, dtype=dtype), mul(value, cast(n, dtype)))
    return Alloc()(total, *left) if left else total


def _is_extent(x: Any) -> bool:
    """Tell whether an integer is a constant or the extent of an array that is there."""
    return isinstance(x, Constant) or isinstance(
        getattr(x.owner, "op", None), ShapeItem
    )


def _folded(extents: Sequence[Any]) -> Any:
    total = extents[0]
    for extent in extents[1:]:
        total = mul(total, extent)
    return total


@rewrite(SPECIALIZE, Max, Min, grade=Grade.ROUNDING, aliases=["local_max_to_min"])
def extremum_of_negative(node: Apply, fgraph: FunctionGraph) -> Any:
    """max(-x) = -min(x), min(-x) = -max(x)."""
    op: Any = node.op
    negative = node.inputs[0]
    made = negative.owner
    if made is None or made.op != neg or not fgraph.has_one_client(negative):
        return None
    dtype: str = negative.type.dtype  # type: ignore[attr-defined]
    if not is_float(dtype):
        return None
    other: Any = Min if isinstance(op, Max) else Max
    return neg(other(op.axes)(made.inputs[0]))
