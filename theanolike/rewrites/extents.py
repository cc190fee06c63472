"""Which shapes are surely covered by others: shapes as sets of leaves.

The shape of an elementwise result is that of its operands, broadcast; so a shape is a
set of variables whose shapes are broadcast together, and a subset adds nothing. What a
reduction of x leaves, put beside x, adds nothing to the shape of x either.
"""

from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from theanolike.graph.variable import Variable
from theanolike.ops.broadcast import SumTo
from theanolike.ops.dimshuffle import DimShuffle
from theanolike.ops.reduction import Reduction
from theanolike.ops.softmax import LogSumExp
from theanolike.types.type import TensorType

__all__ = ["covers", "is_beside", "shape_leaves"]

# More leaves than this count as a shape of its own.
MOST_LEAVES = 8

Leaves = frozenset[int]

Known = WeakKeyDictionary[Variable, Leaves]

# Of each variable: the numbers of its leaves. Numbers keep nothing alive.
_leaves: Known = WeakKeyDictionary()
# The same of a shape that surely covers that of the variable.
_bounds: Known = WeakKeyDictionary()


def covers(wide: Any, other: Any) -> bool:
    """Tell whether `wide` and `other` surely broadcast to the shape of `wide`."""
    if wide is other:
        return True
    first, second = wide.type.shape, other.type.shape
    extra = len(first) - len(second)
    if extra < 0:
        return False
    if all(b == 1 or (b is not None and a == b) for a, b in _aligned(first, second)):
        return True
    if any(b is None and a == 1 for a, b in _aligned(first, second)):
        return False
    leaves = shape_leaves(wide)
    return shape_leaves(other) <= leaves or _gather(other, _bounds, _wider) <= leaves


def is_beside(order: Sequence[int | None], axes: Sequence[int], rank: int) -> bool:
    """Tell whether a reduction along `axes`, turned by `order`, stands beside its x.

    Each dim that is left meets its own, of the `rank` that x has, and 1 the others.
    """
    kept = iter(range(rank))
    expected = tuple(None if k in axes else next(kept) for k in range(rank))
    return (None,) * (rank - len(order)) + tuple(order) == expected


def _aligned(first: Any, second: Any) -> Any:
    extra = len(first) - len(second)
    return zip(first[extra:], second, strict=True)


def shape_leaves(x: Variable) -> Leaves:
    """Return the numbers of the variables that give `x` its shape."""
    return _gather(x, _leaves, _parents)


def _gather(
    x: Variable, known: Known, parents_of: Callable[[Any], list[Variable]]
) -> Leaves:
    found = known.get(x)
    if found is not None:
        return found
    stack = [x]
    while stack:
        top = stack[-1]
        parents = [] if top in known else parents_of(top)
        missing = [parent for parent in parents if parent not in known]
        if missing:
            stack.extend(missing)
            continue
        stack.pop()
        if top not in known:
            known[top] = _gathered(top, [known[parent] for parent in parents])
    return known[x]


def _gathered(x: Any, sets: list[Leaves]) -> Leaves:
    if x.owner is None or not sets:
        # Ones widen nothing; ranks are compared on their own.
        return _itself(x) if any(k != 1 for k in x.type.shape) else frozenset()
    union: Leaves = frozenset().union(*sets)
    return union if len(union) <= MOST_LEAVES else _itself(x)


def _itself(x: Variable) -> Leaves:
    return frozenset((x._auto,))  # noqa: SLF001 - a variable's number is never reused


def _parents(x: Variable) -> list[Variable]:
    """Return the variables of whose shapes that of `x` is made, if it is."""
    node = x.owner
    if node is None or not isinstance(x.type, TensorType):
        return []
    if isinstance(node.op, SumTo):
        return [node.inputs[1]]
    if getattr(node.op, "keeps_first_shape", False):
        return [node.inputs[0]]
    if not getattr(node.op, "keeps_shape", False):
        return []
    return list(node.inputs)


def _wider(x: Any) -> list[Variable]:
    """Return the variables of whose shapes one is made that covers that of `x`."""
    inner, order = x, None
    if x.owner is not None and isinstance(x.owner.op, DimShuffle):
        inner, order = x.owner.inputs[0], x.owner.op.order
    node = inner.owner
    if node is None or not isinstance(node.op, Reduction | LogSumExp):
        return _parents(x)
    source = node.inputs[0]
    beside = range(inner.type.ndim) if order is None else order
    is_known = is_beside(tuple(beside), node.op.axes, source.type.ndim)
    return [source] if is_known else _parents(x)
