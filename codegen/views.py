"""What views are: dense, in order, transposed, or one number everywhere."""

from collections.abc import Sequence

from theanolike.codegen.program import (
    Data,
    Literal,
    Load,
    Map,
    Value,
    View,
    ViewDim,
    dense_offset,
)
from theanolike.codegen.shapes import (
    add,
    mul,
    sub,
)


def through(outer: ViewDim, dims: Sequence[ViewDim]) -> ViewDim:
    """Return the index of a dim that a view shows, seen through another view."""
    if outer.axis is None:
        return outer
    inner = dims[outer.axis]
    step = mul(outer.step, inner.step) if inner.axis is not None else 1
    if outer.step == -1:  # so that turning around twice is nothing
        return ViewDim(inner.axis, sub(outer.start, inner.start), step)
    return ViewDim(inner.axis, add(outer.start, mul(outer.step, inner.start)), step)


def keeps_order(view: View) -> bool:
    """Tell whether a view only adds and drops dims of 1."""
    kept = [d.axis for d in view.dims if d.axis is not None]
    source, shape = view.operands[0].shape, view.results[0].shape
    return (
        kept == sorted(set(kept))
        and all(d.start == 0 and (d.axis is None or d.step == 1) for d in view.dims)
        and all(
            e == 1 if d.axis is None else shape[d.axis] == e
            for d, e in zip(view.dims, source, strict=True)
        )
        and all(e == 1 for k, e in enumerate(shape) if k not in kept)
    )


def is_block(value: Value) -> bool:
    """Tell whether a view's elements lie densely in the memory that it views."""
    while isinstance(value.node, View):
        if dense_offset(value.node) is None:
            return False
        value = value.node.operands[0]
    return True


def is_uniform(value: Value) -> bool:
    """Tell whether all elements of a value are one number, which is at hand."""
    node = value.node
    while isinstance(node, View) and all(d.axis is None for d in node.dims):
        node = node.operands[0].node
    if isinstance(node, Data):
        return node.array.ndim == 0
    if not isinstance(node, Map):
        return False
    return isinstance(node.body, Literal) or (
        isinstance(node.body, Load) and is_uniform(node.body.source)
    )


def untransposed(value: Value) -> tuple[Value, bool]:
    """Return what a matrix is the transpose of and True, else itself and False."""
    found, turned = value, False
    source, odd = value, False
    while isinstance(source.node, View) and len(source.node.dims) == 2:
        order = source.node.dims
        if order not in ((ViewDim(0), ViewDim(1)), (ViewDim(1), ViewDim(0))):
            break
        odd ^= order[0].axis == 1
        source = source.node.operands[0]
        if source.shape == (value.shape[::-1] if odd else value.shape):
            found, turned = source, odd
    return found, turned
