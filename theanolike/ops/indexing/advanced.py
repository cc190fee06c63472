"""Indexing by integer arrays: `AdvancedSubtensor` gathers, `AdvancedIncSubtensor` puts.

The index arrays are broadcast together. Where the indexed dims stand side by side, the
dims of the index arrays take their place in the result; else they come first.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from theanolike.graph.apply import Apply
from theanolike.graph.pretty import Pieces, listed
from theanolike.graph.record import record
from theanolike.graph.variable import Variable
from theanolike.ops.declare import (
    Builder,
    Extent,
    NativeOp,
    Scalar,
    Shape,
    Shaped,
    Value,
    register,
)
from theanolike.ops.elementwise import broadcast_shape
from theanolike.ops.indexing.pattern import check_rank, check_static
from theanolike.ops.indexing.region import Put, Take
from theanolike.ops.shape import merged
from theanolike.types.broadcasting import broadcast_static
from theanolike.types.constants import TensorConstant, as_tensor_variable
from theanolike.types.dtypes import INTEGERS
from theanolike.types.type import TensorType
from theanolike.types.variable import functions

Axes = tuple[int, ...]


def _place(axes: Axes) -> int:
    """Return where the dims of the index arrays stand in the result."""
    return axes[0] if axes == tuple(range(axes[0], axes[0] + len(axes))) else 0


def _region(axes: Axes, own: Sequence[Any], index: Sequence[Any]) -> tuple[Any, ...]:
    """Return the shape of the result, from those of x and of the index arrays."""
    kept = [extent for axis, extent in enumerate(own) if axis not in axes]
    place = _place(axes)
    return (*kept[:place], *index, *kept[place:])


def _index_arrays(axes: Axes, x: Any, given: Sequence[Any]) -> list[Any]:
    """Return the index arrays as tensors, constants checked to be in bounds."""
    check_rank(max(axes) + 1, x.ndim, x)
    indices = [as_tensor_variable(v) for v in given]
    for axis, index in zip(axes, indices, strict=True):
        if index.type.dtype not in INTEGERS:
            raise TypeError(
                f"Expected integers as an index array, got {index} of type "
                f"{index.type}; cast it."
            )
        if isinstance(index, TensorConstant) and index.data.size:
            for place in (index.data.min(), index.data.max()):
                check_static(int(place), x.type.shape[axis], axis, x)
    return indices


class _ByArrays(NativeOp):
    """An op whose last operands are index arrays for the dims `axes` of x."""

    axes: Axes

    def index(self, arrays: Sequence[Any]) -> tuple[Any, ...]:
        """Return NumPy's index."""
        given = dict(zip(self.axes, arrays, strict=True))
        return tuple(given.get(k, slice(None)) for k in range(max(self.axes) + 1))

    def static_region(self, x: Any, indices: Sequence[Any]) -> tuple[int | None, ...]:
        """Return what is known of the shape of the region."""
        shapes = [v.type.shape for v in indices]
        return _region(
            self.axes, x.type.shape, broadcast_static(shapes, "The index arrays")
        )

    def source(
        self, b: Builder, x: Value, indices: Sequence[Value]
    ) -> tuple[Shape, Any]:
        """Return the region's shape, and where in x the element at its axes lies."""
        common, readers = b.broadcast(*indices)
        place, rank = _place(self.axes), len(common)
        for k in self.axes:
            b.require_elements(x.shape[k], common)

        def where(axes: Sequence[Scalar]) -> list[Scalar]:
            inner = axes[place : place + rank]
            found = {
                k: b.checked(read(inner), x.shape[k])
                for k, read in zip(self.axes, readers, strict=True)
            }
            others = iter((*axes[:place], *axes[place + rank :]))
            return [found[k] if k in found else next(others) for k in range(x.ndim)]

        return _region(self.axes, x.shape, common), where


