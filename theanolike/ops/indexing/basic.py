"""Indexing by integers and slices: `Subtensor` takes elements, `IncSubtensor` puts.

A slice is an index map, no data move. An integer is required to be in bounds.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from theanolike.codegen import lowering
from theanolike.graph.apply import Apply
from theanolike.graph.pretty import Pieces
from theanolike.graph.record import record
from theanolike.graph.variable import Variable
from theanolike.ops.declare import (
    Builder,
    NativeOp,
    Scalar,
    Shape,
    Shaped,
    Value,
    register,
)
from theanolike.ops.indexing.pattern import (
    FULL,
    Number,
    Pattern,
    Span,
    check_rank,
    check_static,
    extents_of,
    is_integer,
    items_of,
    span_of,
    static_extent,
    whole,
)
from theanolike.ops.indexing.region import Put, Take, is_uniform
from theanolike.ops.known import known_int
from theanolike.ops.shape import merged
from theanolike.types.broadcasting import StaticShape
from theanolike.types.constants import TensorConstant, as_tensor_variable
from theanolike.types.dtypes import INTEGERS
from theanolike.types.type import TensorType

# A base of so many elements is rewritten as a whole; a larger one is copied, and the
# region is written after it.
_SMALL = 64


def _numbers(given: Sequence[Any]) -> list[Any]:
    """Return the integers of an index as 0-d tensors."""
    variables = [as_tensor_variable(v) for v in given]
    for v in variables:
        if v.ndim or v.type.dtype not in INTEGERS:
            raise TypeError(
                f"Expected an integer as an index, got {v} of type {v.type}; cast it."
            )
    return variables


def _static_region(pattern: Pattern, x: Any, numbers: Sequence[Any]) -> StaticShape:
    """Return what is known of the shape of x[pattern]."""
    check_rank(len(pattern), x.ndim, x)
    known = [known_int(v) for v in numbers]
    items = items_of(pattern, [... if k is None else k for k in known])
    shape: list[int | None] = []
    for axis, (item, extent) in enumerate(zip(items, x.type.shape, strict=False)):
        if isinstance(item, slice):
            shape.append(static_extent(item, extent))
        elif item is not ...:
            check_static(item, extent, axis, x)
    return (*shape, *x.type.shape[len(pattern) :])


def _spans(pattern: Pattern, extents: Shape, numbers: Sequence[Number]) -> list[Span]:
    """Return the elements that an index takes of each dim."""
    items = items_of(pattern, numbers)
    spans = [
        span_of(item, extent) if isinstance(item, slice) else Span(item)
        for item, extent in zip(items, extents, strict=False)
    ]
    return spans + [whole(extent) for extent in extents[len(pattern) :]]


def _checked_spans(
    b: Builder, pattern: Pattern, extents: Shape, numbers: Sequence[Value]
) -> list[Span]:
    """As `_spans`, with integers in bounds and steps that aren't 0 at run time."""
    rest = iter(numbers)
    checked: list[Number] = []
    for entry, extent in zip(pattern, extents, strict=False):
        if is_integer(entry):
            checked.append(b.place(b.item(next(rest)), extent))
            continue
        parts = entry.split(":")
        found = [b.item(next(rest)) for part in parts if part]
        if parts[2] and not isinstance(found[-1], int):
            _require_step(b, found[-1])
        checked += found
    return [
        Span(
            b.suppose(span.first),
            b.suppose(span.step),
            None if span.length is None else b.suppose(span.length),
        )
        for span in _spans(pattern, extents, checked)
    ]


def _require_step(b: Builder, step: Number) -> None:
    upward = lowering.where_negative(lowering.sub(step, 1), 1, 0)
    downward = lowering.where_negative(step, 1, 0)
    b.require_equal(lowering.sub(upward, downward), 0)


class _ByPattern(NativeOp):
    """An op whose last operands are the integers of `idx_list`."""

    idx_list: Pattern

    def index(self, numbers: Sequence[Any]) -> tuple[Any, ...]:
        """Return NumPy's index."""
        return tuple(items_of(self.idx_list, [int(n) for n in numbers]))


@record
class Subtensor(_ByPattern, Take):
    """The elements of x at an index of integers and slices."""

    idx_list: Pattern

    def make_node(self, *inputs: Any) -> Apply:
        x = as_tensor_variable(inputs[0])
        numbers = _numbers(inputs[1:])
        static = _static_region(self.idx_list, x, numbers)
        kind = TensorType(x.type.dtype, static)
        return Apply(self, [x, *numbers], [kind.make_variable()])

    def put(self, *, is_set: bool) -> "IncSubtensor":
        return IncSubtensor(self.idx_list, is_set)

    def shape(self, *inputs: Shaped) -> Shape:
        x, *numbers = inputs
        return extents_of(_spans(self.idx_list, x.shape, [n.item() for n in numbers]))

    def reference(self, *arrays: Any) -> Any:
        return np.asarray(arrays[0])[self.index(arrays[1:])]

    def lower(self, b: Builder, *inputs: Value) -> Value:
        x, *numbers = inputs
        spans = _checked_spans(b, self.idx_list, x.shape, numbers)
        if spans == [whole(extent) for extent in x.shape]:
            return x
        axes = iter(range(x.ndim))
        dims = [
            lowering.ViewDim(None, span.first)
            if span.length is None
            else lowering.ViewDim(next(axes), span.first, span.step)
            for span in spans
        ]
        return b.view(x, merged(extents_of(spans), b.outputs[0].shape), dims)

    def printed(self, output: Variable) -> Pieces:
        """Return the pieces of `x[i, 1:]`."""
        x, *numbers = output.owner.inputs  # type: ignore[union-attr]
        entries = [_pieces(item) for item in items_of(self.idx_list, numbers)]
        pieces = [piece for entry in entries for piece in (", ", *entry)]
        return [x, "[", *pieces[1:], "]"]

    def __str__(self) -> str:
        return f"Subtensor{{{', '.join(self.idx_list)}}}"


