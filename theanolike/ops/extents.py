"""Shapes as values: `x.shape`, one extent, vectors of scalars."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from theanolike.codegen import lowering
from theanolike.graph.apply import Apply
from theanolike.graph.record import record
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
from theanolike.ops.operands import as_operands
from theanolike.types.constants import TensorConstant, as_tensor_variable, constant
from theanolike.types.dtypes import is_continuous, promote
from theanolike.types.type import TensorType
from theanolike.types.variable import functions


class OfShape(WithoutGradient):
    """What depends on the shape of its operand only: no gradient flows through it."""


@record
class ShapeOf(OfShape):
    """The shape of a tensor, an int64 vector."""

    def result(self, *types: TensorType) -> TensorType:
        return TensorType("int64", (types[0].ndim,))

    def shape(self, *inputs: Shaped) -> Shape:
        return (len(inputs[0].shape),)

    def reference(self, *arrays: Any) -> Any:
        return np.array(np.shape(arrays[0]), "int64")

    def lower(self, b: Builder, *inputs: Value) -> Value:
        extents = [lowering.Size(e) for e in inputs[0].shape]
        return b.map((len(extents),), "int64", lambda i: nth_scalar(i, extents))

    def __str__(self) -> str:
        return "Shape"


@record
class ShapeItem(OfShape):
    """The extent of one dimension, an int64 scalar."""

    axis: int

    def result(self, *types: TensorType) -> TensorType:
        return TensorType("int64", ())

    def shape(self, *inputs: Shaped) -> Shape:
        return ()

    def reference(self, *arrays: Any) -> Any:
        return np.array(np.shape(arrays[0])[self.axis], "int64")

    def lower(self, b: Builder, *inputs: Value) -> Value:
        return b.map((), "int64", lambda: lowering.Size(inputs[0].shape[self.axis]))

    def __str__(self) -> str:
        return f"Shape_i{{{self.axis}}}"


@record
class MakeVector(NativeOp):
    """A vector of scalars."""

    dtype: str

    def make_node(self, *inputs: Any) -> Apply:
        variables = as_operands(inputs)
        for x in variables:
            if x.ndim:
                raise TypeError(f"MakeVector takes scalars, got {x} of type {x.type}.")
        return Apply(
            self, variables, [TensorType(self.dtype, (len(variables),)).make_variable()]
        )

    def result(self, *types: TensorType) -> TensorType:
        return TensorType(self.dtype, (len(types),))

    def shape(self, *inputs: Shaped) -> Shape:
        return (len(inputs),)

    def reference(self, *arrays: Any) -> Any:
        return np.array([np.asarray(a).astype(self.dtype) for a in arrays], self.dtype)

    def pullback(
        self, node: Apply, cotangents: Sequence[Cotangent | None]
    ) -> Sequence[Pulled]:
        (g,) = cotangents
        if g is None:
            return [disconnected] * len(node.inputs)
        f = functions()
        spread = g.through(lambda v: v, lambda s: f.fill_like(s, g.value))
        return [
            self._item(spread, i) if is_continuous(x.type.dtype) else disconnected  # type: ignore[attr-defined]
            for i, x in enumerate(node.inputs)
        ]

    def _item(self, g: Cotangent, i: int) -> Cotangent:
        return g.through(lambda v: functions().getitem(v, i))

    def pushforward(
        self, node: Apply, tangents: Sequence[Tangent | None]
    ) -> Sequence[Tangent | None]:
        if all(t is None for t in tangents):
            return [None]
        parts = [0.0 if t is None else t.value for t in tangents]
        return [Tangent(self(*parts))]

    def lower(self, b: Builder, *inputs: Value) -> Value:
        scalars = [cast_scalar(x.at(), self.dtype) for x in inputs]
        return b.map(
            (len(inputs),), self.dtype, lambda i: nth_scalar(i, scalars, self.dtype)
        )


def nth_scalar(i: Scalar, scalars: Sequence[Scalar], dtype: str = "int64") -> Scalar:
    """Return `scalars[i]` by comparing `i` with each place."""
    if not scalars:
        return lowering.Literal(0, dtype)
    chosen = scalars[-1]
    for place in range(len(scalars) - 2, -1, -1):
        chosen = lowering.select(i.equals(place), scalars[place], chosen)
    return chosen


register(ShapeOf(), "shape")
register(ShapeItem(0), "Shape_i")
register(MakeVector("float64"), "MakeVector")


def shape(x: Any) -> Any:
    """Return the shape of `x`, an int64 vector of known length."""
    return ShapeOf()(as_tensor_variable(x))


def shape_i(x: Any, axis: int) -> Any:
    """Return one extent of `x`: a constant where it is known, else an int64 scalar."""
    x = as_tensor_variable(x)
    known = x.type.shape[axis]
    if known is not None:
        return constant(known, dtype="int64")
    return ShapeItem(axis % x.ndim)(x)


def make_vector(*items: Any) -> Any:
    """Return a vector of scalars, one by one or in a list; of constants, a constant."""
    if len(items) == 1 and isinstance(items[0], list | tuple):
        (items,) = items
    if not items:
        return constant(np.zeros(0, "int64"))
    variables = as_operands(items)
    dtype = promote(*(v.type.dtype for v in variables))
    if all(isinstance(v, TensorConstant) and v.ndim == 0 for v in variables):
        return constant(np.array([v.data for v in variables], dtype))
    return MakeVector(dtype)(*variables)


def require_nonnegative(b: Builder, extents: Sequence[int | Extent]) -> None:
    """Make a negative extent the user's error."""
    for axis, extent in enumerate(extents):
        if not lowering.is_nonnegative(extent):
            b.require_equal(lowering.where_negative(extent, 1, 0), 0, axis)
