"""The largest and smallest elements and their places."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from theanolike.codegen import lowering
from theanolike.errors import ShapeError
from theanolike.graph.apply import Apply
from theanolike.graph.record import record
from theanolike.ops.cotangent import Cotangent, Pulled, Tangent, disconnected
from theanolike.ops.declare import Builder, Value, register
from theanolike.ops.reduction import (
    Axes,
    Discrete,
    Reduction,
    finish,
    normalize_axes,
    spread_back,
)
from theanolike.ops.shape import as_shaped, merged
from theanolike.types.constants import as_tensor_variable
from theanolike.types.dtypes import is_complex, is_continuous
from theanolike.types.type import TensorType
from theanolike.types.variable import functions


class Extremum(Reduction):
    """The largest or smallest element; NaN wins, and an empty one is an error."""

    support: ClassVar[str] = "narrows it"

    def result(self, *types: TensorType) -> TensorType:
        if is_complex(types[0].dtype):
            raise TypeError(
                f"{type(self).__name__.lower()} takes ordered elements, got "
                f"{types[0].dtype}; reduce abs(x) or the real part."
            )
        extents = types[0].shape
        kept = [e for k, e in enumerate(extents) if k not in self.axes]
        if any(extents[k] == 0 for k in self.axes) and all(kept):
            raise ShapeError(
                f"zero-size array to reduction operation {type(self).__name__.lower()} "
                f"which has no identity: got shape {extents}, reduced along "
                f"{self.axes}; append an element that never wins."
            )
        return super().result(*types)

    def check(self, b: Builder, x: Value) -> None:
        reduced = lowering.product(x.shape[k] for k in self.axes)
        if isinstance(reduced, int) and reduced:
            return
        kept = lowering.product(e for k, e in enumerate(x.shape) if k not in self.axes)
        empty = lowering.where_negative(
            lowering.sub(reduced, 1), lowering.minimum(kept, 1), 0
        )
        b.require_equal(empty, 0)

    def pullback(
        self, node: Apply, cotangents: Sequence[Cotangent | None]
    ) -> Sequence[Pulled]:
        (g,) = cotangents
        x = node.inputs[0]
        if g is None or not is_continuous(x.type.dtype):  # type: ignore[attr-defined]
            return [disconnected]
        return [spread_back(self, g, x).where(self.ties(node), is_guard=False)]

    def ties(self, node: Apply) -> Any:
        """Tell which elements are the extremum: each gets the whole gradient."""
        return functions().eq(node.inputs[0], self.keepdims(node.outputs[0]))

    def pushforward(
        self, node: Apply, tangents: Sequence[Tangent | None]
    ) -> Sequence[Tangent | None]:
        t = tangents[0]
        if t is None:
            return [None]
        f = functions()
        moved = t.where(self.ties(node), is_guard=False).value
        return [Tangent(f.sum(moved, axis=list(self.axes), dtype=moved.type.dtype))]


@record
class Max(Extremum):
    """The largest element along `axes`."""

    axes: Axes
    kind: ClassVar[str] = "max"

    def reference(self, *arrays: Any) -> Any:
        return np.max(arrays[0], self.axes)

    __str__ = Reduction.__str__


@record
class Largest(Extremum):
    """The largest element along `axes`, of floats; -inf where there is none."""

    axes: Axes
    kind: ClassVar[str] = "max"

    def result(self, *types: TensorType) -> TensorType:
        return Reduction.result(self, *types)

    def check(self, b: Builder, x: Value) -> None:
        """Require nothing."""

    def reference(self, *arrays: Any) -> Any:
        return np.max(arrays[0], self.axes, initial=-np.inf)

    __str__ = Reduction.__str__


@record
class Min(Extremum):
    """The smallest element along `axes`."""

    axes: Axes
    kind: ClassVar[str] = "min"

    def reference(self, *arrays: Any) -> Any:
        return np.min(arrays[0], self.axes)

    __str__ = Reduction.__str__


class ArgExtremum(Discrete, Extremum):
    """The place of the first extremum, in the reduced dims read in row-major order."""

    support: ClassVar[str] = ""

    def result_dtype(self, dtype: str) -> str:
        return "int64"

    def accumulator(self, dtype: str) -> str:
        return dtype

    def lower(self, b: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        if not self.axes:
            return b.map((), "int64", lambda: lowering.Literal(0, "int64"))
        self.check(b, x)
        kept = [k for k in range(x.ndim) if k not in self.axes]
        if len(self.axes) > 1:
            if self.axes != tuple(range(len(kept), x.ndim)):
                x = b.transpose(x, [*kept, *self.axes])
            reduced = lowering.product(x.shape[len(kept) :])
            x = b.reshape(x, (*x.shape[: len(kept)], reduced))
            axis = len(kept)
        else:
            (axis,) = self.axes
        value = b.reduce(self.kind, x, [axis], "int64", x.dtype)
        return as_shaped(b, value, merged(value.shape, b.outputs[0].shape))

    def _last(self, array: Any) -> Any:
        x = np.asarray(array)
        kept = [k for k in range(x.ndim) if k not in self.axes]
        moved = np.transpose(x, (*kept, *self.axes))
        count = int(np.prod([x.shape[k] for k in self.axes], dtype=np.int64))
        return moved.reshape((*(x.shape[k] for k in kept), count))


@record
class Argmax(ArgExtremum):
    """The place of the first largest element along `axes`."""

    axes: Axes
    kind: ClassVar[str] = "argmax"

    def reference(self, *arrays: Any) -> Any:
        return np.argmax(self._last(arrays[0]), -1)

    __str__ = Reduction.__str__


@record
class Argmin(ArgExtremum):
    """The place of the first smallest element along `axes`."""

    axes: Axes
    kind: ClassVar[str] = "argmin"

    def reference(self, *arrays: Any) -> Any:
        return np.argmin(self._last(arrays[0]), -1)

    __str__ = Reduction.__str__


register(Max((1,)), "max")
register(Min((1,)), "min")
register(Argmax((1,)), "argmax")
register(Argmin((1,)), "argmin")


def max(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Return the largest element along `axis`, or NaN where there is one."""
    x = as_tensor_variable(x)
    return finish(Max(normalize_axes(x, axis)), x, keepdims)


def min(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Return the smallest element along `axis`, or NaN where there is one."""
    x = as_tensor_variable(x)
    return finish(Min(normalize_axes(x, axis)), x, keepdims)


def argmax(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Return the place of the first largest element (or NaN) along `axis`.

    Over several axes it is the place in those dims, read in row-major order.
    """
    x = as_tensor_variable(x)
    return finish(Argmax(normalize_axes(x, axis)), x, keepdims)


def argmin(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Return the place of the first smallest element (or NaN) along `axis`."""
    x = as_tensor_variable(x)
    return finish(Argmin(normalize_axes(x, axis)), x, keepdims)


def max_and_argmax(a: Any, axis: Any = None, keepdims: bool = False) -> list[Any]:
    """Return the largest element along `axis` and its place, in a list."""
    return [max(a, axis, keepdims), argmax(a, axis, keepdims)]


def ptp(a: Any, axis: Any = None) -> Any:
    """Return the largest minus the smallest element along `axis`."""
    return max(a, axis) - min(a, axis)
