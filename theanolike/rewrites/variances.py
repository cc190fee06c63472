"""Variances written as a mean of squares less the square of a mean."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from theanolike.graph.apply import Apply
from theanolike.ops.arithmetic import add, mul, power, sqr, sub, true_div
from theanolike.ops.cast import Cast, cast
from theanolike.ops.conditional import maximum
from theanolike.ops.dimshuffle import DimShuffle
from theanolike.ops.extents import shape_i
from theanolike.ops.known import known_int
from theanolike.ops.reduction import Sum
from theanolike.rewrites.pattern import uniform
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import rewrite
from theanolike.rewrites.shapes import extent_key
from theanolike.types.constants import constant
from theanolike.types.dtypes import is_discrete, is_float

__all__: list[str] = []

_MOST_FACTORS = 12


class Scaled(NamedTuple):
    """A power of a sum times scalars: `order` is how the sum is turned.

    Scalars are numbers, or variables, with the power in which they stand.
    """

    total: Apply
    exponent: int
    order: tuple[int | None, ...]
    scalars: Counter[Any]

    def turned(self, total: Any) -> Any:
        """Return another result of the sum, turned likewise."""
        same = self.order == tuple(range(total.ndim))
        return total if same else DimShuffle(self.order)(total)


@rewrite(Phase.STABILIZE, sub, grade=Grade.ROUNDING)
def variance_by_hand(node: Apply) -> Any:
    """mean(x ** 2) - mean(x) ** 2 = mean((x - mean(x)) ** 2), in two passes.

    So for any a * sum(x ** 2) - b * sum(x) ** 2 with scalars: of n elements, this is
    a * sum((x - m) ** 2) + n * m ** 2 * (a - n * b), where m = sum(x) / n.
    """
    squares, other = _scaled(node.inputs[0]), _scaled(node.inputs[1])
    if squares is None or other is None or squares.order != other.order:
        return None
    op: Any = other.total.op
    x: Any = other.total.inputs[0]
    if (squares.exponent, other.exponent) != (1, 2) or squares.total.op != op:
        return None
    dtype = x.type.dtype
    if {dtype, op.dtype} != {node.outputs[0].type.dtype} or not is_float(dtype):  # type: ignore[attr-defined]
        return None
    if not op.axes or _squared(squares.total.inputs[0]) is not x:
        return None
    ratio = Counter(other.scalars)
    ratio.subtract(squares.scalars)
    is_mean = _is_count(ratio, x, op.axes)
    n: Any = cast(_count(x, op.axes, is_mean=is_mean), dtype)
    mean: Any = true_div(other.total.outputs[0], n)
    kept = iter(range(x.ndim))
    spread = tuple(None if k in op.axes else next(kept) for k in range(x.ndim))
    apart = _times(op(sqr(sub(x, DimShuffle(spread)(mean)))), squares.scalars, dtype)
    if not is_mean:
        one = constant(1, dtype=dtype)
        scale = _times(one, squares.scalars, dtype)
        rest = sub(scale, mul(scale, _times(n, ratio, dtype)))
        apart = add(apart, mul(mul(n, sqr(mean)), rest))
    return squares.turned(apart)


def _scaled(variable: Any) -> Scaled | None:
    """Return a variable as a power of one sum times scalars, else None."""
    found: tuple[Any, Any, int] | None = None
    turned: tuple[int | None, ...] | None = None
    scalars: Counter[Any] = Counter()
    stack, seen = [(variable, 1)], 0
    while stack:
        factor, count = stack.pop()
        node, seen = factor.owner, seen + 1
        below = _factors(node, count)
        if seen > _MOST_FACTORS:
            return None
        if below is not None:
            stack.extend(below)
        elif node is not None and isinstance(node.op, Sum):
            if found is not None:
                return None
            found = node, turned, count
        elif node is not None and isinstance(node.op, DimShuffle) and turned is None:
            # Scalars of what is turned aren't: numbers beside it stand outside.
            turned = node.op.order
            stack.append((node.inputs[0], count))
        elif uniform(factor) is not None:
            scalars[uniform(factor)] += count
        elif factor.type.ndim == 0:
            scalars[_uncast(factor)] += count
        else:
            return None
    if found is None:
        return None
    node, order, count = found
    return Scaled(node, count, order or tuple(range(node.outputs[0].ndim)), scalars)


def _factors(node: Any, count: int) -> list[tuple[Any, int]] | None:
    """Return what a product or a quotient is made of, else None."""
    if node is None:
        return None
    if node.op == mul:
        return [(v, count) for v in node.inputs]
    if node.op == true_div:
        return [(node.inputs[0], count), (node.inputs[1], -count)]
    if node.op == sqr or (node.op == power and uniform(node.inputs[1]) == 2):
        return [(node.inputs[0], 2 * count)]
    return None


def _uncast(variable: Any) -> Any:
    node = variable.owner
    if node is None or not isinstance(node.op, Cast):
        return variable
    return node.inputs[0] if is_discrete(node.inputs[0].type.dtype) else variable


def _times(value: Any, scalars: Counter[Any], dtype: str) -> Any:
    """Return a value times powers of scalars, products first."""
    for scalar, count in sorted(scalars.items(), key=lambda pair: -pair[1]):
        is_number = not hasattr(scalar, "type")
        factor = constant(scalar, dtype=dtype) if is_number else cast(scalar, dtype)
        for _ in range(abs(count)):
            value = (mul if count > 0 else true_div)(value, factor)
    return value


def _count(x: Any, axes: Sequence[int], *, is_mean: bool) -> Any:
    """Return the number of elements of x along axes, 1 of none if it isn't a mean's."""
    n: Any = shape_i(x, axes[0])
    for k in axes[1:]:
        n = mul(n, shape_i(x, k))
    return n if is_mean else maximum(n, 1)


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


def _is_count(scalars: Counter[Any], x: Any, axes: Sequence[int]) -> bool:
    """Tell whether scalars are 1 over the number of elements of x along axes."""
    known, factors = 1.0, []
    for scalar, count in scalars.items():
        is_number = not hasattr(scalar, "type")
        if count and (scalar == 0 if is_number else count != -1):
            return False
        if count and is_number:
            known *= float(scalar) ** -count
        elif count:
            number, found = _parted(scalar)
            known *= number
            factors += found
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


def _parted(count: Any) -> tuple[float, list[Any]]:
    """Return a product of extents as a number, and the others as their keys."""
    known, factors = 1.0, []
    below = [count]
    while below:
        factor = below.pop()
        node = factor.owner
        if uniform(factor) is not None:
            known *= uniform(factor)
        elif node is not None and (isinstance(node.op, Cast) or node.op == mul):
            below.extend(node.inputs)
        else:
            factors.append(extent_key(factor))
    return known, factors
