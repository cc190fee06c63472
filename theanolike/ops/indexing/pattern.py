"""What an index says of each dim: an integer or a slice, and which elements it takes.

A pattern is a tuple of texts as Theano prints them: "int64" for an integer, and
"start:stop:step" for a slice, in which each part is "int64" or missing. The integers
themselves are operands of the op, in the order in which they stand in the pattern.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from theanolike.codegen import lowering
from theanolike.errors import IndexOutOfBoundsError
from theanolike.graph.record import record
from theanolike.ops.declare import Extent

Pattern = tuple[str, ...]
Number = int | Extent

INTEGER = "int64"
FULL = "::"


def is_integer(entry: str) -> bool:
    """Tell whether an entry is an integer, which takes its dim away."""
    return ":" not in entry


def entry_of(item: Any) -> str:
    """Return the entry for an integer, or a slice of integers and None."""
    if not isinstance(item, slice):
        return INTEGER
    bounds = (item.start, item.stop, item.step)
    return ":".join("" if part is None else INTEGER for part in bounds)


def numbers_of(items: Iterable[Any]) -> list[Any]:
    """Return the integers of index items, in order."""
    found: list[Any] = []
    for item in items:
        bounds = (
            (item.start, item.stop, item.step) if isinstance(item, slice) else (item,)
        )
        found += [part for part in bounds if part is not None]
    return found


def items_of(pattern: Pattern, numbers: Iterable[Any]) -> list[Any]:
    """Return the index items that `pattern` makes of `numbers`."""
    rest = iter(numbers)
    items: list[Any] = []
    for entry in pattern:
        if is_integer(entry):
            items.append(next(rest))
        else:
            items.append(
                slice(*(next(rest) if part else None for part in entry.split(":")))
            )
    return items


@record
class Span:
    """The elements `first + i * step` of a dim, for i below `length`.

    An integer index has no `length`.
    """

    first: Number
    step: Number = 1
    length: Number | None = None


def whole(extent: Number) -> Span:
    """Return the span of all elements of a dim."""
    return Span(0, 1, extent)


def span_of(item: slice, extent: Number) -> Span:
    """Return the elements that a slice takes of a dim, by Python's rules."""
    step = 1 if item.step is None else item.step
    if item == slice(None):
        return whole(extent)
    if isinstance(step, int):
        if step > 0:
            return _upward(item.start, item.stop, step, extent)
        return _downward(item.start, item.stop, -step, extent)
    size = lowering.where_negative(step, lowering.sub(0, step), step)
    up = _upward(item.start, item.stop, size, extent)
    down = _downward(item.start, item.stop, size, extent)
    return Span(
        lowering.where_negative(step, down.first, up.first),
        step,
        lowering.where_negative(step, down.length or 0, up.length or 0),
    )


def _choose(bound: Number, negative: Number, positive: Number) -> Number:
    """Return the one that the sign of `bound` asks for."""
    if lowering.is_nonnegative(bound):
        return positive
    return lowering.where_negative(bound, negative, positive)


def _upward(start: Any, stop: Any, step: Number, extent: Number) -> Span:
    first: Number = 0
    if start is not None:
        from_end = lowering.maximum(lowering.add(extent, start), 0)
        first = _choose(start, from_end, start)
    end = extent
    if stop is not None:
        end = _choose(stop, lowering.add(extent, stop), lowering.minimum(stop, extent))
    return Span(first, step, _count(lowering.sub(end, first), step))


def _downward(start: Any, stop: Any, step: Number, extent: Number) -> Span:
    last = lowering.sub(extent, 1)
    first = last
    if start is not None:
        first = _choose(
            start, lowering.add(extent, start), lowering.minimum(start, last)
        )
    end: Number = -1
    if stop is not None:
        from_end = lowering.maximum(lowering.add(extent, stop), -1)
        end = _choose(stop, from_end, stop)
    return Span(first, lowering.sub(0, step), _count(lowering.sub(first, end), step))


def _count(distance: Number, step: Number) -> Number:
    """Return how many steps start before `distance`, none where it is negative."""
    count = distance
    if step != 1:
        count = lowering.floordiv(lowering.add(distance, lowering.sub(step, 1)), step)
    if lowering.is_nonnegative(count):
        return count
    if isinstance(count, Extent) and count.op == "add":
        # max(max(n, 0) - k, 0) is max(n - k, 0): slices of slices stay flat.
        of, less = count.args
        is_less = isinstance(less, int) and less <= 0
        if is_less and isinstance(of, Extent) and of.op == "max" and of.args[1] == 0:
            count = lowering.add(of.args[0], less)
    return lowering.maximum(count, 0)


def static_extent(item: Any, extent: int | None) -> int | None:
    """Return how many elements a slice takes, where that is known.

    Parameters
    ----------
    item : slice
        Of ints, None, and ... for what isn't known.
    extent : int or None
    """
    if item == slice(None):
        return extent
    bounds = (item.start, item.stop, item.step)
    if item.step == 0:
        raise ValueError("slice step cannot be zero; use a positive or negative one.")
    if extent is None or ... in bounds:
        return None
    return len(range(*item.indices(extent)))


def check_static(place: int, extent: int | None, axis: int, what: Any) -> None:
    """Refuse an integer that is out of bounds whatever the arguments are."""
    if extent is not None and not -extent <= place < extent:
        raise IndexOutOfBoundsError(
            f"index {place} is out of bounds for axis {axis} of {what} with size "
            f"{extent}."
        )


def check_rank(used: int, rank: int, what: Any) -> None:
    """Refuse an index with more entries than there are dims."""
    if used > rank:
        raise IndexError(
            f"too many indices for array: {what} has rank {rank}, but {used} were "
            "indexed."
        )


def extents_of(spans: Sequence[Span]) -> tuple[Number, ...]:
    """Return the shape that the spans of all dims leave."""
    return tuple(span.length for span in spans if span.length is not None)