def _pieces(item: Any) -> list[Any]:
    """Return what is printed of an integer or a slice."""
    bounds = (item.start, item.stop, item.step) if isinstance(item, slice) else (item,)
    shown = ["" if v is None else v for v in bounds]
    shown = [str(v.data) if isinstance(v, TensorConstant) else v for v in shown]
    if len(shown) == 3 and shown[2] == "":
        shown.pop()
    return [piece for v in shown for piece in (":", v)][1:]


@record
class IncSubtensor(_ByPattern, Put):
    """x with y added, or put, at an index of integers and slices.

    y has the shape of what the index takes of x, and its dtype.
    """

    idx_list: Pattern
    set_instead_of_inc: bool = False

    def make_node(self, *inputs: Any) -> Apply:
        x, y = self.operands(inputs)
        numbers = _numbers(inputs[2:])
        self.check_region(x, y, _static_region(self.idx_list, x, numbers))
        return Apply(self, [x, y, *numbers], [x.type.make_variable()])

    def take(self) -> Subtensor:
        return Subtensor(self.idx_list)

    def reference(self, *arrays: Any) -> Any:
        x, y, *numbers = arrays
        result = np.array(x, copy=True)
        index = self.index(numbers)
        if result[index].shape != np.shape(y):
            self.refuse_region(result[index].shape, np.shape(y))
        result[index] = y if self.set_instead_of_inc else result[index] + y
        return result

    def lower(self, b: Builder, *inputs: Value) -> Value:
        x, y, *numbers = inputs
        spans = _checked_spans(b, self.idx_list, x.shape, numbers)
        for axis, extent in enumerate(extents_of(spans)):
            b.require_equal(extent, y.shape[axis], axis)
        size = lowering.product(x.shape)
        if is_uniform(x) or (isinstance(size, int) and size <= _SMALL):
            return self._rewritten(b, x, y, spans)
        return self._written(b, x, y, spans)

    def _rewritten(
        self, b: Builder, x: Value, y: Value, spans: Sequence[Span]
    ) -> Value:
        """Decide for each element of x whether it is in the region."""

        def element(*axes: Scalar) -> Scalar:
            places: list[Scalar] = []
            tests: list[Scalar] = []
            for axis, span, extent in zip(axes, spans, x.shape, strict=True):
                if span.length is None:
                    tests.append(axis.equals(lowering.Size(span.first)))
                else:
                    places.append(_place_in(axis, span, extent, tests))
            old, new = x.at(*axes), y.at(*places)
            written = new if self.set_instead_of_inc else old + new
            if not tests:
                return written
            inside = tests[0]
            for test in tests[1:]:
                inside = inside & test
            return lowering.guard(inside, written, old)

        return b.map(x.shape, x.dtype, element)

    def _written(self, b: Builder, x: Value, y: Value, spans: Sequence[Span]) -> Value:
        """Write the region after a copy of x."""

        def element(*axes: Scalar) -> tuple[list[Any], Scalar]:
            own = iter(axes)
            where = [
                span.first if span.length is None else _place_of(next(own), span)
                for span in spans
            ]
            return where, y.at(*axes)

        kind = "set" if self.set_instead_of_inc else "add"
        return b.scatter(kind, x, y.shape, element, unique=True)

    def __str__(self) -> str:
        verb = "Set" if self.set_instead_of_inc else "Inc"
        return f"IncSubtensor{{{verb};{', '.join(self.idx_list)}}}"


def _place_of(i: Scalar, span: Span) -> Scalar:
    """Return where element i of a span lies."""
    scaled = i if span.step == 1 else i * lowering.Size(span.step)
    return scaled if span.first == 0 else scaled + lowering.Size(span.first)


def _place_in(axis: Scalar, span: Span, extent: Number, tests: list[Scalar]) -> Scalar:
    """Return which element of a span lies at `axis`; say in `tests` if one does."""
    if span == whole(extent):
        return axis
    place = axis if span.first == 0 else axis - lowering.Size(span.first)
    if span.step != 1:
        step = lowering.Size(span.step)
        steps = place // step
        tests.append((steps * step).equals(place))
        place = steps
    is_upward = isinstance(span.step, int) and span.step > 0
    if span.first != 0 or not is_upward:  # downward, what is behind 0 is not in it
        tests.append(place >= 0)
    tests.append(place < lowering.Size(span.length or 0))
    return place


register(Subtensor((FULL, "int64")), "Subtensor")
register(Subtensor(("int64:int64:int64",)), "Subtensor of slices")
register(IncSubtensor((FULL, "int64")), "IncSubtensor")
register(IncSubtensor(("int64:int64:int64",), True), "SetSubtensor")