@record
class AdvancedSubtensor(_ByArrays, Take):
    """The elements of x at index arrays for the dims `axes`.

    Attributes
    ----------
    axes : tuple of int
    layers : int
        How many of the nodes before this one are part of the same indexing: the slices
        and new dims of `x[1:, None, i]` are taken first.
    """

    axes: Axes
    layers: int = 0

    is_injective = False

    def make_node(self, *inputs: Any) -> Apply:
        x = as_tensor_variable(inputs[0])
        indices = _index_arrays(self.axes, x, inputs[1:])
        kind = TensorType(x.type.dtype, self.static_region(x, indices))
        return Apply(self, [x, *indices], [kind.make_variable()])

    def put(self, *, is_set: bool) -> "AdvancedIncSubtensor":
        return AdvancedIncSubtensor(self.axes, is_set)

    def support_back(self, x: Any, support: Any, index: Sequence[Any]) -> Any:
        f = functions()
        counts = self.put(is_set=False)(
            f.zeros_like(x, "int64"), f.cast(support, "int64"), *index
        )
        return f.neq(counts, 0)

    def shape(self, *inputs: Shaped) -> Shape:
        x, *indices = inputs
        return _region(self.axes, x.shape, broadcast_shape(*indices))

    def reference(self, *arrays: Any) -> Any:
        return np.asarray(arrays[0])[self.index(arrays[1:])]

    def lower(self, b: Builder, *inputs: Value) -> Value:
        x, *indices = inputs
        region, where = self.source(b, x, indices)
        return b.map(
            merged(region, b.outputs[0].shape),
            x.dtype,
            lambda *axes: x.at(*where(axes)),
        )

    def printed(self, output: Variable) -> Pieces:
        """Return the pieces of `x[:, i]`."""
        x, *indices = output.owner.inputs  # type: ignore[union-attr]
        given = dict(zip(self.axes, indices, strict=True))
        shown = [given.get(axis, ":") for axis in range(max(self.axes) + 1)]
        return [x, "[", *listed(shown), "]"]

    def __str__(self) -> str:
        return "AdvancedSubtensor" + ("1" if self.axes == (0,) else "")


@record
class AdvancedIncSubtensor(_ByArrays, Put):
    """x with y added, or put, at index arrays for the dims `axes`.

    y has the shape of what the index takes of x, and its dtype. Where an element is
    indexed several times, all are added, or the last one is put; the gradient of
    putting takes each of them for the last.
    """

    axes: Axes
    set_instead_of_inc: bool = False

    def make_node(self, *inputs: Any) -> Apply:
        x, y = self.operands(inputs)
        indices = _index_arrays(self.axes, x, inputs[2:])
        self.check_region(x, y, self.static_region(x, indices))
        return Apply(self, [x, y, *indices], [x.type.make_variable()])

    def take(self) -> AdvancedSubtensor:
        return AdvancedSubtensor(self.axes)

    def reference(self, *arrays: Any) -> Any:
        x, y, *indices = arrays
        result = np.array(x, copy=True)
        index = self.index(indices)
        if result[index].shape != np.shape(y):
            self.refuse_region(result[index].shape, np.shape(y))
        if self.set_instead_of_inc:
            result[index] = y
        else:
            np.add.at(result, index, y)
        return result

    def lower(self, b: Builder, *inputs: Value) -> Value:
        x, y, *indices = inputs
        region, where = self.source(b, x, indices)
        domain: list[int | Extent] = [
            b.require_equal(extent, own, axis)
            for axis, (extent, own) in enumerate(zip(region, y.shape, strict=True))
        ]
        kind = "set" if self.set_instead_of_inc else "add"
        return b.scatter(
            kind, x, tuple(domain), lambda *axes: (where(axes), y.at(*axes))
        )

    def __str__(self) -> str:
        verb = "Set" if self.set_instead_of_inc else "Inc"
        return f"AdvancedIncSubtensor{'1' if self.axes == (0,) else ''}{{{verb}}}"


register(AdvancedSubtensor((0,)), "AdvancedSubtensor")
register(AdvancedSubtensor((0, 2)), "AdvancedSubtensor of apart")
register(AdvancedIncSubtensor((0,)), "AdvancedIncSubtensor")
register(AdvancedIncSubtensor((1,), True), "AdvancedSetSubtensor")
