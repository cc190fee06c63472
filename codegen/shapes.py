"""The algebra of extents: integer expressions that say how long a dimension is.

An extent is a Python int or an `Extent`. Ops state the shape of their result once, in
this algebra; the same statement gives the symbolic shape graph and the compiled code.
Extents are interned: equal expressions are one object.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any, Protocol, Self, cast
from weakref import WeakValueDictionary

Shape = tuple["int | Extent", ...]

_interned: "WeakValueDictionary[tuple[Any, ...], Extent]" = WeakValueDictionary()


class Extent:
    """An integer known when the function runs.

    Attributes
    ----------
    op : str
        "dim" (extent `args[1]` of `args[0]`), "item" (the integer that the 0-d
        `args[0]` holds), or an operation: add sub mul floordiv mod max min and
        where_negative (`args[1]` if `args[0]` < 0 else `args[2]`).
    args : tuple
    depth : int
        Operations one inside another.
    """

    __slots__ = ("__weakref__", "args", "depth", "op")

    op: str
    args: tuple[Any, ...]
    depth: int

    def __new__(cls, op: str, *args: Any) -> Self:
        key = (op, *args)
        known = _interned.get(key)
        if known is not None:
            return cast("Self", known)
        made = super().__new__(cls)
        made.op = op
        made.args = args
        below = (a.depth for a in args if isinstance(a, Extent))
        made.depth = 0 if op in ("dim", "item") else 1 + max(below, default=0)
        _interned[key] = made
        return made

    def __add__(self, other: "int | Extent") -> "int | Extent":
        return add(self, other)

    def __radd__(self, other: int) -> "int | Extent":
        return add(other, self)

    def __sub__(self, other: "int | Extent") -> "int | Extent":
        return sub(self, other)

    def __rsub__(self, other: int) -> "int | Extent":
        return sub(other, self)

    def __mul__(self, other: "int | Extent") -> "int | Extent":
        return mul(self, other)

    def __rmul__(self, other: int) -> "int | Extent":
        return mul(other, self)

    def __floordiv__(self, other: "int | Extent") -> "int | Extent":
        return floordiv(self, other)

    def __rfloordiv__(self, other: int) -> "int | Extent":
        return floordiv(other, self)

    def __mod__(self, other: "int | Extent") -> "int | Extent":
        return mod(self, other)

    def __repr__(self) -> str:
        if self.op == "dim":
            return f"{self.args[0]!r}.{self.args[1]}"
        if self.op == "item":
            return f"{self.args[0]!r}"
        return f"{self.op}({', '.join(map(repr, self.args))})"


def dim(source: Hashable, axis: int) -> Extent:
    """Return extent `axis` of `source`."""
    return Extent("dim", source, axis)


def item(source: Hashable) -> Extent:
    """Return the integer that the 0-d `source` holds."""
    return Extent("item", source)


def add(a: "int | Extent", b: "int | Extent") -> "int | Extent":
    """Return a + b, constants gathered on the right."""
    if isinstance(a, int) and isinstance(b, int):
        return a + b
    if isinstance(a, int):
        a, b = b, a
    if isinstance(b, int):
        if b == 0:
            return a
        if isinstance(a, Extent) and a.op == "add" and isinstance(a.args[1], int):
            return add(a.args[0], a.args[1] + b)
    return Extent("add", a, b)


def sub(a: "int | Extent", b: "int | Extent") -> "int | Extent":
    """Return a - b."""
    if a is b:
        return 0
    if isinstance(b, int):
        return add(a, -b)
    if isinstance(a, Extent) and a.op == "add" and a.args[0] is b:
        return a.args[1]  # type: ignore[no-any-return]
    return Extent("sub", a, b)


def mul(a: "int | Extent", b: "int | Extent") -> "int | Extent":
    """Return a * b, a constant factor on the right."""
    if isinstance(a, int) and isinstance(b, int):
        return a * b
    if isinstance(a, int):
        a, b = b, a
    if isinstance(b, int) and b in (0, 1):
        return a if b else 0
    return Extent("mul", a, b)


def floordiv(a: "int | Extent", b: "int | Extent") -> "int | Extent":
    """Return a // b rounded down; 0 where b is 0."""
    if isinstance(a, int) and isinstance(b, int):
        return a // b if b else 0
    if b == 1:
        return a
    if isinstance(a, Extent) and a.op == "mul" and a.args[1] is b:
        return a.args[0]  # type: ignore[no-any-return]
    if isinstance(a, Extent) and a.op == "mul" and a.args[0] is b:
        return a.args[1]  # type: ignore[no-any-return]
    return Extent("floordiv", a, b)


