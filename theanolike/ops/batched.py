"""Products of stacks of matrices: `batched_dot`, `batched_tensordot`, `matmul`."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from theanolike.codegen import lowering
from theanolike.errors import ShapeError
from theanolike.graph.apply import Apply
from theanolike.graph.record import record
from theanolike.ops.cotangent import Cotangent
from theanolike.ops.declare import Builder, Scalar, Shape, Shaped, Value, register
from theanolike.ops.dimshuffle import dimshuffle, insert_dims, shape_padleft
from theanolike.ops.elementwise import broadcast_shape
from theanolike.ops.extents import shape_i
from theanolike.ops.masking import multiply, times
from theanolike.ops.operands import as_operands
from theanolike.ops.products import (
    Dot,
    Product,
    calls_library,
    check_inner,
    conjugated,
    factors,
    mismatch,
    sum_of_products,
    turned,
)
from theanolike.ops.shape import reshape
from theanolike.ops.tensordot import axes_of, tensordot
from theanolike.types.broadcasting import broadcast_static
from theanolike.types.type import TensorType
from theanolike.types.variable import functions


@record
class BatchedDot(Product):
    """For each i, the dot of x[i] and y[i], vectors or matrices."""

    def make_node(self, *inputs: Any) -> Apply:
        x, y = factors(inputs)
        if x.ndim not in (2, 3) or y.ndim not in (2, 3):
            raise TypeError(
                "BatchedDot takes batches of vectors or matrices, rank 2 or 3, got "
                f"{x.type} and {y.type}."
            )
        return Apply(self, [x, y], [self.result(x.type, y.type).make_variable()])

    def result(self, x: TensorType, y: TensorType) -> TensorType:  # type: ignore[override]
        check_inner(x.shape[1:], y.shape[1:])
        batches = {e for e in (x.shape[0], y.shape[0]) if e is not None}
        if len(batches) > 1:
            raise ShapeError(
                f"Shape mismatch: batch sizes unequal, x has {x.shape[0]} and y "
                f"{y.shape[0]}"
            )
        batch = next(iter(batches), None)
        return TensorType(x.dtype, (batch, *x.shape[1:-1], *y.shape[2:]))

    def shape(self, *inputs: Shaped) -> Shape:
        x, y = (v.shape for v in inputs)
        return (*x[:-1], *y[2:])

    def reference(self, *arrays: Any) -> Any:
        x, y = (np.asarray(a) for a in arrays)
        if x.shape[0] != y.shape[0]:
            raise ShapeError(
                f"Shape mismatch: batch sizes unequal, x.shape is {x.shape}, y.shape "
                f"is {y.shape}"
            )
        if x.shape[-1] != y.shape[1]:
            raise ShapeError(mismatch(x.shape[1:], y.shape[1:]))
        left = x[:, None] if x.ndim == 2 else x
        right = y[..., None] if y.ndim == 2 else y
        product = matmul_of_arrays(left, right)
        return product.reshape(*x.shape[:-1], *y.shape[2:])

    def back(
        self, x: Cotangent, y: Cotangent, g: Cotangent
    ) -> tuple[Cotangent, Cotangent]:
        ranks = (x.value.ndim, y.value.ndim)
        if ranks == (2, 2):
            column = g.through(lambda v: functions().dimshuffle(v, (0, "x")))
            return times(column, conjugated(y)), times(column, conjugated(x))
        if ranks[1] == 2:
            gx = _outers(g, conjugated(y))
        else:
            gx = multiply(self, g, turned(y))
        if ranks[0] == 2:
            return gx, _outers(conjugated(x), g)
        return gx, multiply(self, turned(x), g)

    def reach(self, s: Any, t: Any, x: Any, y: Any) -> list[Any]:
        f, found = functions(), []
        if s is not None:
            rows = f.any(s, axis=-1)
            found.append(insert_dims(rows, [rows.ndim]) if y.ndim == 3 else rows)
        if t is not None:
            columns = f.any(t, axis=1)
            found.append(insert_dims(columns, [1]) if x.ndim == 3 else columns)
        return found

    def is_call(self, x: Value, y: Value) -> bool:
        return x.ndim == y.ndim == 3 and calls_library(x.dtype, x.shape, y.shape)

    def lower(self, b: Builder, *inputs: Value) -> Value:
        x, y = inputs
        batch = b.require_equal(x.shape[0], y.shape[0], 0)
        inner = b.require_equal(x.shape[-1], y.shape[1], x.ndim - 1)
        rows, columns = x.shape[1:-1], y.shape[2:]
        if x.ndim == 3 and y.ndim == 3 and calls_library(x.dtype, x.shape, y.shape):
            result = [(x.dtype, (batch, *rows, *columns))]
            return b.library("batched_gemm", (x, y), result, False, False)  # type: ignore[no-any-return]
        axis = 1 + len(rows)

        def read(*axes: Scalar) -> tuple[Scalar, Scalar]:
            return x.at(*axes[: axis + 1]), y.at(axes[0], *axes[axis:])

        domain = (batch, *rows, inner, *columns)
        return sum_of_products(b, domain, x.dtype, [axis], read)


def matmul_of_arrays(x: Any, y: Any) -> Any:
    """Return NumPy's product, of half floats in single precision."""
    if x.dtype == np.float16:
        return np.matmul(x.astype("float32"), y.astype("float32")).astype("float16")
    return np.matmul(x, y)


