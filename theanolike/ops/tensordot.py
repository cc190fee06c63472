"""`tensordot`: sums of products over any axes of two tensors."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from theanolike.codegen import lowering
from theanolike.errors import ShapeError
from theanolike.graph.apply import Apply
from theanolike.graph.record import record
from theanolike.ops.cotangent import Cotangent
from theanolike.ops.declare import (
    Builder,
    Scalar,
    Shape,
    Shaped,
    Value,
    register,
)
from theanolike.ops.dimshuffle import dimshuffle, insert_dims
from theanolike.ops.masking import multiply
from theanolike.ops.operands import as_operands
from theanolike.ops.products import (
    BLAS,
    Product,
    conjugated,
    factors,
    sum_of_products,
)
from theanolike.types.type import TensorType
from theanolike.types.variable import functions

Axes = tuple[int, ...]


@record
class Tensordot(Product):
    """The sum of products over the axes `left` of x and `right` of y, pair by pair.

    The result has the other dims of x, then those of y.
    """

    left: Axes
    right: Axes

    def free(self, ranks: tuple[int, int]) -> tuple[list[int], list[int]]:
        """Return the axes of x and of y that the result keeps."""
        return (
            [k for k in range(ranks[0]) if k not in self.left],
            [k for k in range(ranks[1]) if k not in self.right],
        )

    def make_node(self, *inputs: Any) -> Apply:
        x, y = factors(inputs)
        return Apply(self, [x, y], [self.result(x.type, y.type).make_variable()])

    def result(self, x: TensorType, y: TensorType) -> TensorType:  # type: ignore[override]
        self.check(x.shape, y.shape)
        own, other = self.free((x.ndim, y.ndim))
        kept = [x.shape[k] for k in own] + [y.shape[k] for k in other]
        return TensorType(x.dtype, tuple(kept))

    def check(self, x: Sequence[Any], y: Sequence[Any]) -> None:
        """Refuse factors whose summed extents are known and differ."""
        for i, j in zip(self.left, self.right, strict=True):
            if None not in (x[i], y[j]) and x[i] != y[j]:
                raise ShapeError(
                    f"Shape mismatch: tensordot sums over axis {i} of x, of extent "
                    f"{x[i]}, and axis {j} of y, of extent {y[j]}"
                )

    def shape(self, *inputs: Shaped) -> Shape:
        x, y = (v.shape for v in inputs)
        own, other = self.free((len(x), len(y)))
        return (*(x[k] for k in own), *(y[k] for k in other))

    def reference(self, *arrays: Any) -> Any:
        x, y = (np.asarray(a) for a in arrays)
        self.check(x.shape, y.shape)
        wide = np.result_type(x.dtype, np.float32) if x.dtype == np.float16 else x.dtype
        axes = (self.left, self.right)
        return np.tensordot(x.astype(wide), y.astype(wide), axes).astype(x.dtype)

    def back(
        self, x: Cotangent, y: Cotangent, g: Cotangent
    ) -> tuple[Cotangent, Cotangent]:
        own, other = self.free((x.value.ndim, y.value.ndim))
        count = len(own)
        rest = tuple(range(count, g.value.ndim))
        gx = multiply(Tensordot(rest, tuple(other)), g, conjugated(y))
        sums = tuple(own), tuple(range(count))
        gy = multiply(Tensordot(*sums), conjugated(x), g)
        # Their dims: those kept, in order, and the summed ones, in the other's order.
        places = sorted(zip(self.right, self.left, strict=True))
        back = _inverse([*own, *(i for _, i in places)])
        gx = gx.through(lambda v: dimshuffle(v, back))
        places = sorted(zip(self.left, self.right, strict=True))
        order = _inverse([*(j for _, j in places), *other])
        return gx, gy.through(lambda v: dimshuffle(v, order))

    def reach(self, s: Any, t: Any, x: Any, y: Any) -> list[Any]:
        f, found = functions(), []
        if s is not None:
            rows = f.any(s, axis=list(self.left)) if self.left else s
            columns = y.ndim - len(self.right)
            found.append(insert_dims(rows, range(rows.ndim, rows.ndim + columns)))
        if t is not None:
            found.append(f.any(t, axis=list(self.right)) if self.right else t)
        return found

    def is_call(self, x: Value, y: Value) -> bool:
        own, other = self.free((x.ndim, y.ndim))
        return bool(own and other and self.left) and x.dtype in BLAS

    def lower(self, b: Builder, *inputs: Value) -> Value:
        x, y = inputs
        own, other = self.free((x.ndim, y.ndim))
        inner = [
            b.require_equal(x.shape[i], y.shape[j], i)
            for i, j in zip(self.left, self.right, strict=True)
        ]
        rows, columns = [x.shape[k] for k in own], [y.shape[k] for k in other]
        if own and other and inner and x.dtype in BLAS:
            left, ta = _as_matrix(b, x, own, self.left)
            right, tb = _as_matrix(b, y, self.right, other)
            made = (x.dtype, (lowering.product(rows), lowering.product(columns)))
            product = b.library("gemm", (left, right), [made], ta, tb)
            return b.reshape(product, (*rows, *columns))
        return self._summed(b, x, y, (rows, inner, columns))

    def _summed(
        self, b: Builder, x: Value, y: Value, extents: tuple[list[Any], ...]
    ) -> Value:
        rows, inner, columns = extents
        own, other = self.free((x.ndim, y.ndim))
        start, end = len(rows), len(rows) + len(inner)

        def read(*axes: Scalar) -> tuple[Scalar, Scalar]:
            first = dict(zip((*own, *self.left), axes[:end], strict=True))
            second = dict(zip((*self.right, *other), axes[start:], strict=True))
            return (
                x.at(*(first[k] for k in range(x.ndim))),
                y.at(*(second[k] for k in range(y.ndim))),
            )

        domain = (*rows, *inner, *columns)
        return sum_of_products(b, domain, x.dtype, range(start, end), read)


def _inverse(places: Sequence[int]) -> list[int]:
    """Return the order that brings dim i to `places[i]`."""
    return [places.index(k) for k in range(len(places))]


def _as_matrix(
    b: Builder, x: Value, rows: Sequence[int], columns: Sequence[int]
) -> tuple[Value, bool]:
    """Return a matrix of the dims `rows` by `columns` of x, and if it is transposed."""
    height = lowering.product(x.shape[k] for k in rows)
    width = lowering.product(x.shape[k] for k in columns)
    if [*columns, *rows] == list(range(x.ndim)):
        return b.reshape(x, (width, height)), True
    order = [*rows, *columns]
    moved = x if order == list(range(x.ndim)) else b.transpose(x, order)
    return b.reshape(moved, (height, width)), False


register(Tensordot((1, 2), (2, 1)), "tensordot")


def axes_of(x: Any, y: Any, axes: Any) -> tuple[Axes, Axes]:
    """Return the axes of x and y to sum over, counted from the start."""
    left, right = (_as_list(side) for side in axes)
    if len(left) != len(right):
        raise ValueError(
            f"Axes elements must have the same length, got {left} and {right}."
        )
    for given, tensor in ((left, x), (right, y)):
        wrong = [k for k in given if not -tensor.ndim <= k < tensor.ndim]
        if wrong:
            raise ValueError(
                f"Axes contain {wrong[0]}, which is out of range for {tensor} of rank "
                f"{tensor.ndim}."
            )
        if len({k % tensor.ndim for k in given}) < len(given):
            raise ValueError(f"Axes must differ from each other, got {given}.")
    return tuple(k % x.ndim for k in left), tuple(k % y.ndim for k in right)


def _as_list(side: Any) -> list[int]:
    return [int(k) for k in np.atleast_1d(np.asarray(side, dtype="int64"))]


def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """Return the sum of products of `a` and `b` over some axes of each.

    Parameters
    ----------
    a, b : tensor
    axes : int or two lists of int
        How many axes: the last ones of `a`, the first ones of `b`; or which axes of
        each.

    Raises
    ------
    ValueError
        Axes that don't exist; extents that differ, now where both are known, else at
        run time.
    """
    x, y = as_operands([a, b])
    if isinstance(axes, int | np.integer):
        if not 0 <= axes <= min(x.ndim, y.ndim):
            raise ValueError(
                f"axes can not be larger than the dimension of a or b, got {axes} for "
                f"ranks {x.ndim} and {y.ndim}."
            )
        axes = [range(x.ndim - axes, x.ndim), range(axes)]
    left, right = axes_of(x, y, axes)
    return Tensordot(left, right)(x, y)
