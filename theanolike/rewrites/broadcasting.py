"""Fills, allocations and sums over broadcast dims that do nothing, or stand too low."""

from typing import Any

from theanolike.graph.apply import Apply
from theanolike.ops.arithmetic import add, mul, neg, sub, true_div
from theanolike.ops.broadcast import Fill, SumTo, fill, shape_root
from theanolike.ops.cast import Cast
from theanolike.ops.conditional import _masked_op as masked
from theanolike.ops.creation import Alloc
from theanolike.ops.dimshuffle import DimShuffle
from theanolike.ops.elementwise import Elementwise
from theanolike.ops.reduction import Sum
from theanolike.rewrites.extents import covers
from theanolike.rewrites.pattern import conform
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import rewrite
from theanolike.types.dtypes import is_discrete

__all__: list[str] = []

CANONICALIZE = Phase.CANONICALIZE
# Operands are compared with each other, so only where they are few.
MOST_OPERANDS = 16


def spread(variable: Any, kind: type) -> Any:
    """Return the node if `variable` is the result of a `kind`, else None."""
    node = variable.owner
    return node if node is not None and isinstance(node.op, kind) else None


@rewrite(CANONICALIZE, Fill, aliases=["local_fill_to_alloc", "local_useless_fill"])
def fill_of_same_shape(node: Apply) -> Any:
    """fill(x, y) = y, where y surely has at least the shape of x."""
    like, value = node.inputs
    return value if covers(value, like) else None


@rewrite(CANONICALIZE, Fill)
def fill_from_the_root(node: Apply) -> Any:
    """fill(f(x), y) = fill(x, y), for f element by element: its value isn't needed."""
    like, value = node.inputs
    root = shape_root(like)
    return None if root is like else fill(root, value)


@rewrite(CANONICALIZE, Fill)
def fill_of_fill(node: Apply) -> Any:
    """fill(x, fill(y, z)) = fill(x, z), where x has at least the shape of y."""
    like, value = node.inputs
    inner = spread(value, Fill)
    if inner is None or not covers(like, inner.inputs[0]):
        return None
    return fill(like, inner.inputs[1])


@rewrite(CANONICALIZE, Elementwise, Cast, aliases=["local_fill_sink"])
def fill_after(node: Apply) -> Any:
    """f(fill(x, y), z) = fill(x, f(y, z)), and f(y, z) where z has the shape."""
    likes = []
    values = list(node.inputs)
    for i, operand in enumerate(node.inputs):
        inner = spread(operand, Fill)
        if inner is not None:
            likes.append(inner.inputs[0])
            values[i] = inner.inputs[1]
    if not likes:
        return None
    return conform(node, node.op(*values), likes)


@rewrite(CANONICALIZE, Elementwise, aliases=["local_elemwise_alloc"])
def useless_alloc(node: Apply) -> Any:
    """f(alloc(x, shape), z) = f(x, z), where z surely has the shape."""
    if not 1 < len(node.inputs) <= MOST_OPERANDS:
        return None
    for i, operand in enumerate(node.inputs):
        inner = spread(operand, Alloc)
        if inner is None:
            continue
        others = [v for k, v in enumerate(node.inputs) if k != i]
        if any(covers(v, operand) for v in others):
            values = list(node.inputs)
            values[i] = inner.inputs[0]
            return node.op(*values)
    return None


@rewrite(CANONICALIZE, Elementwise, Cast)
def padding_on_the_left(node: Apply) -> Any:
    """f(x.dimshuffle('x', 0), y) = f(x, y), padded where nothing else has the rank."""
    if len(node.inputs) > MOST_OPERANDS:
        return None
    values: list[Any] = list(node.inputs)
    for i, operand in enumerate(node.inputs):
        inner = spread(operand, DimShuffle)
        if inner is not None and _pads_left(inner):
            values[i] = inner.inputs[0]
    if all(a is b for a, b in zip(values, node.inputs, strict=True)):
        return None
    new = node.op(*values)
    padding = node.outputs[0].type.ndim - new.type.ndim  # type: ignore[attr-defined]
    order = (*[None] * padding, *range(new.type.ndim))
    return DimShuffle(order)(new) if padding else new


def _pads_left(node: Apply) -> bool:
    own = tuple(range(node.inputs[0].type.ndim))  # type: ignore[attr-defined]
    order = node.op.order  # type: ignore[attr-defined]
    padding = len(order) - len(own)
    return padding > 0 and order == (None,) * padding + own


@rewrite(CANONICALIZE, DimShuffle, aliases=["local_dimshuffle_alloc"])
def dimshuffle_of_fill(node: Apply) -> Any:
    """fill(x, c).dimshuffle(...) = fill(x.dimshuffle(...), c), for a scalar c."""
    inner = spread(node.inputs[0], Fill)
    if inner is None or inner.inputs[1].type.ndim:
        return None
    return fill(node.op(inner.inputs[0]), inner.inputs[1])


