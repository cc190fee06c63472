"""Softmax, its logarithm, and the logarithm of a sum of exponentials."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from theanolike.codegen import lowering
from theanolike.graph.apply import Apply
from theanolike.graph.record import record
from theanolike.ops.broadcast import SumTo
from theanolike.ops.cotangent import Cotangent, Pulled, Tangent, disconnected
from theanolike.ops.declare import (
    Builder,
    NativeOp,
    Scalar,
    Shape,
    Shaped,
    Value,
    register,
)
from theanolike.ops.dimshuffle import insert_dims, shape_padleft
from theanolike.ops.elementwise import cast_scalar
from theanolike.ops.reduction import Axes, normalize_axes
from theanolike.ops.shape import as_shaped, merged
from theanolike.types.constants import as_tensor_variable
from theanolike.types.dtypes import float_dtype, is_complex
from theanolike.types.type import TensorType
from theanolike.types.variable import functions


class _Exponentials(NativeOp):
    """What is made of exp(x - max x) along `axes`: finite for any finite x."""

    axes: Axes
    name: ClassVar[str]

    def result(self, *types: TensorType) -> TensorType:
        (x,) = types
        if is_complex(x.dtype):
            raise TypeError(f"{self.name} takes real numbers, got {x.dtype}.")
        return TensorType(float_dtype(x.dtype), x.shape)

    def shape(self, *inputs: Shaped) -> Shape:
        return inputs[0].shape

    def kept(self, axes: Sequence[Scalar]) -> list[Scalar]:
        """Return the indices of a reduced value that belong to `axes`."""
        return [axis for k, axis in enumerate(axes) if k not in self.axes]

    def parts(self, b: Builder, x: Value) -> tuple[Any, Value]:
        """Return how to read x as a float, and its maximum."""
        own = float_dtype(x.dtype)
        work = "float32" if own == "float16" else own

        def read(*i: Scalar) -> Scalar:
            return cast_scalar(x.at(*i), work)

        largest = b.reduce("max", (x.shape, work, read), self.axes)

        return read, largest

    def exponential(self, read: Any, largest: Value, i: Sequence[Scalar]) -> Scalar:
        """Return exp(x - max x) at index `i`."""
        shifted = read(*i) - largest.at(*self.kept(i))
        return lowering.Call("exp", shifted.dtype, (shifted,))

    def __str__(self) -> str:
        return f"{type(self).__name__}{{{', '.join(map(str, self.axes))}}}"

    def _total(self, g: Cotangent) -> Cotangent:
        """Return the sums along the axes, for each element; where one counts."""
        f, axes = functions(), list(self.axes)

        def total(v: Any) -> Any:
            return f.sum(v, axes, v.type.dtype, keepdims=True)

        def reached(s: Any) -> Any:
            return f.fill_like(f.any(s, axes, keepdims=True), g.value)

        if g.support is None:
            return g.like(total(g.value), None)
        spread = f.fill_like(total(g.value), g.value)
        return g.like(spread, reached(f.fill_like(g.support, g.value)))


@record
class Softmax(_Exponentials):
    """exp(x) over its sum along `axes`."""

    axes: Axes
    name: ClassVar[str] = "softmax"
    keeps_shape: ClassVar[bool] = True

    def reference(self, *arrays: Any) -> Any:
        x = _as_float(arrays[0])
        if not x.size:
            return x
        e = np.exp(x - np.max(x, self.axes, keepdims=True))
        return e / np.sum(e, self.axes, keepdims=True)

    def lower(self, b: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        read, largest = self.parts(b, x)
        out = b.outputs[0].dtype
        powers = b.map(
            x.shape, largest.dtype, lambda *i: self.exponential(read, largest, i)
        )
        total = b.reduce("add", powers, self.axes)
        return b.map(
            x.shape,
            out,
            lambda *i: cast_scalar(powers.at(*i) / total.at(*self.kept(i)), out),
        )

    def pullback(
        self, node: Apply, cotangents: Sequence[Cotangent | None]
    ) -> Sequence[Pulled]:
        (g,) = cotangents
        if g is None:
            return [disconnected]
        (y,) = node.outputs
        quotient = _numerator(g.value, y)
        if quotient is not None:
            # the cotangent of log(softmax(x)), where y itself may be 0
            q = g.like(quotient, g.support)
            value = q - self._total(q) * y
        else:
            value = (g - self._total(g * y)) * y
        return [value.like(_cast_to(value.value, node.inputs[0]), value.support)]

    def pushforward(
        self, node: Apply, tangents: Sequence[Tangent | None]
    ) -> Sequence[Tangent | None]:
        t = tangents[0]
        if t is None:
            return [None]
        (y,) = node.outputs
        return [(t - self._total(t * y)) * y]  # type: ignore[list-item]

    __str__ = _Exponentials.__str__


def _numerator(value: Any, y: Any) -> Any:
    """Return q if `value` is q / y, but for masks and sums that come after, else None.

    What a mask zeroes is zero in q already.
    """
    f = functions()
    summed = False
    while value.owner is not None:
        op, inputs = value.owner.op, value.owner.inputs
        if isinstance(op, SumTo) and inputs[1] is y:
            value, summed = inputs[0], True
        elif getattr(op, "name", "") == "masked":
            value = inputs[1]
        elif op == f.true_div and inputs[1] is y:
            return f.sum_to(inputs[0], y) if summed else inputs[0]
        else:
            return None
    return None


def _cast_to(value: Any, x: Any) -> Any:
    return functions().cast(value, x.type.dtype)


@record
class LogSoftmax(_Exponentials):
    """The logarithm of `Softmax`, accurate where that underflows."""

    axes: Axes
    name: ClassVar[str] = "logsoftmax"
    keeps_shape: ClassVar[bool] = True

    def reference(self, *arrays: Any) -> Any:
        x = _as_float(arrays[0])
        if not x.size:
            return x
        shifted = x - np.max(x, self.axes, keepdims=True)
        return shifted - np.log(np.sum(np.exp(shifted), self.axes, keepdims=True))

    def lower(self, b: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        read, largest = self.parts(b, x)
        out = b.outputs[0].dtype
        source = (
            x.shape,
            largest.dtype,
            lambda *i: self.exponential(read, largest, i),
        )
        total = b.reduce("add", source, self.axes)
        logs = b.map(
            total.shape,
            total.dtype,
            lambda *i: lowering.Call("log", total.dtype, (total.at(*i),)),
        )

        def element(*i: Scalar) -> Scalar:
            kept = self.kept(i)
            return cast_scalar((read(*i) - largest.at(*kept)) - logs.at(*kept), out)

        return b.map(x.shape, out, element)

    def pullback(
        self, node: Apply, cotangents: Sequence[Cotangent | None]
    ) -> Sequence[Pulled]:
        (g,) = cotangents
        if g is None:
            return [disconnected]
        p = Softmax(self.axes)(node.inputs[0])
        value = g - self._total(g) * p
        return [value.like(_cast_to(value.value, node.inputs[0]), value.support)]

    def pushforward(
        self, node: Apply, tangents: Sequence[Tangent | None]
    ) -> Sequence[Tangent | None]:
        t = tangents[0]
        if t is None:
            return [None]
        p = Softmax(self.axes)(node.inputs[0])
        return [t - self._total(t * p)]  # type: ignore[list-item]

    __str__ = _Exponentials.__str__


@record
class LogSumExp(_Exponentials):
    """The logarithm of the sum of exp(x) along `axes`; the result lacks them."""

    axes: Axes
    name: ClassVar[str] = "logsumexp"

    def result(self, *types: TensorType) -> TensorType:
        kind = super().result(*types)
        kept = tuple(e for k, e in enumerate(kind.shape) if k not in self.axes)
        return TensorType(kind.dtype, kept)

    def shape(self, *inputs: Shaped) -> Shape:
        extents = inputs[0].shape
        return tuple(e for k, e in enumerate(extents) if k not in self.axes)

    def reference(self, *arrays: Any) -> Any:
        x = _as_float(arrays[0])
        largest = np.max(x, self.axes, keepdims=True, initial=-np.inf)
        finite = np.where(np.isfinite(largest), largest, 0).astype(x.dtype)
        total = np.log(np.sum(np.exp(x - finite), self.axes))
        return total + finite.reshape(total.shape)

    def lower(self, b: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        own = float_dtype(x.dtype)
        work = "float32" if own == "float16" else own
        largest = b.reduce(
            "max", (x.shape, work, lambda *i: cast_scalar(x.at(*i), work)), self.axes
        )

        def shift(*i: Scalar) -> Scalar:
            m = largest.at(*i)
            finite = lowering.Call("isfinite", "bool", (m,))
            return lowering.select(finite, m, lowering.Literal(0.0, work))

        def exponential(*i: Scalar) -> Scalar:
            shifted = cast_scalar(x.at(*i), work) - shift(*self.kept(i))
            return lowering.Call("exp", work, (shifted,))

        total = b.reduce("add", (x.shape, work, exponential), self.axes)
        value = b.map(
            total.shape,
            own,
            lambda *i: cast_scalar(
                lowering.Call("log", work, (total.at(*i),)) + shift(*i), own
            ),
        )
        return as_shaped(b, value, merged(value.shape, b.outputs[0].shape))

    def weights(self, node: Apply) -> Any:
        """Return the derivative by each element: the softmax."""
        return Softmax(self.axes)(node.inputs[0])

    def pullback(
        self, node: Apply, cotangents: Sequence[Cotangent | None]
    ) -> Sequence[Pulled]:
        (g,) = cotangents
        if g is None:
            return [disconnected]
        x = node.inputs[0]
        spread = g.through(lambda v: insert_dims(v, self.axes))
        if spread.support is not None:
            spread = spread.through(lambda v: functions().fill_like(v, x))
        value = spread * self.weights(node)
        return [value.like(_cast_to(value.value, x), value.support)]

    def pushforward(
        self, node: Apply, tangents: Sequence[Tangent | None]
    ) -> Sequence[Tangent | None]:
        t = tangents[0]
        if t is None:
            return [None]
        moved = t * self.weights(node)
        f, axes = functions(), list(self.axes)
        return [
            moved.through(
                lambda v: f.sum(v, axes, v.type.dtype), lambda s: f.any(s, axes)
            )
        ]

    __str__ = _Exponentials.__str__


def _as_float(array: Any) -> Any:
    """Return an array in the dtype that is computed in: never float16."""
    x = np.asarray(array)
    own = float_dtype(x.dtype.name)
    return x.astype("float32" if own == "float16" else own, copy=False)


register(Softmax((1,)), "softmax")
register(LogSoftmax((1,)), "logsoftmax")
register(LogSumExp((1,)), "logsumexp")


def softmax(c: Any, axis: Any = "rows") -> Any:
    """Return exp(c) over its sum along `axis`.

    Parameters
    ----------
    c : tensor
    axis : int, sequence of int or None
        By default the rows of a matrix; a vector becomes a matrix of one row then.
    """
    x, axes = _rows(c, axis, "softmax")
    return Softmax(axes)(x)


def logsoftmax(c: Any, axis: Any = "rows") -> Any:
    """Return log(softmax(c)), accurate where the softmax underflows."""
    x, axes = _rows(c, axis, "logsoftmax")
    return LogSoftmax(axes)(x)


def _rows(c: Any, axis: Any, name: str) -> tuple[Any, Axes]:
    x = as_tensor_variable(c)
    if axis != "rows":
        return x, normalize_axes(x, axis)
    if x.ndim not in (1, 2):
        raise ValueError(
            f"{name}: x must be 1-d or 2-d tensor of floats, got {x.type}; pass axis."
        )
    return (shape_padleft(x) if x.ndim == 1 else x), (1,)


def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Return the logarithm of the sum of exp(x) along `axis`, without overflow."""
    x = as_tensor_variable(x)
    axes = normalize_axes(x, axis)
    value = LogSumExp(axes)(x)
    return insert_dims(value, axes) if keepdims else value
