"""What the program under construction knows of its extents.

Which extents are equal, which are elements of integer values, and what a build supposes
of the arguments.
"""

import operator
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from theanolike.codegen.program import (
    Axis,
    Call,
    Data,
    Literal,
    Load,
    Map,
    Node,
    Program,
    Require,
    Scalar,
    Size,
    Value,
    View,
    as_index,
    from_arguments,
)
from theanolike.codegen.shapes import (
    FOLDS,
    Extent,
    Shape,
    add,
    floordiv,
    is_nonnegative,
    item,
    leaves,
    maximum,
    minimum,
    mod,
    mul,
    product,
    sub,
    where_negative,
)
from theanolike.codegen.suppose import STANDS_BY, Suppositions, from_run, from_shapes

__all__ = ["NO_ELEMENTS", "TOO_LARGE", "Extents"]

DEEPEST = 24  # operations in an extent that has no value of its own
MOST_ELEMENTS = 1 << 53  # of an array: more don't have addresses
TOO_LARGE = 99  # stands for the axis where an array has more of them
NO_ELEMENTS = 97  # stands for the axis where an index finds none
LARGE = 1 << 31  # a number that a program seldom means
SHAPES = 16  # known to have fewer that are looked at


class Extents:
    """The part of a builder that deals with extents.

    Attributes
    ----------
    program : Program
    supposed : Suppositions or None
        What the build supposes of the arguments' extents.
    site : int
        The number of what the compiler is lowering.
    """

    def __init__(self, supposed: Suppositions | None = None) -> None:
        self.program = Program()
        self.supposed = supposed
        self.site = -1
        self._items: dict[tuple[Value, tuple[int, ...]], int | Extent] = {}
        self._flat: dict[Extent, Extent] = {}
        self._classes = self.program.equal
        self._held: list[Counter[int | Extent]] = []
        self._measured: set[Extent] = set()
        # Arguments of a nested program that are values of the one around it.
        self._outside: dict[Value, tuple[Extents, Value]] = {}

    def append(self, node: Node) -> Any:
        """Append a node and return its result, or all of them."""
        self.program.nodes.append(node)
        return node.results[0] if len(node.results) == 1 else node.results

    def map(self, shape: Shape, dtype: str, f: Callable[..., Scalar]) -> Value:
        """Return the value whose element at (i, j...) is `f(i, j...)`."""
        shape = tuple(map(self.flat, shape))
        self.make_room(shape)
        body = f(*(Axis(k) for k in range(len(shape))))
        return self.append(  # type: ignore[no-any-return]
            Map(tuple(shape), dtype, body, self.site)
        )

    def see_outside(
        self, outer: "Extents", arguments: Sequence[Value], captured: Sequence[Value]
    ) -> None:
        """Let integers among the arguments be extents of the program around this."""
        for argument, value in zip(arguments, captured, strict=True):
            if value.dtype == "int64" and not value.ndim:
                self._outside[argument] = outer, value

    def item(self, value: Value, *index: int) -> int | Extent:
        """Return an element of an integer value as an extent (an int if constant)."""
        key = (value, index)
        if key not in self._items:
            found = self._find_item(value, index)
            if self.supposed is not None:
                found = self.supposed.simplify(found, more=False)
            self._items[key] = found
        return self._items[key]

    def _find_item(self, value: Value, index: tuple[int, ...]) -> int | Extent:
        if value in self._outside:
            outer, captured = self._outside[value]
            return outer.item(captured, *index)
        node = value.node
        if isinstance(node, Data):
            return int(node.array[index])
        if isinstance(node, View):
            source = node.operands[0]
            where = [
                (
                    d.start
                    if d.axis is None
                    else add(d.start, mul(d.step, index[d.axis]))
                )
                for d in node.dims
            ]
            if all(isinstance(i, int) for i in where):
                return self.item(source, *where)  # type: ignore[arg-type]
        if isinstance(node, Map):
            known = self.evaluate(node.body, index)
            if known is not None:
                return known
        if not index and value.dtype == "int64" and not isinstance(node, View):
            return item(value)
        element = self.map(
            (), "int64", lambda: Call("cast", "int64", (value.at(*index),))
        )
        return item(element)

    def evaluate(self, scalar: Scalar, index: tuple[int, ...]) -> int | Extent | None:
        """Return an integer expression of a Map as an extent, if it is one."""
        if isinstance(scalar, Literal):
            return int(scalar.value)
        if isinstance(scalar, Size):
            return scalar.extent
        if isinstance(scalar, Axis):
            return index[scalar.axis]
        if isinstance(scalar, Load):
            where = [self.evaluate(i, index) for i in scalar.index]
            if all(isinstance(i, int) for i in where):
                return self.item(scalar.source, *where)  # type: ignore[arg-type]
            return None
        return self._evaluate_call(scalar, index) if isinstance(scalar, Call) else None

    def _evaluate_call(self, call: Call, index: tuple[int, ...]) -> int | Extent | None:
        if call.name in ("select", "guard"):
            chosen = self.evaluate(call.args[0], index)
            if isinstance(chosen, int):
                return self.evaluate(call.args[1 if chosen else 2], index)
            return self._where_less(call, index)
        if call.dtype not in ("int64", "bool"):
            return None
        args = [self.evaluate(arg, index) for arg in call.args]
        if any(arg is None for arg in args):
            return None
        if call.name in _COMPARISON and all(isinstance(arg, int) for arg in args):
            return int(_COMPARISON[call.name](*args))
        if call.name in ("lt", "ge") and args[1] == 0 and is_nonnegative(args[0]):  # type: ignore[arg-type]
            return int(call.name == "ge")
        if call.name == "eq" and self._exceeds(*args):  # type: ignore[arg-type]
            return 0
        fold = _INTEGER.get(call.name)
        return None if fold is None else fold(*args)

    def _exceeds(self, extent: int | Extent, bound: int | Extent) -> bool:
        """Tell whether a build supposes an extent to be larger than a number."""
        if self.supposed is None or not isinstance(bound, int):
            return False
        return self.supposed.knows(extent, bound + 1)

    def _where_less(self, call: Call, index: tuple[int, ...]) -> int | Extent | None:
        """Return a choice by a < b as an extent."""
        condition = call.args[0]
        while isinstance(condition, Load) and isinstance(condition.source.node, Map):
            if condition.index:
                return None
            condition = condition.source.node.body
        if not isinstance(condition, Call) or condition.name != "lt":
            return None
        parts = (*condition.args, *call.args[1:])
        a, b, then, otherwise = (self.evaluate(part, index) for part in parts)
        if a is None or b is None or then is None or otherwise is None:
            return None
        return where_negative(sub(a, b), then, otherwise)

    def flat(self, extent: int | Extent) -> int | Extent:
        """Return an extent, by way of a 0-d value if it is a deep expression.

        Extents are spelled by recursion, and chains of slices nest without end.
        """
        if not isinstance(extent, Extent) or extent.depth <= DEEPEST:
            return extent
        if extent not in self._flat:
            self._flat[extent] = self.named(extent)
        return self._flat[extent]

    def named(self, extent: int | Extent) -> Extent:
        """Return an extent by way of a 0-d value: it is computed once."""
        made = item(self.append(Map((), "int64", as_index(extent), self.site)))
        if not self._is_free(extent):
            self._measured.add(made)
        return made

    def _is_free(self, extent: int | Extent) -> bool:
        """Tell whether integers, which may be anything, make an extent."""
        if isinstance(extent, int):
            return extent >= LARGE
        return any(
            leaf.op == "item" and leaf not in self._measured for leaf in leaves(extent)
        )

    def make_room(self, shape: Shape) -> None:
        """Check that an array of this shape has elements that can be counted.

        Arguments' extents are those of arrays that are there, integers may be anything:
        what they make is divided into the elements that there may be, so that no
        product overflows.
        """
        extents = [self.flat(e) for e in shape if not isinstance(e, int) or e != 1]
        free = [e for e in extents if self._is_free(e)]
        wanted = Counter(extents)
        if not free or any(wanted <= known for known in self._held[-SHAPES:]):
            return
        others = product(e for e in extents if e not in free)
        room = floordiv(MOST_ELEMENTS, maximum(others, 1))
        for extent in free:
            self.require_at_most(extent, room)
            room = floordiv(room, maximum(extent, 1))
        self._held.append(wanted)

    def require_at_most(self, extent: int | Extent, room: int | Extent) -> None:
        """Make an extent above a bound the error of an array that is too large."""
        self.require_equal(where_negative(sub(room, extent), 1, 0), 0, TOO_LARGE)

    def require_elements(self, extent: int | Extent, shape: Shape) -> None:
        """Make an extent of 0 an error if indices of this shape look for places in it.

        An index that is out of bounds is told, and then read as 0: of a dim without
        elements that would lie outside of memory.
        """
        wanted = minimum(product(shape), 1)
        if wanted != 0:
            none = where_negative(sub(extent, wanted), 1, 0)
            self.require_equal(none, 0, NO_ELEMENTS)

    def hold(self, shape: Shape) -> None:
        """Note that an array of this shape is there."""
        self._held.append(Counter(e for e in shape if not isinstance(e, int) or e != 1))

    def require_equal(
        self,
        first: int | Extent,
        second: int | Extent,
        axis: int = 0,
        *,
        broadcasting: bool = False,
    ) -> int | Extent:
        """Check at run time that two extents are equal; return the one to use."""
        first, second = self.representative(first), self.representative(second)
        if first is second or first == second:
            return first
        self.append(Require(first, second, axis, self.site, broadcasting))
        for old, new in ((second, first), (first, second)):
            if isinstance(old, Extent) and self._stands_aside(old, new):
                self._classes[old] = new
                return new
        return first

    def _stands_aside(self, old: Extent, new: int | Extent) -> bool:
        """Tell whether `new` can be written for `old` once they are checked."""
        if self.supposed is None:
            return old.op in ("dim", "mul")
        if not from_shapes(new):
            return old.op in ("dim", "mul") and not from_run(new)
        return isinstance(new, int) or not from_shapes(old) or old.depth >= new.depth

    def suppose(self, extent: int | Extent) -> int | Extent:
        """Return an extent as it is under what the build supposes of the arguments."""
        return extent if self.supposed is None else self.supposed.simplify(extent)

    def can_assume(self, extent: int | Extent) -> bool:
        """Tell whether a build may assume that an extent equals one that it meets."""
        if self.supposed is None:
            return from_arguments(extent)
        return from_run(extent)

    def leave_out(self, condition: Value) -> bool:
        """Suppose that a branch that stands by isn't needed, where the build does.

        Parameters
        ----------
        condition : Value
            The 0-d bool by which it would be.
        """
        if self.supposed is None or self.supposed.standing_by:
            return False
        if self.supposed.is_excluded(condition):
            return True
        self.supposed.left_out.add(condition)
        held = self.map((), "int64", lambda: Call("cast", "int64", (condition.at(),)))
        self.append(Require(0, self.item(held), STANDS_BY, -1, True, least=True))
        return True

    @property
    def leaves_out(self) -> bool:
        """Whether a branch that stands by was left out."""
        return self.supposed is not None and bool(self.supposed.left_out)

    def check_suppositions(self) -> None:
        """Let the finished program begin with the checks of what it supposes."""
        least = {} if self.supposed is None else self.supposed.least
        checks: list[Node] = [
            Require(extent, bound, 0, -1, broadcasting=True, least=True)
            for extent, bound in least.items()
        ]
        nodes, first = self.program.nodes, len(self.program.inputs)
        nodes[first:first] = checks

    def representative(self, extent: int | Extent) -> int | Extent:
        """Return the extent that stands for those required equal to this one."""
        while isinstance(extent, Extent) and extent in self._classes:
            extent = self._classes[extent]
        return extent


_COMPARISON: Mapping[str, Callable[..., bool]] = {
    "eq": operator.eq,
    "ge": operator.ge,
    "gt": operator.gt,
    "le": operator.le,
    "lt": operator.lt,
    "ne": operator.ne,
}
_INTEGER: Mapping[str, Callable[..., int | Extent]] = {
    **FOLDS,
    "floordiv": floordiv,
    "mod": mod,
    "neg": lambda a: sub(0, a),
    "cast": lambda a: a,
}
