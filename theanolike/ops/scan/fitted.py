"""Rows that fit others where there is none: shapes that disagree do no harm then."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from theanolike.codegen.lowering import minimum, sub, where_negative
from theanolike.graph.apply import Apply
from theanolike.graph.record import record
from theanolike.ops.cotangent import Cotangent, Pulled, Tangent, disconnected
from theanolike.ops.declare import Builder, NativeOp, Shape, Shaped, Value
from theanolike.ops.extents import shape_i
from theanolike.types.type import TensorType

__all__ = ["FitRows"]


@record
class FitRows(NativeOp):
    """The rows as they are; if there is none, with other extents along `axes`.

    The first axis counts the rows; the operands are the rows and those extents. A
    build supposes that there is a row.
    """

    axes: tuple[int, ...]

    def result(self, *types: TensorType) -> TensorType:
        shape = list(types[0].shape)
        for axis in self.axes:
            shape[axis] = None
        return TensorType(types[0].dtype, tuple(shape))

    def shape(self, *inputs: Shaped) -> Shape:
        rows, *wanted = inputs
        shape = list(rows.shape)
        if shape[0] == 0 or not isinstance(shape[0], int):
            none = sub(shape[0], 1)
            for axis, extent in zip(self.axes, wanted, strict=True):
                shape[axis] = where_negative(none, extent.item(), shape[axis])
        return tuple(shape)

    def reference(self, *arrays: Any) -> Any:
        rows, *wanted = arrays
        if len(rows):
            return rows
        shape = list(rows.shape)
        for axis, extent in zip(self.axes, wanted, strict=True):
            shape[axis] = int(extent)
        return np.zeros(shape, rows.dtype)

    def lower(self, b: Builder, *inputs: Value) -> Value:
        rows, *wanted = inputs
        steps = rows.shape[0]
        if isinstance(steps, int) and steps:
            return rows
        b.suppose(minimum(steps, 1))
        shape = list(rows.shape)
        for axis, extent in zip(self.axes, wanted, strict=True):
            chosen = where_negative(sub(steps, 1), b.item(extent), shape[axis])
            shape[axis] = b.suppose(chosen)
        return rows if tuple(shape) == rows.shape else b.reshape(rows, tuple(shape))

    def pullback(
        self, node: Apply, cotangents: Sequence[Cotangent | None]
    ) -> Sequence[Pulled]:
        (g,) = cotangents
        rows: Any = node.inputs[0]
        missing = [disconnected] * len(self.axes)
        if g is None:
            return [disconnected, *missing]
        own = [shape_i(rows, axis) for axis in self.axes]
        return [Cotangent(self(g.value, *own)), *missing]

    def pushforward(
        self, node: Apply, tangents: Sequence[Tangent | None]
    ) -> Sequence[Tangent | None]:
        if tangents[0] is None:
            return [None]
        return [Tangent(self(tangents[0].value, *node.inputs[1:]))]
