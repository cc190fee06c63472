"""Repeating and rotating elements: tile, repeat, roll."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from theanolike.codegen import lowering
from theanolike.errors import UnsupportedError
from theanolike.graph.apply import Apply
from theanolike.graph.record import record
from theanolike.graph.variable import Variable
from theanolike.ops.cotangent import Cotangent, Pulled, disconnected
from theanolike.ops.declare import Builder, Scalar, Shape, Shaped, Value, register
from theanolike.ops.dimshuffle import shape_padleft
from theanolike.ops.extents import require_nonnegative, shape_i
from theanolike.ops.known import (
    as_extents,
    find_constant,
    find_vector_length,
    known_int,
)
from theanolike.ops.shape import Rearrangement, flatten, merged, reshape, spread_support
from theanolike.types.constants import as_tensor_variable
from theanolike.types.dtypes import INTEGERS
from theanolike.types.type import TensorType
from theanolike.types.variable import functions

MOST_COPIES = 8  # copies side by side of which an element's place tells which it is in


def _sum_groups(g: Cotangent, extents: Sequence[Any], axes: Sequence[int]) -> Cotangent:
    """Reshape a cotangent to `extents` and sum it over `axes`."""
    f = functions()
    return spread_support(g).through(  # type: ignore[no-any-return]
        lambda v: f.sum(reshape(v, extents), axis=list(axes), dtype=v.type.dtype),
        lambda s: f.any(reshape(s, extents), axis=list(axes)),
    )


def _times(extent: int | None, count: int | None) -> int | None:
    return None if extent is None or count is None else extent * count


@record
class Tile(Rearrangement):
    """The whole array repeated along each axis; an operand per axis says how often."""

    def make_node(self, *inputs: Any) -> Apply:
        x = as_tensor_variable(inputs[0])
        counts = as_extents(list(inputs[1:]), what="tile")
        pairs = zip(x.type.shape, counts, strict=True)
        static = tuple(_times(extent, known_int(c)) for extent, c in pairs)
        kind = TensorType(x.type.dtype, static)
        return Apply(self, [x, *counts], [kind.make_variable()])

    def shape(self, *inputs: Shaped) -> Shape:
        pairs = zip(inputs[0].shape, inputs[1:], strict=True)
        return tuple(lowering.mul(extent, count.item()) for extent, count in pairs)

    def reference(self, *arrays: Any) -> Any:
        return np.tile(arrays[0], tuple(int(a) for a in arrays[1:]))

    def pullback(
        self, node: Apply, cotangents: Sequence[Cotangent | None]
    ) -> Sequence[Pulled]:
        (g,) = cotangents
        x, *counts = node.inputs
        others: list[Pulled] = [disconnected] * len(counts)
        if g is None:
            return [disconnected, *others]
        extents: list[Any] = []
        for axis, count in enumerate(counts):
            extents += [count, shape_i(x, axis)]
        return [_sum_groups(g, extents, range(0, len(extents), 2)), *others]

    def lower(self, b: Builder, *inputs: Value) -> Value:
        x = inputs[0]
        counts = [b.item(c) for c in inputs[1:]]
        require_nonnegative(b, counts)
        b.make_room((*x.shape, *counts))
        extents = tuple(
            lowering.mul(e, c) for e, c in zip(x.shape, counts, strict=True)
        )

        last = counts[-1] if counts and x.shape[-1] != 1 else 1
        beside = last if isinstance(last, int) and last <= MOST_COPIES else 1

        def element(*axes: Scalar) -> Scalar:
            place: list[Any] = [
                axis if count == 1 else 0 if own == 1 else axis % lowering.Size(own)
                for axis, count, own in zip(axes, counts, x.shape, strict=True)
            ]
            if beside > 1:
                return _one_of_copies(x, place[:-1], axes[-1], beside)
            return x.at(*place)

        return b.map(merged(extents, b.outputs[0].shape), x.dtype, element)


def _one_of_copies(
    x: Value, before: Sequence[Scalar], last: Scalar, count: int
) -> Scalar:
    """Return the element at `last` of copies side by side, each a slice of its own."""
    own = x.shape[-1]

    def copy(k: int) -> Scalar:
        place = last - lowering.Size(lowering.mul(own, k)) if k else last
        return x.at(*before, lowering.kept_inside(place, x, x.ndim - 1))

    chosen = copy(count - 1)
    for k in range(count - 1, 0, -1):
        first = last < lowering.Size(lowering.mul(own, k))
        chosen = lowering.guard(first, copy(k - 1), chosen)
    return chosen


@record
class Repeat(Rearrangement):
    """Each slice along `axis` repeated; the second operand says how often."""

    axis: int

    def make_node(self, *inputs: Any) -> Apply:
        x = as_tensor_variable(inputs[0])
        (count,) = as_extents(list(inputs[1:]), what="repeat")
        static = list(x.type.shape)
        static[self.axis] = _times(static[self.axis], known_int(count))
        kind = TensorType(x.type.dtype, tuple(static))
        return Apply(self, [x, count], [kind.make_variable()])

    def shape(self, *inputs: Shaped) -> Shape:
        x, count = inputs
        extents = list(x.shape)
        extents[self.axis] = lowering.mul(extents[self.axis], count.item())
        return tuple(extents)

    def reference(self, *arrays: Any) -> Any:
        return np.repeat(arrays[0], int(arrays[1]), self.axis)

    def pullback(
        self, node: Apply, cotangents: Sequence[Cotangent | None]
    ) -> Sequence[Pulled]:
        (g,) = cotangents
        if g is None:
            return [disconnected, disconnected]
        x, count = node.inputs
        extents: list[Any] = [shape_i(x, k) for k in range(x.ndim)]  # type: ignore[attr-defined]
        extents.insert(self.axis + 1, count)
        return [_sum_groups(g, extents, [self.axis + 1]), disconnected]

    def lower(self, b: Builder, *inputs: Value) -> Value:
        x = inputs[0]
        count = b.item(inputs[1])
        require_nonnegative(b, [count])
        b.make_room((*x.shape, count))
        extents = list(x.shape)
        extents[self.axis] = lowering.mul(extents[self.axis], count)

        def element(*axes: Scalar) -> Scalar:
            place: list[Any] = list(axes)
            if count != 1:
                place[self.axis] = axes[self.axis] // lowering.Size(count)
            return x.at(*place)

        return b.map(merged(extents, b.outputs[0].shape), x.dtype, element)


@record
class Roll(Rearrangement):
    """Elements moved along `axis` by the second operand, around the end."""

    axis: int

    def make_node(self, *inputs: Any) -> Apply:
        x = as_tensor_variable(inputs[0])
        (shift,) = as_extents(list(inputs[1:]), what="roll")
        return Apply(self, [x, shift], [x.type.make_variable()])

    def shape(self, *inputs: Shaped) -> Shape:
        return inputs[0].shape

    def reference(self, *arrays: Any) -> Any:
        return np.roll(arrays[0], int(arrays[1]), self.axis)

    def back(self, node: Apply, value: Any) -> Any:
        return self(value, functions().neg(node.inputs[1]))

    def lower(self, b: Builder, *inputs: Value) -> Value:
        x = inputs[0]
        shift, own = b.item(inputs[1]), x.shape[self.axis]
        start = lowering.mod(lowering.sub(0, shift), own)

        def element(*axes: Scalar) -> Scalar:
            moved = axes[self.axis] + lowering.Size(start)
            wrapped = lowering.select(
                moved < lowering.Size(own),
                moved,
                moved - lowering.Size(own),
            )
            return x.at(*axes[: self.axis], wrapped, *axes[self.axis + 1 :])

        return b.map(x.shape, x.dtype, element)


register(Tile(), "tile")
register(Repeat(0), "repeat")
register(Roll(0), "roll")


def tile(x: Any, reps: Any, ndim: int | None = None) -> Any:
    """Return `x` repeated along each axis.

    Parameters
    ----------
    x : tensor
    reps : int, scalar, sequence of them, or vector of known length
        For the last axes; an array of lower rank gets dims of 1 before its own.
    ndim : int, optional
        The rank of the result, where it is larger.
    """
    x = as_tensor_variable(x)
    is_open = isinstance(reps, Variable) and find_vector_length(reps) is None
    counts = as_extents(reps, ndim if is_open else None, "tile")
    rank = max(x.ndim, len(counts), 0 if ndim is None else ndim)
    if ndim is not None and ndim < rank:
        raise ValueError(f"tile: ndim {ndim} is less than the rank {rank} needed.")
    counts = [as_tensor_variable(1)] * (rank - len(counts)) + counts
    return Tile()(shape_padleft(x, rank - x.ndim) if rank > x.ndim else x, *counts)


def repeat(x: Any, repeats: Any, axis: int | None = None) -> Any:
    """Return `x` with each element, or slice along `axis`, repeated.

    Parameters
    ----------
    x : tensor
    repeats : int, scalar, or vector of known values
        How often; a vector says it for each slice.
    axis : int, optional
        The elements of the flattened array if missing.
    """
    x = as_tensor_variable(x)
    if axis is None:
        x, axis = (x if x.ndim == 1 else flatten(x)), 0
    if not -x.ndim <= axis < x.ndim:
        raise ValueError(f"axis {axis} is out of range for {x} of rank {x.ndim}.")
    axis %= x.ndim
    counts = as_tensor_variable(repeats)
    if counts.type.dtype not in INTEGERS:
        raise TypeError(f"repeat takes integer repeats, got {counts.type}.")
    if counts.ndim == 0:
        return Repeat(axis)(x, counts)
    if counts.ndim > 1:
        raise ValueError(f"repeat takes a scalar or a vector, got {counts.type}.")
    if counts.type.shape[0] == 1:
        return Repeat(axis)(x, functions().dimshuffle(counts, ()))
    return _repeat_each(x, counts, axis)


def _repeat_each(x: Any, counts: Variable, axis: int) -> Any:
    """Take the slice that stands at each place, where the counts are known."""
    known = find_constant(counts)
    if known is None:
        raise UnsupportedError(
            "repeat by a vector that isn't known before the function runs isn't there "
            "yet; index with x[indices]."
        )
    x = functions().specify_static(
        x, tuple(len(known) if k == axis else None for k in range(x.ndim))
    )
    places = np.repeat(np.arange(len(known)), known)
    return functions().getitem(x, (slice(None),) * axis + (places,))


def roll(x: Any, shift: Any, axis: int | None = None) -> Any:
    """Return `x` with its elements moved by `shift` along `axis`, around the end.

    Without an axis the elements move in row-major order.
    """
    x = as_tensor_variable(x)
    if axis is None:
        if x.ndim <= 1:
            return Roll(0)(x, shift) if x.ndim else x
        return reshape(
            Roll(0)(flatten(x), shift), [shape_i(x, k) for k in range(x.ndim)]
        )
    if not -x.ndim <= axis < x.ndim:
        raise ValueError(f"axis {axis} is out of range for {x} of rank {x.ndim}.")
    return Roll(axis % x.ndim)(x, shift)
