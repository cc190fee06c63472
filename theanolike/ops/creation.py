"""New tensors: filled arrays, ranges, grids."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from theanolike.codegen import lowering
from theanolike.errors import ShapeError
from theanolike.graph.apply import Apply
from theanolike.graph.record import record
from theanolike.graph.variable import Variable
from theanolike.ops.cotangent import Cotangent, Pulled, Tangent, disconnected
from theanolike.ops.declare import (
    Builder,
    Extent,
    NativeOp,
    Scalar,
    Shape,
    Shaped,
    Value,
    WithoutGradient,
    register,
)
from theanolike.ops.elementwise import cast_scalar
from theanolike.ops.extents import require_nonnegative, shape_i
from theanolike.ops.known import as_extents, find_constant, known_int
from theanolike.ops.operands import as_operands
from theanolike.ops.shape import merged
from theanolike.types.broadcasting import broadcast_static
from theanolike.types.constants import as_tensor_variable, constant
from theanolike.types.dtypes import (
    UNSIGNED,
    as_dtype,
    floatX,
    is_discrete,
    promote,
)
from theanolike.types.type import TensorType
from theanolike.types.variable import functions


@record
class Alloc(NativeOp):
    """The first operand repeated to a shape, whose extents are the other operands."""

    def make_node(self, *inputs: Any) -> Apply:
        value = as_tensor_variable(inputs[0])
        extents = as_extents(list(inputs[1:]))
        known = tuple(known_int(e) for e in extents)
        negative = [e for e in known if e is not None and e < 0]
        if negative:
            raise ValueError(f"Alloc got the negative extent {negative[0]}.")
        if value.ndim > len(extents):
            raise TypeError(
                f"The Alloc value to use has more dimensions ({value.ndim}) than the "
                f"shape has ({len(extents)}): pass an extent for each."
            )
        static = broadcast_static([value.type.shape, known], "Value and shape of Alloc")
        if any(
            k == 1 and s not in (None, 1) for k, s in zip(known, static, strict=True)
        ):
            raise ValueError(
                f"Alloc can't bring a value of shape {value.type.shape} to {known}."
            )
        kept = tuple(1 if k == 1 else s for k, s in zip(known, static, strict=True))
        kind = TensorType(value.type.dtype, kept)
        return Apply(self, [value, *extents], [kind.make_variable()])

    def shape(self, *inputs: Shaped) -> Shape:
        return tuple(e.item() for e in inputs[1:])

    def reference(self, *arrays: Any) -> Any:
        return np.array(np.broadcast_to(arrays[0], tuple(int(e) for e in arrays[1:])))

    def pullback(
        self, node: Apply, cotangents: Sequence[Cotangent | None]
    ) -> Sequence[Pulled]:
        (g,) = cotangents
        others: list[Pulled] = [disconnected] * (len(node.inputs) - 1)
        if g is None:
            return [disconnected, *others]
        f = functions()
        value = node.inputs[0]
        pulled = g.through(lambda v: f.sum_to(v, value), lambda s: f.or_to(s, value))
        return [pulled, *others]

    def pushforward(
        self, node: Apply, tangents: Sequence[Tangent | None]
    ) -> Sequence[Tangent | None]:
        t = tangents[0]
        return [None if t is None else Tangent(self(t.value, *node.inputs[1:]))]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True]] + [[False]] * (len(node.inputs) - 1)

    def lower(self, b: Builder, *inputs: Value) -> Value:
        value = inputs[0]
        extents = merged([b.item(e) for e in inputs[1:]], b.outputs[0].shape)
        require_nonnegative(b, extents)
        padding = len(extents) - value.ndim
        for k, own in enumerate(value.shape):
            if not (isinstance(own, int) and own == 1):
                b.require_equal(extents[k + padding], own, k, broadcasting=True)
        return b.expand(value, extents)


register(Alloc(), "alloc")


def alloc(value: Any, *shape: Any) -> Any:
    """Return an array of `shape` filled with `value`, which may have dims itself."""
    return Alloc()(value, *as_extents(shape[0] if len(shape) == 1 else shape))


class AllocEmpty:
    """Makes arrays whose elements nobody relies on; they are zero."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = as_dtype(dtype)

    def __call__(self, *shape: Any) -> Any:
        return alloc(np.zeros((), self.dtype), *shape)


