"""Which shapes are surely covered by others: shapes as sets of leaves.

The shape of an elementwise result is that of its operands, broadcast; so a shape is a
set of variables whose shapes are broadcast together, and a subset adds nothing.
"""

from typing import Any
from weakref import WeakKeyDictionary

from theanolike.graph.variable import Variable
from theanolike.ops.broadcast import SumTo
from theanolike.types.type import TensorType

__all__ = ["covers", "shape_leaves"]

# More leaves than this count as a shape of its own.
MOST_LEAVES = 8

Leaves = frozenset[int]

# Of each variable: the numbers of its leaves. Numbers keep nothing alive.
_leaves: "WeakKeyDictionary[Variable, Leaves]" = WeakKeyDictionary()


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
    return shape_leaves(other) <= shape_leaves(wide)


def _aligned(first: Any, second: Any) -> Any:
    extra = len(first) - len(second)
    return zip(first[extra:], second, strict=True)


def shape_leaves(x: Variable) -> Leaves:
    """Return the numbers of the variables that give `x` its shape."""
    found = _leaves.get(x)
    if found is not None:
        return found
    stack = [x]
    while stack:
        top = stack[-1]
        parents = [] if top in _leaves else _parents(top)
        missing = [parent for parent in parents if parent not in _leaves]
        if missing:
            stack.extend(missing)
            continue
        stack.pop()
        if top not in _leaves:
            _leaves[top] = _gathered(top, parents)
    return _leaves[x]


def _gathered(x: Any, parents: list[Variable]) -> Leaves:
    if x.owner is None or not parents:
        # Ones widen nothing; ranks are compared on their own.
        return _itself(x) if any(k != 1 for k in x.type.shape) else frozenset()
    union: Leaves = frozenset().union(*(_leaves[parent] for parent in parents))
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