def _outers(x: Cotangent, y: Cotangent) -> Cotangent:
    """Return the outer product of each pair of rows."""
    f = functions()
    columns = x.through(lambda v: f.dimshuffle(v, (0, 1, "x")))
    return times(columns, y.through(lambda v: f.dimshuffle(v, (0, "x", 1))))


@record
class Matmul(Product):
    """The products of the matrices in the last two dims, the others broadcast.

    The operands have one rank, 3 at least.
    """

    def make_node(self, *inputs: Any) -> Apply:
        x, y = factors(inputs)
        if x.ndim < 3 or x.ndim != y.ndim:
            raise TypeError(
                f"Matmul takes stacks of matrices of one rank, got {x.type} and "
                f"{y.type}."
            )
        return Apply(self, [x, y], [self.result(x.type, y.type).make_variable()])

    def result(self, x: TensorType, y: TensorType) -> TensorType:  # type: ignore[override]
        check_inner(x.shape[-2:], y.shape[-2:])
        batch = broadcast_static([x.shape[:-2], y.shape[:-2]], "The stacks of matmul")
        return TensorType(x.dtype, (*batch, x.shape[-2], y.shape[-1]))

    def shape(self, *inputs: Shaped) -> Shape:
        x, y = (v.shape for v in inputs)
        batch = broadcast_shape(_Stack(x[:-2]), _Stack(y[:-2]))
        return (*batch, x[-2], y[-1])

    def reference(self, *arrays: Any) -> Any:
        x, y = (np.asarray(a) for a in arrays)
        if x.shape[-1] != y.shape[-2]:
            raise ShapeError(mismatch(x.shape[-2:], y.shape[-2:]))
        return matmul_of_arrays(x, y)

    def back(
        self, x: Cotangent, y: Cotangent, g: Cotangent
    ) -> tuple[Cotangent, Cotangent]:
        return (
            _summed_to(multiply(self, g, turned(y)), x.value),
            _summed_to(multiply(self, turned(x), g), y.value),
        )

    def reach(self, s: Any, t: Any, x: Any, y: Any) -> list[Any]:
        f = functions()
        pairs = ((s, -1), (t, -2))
        return [f.any(m, axis=k, keepdims=True) for m, k in pairs if m is not None]

    def is_call(self, x: Value, y: Value) -> bool:
        return calls_library(x.dtype, x.shape, y.shape)

    def lower(self, b: Builder, *inputs: Value) -> Value:
        x, y = inputs
        rank = x.ndim
        inner = b.require_equal(x.shape[-1], y.shape[-2], rank - 1)
        stack = range(rank - 2)
        # Both with dims m, k, n before the stack's, to broadcast the latter.
        wide = b.transpose(x, [rank - 2, rank - 1, None, *stack])
        deep = b.transpose(y, [None, rank - 2, rank - 1, *stack])
        common, (left, right) = b.broadcast(wide, deep)
        batch = common[3:]
        rows, columns = x.shape[-2], y.shape[-1]

        def read(*axes: Scalar) -> tuple[Scalar, Scalar]:
            moved = (*axes[-3:], *axes[:-3])
            return left(moved), right(moved)

        if not calls_library(x.dtype, x.shape, y.shape):
            domain = (*batch, rows, inner, columns)
            return sum_of_products(b, domain, x.dtype, [rank - 1], read)
        if _stack_of(b, x) != batch:
            shape = (*batch, rows, inner)
            x = b.map(shape, x.dtype, lambda *axes: read(*axes, axes[-1])[0])
        if _stack_of(b, y) != batch:
            shape = (*batch, inner, columns)
            y = b.map(shape, y.dtype, lambda *axes: read(*axes[:-1], *axes[-2:])[1])
        flat = [b.reshape(v, (lowering.product(batch), *v.shape[-2:])) for v in (x, y)]
        made = (x.dtype, (lowering.product(batch), rows, columns))
        product = b.library("batched_gemm", flat, [made], False, False)
        return b.reshape(product, (*batch, rows, columns))


