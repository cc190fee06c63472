"""Reductions: sums, products, any and all, and what reductions share."""

import builtins
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from theanolike.codegen import lowering
from theanolike.graph.apply import Apply
from theanolike.graph.record import record
from theanolike.graph.variable import Variable
from theanolike.ops.cotangent import Cotangent, Pulled, Tangent, disconnected
from theanolike.ops.declare import (
    Builder,
    NativeOp,
    Scalar,
    Shape,
    Shaped,
    Value,
    WithoutGradient,
    register,
)
from theanolike.ops.dimshuffle import insert_dims
from theanolike.ops.elementwise import cast_scalar
from theanolike.ops.extents import ShapeOf, shape_i
from theanolike.ops.shape import as_shaped, merged, spread_support
from theanolike.types.constants import TensorConstant, as_tensor_variable
from theanolike.types.dtypes import (
    as_dtype,
    is_complex,
    is_continuous,
    sum_dtype,
)
from theanolike.types.type import TensorType
from theanolike.types.variable import functions

Axes = tuple[int, ...]


class Reduction(NativeOp):
    """Combines the elements along `axes`, which the result doesn't have."""

    axes: Axes
    kind: ClassVar[str]

    def result(self, *types: TensorType) -> TensorType:
        (x,) = types
        kept = tuple(e for k, e in enumerate(x.shape) if k not in self.axes)
        return TensorType(self.result_dtype(x.dtype), kept)

    def result_dtype(self, dtype: str) -> str:
        """Return the dtype of the result."""
        return dtype

    def accumulator(self, dtype: str) -> str:
        """Return the dtype in which elements are combined."""
        return self.result_dtype(dtype)

    def shape(self, *inputs: Shaped) -> Shape:
        extents = inputs[0].shape
        return tuple(e for k, e in enumerate(extents) if k not in self.axes)

    def element(self, x: Scalar) -> Scalar:
        """Return what of an element is combined."""
        return cast_scalar(x, self.accumulator(x.dtype))

    def lower(self, b: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        out = b.outputs[0]
        if not self.axes:
            return b.map(
                x.shape,
                out.dtype,
                lambda *i: cast_scalar(self.element(x.at(*i)), out.dtype),
            )
        self.check(b, x)
        source = (x.shape, x.dtype, lambda *i: self.element(x.at(*i)))
        value = b.reduce(
            self.kind, source, self.axes, out.dtype, self.accumulator(x.dtype)
        )
        return as_shaped(b, value, merged(value.shape, out.shape))

    def check(self, b: Builder, x: Value) -> None:
        """Require what the reduction needs of its operand."""

    def spread(self, value: Any, x: Any) -> Any:
        """Bring a value of the result's shape back to that of `x`."""
        return functions().fill_like(insert_dims(value, self.axes), x)

    def keepdims(self, value: Any) -> Any:
        """Put dims of 1 where the axes were."""
        return insert_dims(value, self.axes)

    def __str__(self) -> str:
        return f"{type(self).__name__}{{{', '.join(map(str, self.axes))}}}"


def spread_back(op: Reduction, g: Cotangent, x: Any) -> Cotangent:
    """Bring a cotangent of the result to the operand's shape and dtype."""
    f = functions()
    moved = spread_support(g).through(lambda v: op.spread(v, x))
    value = moved.value
    if is_complex(value.type.dtype) and not is_complex(x.type.dtype):
        value = f.real(value)
    return moved.like(f.cast(value, x.type.dtype), moved.support)  # type: ignore[no-any-return]


@record
class Sum(Reduction):
    """The sum along `axes`, accumulated in `acc_dtype`, as `dtype`."""

    axes: Axes
    dtype: str
    acc_dtype: str
    kind: ClassVar[str] = "add"

    def result_dtype(self, dtype: str) -> str:
        return self.dtype

    def accumulator(self, dtype: str) -> str:
        return self.acc_dtype

    def reference(self, *arrays: Any) -> Any:
        return np.sum(arrays[0], self.axes, dtype=self.acc_dtype).astype(self.dtype)

    def pullback(
        self, node: Apply, cotangents: Sequence[Cotangent | None]
    ) -> Sequence[Pulled]:
        (g,) = cotangents
        x = node.inputs[0]
        if g is None or not is_continuous(x.type.dtype):  # type: ignore[attr-defined]
            return [disconnected]
        return [spread_back(self, g, x)]

    def pushforward(
        self, node: Apply, tangents: Sequence[Tangent | None]
    ) -> Sequence[Tangent | None]:
        t = tangents[0]
        if t is None:
            return [None]
        f = functions()
        return [
            spread_support(t).through(self, lambda s: f.any(s, axis=list(self.axes)))
        ]

    def __str__(self) -> str:
        return f"Sum{{{', '.join(map(str, self.axes))}}}"


@record
class Prod(Reduction):
    """The product along `axes`, accumulated in `acc_dtype`, as `dtype`."""

    axes: Axes
    dtype: str
    acc_dtype: str
    no_zeros: bool = False
    kind: ClassVar[str] = "mul"

    def result_dtype(self, dtype: str) -> str:
        return self.dtype

    def accumulator(self, dtype: str) -> str:
        return self.acc_dtype

    def reference(self, *arrays: Any) -> Any:
        return np.prod(arrays[0], self.axes, dtype=self.acc_dtype).astype(self.dtype)

    def others(self, node: Apply) -> Any:
        """Return for each element the product of the others, exact with zeros."""
        f = functions()
        x = node.inputs[0]
        if self.no_zeros:
            return self.keepdims(node.outputs[0]) / x
        zero = f.eq(x, 0)
        filled = f.switch(zero, f.ones_like(x), x)
        zeros = self.keepdims(f.sum(zero, axis=list(self.axes)))
        product = self.keepdims(Prod(self.axes, self.dtype, self.acc_dtype)(filled))
        rest = f.zeros_like(product)
        at_zero = f.switch(f.eq(zeros, 1), product, rest)
        elsewhere = f.switch(f.eq(zeros, 0), product / filled, rest)
        return f.switch(zero, at_zero, elsewhere)

    def pullback(
        self, node: Apply, cotangents: Sequence[Cotangent | None]
    ) -> Sequence[Pulled]:
        (g,) = cotangents
        x = node.inputs[0]
        if g is None or not is_continuous(x.type.dtype):  # type: ignore[attr-defined]
            return [disconnected]
        return [spread_back(self, g, x) * self.others(node)]

    def pushforward(
        self, node: Apply, tangents: Sequence[Tangent | None]
    ) -> Sequence[Tangent | None]:
        t = tangents[0]
        if t is None or not is_continuous(node.inputs[0].type.dtype):  # type: ignore[attr-defined]
            return [None]
        f = functions()
        dtype = node.outputs[0].type.dtype  # type: ignore[attr-defined]
        moved = (t * self.others(node)).value
        return [Tangent(f.sum(moved, axis=list(self.axes), dtype=dtype))]

    def __str__(self) -> str:
        return f"Prod{{{', '.join(map(str, self.axes))}}}"


class Discrete(WithoutGradient, Reduction):
    """A reduction whose result no gradient reaches."""


class Truth(Discrete):
    """A combination of truth values; a number is true when it isn't 0."""

    def result_dtype(self, dtype: str) -> str:
        return "bool"

    def element(self, x: Scalar) -> Scalar:
        if x.dtype == "bool":
            return x
        return lowering.Call("ne", "bool", (x, lowering.Literal(0, x.dtype)))


@record
class AnyTrue(Truth):
    """Whether an element along `axes` is true."""

    axes: Axes
    kind: ClassVar[str] = "or"

    def reference(self, *arrays: Any) -> Any:
        return np.any(arrays[0], self.axes)

    def __str__(self) -> str:
        return f"Any{{{', '.join(map(str, self.axes))}}}"


@record
class AllTrue(Truth):
    """Whether all elements along `axes` are true."""

    axes: Axes
    kind: ClassVar[str] = "and"

    def reference(self, *arrays: Any) -> Any:
        return np.all(arrays[0], self.axes)

    def __str__(self) -> str:
        return f"All{{{', '.join(map(str, self.axes))}}}"


register(Sum((1,), "float64", "float64"), "sum")
register(Prod((1,), "float64", "float64"), "prod")
register(AnyTrue((1,)), "any")
register(AllTrue((1,)), "all")


def normalize_axes(x: Any, axis: Any) -> Axes:
    """Return the axes that `axis` names, sorted: None is all of them.

    Raises
    ------
    TypeError
        An axis that is not a constant.
    ValueError
        An axis that `x` doesn't have, or one that comes twice.
    """
    if axis is None:
        return tuple(range(x.ndim))
    given = _constant_axes(axis)
    axes = []
    for place in given:
        if not -x.ndim <= place < x.ndim:
            raise ValueError(
                f"Not enough dimensions on {x} to reduce on axis {place}: its rank "
                f"is {x.ndim}."
            )
        axes.append(place % x.ndim)
    if len(set(axes)) < len(axes):
        raise ValueError(f"An axis comes twice in {axis}.")
    return tuple(sorted(axes))


def _constant_axes(axis: Any) -> list[int]:
    if isinstance(axis, TensorConstant):
        axis = axis.data
    if isinstance(axis, np.ndarray | np.generic) and axis.dtype.kind in "iu":
        return [int(k) for k in np.atleast_1d(axis)]
    parts = list(axis) if isinstance(axis, list | tuple | range) else [axis]
    parts = [p.data if isinstance(p, TensorConstant) else p for p in parts]
    if builtins.any(
        isinstance(p, Variable) or not hasattr(p, "__index__") for p in parts
    ):
        raise TypeError(f"Computation needs a constant axis. Got {axis}")
    return [int(p) for p in parts]


def finish(op: Reduction, x: Any, keepdims: bool) -> Any:
    """Apply a reduction, and keep its axes with an extent of 1 if asked to."""
    value = op(x)
    return op.keepdims(value) if keepdims else value


def _accumulation(x: Any, dtype: Any, acc_dtype: Any) -> tuple[str, str]:
    """Return the dtypes of a sum's result and accumulator.

    Floats are summed in their own dtype (in fixed lanes and blocks, as accurate as
    NumPy's pairwise sums), float16 in float32.
    """
    own = x.type.dtype
    out = sum_dtype(own) if dtype is None else as_dtype(dtype)
    if is_complex(own) and not is_complex(out):
        raise TypeError(
            f"Can't reduce {own} elements to {out}; take real(), imag() or abs() first."
        )
    if acc_dtype is not None:
        accumulator = as_dtype(acc_dtype)
        if is_complex(own) and not is_complex(accumulator):
            raise TypeError(f"Can't accumulate {own} elements in {accumulator}.")
        return out, accumulator
    return out, "float32" if out == "float16" else out


def sum(
    input: Any,
    axis: Any = None,
    dtype: Any = None,
    keepdims: bool = False,
    acc_dtype: Any = None,
) -> Any:
    """Return the sum of the elements along `axis`.

    Parameters
    ----------
    input : tensor
    axis : int or sequence of int, optional
        All axes by default.
    dtype : dtype, optional
        Of the result: by default int64 for bool and signed integers, uint64 for
        unsigned ones, else the operand's.
    keepdims : bool
        Keep the axes with an extent of 1.
    acc_dtype : dtype, optional
        In which the sum runs: by default the result's, for float16 float32.

    Returns
    -------
    tensor
        Of no elements, 0.
    """
    x = as_tensor_variable(input)
    axes = normalize_axes(x, axis)
    return finish(Sum(axes, *_accumulation(x, dtype, acc_dtype)), x, keepdims)


def prod(
    input: Any,
    axis: Any = None,
    dtype: Any = None,
    keepdims: bool = False,
    acc_dtype: Any = None,
    no_zeros_in_input: bool = False,
) -> Any:
    """Return the product of the elements along `axis`; the parameters are `sum`'s.

    The gradient is exact where elements are 0; `no_zeros_in_input` promises that none
    is, which makes it cheaper and differentiable again.
    """
    x = as_tensor_variable(input)
    axes = normalize_axes(x, axis)
    if dtype is None and acc_dtype is None and axes == (0,) and not keepdims:
        items = _items_of_shape(x)
        if items:
            return functions().mul(*items) if len(items) > 1 else items[0]
    op = Prod(axes, *_accumulation(x, dtype, acc_dtype), bool(no_zeros_in_input))
    return finish(op, x, keepdims)


def _items_of_shape(x: Any) -> Sequence[Any]:
    """Return the extents that a vector `x` is made of, where it is `y.shape`."""
    if x.owner is None or not isinstance(x.owner.op, ShapeOf):
        return ()
    (of,) = x.owner.inputs
    return [shape_i(of, k) for k in range(of.ndim)]


def any(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Return whether an element along `axis` is true."""
    x = as_tensor_variable(x)
    return finish(AnyTrue(normalize_axes(x, axis)), x, keepdims)


def all(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Return whether all elements along `axis` are true."""
    x = as_tensor_variable(x)
    return finish(AllTrue(normalize_axes(x, axis)), x, keepdims)