@rewrite(CANONICALIZE, Alloc, aliases=["local_merge_alloc"])
def alloc_of_spread(node: Apply) -> Any:
    """alloc(alloc(x, ...), shape) = alloc(fill(y, x), shape) = alloc(x, shape)."""
    value, *extents = node.inputs
    inner = spread(value, Alloc)
    if inner is not None:
        return node.op(inner.inputs[0], *extents)
    inner = spread(value, Fill)
    if inner is not None and not inner.inputs[1].type.ndim:
        return node.op(inner.inputs[1], *extents)
    return None


@rewrite(CANONICALIZE, Alloc, aliases=["local_useless_alloc"])
def alloc_of_same_shape(node: Apply) -> Any:
    """alloc(x, shape) = x, where x is known to have the shape."""
    value, result = node.inputs[0].type, node.outputs[0].type
    known = None not in value.shape and value.shape == result.shape  # type: ignore[attr-defined]
    return node.inputs[0] if known else None


@rewrite(CANONICALIZE, SumTo)
def sum_to_same_shape(node: Apply) -> Any:
    """sum_to(g, x) = g, where they surely have one shape."""
    g, like = node.inputs
    return g if covers(g, like) and covers(like, g) else None


@rewrite(CANONICALIZE, SumTo)
def sum_to_the_root(node: Apply) -> Any:
    """sum_to(g, f(x)) = sum_to(g, x), for f element by element."""
    g, like = node.inputs
    root = shape_root(like)
    return None if root is like else node.op(g, root)


@rewrite(CANONICALIZE, SumTo)
def sum_to_the_root_of_sum(node: Apply) -> Any:
    """sum_to(g, sum(f(x))) = sum_to(g, sum(x)), for f element by element."""
    g, like = node.inputs
    inner = spread(like, Sum)
    if inner is None:
        return None
    root = shape_root(inner.inputs[0])
    return None if root is inner.inputs[0] else node.op(g, inner.op(root))


@rewrite(CANONICALIZE, SumTo, grade=Grade.ROUNDING)
def sum_to_of_sum_to(node: Apply) -> Any:
    """sum_to(sum_to(g, x), y) = sum_to(g, y)."""
    inner = spread(node.inputs[0], SumTo)
    if inner is None or inner.op != node.op:
        return None
    return node.op(inner.inputs[0], node.inputs[1])


@rewrite(CANONICALIZE, *(mul, true_div, neg, masked), grade=Grade.ROUNDING)
def factor_into_sum_to(node: Apply) -> Any:
    """sum_to(g, x) * f(x) = sum_to(g * f(x), x), and so for / and masks.

    Only where the dims are equal but for what the run may tell, as in gradients: then
    nothing is summed as a rule, and what follows is to see the factors of g.
    """
    dtype: str = node.outputs[0].type.dtype  # type: ignore[attr-defined]
    for i, operand in enumerate(node.inputs):
        inner = spread(operand, SumTo)
        if inner is None or not _seldom_sums(inner, dtype) or not _is_linear(node, i):
            continue
        g, like = inner.inputs
        values = list(node.inputs)
        values[i] = g
        if all(v is g or covers(like, v) for v in values):
            return inner.op(node.op(*values), like)
    return None


def _is_linear(node: Apply, place: int) -> bool:
    """Tell whether a result is linear in an operand, or in all operands."""
    name = node.op.name  # type: ignore[attr-defined]
    return place == {"true_div": 0, "masked": 1}.get(name, place)


def _seldom_sums(node: Apply, dtype: str) -> bool:
    g, like = (v.type for v in node.inputs)
    return (
        node.op == SumTo()
        and g.dtype == dtype  # type: ignore[attr-defined]
        and not is_discrete(dtype)
        and g.ndim == like.ndim  # type: ignore[attr-defined]
        and all(b != 1 or a == 1 for a, b in zip(g.shape, like.shape, strict=True))  # type: ignore[attr-defined]
    )


@rewrite(CANONICALIZE, *(add, sub), grade=Grade.ROUNDING)
def sum_of_sums_to(node: Apply) -> Any:
    """sum_to(g, x) + sum_to(h, x) = sum_to(g + h, x), for g and h of one shape."""
    if len(node.inputs) != 2:
        return None
    dtype: str = node.outputs[0].type.dtype  # type: ignore[attr-defined]
    first, second = (spread(v, SumTo) for v in node.inputs)
    if first is None or second is None or first.inputs[1] is not second.inputs[1]:
        return None
    g, h = first.inputs[0], second.inputs[0]
    if not first.op == second.op == SumTo() or is_discrete(dtype):
        return None
    if g.type != h.type or not (covers(g, h) and covers(h, g)):
        return None
    return first.op(node.op(g, h), first.inputs[1])