def zeros(shape: Any, dtype: Any = None) -> Any:
    """Return zeros; the dtype is floatX unless given."""
    return full(shape, 0, dtype)


def ones(shape: Any, dtype: Any = None) -> Any:
    """Return ones; the dtype is floatX unless given."""
    return full(shape, 1, dtype)


def full(shape: Any, fill_value: Any, dtype: Any = None) -> Any:
    """Return an array filled with one value; the dtype is floatX unless given."""
    kind = floatX() if dtype is None else as_dtype(dtype)
    if isinstance(fill_value, Variable):
        value = functions().cast(fill_value, kind)
    else:
        value = constant(np.asarray(fill_value, kind))
    return Alloc()(value, *as_extents(shape))


def zeros_like(model: Any, dtype: Any = None, opt: bool = False) -> Any:  # noqa: ARG001 - Theano takes it
    """Return zeros of the shape and dtype of `model`; `opt` has no effect."""
    return _filled_like(model, 0, dtype)


def ones_like(model: Any, dtype: Any = None, opt: bool = False) -> Any:  # noqa: ARG001 - Theano takes it
    """Return ones of the shape and dtype of `model`; `opt` has no effect."""
    return _filled_like(model, 1, dtype)


def _filled_like(model: Any, value: int, dtype: Any) -> Any:
    model = as_tensor_variable(model)
    kind = model.type.dtype if dtype is None else as_dtype(dtype)
    return functions().fill(model, constant(np.asarray(value, kind)))


MOST_ELEMENTS = 1 << 53


def check_count(count: Any) -> None:
    """Raise MemoryError for more elements than can be addressed."""
    if count > MOST_ELEMENTS:
        raise MemoryError(f"Unable to allocate an array of {count} elements.")


STEP_OF_ZERO = "arange needs a step that isn't 0, and finite bounds."


@record
class ARange(WithoutGradient):
    """start, start + step, ... before stop, of integers."""

    dtype: str

    def make_node(self, *inputs: Any) -> Apply:
        bounds = as_extents(list(inputs), what="arange")
        known = [known_int(v) for v in bounds]
        if known[2] == 0:
            raise ValueError(STEP_OF_ZERO)
        length = None if None in known else len(range(*known))  # type: ignore[arg-type]
        return Apply(self, bounds, [TensorType(self.dtype, (length,)).make_variable()])

    def shape(self, *inputs: Shaped) -> Shape:
        start, stop, step = (v.item() for v in inputs)
        return (_range_length(start, stop, step),)

    def reference(self, *arrays: Any) -> Any:
        start, stop, step = (int(a) for a in arrays)
        if not step:
            raise ShapeError(STEP_OF_ZERO)
        # NumPy's own arithmetic overflows, to a range of nothing.
        check_count(_range_length(start, stop, step))
        return np.arange(start, stop, step, dtype=self.dtype)

    def lower(self, b: Builder, *inputs: Value) -> Value:
        start, stop, step = (b.item(v) for v in inputs)
        if not isinstance(step, int):
            positive = lowering.where_negative(step, 0, step)
            zero = lowering.where_negative(lowering.sub(positive, 1), 1, 0)
            negative = lowering.where_negative(step, 1, 0)
            b.require_equal(lowering.sub(zero, negative), 0)
        if not isinstance(start, int) and not isinstance(stop, int):
            # Else their difference may overflow.
            b.require_at_most(_half_distance(start, stop), 1 << 61)
        extents = merged((_range_length(start, stop, step),), b.outputs[0].shape)
        first, stride = lowering.Size(start), lowering.Size(step)

        def element(i: Scalar) -> Scalar:
            scaled = i if step == 1 else i * stride
            return cast_scalar(scaled if start == 0 else scaled + first, self.dtype)

        return b.map(extents, self.dtype, element)