def mod(a: "int | Extent", b: "int | Extent") -> "int | Extent":
    """Return a % b with the sign of b; 0 where b is 0."""
    if isinstance(a, int) and isinstance(b, int):
        return a % b if b else 0
    return 0 if b == 1 else Extent("mod", a, b)


def maximum(a: "int | Extent", b: "int | Extent") -> "int | Extent":
    """Return the larger one."""
    if isinstance(a, int) and isinstance(b, int):
        return max(a, b)
    for bound, other in ((a, b), (b, a)):
        if isinstance(bound, int) and bound <= 0 and is_nonnegative(other):
            return other
    return a if a is b else Extent("max", a, b)


def is_nonnegative(extent: int | Extent) -> bool:
    """Tell whether an extent can't be negative, as far as its form says."""
    stack: list[Any] = [extent]
    seen: set[Any] = set()
    while stack:
        part = stack.pop()
        if isinstance(part, int):
            if part < 0:
                return False
        elif part.op in ("add", "mul", "floordiv", "min"):
            if part not in seen:
                seen.add(part)
                stack.extend(part.args)
        elif part.op == "max":
            if not any(isinstance(a, int) and a >= 0 for a in part.args):
                stack.extend(part.args)
        elif part.op != "dim":
            return False
    return True


def minimum(a: "int | Extent", b: "int | Extent") -> "int | Extent":
    """Return the smaller one."""
    if isinstance(a, int) and isinstance(b, int):
        return min(a, b)
    return a if a is b else Extent("min", a, b)


def where_negative(
    a: "int | Extent", b: "int | Extent", c: "int | Extent"
) -> "int | Extent":
    """Return b if a < 0 else c."""
    if isinstance(a, int):
        return b if a < 0 else c
    return Extent("where_negative", a, b, c)


def product(extents: Iterable["int | Extent"]) -> "int | Extent":
    """Return the product: the number of elements of a shape."""
    result: int | Extent = 1
    for extent in extents:
        result = mul(result, extent)
    return result


def ceildiv(a: "int | Extent", b: "int | Extent") -> "int | Extent":
    """Return a / b rounded up, for b of either sign."""
    return sub(0, floordiv(sub(0, a), b))


def rebuilt(
    extent: Extent, spell: "Callable[[int | Extent], int | Extent]"
) -> "int | Extent":
    """Return an operation on extents with its operands replaced."""
    args = [spell(a) for a in extent.args]
    if all(a is b for a, b in zip(args, extent.args, strict=True)):
        return extent
    return _OPERATIONS[extent.op](*args)


def leaves(extent: "int | Extent") -> Iterator[Extent]:
    """Yield the "dim" and "item" extents that `extent` is made of."""
    stack = [extent]
    seen: set[int] = set()
    while stack:
        part = stack.pop()
        if not isinstance(part, Extent) or id(part) in seen:
            continue
        seen.add(id(part))
        if part.op in ("dim", "item"):
            yield part
        else:
            stack.extend(part.args)


class Shaped(Protocol):
    """What an op's `shape` sees of an input: its shape and integer elements."""

    @property
    def shape(self) -> Shape:
        """The extents."""

    def item(self, *index: int) -> "int | Extent":
        """Return an element of an integer tensor as an extent."""


_OPERATIONS: "dict[str, Callable[..., int | Extent]]" = {
    "add": add,
    "sub": sub,
    "mul": mul,
    "floordiv": floordiv,
    "mod": mod,
    "max": maximum,
    "min": minimum,
    "where_negative": where_negative,
}


# What scalar operations on integers are for extents.
FOLDS: Mapping[str, Callable[..., "int | Extent"]] = {
    "add": add,
    "sub": sub,
    "mul": mul,
    "maximum": maximum,
    "minimum": minimum,
}
