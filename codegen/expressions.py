"""Values of a loop program, and what an element of one is: scalar expressions.

A `Scalar` loads elements of values at indices that are scalars themselves. It is a DAG:
what appears twice may be one object, and nothing here recurses.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from theanolike.codegen.shapes import Extent, Shape

if TYPE_CHECKING:
    from theanolike.codegen.program import Node


class Value:
    """Result `index` of a node: a tensor of one dtype and shape."""

    __slots__ = ("__weakref__", "dtype", "index", "label", "node", "shape")

    def __init__(
        self, node: "Node", index: int, dtype: str, shape: Shape, label: str = ""
    ) -> None:
        self.node = node
        self.index = index
        self.dtype = dtype
        self.shape = shape
        self.label = label  # the user's name of it, for printed source only

    @property
    def ndim(self) -> int:
        """The rank."""
        return len(self.shape)

    def at(self, *index: "Scalar | int") -> "Load":
        """Return the element at `index` (not checked)."""
        if len(index) != len(self.shape):
            raise ValueError(f"{len(index)} indices for a value of rank {self.ndim}")
        return Load(self, tuple(as_index(i) for i in index))

    def aligned(self, axes: "Sequence[Scalar]") -> "Load":
        """Return the element at `axes`, aligned from the right as NumPy broadcasts.

        A dim that is 1 is read at 0. A dim whose class holds a run-time 1 is the
        builder's business (`Builder.pointwise`).
        """
        own = axes[len(axes) - self.ndim :] if self.ndim else ()
        return self.at(
            *(
                0 if isinstance(extent, int) and extent == 1 else axis
                for extent, axis in zip(self.shape, own, strict=True)
            )
        )

    def __repr__(self) -> str:
        return f"v{id(self) % 100000}"


class Scalar:
    """An element-wise expression. `dtype` is that of its value."""

    __slots__ = ("dtype",)
    dtype: str

    def _other(self, other: "Scalar | complex") -> "Scalar":
        return other if isinstance(other, Scalar) else Literal(other, self.dtype)

    def __add__(self, other: "Scalar | complex") -> "Scalar":
        return Call("add", self.dtype, (self, self._other(other)))

    def __radd__(self, other: complex) -> "Scalar":
        return Call("add", self.dtype, (self._other(other), self))

    def __sub__(self, other: "Scalar | complex") -> "Scalar":
        return Call("sub", self.dtype, (self, self._other(other)))

    def __rsub__(self, other: complex) -> "Scalar":
        return Call("sub", self.dtype, (self._other(other), self))

    def __mul__(self, other: "Scalar | complex") -> "Scalar":
        return Call("mul", self.dtype, (self, self._other(other)))

    def __rmul__(self, other: complex) -> "Scalar":
        return Call("mul", self.dtype, (self._other(other), self))

    def __truediv__(self, other: "Scalar | complex") -> "Scalar":
        return Call("truediv", self.dtype, (self, self._other(other)))

    def __rtruediv__(self, other: complex) -> "Scalar":
        return Call("truediv", self.dtype, (self._other(other), self))

    def __floordiv__(self, other: "Scalar | int") -> "Scalar":
        return Call("floordiv", self.dtype, (self, self._other(other)))

    def __mod__(self, other: "Scalar | int") -> "Scalar":
        return Call("mod", self.dtype, (self, self._other(other)))

    def __neg__(self) -> "Scalar":
        return Call("neg", self.dtype, (self,))

    def __lt__(self, other: "Scalar | float") -> "Scalar":
        return Call("lt", "bool", (self, self._other(other)))

    def __le__(self, other: "Scalar | float") -> "Scalar":
        return Call("le", "bool", (self, self._other(other)))

    def __gt__(self, other: "Scalar | float") -> "Scalar":
        return Call("gt", "bool", (self, self._other(other)))

    def __ge__(self, other: "Scalar | float") -> "Scalar":
        return Call("ge", "bool", (self, self._other(other)))

    def equals(self, other: "Scalar | float") -> "Scalar":
        """Return self == other, a bool."""
        return Call("eq", "bool", (self, self._other(other)))

    def __and__(self, other: "Scalar") -> "Scalar":
        return Call("and", self.dtype, (self, other))

    def __or__(self, other: "Scalar") -> "Scalar":
        return Call("or", self.dtype, (self, other))

    def __invert__(self) -> "Scalar":
        return Call("invert", self.dtype, (self,))


class Literal(Scalar):
    """A number."""

    __slots__ = ("value",)

    def __init__(self, value: Any, dtype: str) -> None:
        self.value = value
        self.dtype = dtype


class Axis(Scalar):
    """The index along axis `axis` of the domain, an int64."""

    __slots__ = ("axis",)

    def __init__(self, axis: int) -> None:
        self.axis = axis
        self.dtype = "int64"


class Size(Scalar):
    """An extent, as an int64."""

    __slots__ = ("extent",)

    def __init__(self, extent: int | Extent) -> None:
        self.extent = extent
        self.dtype = "int64"


class Load(Scalar):
    """An element of `source`."""

    __slots__ = ("index", "source")

    def __init__(self, source: Value, index: tuple[Scalar, ...]) -> None:
        self.source = source
        self.index = index
        self.dtype = source.dtype


class Call(Scalar):
    """A scalar primitive (primitives.py) applied; `select` evaluates one arm."""

    __slots__ = ("args", "name")

    def __init__(self, name: str, dtype: str, args: tuple[Scalar, ...]) -> None:
        self.name = name
        self.args = args
        self.dtype = dtype


class Checked(Scalar):
    """`index`, wrapped if negative and required to lie in [0, extent)."""

    __slots__ = ("extent", "index", "site")

    def __init__(self, index: Scalar, extent: Scalar, site: int) -> None:
        self.index = index
        self.extent = extent
        self.site = site
        self.dtype = "int64"


def as_index(index: "Scalar | int | Extent") -> Scalar:
    """Return an index as an int64 scalar."""
    if isinstance(index, Scalar):
        return index
    return Literal(index, "int64") if isinstance(index, int) else Size(index)


def children(scalar: Scalar) -> tuple[Scalar, ...]:
    """Return the scalars that `scalar` is made of."""
    if isinstance(scalar, Call):
        return scalar.args
    if isinstance(scalar, Load):
        return scalar.index
    if isinstance(scalar, Checked):
        return (scalar.index, scalar.extent)
    return ()


def with_children(scalar: Scalar, parts: tuple[Scalar, ...]) -> Scalar:
    """Return `scalar` made of other parts, in the order of `children`."""
    if all(a is b for a, b in zip(parts, children(scalar), strict=True)):
        return scalar
    if isinstance(scalar, Call):
        return Call(scalar.name, scalar.dtype, parts)
    if isinstance(scalar, Load):
        return Load(scalar.source, parts)
    if isinstance(scalar, Checked):
        index, extent = parts
        return Checked(index, extent, scalar.site)
    raise AssertionError("only these are made of others")


def scalar_order(*roots: Scalar) -> list[Scalar]:
    """Return every scalar under `roots` once, each after its children."""
    order: list[Scalar] = []
    seen: set[int] = set()
    for root in roots:
        stack: list[tuple[Scalar, bool]] = [(root, False)]
        while stack:
            scalar, ready = stack.pop()
            if ready:
                order.append(scalar)
                continue
            if id(scalar) in seen:
                continue
            seen.add(id(scalar))
            stack.append((scalar, True))
            stack.extend((child, False) for child in reversed(children(scalar)))
    return order


def sources(scalars: Sequence[Scalar]) -> tuple[Value, ...]:
    """Return the values that the scalars load from, once each, in order."""
    return tuple(dict.fromkeys(s.source for s in scalars if isinstance(s, Load)))
