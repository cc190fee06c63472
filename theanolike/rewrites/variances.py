"""Variances written as a mean of squares less the square of a mean."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from theanolike.graph.apply import Apply
from theanolike.ops.arithmetic import mul, power, sqr, sub, true_div
from theanolike.ops.cast import Cast
from theanolike.ops.dimshuffle import DimShuffle
from theanolike.ops.extents import shape_i
from theanolike.ops.known import known_int
from theanolike.ops.reduction import Sum
from theanolike.rewrites.pattern import uniform
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import rewrite
from theanolike.rewrites.shapes import extent_key
from theanolike.types.dtypes import is_float

__all__: list[str] = []


class Mean(NamedTuple):
    """A mean along axes: `order` is how the sum is turned, `count` its divisor."""

    total: Apply
    order: tuple[int | None, ...]
    count: Any

    def again(self, elements: Any) -> Any:
        """Return the mean of other elements, along the same axes."""
        return self.beside(elements, self.order)

    def beside(self, elements: Any, order: tuple[int | None, ...]) -> Any:
        """Return it turned otherwise."""
        total: Any = self.total.op(elements)
        if order != tuple(range(total.ndim)):
            total = DimShuffle(order)(total)
        return true_div(total, self.count)


@rewrite(Phase.STABILIZE, sub, grade=Grade.ROUNDING)
def variance_by_hand(node: Apply) -> Any:
    """mean(x ** 2) - mean(x) ** 2 = mean((x - mean(x)) ** 2), in two passes."""
    squares, other = _mean(node.inputs[0]), _squared(node.inputs[1])
    mean = None if other is None else _mean(other)
    if squares is None or mean is None or squares.order != mean.order:
        return None
    op: Any = mean.total.op
    x: Any = mean.total.inputs[0]
    if squares.total.op != op or not op.axes or not is_float(x.type.dtype):
        return None
    dtypes = {x.type.dtype, op.dtype, node.outputs[0].type.dtype}  # type: ignore[attr-defined]
    if len(dtypes) > 1 or _squared(squares.total.inputs[0]) is not x:
        return None
    if not (_is_count(mean.count, x, op.axes) and _is_count(squares.count, x, op.axes)):
        return None
    kept = iter(range(x.ndim))
    spread = tuple(None if k in op.axes else next(kept) for k in range(x.ndim))
    return mean.again(sqr(sub(x, mean.beside(x, spread))))


def _mean(variable: Any) -> Mean | None:
    """Return a sum over a scalar, turned before it is divided or not, else None."""
    node = variable.owner
    outer = None
    if node is not None and isinstance(node.op, DimShuffle):
        outer, node = node.op.order, node.inputs[0].owner
    if node is None or node.op != true_div or node.inputs[1].ndim:
        return None
    total, count = node.inputs
    made = total.owner
    order: tuple[int | None, ...] = tuple(range(total.ndim))
    if made is not None and isinstance(made.op, DimShuffle):
        if outer is not None:
            return None
        order, made = made.op.order, made.inputs[0].owner
    if made is None or not isinstance(made.op, Sum):
        return None
    return Mean(made, order if outer is None else outer, count)


def _squared(variable: Any) -> Any:
    """Return x if a variable is a square of x, however written, else None."""
    node = variable.owner
    if node is None:
        return None
    if node.op == sqr:
        return node.inputs[0]
    if node.op == power:
        return node.inputs[0] if uniform(node.inputs[1]) == 2 else None
    is_own = node.op == mul and len(node.inputs) == 2
    return node.inputs[0] if is_own and node.inputs[0] is node.inputs[1] else None


def _is_count(count: Any, x: Any, axes: Sequence[int]) -> bool:
    """Tell whether a scalar is the number of elements of x along axes."""
    factors: list[Any] = []
    stack, known = [count], 1.0
    while stack:
        factor = stack.pop()
        node = factor.owner
        value = uniform(factor)
        if value is not None:
            known *= value
        elif node is not None and (isinstance(node.op, Cast) or node.op == mul):
            stack.extend(node.inputs)
        else:
            factors.append(extent_key(factor))
    for k in axes:
        extent = shape_i(x, k)
        value = known_int(extent)
        if value is not None:
            known /= value or float("nan")
            continue
        key = extent_key(extent)
        if key not in factors:
            return False
        factors.remove(key)
    return not factors and known == 1