def _summed_to(g: Cotangent, x: Any) -> Cotangent:
    f = functions()
    return g.through(lambda v: f.sum_to(v, x), lambda s: f.or_to(s, x))


class _Stack:
    """The dims of an operand that are broadcast, as `broadcast_shape` takes them."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape

    def item(self, *index: int) -> Any:
        """No element is known."""
        raise NotImplementedError


def _stack_of(b: Builder, x: Value) -> Shape:
    return tuple(b.representative(e) for e in x.shape[:-2])


register(BatchedDot(), "batched_dot")
register(Matmul(), "matmul")


def batched_dot(a: Any, b: Any) -> Any:
    """Return for each i the dot of `a[i]` and `b[i]`.

    Parameters
    ----------
    a, b : tensor
        Of rank 1 at least, with one first extent.
    """
    x, y = as_operands([a, b])
    if not x.ndim or not y.ndim:
        raise TypeError(
            f"a and b must have at least one (batch) axis, got ranks {x.ndim} and "
            f"{y.ndim}."
        )
    if x.ndim == 1:
        return functions().mul(dimshuffle(x, [0] + ["x"] * (y.ndim - 1)), y)
    if y.ndim == 1:
        return functions().mul(x, dimshuffle(y, [0] + ["x"] * (x.ndim - 1)))
    if x.ndim > 3 or y.ndim > 3:
        return batched_tensordot(x, y, [[x.ndim - 1], [max(1, y.ndim - 2)]])
    return BatchedDot()(x, y)


def batched_tensordot(x: Any, y: Any, axes: Any = 2) -> Any:
    """Return for each i the tensordot of `x[i]` and `y[i]`.

    Parameters
    ----------
    x, y : tensor
    axes : int or two lists of int
        How many axes are summed over, the last of `x` and the first of `y` after the
        batch's; or which ones, counted with the batch axis, which is 0.
    """
    x, y = as_operands([x, y])
    if isinstance(axes, int):
        axes = [range(x.ndim - axes, x.ndim), range(1, axes + 1)]
    left, right = axes_of(x, y, axes)
    if 0 in left or 0 in right:
        raise ValueError("Cannot sum over batch axis 0; name others.")
    own = [k for k in range(1, x.ndim) if k not in left]
    other = [k for k in range(1, y.ndim) if k not in right]
    x, y = dimshuffle(x, [0, *own, *left]), dimshuffle(y, [0, *right, *other])
    if len(left) != 1:
        return _sum_apart(x, y, len(own), len(other), len(left))
    extents = [shape_i(x, k) for k in range(len(own) + 1)]
    extents += [shape_i(y, k + 2) for k in range(len(other))]
    if len(own) > 1:
        x = reshape(x, [shape_i(x, 0), _times(x, range(1, len(own) + 1)), x.shape[-1]])
    if len(other) > 1:
        y = reshape(y, [shape_i(y, 0), shape_i(y, 1), _times(y, range(2, y.ndim))])
    product = BatchedDot()(x, y)
    return product if product.ndim == len(extents) else reshape(product, extents)


def _times(x: Any, axes: Sequence[int]) -> Any:
    return functions().mul(*(shape_i(x, k) for k in axes))


def _sum_apart(x: Any, y: Any, own: int, other: int, summed: int) -> Any:
    """Sum products over several axes, which stand last in x and second in y."""
    wide = insert_dims(x, range(x.ndim, x.ndim + other))
    deep = insert_dims(y, range(1, own + 1))
    terms = functions().mul(wide, deep)
    axes = list(range(own + 1, own + 1 + summed))
    return functions().sum(terms, axis=axes, dtype=terms.type.dtype) if axes else terms


def matmul(x1: Any, x2: Any) -> Any:
    """Return the matrix product by NumPy's rules, `x1 @ x2`.

    Of higher ranks the last two dims are matrices and the others are broadcast.
    """
    x, y = as_operands([x1, x2])
    if not x.ndim or not y.ndim:
        raise ValueError(
            "matmul: operands must have at least one dimension; use * for scalars."
        )
    if x.ndim <= 2 and y.ndim <= 2:
        return Dot()(x, y)
    if y.ndim <= 2:
        return tensordot(x, y, [[x.ndim - 1], [0]])
    if x.ndim == 1:
        return tensordot(x, y, [[0], [y.ndim - 2]])
    rank = max(x.ndim, y.ndim)
    return Matmul()(shape_padleft(x, rank - x.ndim), shape_padleft(y, rank - y.ndim))
