"""Scalar expressions in terms of stored values only."""

from collections.abc import Sequence

import numpy as np

from theanolike.codegen.program import (
    Axis,
    Call,
    Checked,
    Data,
    Literal,
    Load,
    Scalar,
    Size,
    Value,
    View,
    ViewDim,
    as_index,
    scalar_order,
)
from theanolike.codegen.shapes import Extent


class Resolver:
    """Rewrites scalars: axes substituted, views followed, inlined values expanded."""

    def __init__(self, inlined: "dict[Value, Scalar]") -> None:
        self.inlined = inlined
        # Equal loads and index sums become one object, so that expressions stay DAGs.
        self._known: dict[tuple[object, ...], tuple[object, Scalar]] = {}
        self._axes: list[Scalar] = []
        self.instead: dict[Value, Value] = {}  # values that another statement makes

    def axes(self, rank: int) -> tuple[Scalar, ...]:
        """Return the axes of a domain, the same objects each time."""
        self._axes += (Axis(k) for k in range(len(self._axes), rank))
        return tuple(self._axes[:rank])

    def _intern(self, key: tuple[object, ...], keep: object, made: Scalar) -> Scalar:
        self._known[key] = (keep, made)
        return made

    def __call__(self, scalar: Scalar, axes: tuple[Scalar, ...]) -> Scalar:
        """Return `scalar` with Axis(k) replaced by `axes[k]`."""
        return self.all(scalar_order(scalar), axes)

    def all(self, scalars: Sequence[Scalar], axes: tuple[Scalar, ...]) -> Scalar:
        """Return the last of `scalars`, given in order, with its axes replaced."""
        memo: dict[int, Scalar] = {}
        for part in scalars:
            memo[id(part)] = self._one(part, axes, memo)
        return memo[id(scalars[-1])]

    def _one(
        self, part: Scalar, axes: tuple[Scalar, ...], memo: dict[int, Scalar]
    ) -> Scalar:
        if isinstance(part, Axis):
            return axes[part.axis]
        if isinstance(part, Call):
            return self._call(part, tuple(memo[id(a)] for a in part.args))
        if isinstance(part, Checked):
            return Checked(memo[id(part.index)], memo[id(part.extent)], part.site)
        if isinstance(part, Load):
            return self.load(part.source, tuple(memo[id(i)] for i in part.index))
        if isinstance(part, Size):
            return self._extent(part.extent)
        return self._number(part) if isinstance(part, Literal) else part

    def _number(self, part: Literal) -> Scalar:
        if not isinstance(part.value, int | float | np.generic):
            return part
        key = ("number", part.dtype, repr(part.value))
        if key not in self._known:
            self._intern(key, part, part)
        return self._known[key][1]

    def _call(self, call: Call, args: tuple[Scalar, ...]) -> Scalar:
        key = (call.name, call.dtype, *map(id, args))
        if key in self._known:
            return self._known[key][1]
        made: Scalar = Call(call.name, call.dtype, args)
        if call.dtype == "int64" and call.name == "add":
            made = index_add(*args)
        elif call.dtype == "int64" and call.name == "mul":
            made = index_mul(*args)
        elif call.name == "cast" and isinstance(args[0], Literal):
            made = cast_literal(args[0], call.dtype)
        return self._intern(key, args, made)

    def load(self, source: Value, index: tuple[Scalar, ...]) -> Scalar:
        """Return an element of `source` in terms of stored values."""
        while isinstance(source.node, View):
            view = source.node
            index = tuple(self._through(index, d) for d in view.dims)
            source = view.operands[0]
        if isinstance(source.node, Data) and source.node.array.ndim == 0:
            return self._number(Literal(source.node.array[()], source.dtype))
        source = self.instead.get(source, source)
        key = (source, *map(id, index))
        if key in self._known:
            return self._known[key][1]
        body = self.inlined.get(source)
        if body is not None:
            as_it_is = all(
                isinstance(i, Axis) and i.axis == k for k, i in enumerate(index)
            )
            made = body if as_it_is else self(body, index)
            return self._intern(key, index, made)
        return self._intern(key, index, Load(source, index))

    def _through(self, index: tuple[Scalar, ...], d: ViewDim) -> Scalar:
        start = self._extent(d.start)
        if d.axis is None:
            return start
        key = ("through", id(index[d.axis]), d.start, d.step)
        if key not in self._known:
            moved = index_add(index_mul(index[d.axis], self._extent(d.step)), start)
            self._intern(key, index, moved)
        return self._known[key][1]

    def _extent(self, extent: int | Extent) -> Scalar:
        key = ("extent", extent)
        if key not in self._known:
            self._intern(key, extent, as_index(extent))
        return self._known[key][1]


def index_add(a: Scalar, b: Scalar) -> Scalar:
    """Return a + b for indices, folding zeros."""
    if isinstance(a, Literal) and isinstance(b, Literal):
        return Literal(a.value + b.value, "int64")
    if isinstance(a, Literal) and a.value == 0:
        return b
    if isinstance(b, Literal) and b.value == 0:
        return a
    return Call("add", "int64", (a, b))


def index_mul(a: Scalar, b: Scalar) -> Scalar:
    """Return a * b for indices, folding ones."""
    if isinstance(a, Literal) and isinstance(b, Literal):
        return Literal(a.value * b.value, "int64")
    if isinstance(a, Literal) and a.value == 1:
        return b
    if isinstance(b, Literal) and b.value == 1:
        return a
    return Call("mul", "int64", (a, b))


def cast_literal(number: Literal, dtype: str) -> Scalar:
    """Return a literal in another dtype, where the conversion is a plain one."""
    value = np.asarray(number.value)
    if value.dtype.kind in "fc" and np.dtype(dtype).kind != value.dtype.kind:
        return Call("cast", dtype, (number,))
    with np.errstate(all="ignore"):
        return Literal(value.astype(dtype)[()], dtype)
