"""Fills, allocations and sums over broadcast dims that do nothing, or stand too low."""

from typing import Any

from theanolike.graph.apply import Apply
from theanolike.ops.broadcast import Fill, SumTo, fill, shape_root
from theanolike.ops.cast import Cast
from theanolike.ops.creation import Alloc
from theanolike.ops.declare import Elementwise
from theanolike.ops.dimshuffle import DimShuffle
from theanolike.rewrites.extents import covers
from theanolike.rewrites.pattern import conform
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import rewrite

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


@rewrite(CANONICALIZE, Elementwise)
def padding_on_the_left(node: Apply) -> Any:
    """f(x.dimshuffle('x', 0), y) = f(x, y): operands align from the right."""
    if not 1 < len(node.inputs) <= MOST_OPERANDS:
        return None
    rank: int = node.outputs[0].type.ndim  # type: ignore[attr-defined]
    values = list(node.inputs)
    for i, operand in enumerate(node.inputs):
        inner = spread(operand, DimShuffle)
        if inner is None or not _pads_left(inner):
            continue
        others = [v for k, v in enumerate(values) if k != i]
        if max(v.type.ndim for v in others) == rank:  # type: ignore[attr-defined]
            values[i] = inner.inputs[0]
    if all(a is b for a, b in zip(values, node.inputs, strict=True)):
        return None
    return node.op(*values)


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


@rewrite(CANONICALIZE, SumTo, grade=Grade.ROUNDING)
def sum_to_of_sum_to(node: Apply) -> Any:
    """sum_to(sum_to(g, x), y) = sum_to(g, y)."""
    inner = spread(node.inputs[0], SumTo)
    if inner is None or inner.op != node.op:
        return None
    return node.op(inner.inputs[0], node.inputs[1])