def _half_distance(start: int | Extent, stop: int | Extent) -> int | Extent:
    halves = lowering.floordiv(start, 2), lowering.floordiv(stop, 2)
    return lowering.maximum(lowering.sub(*halves), lowering.sub(*halves[::-1]))


def _range_length(
    start: int | Extent, stop: int | Extent, step: int | Extent
) -> int | Extent:
    steps = lowering.sub(stop, start)
    if step != 1:
        steps = lowering.ceildiv(steps, step)
    return steps if lowering.is_nonnegative(steps) else lowering.maximum(steps, 0)


register(ARange("int64"), "arange")


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = None) -> Any:
    """Return start, start + step, ... before `stop`; one argument is the stop.

    Integers give int64 (uint64 if all are unsigned), anything else their promoted
    dtype.
    """
    if stop is None:
        start, stop = 0, start
    bounds = [as_tensor_variable(v) for v in (start, stop, step)]
    for v in bounds:
        if v.ndim:
            raise TypeError(f"arange takes scalars, got {v} of type {v.type}.")
    found = promote(*(v.type.dtype for v in as_operands([start, stop, step])))
    discrete = is_discrete(found)
    if discrete:
        found = "uint64" if found in UNSIGNED else "int64"
    kind = found if dtype is None else as_dtype(dtype)
    if discrete and is_discrete(kind):
        return ARange(kind)(*bounds)
    return _float_range(bounds, kind)


def _float_range(bounds: Sequence[Any], dtype: str) -> Any:
    f = functions()
    first, last, step = (f.cast(v, "float64") for v in bounds)
    steps = f.ceil((last - first) / step)
    known = find_constant(steps)
    if known is None:
        # Where there is no number of steps, the range of places refuses the step 0.
        by = f.cast(f.invert(f.or_(f.isnan(steps), f.isinf(steps))), "int64")
        # What an int64 doesn't hold is too large in any case.
        count = f.cast(f.minimum(steps, 2.0**62), "int64")
        places = ARange("int64")(0, count, by)
    elif np.isfinite(known):
        places = ARange("int64")(0, max(int(known), 0), 1)
    else:
        raise ValueError(STEP_OF_ZERO)
    places = f.cast(places, "float64")
    return f.cast(first + places * step, dtype)


class Grid:
    """Coordinates of a grid: `T.mgrid[0:3, 0:2]`; of `T.ogrid` they broadcast to it."""

    def __init__(self, *, dense: bool) -> None:
        self.dense = dense

    def __getitem__(self, slices: Any) -> Any:
        """Return one array per slice: dense, or with extents of 1 that broadcast."""
        single = isinstance(slices, slice)
        ranges = [_range_of(s) for s in ([slices] if single else slices)]
        if single:
            return ranges[0]
        f, rank = functions(), len(ranges)
        arrays = [
            f.dimshuffle(r, ["x"] * k + [0] + ["x"] * (rank - k - 1))
            for k, r in enumerate(ranges)
        ]
        if not self.dense:
            return arrays
        extents = [shape_i(r, 0) for r in ranges]
        dtype = promote(*(r.type.dtype for r in ranges))
        return f.stack([Alloc()(f.cast(a, dtype), *extents) for a in arrays])


def _range_of(part: slice) -> Any:
    if part.step is not None and np.iscomplexobj(part.step):
        raise NotImplementedError(
            "A complex step in a grid isn't there; give the step, not a count."
        )
    start = 0 if part.start is None else part.start
    return arange(start, part.stop, 1 if part.step is None else part.step)


mgrid = Grid(dense=True)
ogrid = Grid(dense=False)
