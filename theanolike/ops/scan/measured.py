"""Loops and branches of which the extents are known only once they ran.

The first step, or the branch that is taken, is computed twice: for the extents of what
it makes, of which only that is computed which these need, and for what it makes.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from theanolike.codegen.lowering import Call, Literal, as_index, sub
from theanolike.ops.declare import Builder, Extent, Shape, Value

__all__ = ["branch_by_extents", "first_extents", "held_to"]

Body = Callable[..., Sequence[Value]]
Extents = Sequence[Sequence[int | Extent]]


def branch_by_extents(
    b: Builder,
    condition: Value,
    captured: Sequence[Value],
    bodies: tuple[Body, Body],
    static: Extents,
) -> tuple[Value, ...]:
    """Return what `b.branch` does; `static` are the extents known by type, or None."""
    then, otherwise = bodies
    sizes = b.branch(
        condition, captured, _sizes_of(then, static), _sizes_of(otherwise, static)
    )
    extents = _told(b, sizes, static)
    return b.branch(
        condition, captured, held_to(extents, then), held_to(extents, otherwise)
    )


def first_extents(
    b: Builder,
    steps: int | Extent,
    given: Sequence[Value],
    body: Body,
    static: Extents,
    *,
    reverse: bool,
) -> Extents:
    """Return the extents of what the first step collects, 0 for those of no step.

    `body(b, step, *given)` makes what is collected.
    """
    first = sub(steps, 1) if reverse else 0

    def step(inner: Builder, *arguments: Value) -> Sequence[Value]:
        return body(inner, _number(inner, first), *arguments)

    def nothing(inner: Builder, *_: Value) -> Sequence[Value]:
        return [_number(inner, 0) for known in static for e in known if e is None]

    zero = Literal(0, "int64")
    runs = b.map((), "bool", lambda: Call("gt", "bool", (as_index(steps), zero)))
    sizes = b.branch(runs, given, _sizes_of(step, static), nothing)
    return _told(b, sizes, static)


def held_to(extents: Extents, body: Body, first: int = 0) -> Body:
    """Return a body of which the values from `first` on are held to extents."""

    def held(inner: Builder, *arguments: Value) -> Sequence[Value]:
        made = list(body(inner, *arguments))
        for k, wanted in enumerate(extents, first):
            for axis, extent in enumerate(wanted):
                inner.require_equal(extent, made[k].shape[axis], axis)
            if made[k].ndim:
                made[k] = _copied(inner, made[k], tuple(wanted))
        return made

    return held


def _copied(b: Builder, value: Value, shape: Shape) -> Value:
    """Return a value as one that is made when its extents have been looked at.

    Where rows lie there is room for these only.
    """
    return b.map(shape, value.dtype, value.at)


def _sizes_of(body: Body, static: Extents) -> Body:
    """Return a body that makes the extents of another's values as numbers."""

    def sizes(inner: Builder, *arguments: Value) -> Sequence[Value]:
        pairs = zip(body(inner, *arguments), static, strict=True)
        return [
            _number(inner, value.shape[axis])
            for value, known in pairs
            for axis, extent in enumerate(known)
            if extent is None
        ]

    return sizes


def _number(b: Builder, extent: int | Extent) -> Value:
    return b.map((), "int64", lambda: as_index(extent))


def _told(b: Builder, sizes: Sequence[Value], static: Extents) -> Extents:
    numbers: Iterator[Any] = (b.item(value) for value in sizes)
    return [
        [next(numbers) if extent is None else extent for extent in known]
        for known in static
    ]
