"""Identity matrices, triangles and diagonals."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from theanolike.codegen import lowering
from theanolike.errors import ShapeError
from theanolike.graph.apply import Apply
from theanolike.graph.record import record
from theanolike.ops.creation import check_count
from theanolike.ops.declare import (
    Builder,
    Extent,
    Scalar,
    Shape,
    Shaped,
    Value,
    WithoutGradient,
    register,
)
from theanolike.ops.extents import require_nonnegative, shape_i
from theanolike.ops.known import as_extents, known_int
from theanolike.ops.shape import Rearrangement, merged
from theanolike.types.constants import as_tensor_variable, constant
from theanolike.types.dtypes import as_dtype, floatX
from theanolike.types.type import TensorType
from theanolike.types.variable import functions


@record
class Eye(WithoutGradient):
    """Ones on diagonal k of an (n, m) array; the operands are n, m, k."""

    dtype: str

    def make_node(self, *inputs: Any) -> Apply:
        n, m, k = as_extents(list(inputs), what=type(self).__name__)
        kind = TensorType(self.dtype, (known_int(n), known_int(m)))
        return Apply(self, [n, m, k], [kind.make_variable()])

    def shape(self, *inputs: Shaped) -> Shape:
        return (inputs[0].item(), inputs[1].item())

    def reference(self, *arrays: Any) -> Any:
        n, m, k = (int(a) for a in arrays)
        return np.eye(n, m, k, dtype=self.dtype)

    def is_one(self, i: Scalar, j: Scalar) -> Scalar:
        """Tell whether row `i`, counted from the diagonal, has a one in column `j`."""
        return i.equals(j)

    def lower(self, b: Builder, *inputs: Value) -> Value:
        n, m, k = (b.item(v) for v in inputs)
        extents = merged((n, m), b.outputs[0].shape)
        require_nonnegative(b, extents)
        one, zero = (lowering.Literal(v, self.dtype) for v in (1, 0))

        def element(i: Scalar, j: Scalar) -> Scalar:
            shifted = i if k == 0 else i + lowering.Size(k)
            return lowering.select(self.is_one(shifted, j), one, zero)

        return b.map(extents, self.dtype, element)


@record
class Tri(Eye):
    """Ones on diagonal k of an (n, m) array and below."""

    def reference(self, *arrays: Any) -> Any:
        n, m, k = (int(a) for a in arrays)
        if min(n, m) < 0:
            raise ShapeError(f"Tri needs extents that aren't negative, got {n}, {m}.")
        check_count(max(n, m, n * m))  # NumPy makes ranges, which overflow
        return np.tri(n, m, k, dtype=self.dtype)

    def is_one(self, i: Scalar, j: Scalar) -> Scalar:
        return i >= j


register(Eye("float64"), "eye")
register(Tri("float64"), "tri")


def eye(n: Any, m: Any = None, k: Any = 0, dtype: Any = None) -> Any:
    """Return an (n, m) array with ones on diagonal `k`; m is n, floatX by default."""
    kind = floatX() if dtype is None else as_dtype(dtype)
    return Eye(kind)(n, n if m is None else m, k)


def identity_like(x: Any) -> Any:
    """Return ones on the diagonal of a matrix of the shape and dtype of `x`."""
    x = as_tensor_variable(x)
    if x.ndim != 2:
        raise ValueError(f"Expected a matrix, got {x} of rank {x.ndim}.")
    return eye(shape_i(x, 0), shape_i(x, 1), dtype=x.type.dtype)


def tri(N: Any, M: Any = None, k: Any = 0, dtype: Any = None) -> Any:
    """Return an (N, M) array with ones on diagonal `k` and below."""
    kind = floatX() if dtype is None else as_dtype(dtype)
    return Tri(kind)(N, N if M is None else M, k)


def tril(m: Any, k: Any = 0) -> Any:
    """Return `m` with zeros above diagonal `k`."""
    m = as_tensor_variable(m)
    return _where_tri(m, k, below=True)


def triu(m: Any, k: Any = 0) -> Any:
    """Return `m` with zeros below diagonal `k`."""
    m = as_tensor_variable(m)
    return _where_tri(m, k - 1, below=False)


def _where_tri(m: Any, k: Any, *, below: bool) -> Any:
    if m.ndim < 2:
        raise ValueError(f"Expected a matrix, got {m} of rank {m.ndim}.")
    inside = tri(shape_i(m, m.ndim - 2), shape_i(m, m.ndim - 1), k, "bool")
    zero = constant(np.zeros((), m.type.dtype))
    arms = (m, zero) if below else (zero, m)
    return functions().switch(inside, *arms)


def first_place(offset: int) -> tuple[int, int]:
    """Return row and column of the first element of a diagonal."""
    return max(-offset, 0), max(offset, 0)


def diagonal_length(
    offset: int, rows: int | Extent, columns: int | Extent
) -> int | Extent:
    """Return how many elements a diagonal has."""
    i, j = first_place(offset)
    found = lowering.minimum(lowering.sub(rows, i), lowering.sub(columns, j))
    return lowering.maximum(found, 0) if offset else found


@record
class Diagonal(Rearrangement):
    """Diagonal `offset` of the matrices in two axes, as the last axis."""

    offset: int
    axis1: int
    axis2: int
    leaves_out: ClassVar[bool] = True
    support: ClassVar[str] = "narrows it"

    def _kept(self, rank: int) -> list[int]:
        return [k for k in range(rank) if k not in (self.axis1, self.axis2)]

    def result(self, *types: TensorType) -> TensorType:
        (x,) = types
        rows, columns = x.shape[self.axis1], x.shape[self.axis2]
        length: Any = None
        if rows is not None and columns is not None:
            length = diagonal_length(self.offset, rows, columns)
        return TensorType(
            x.dtype,
            (*(x.shape[k] for k in self._kept(x.ndim)), length),
        )

    def shape(self, *inputs: Shaped) -> Shape:
        extents = inputs[0].shape
        length = diagonal_length(self.offset, extents[self.axis1], extents[self.axis2])
        return (*(extents[k] for k in self._kept(len(extents))), length)

    def reference(self, *arrays: Any) -> Any:
        return np.diagonal(arrays[0], self.offset, self.axis1, self.axis2)

    def back(self, node: Apply, value: Any) -> Any:
        x = node.inputs[0]
        op = SetDiagonal(self.offset, self.axis1, self.axis2)
        return op(value, shape_i(x, self.axis1), shape_i(x, self.axis2))

    def lower(self, b: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        i, j = first_place(self.offset)
        last = x.ndim - 2
        own = iter(range(last))
        starts = {self.axis1: i, self.axis2: j}
        dims = [
            lowering.ViewDim(last, starts[k])
            if k in starts
            else lowering.ViewDim(next(own))
            for k in range(x.ndim)
        ]
        return b.view(x, self.shape(x), dims)  # type: ignore[arg-type]


@record
class SetDiagonal(Rearrangement):
    """Matrices that hold the last axis of an array on a diagonal, zero elsewhere.

    The operands are the array and the extents of axes `axis1` and `axis2` of the
    result.
    """

    offset: int
    axis1: int
    axis2: int

    def make_node(self, *inputs: Any) -> Apply:
        x = as_tensor_variable(inputs[0])
        rows, columns = as_extents(list(inputs[1:]), what="SetDiagonal")
        static = self._place(x.type.shape, known_int(rows), known_int(columns))
        kind = TensorType(x.type.dtype, static)
        return Apply(self, [x, rows, columns], [kind.make_variable()])

    def _place(self, own: Sequence[Any], rows: Any, columns: Any) -> tuple[Any, ...]:
        kept = iter(own[:-1])
        new = {self.axis1: rows, self.axis2: columns}
        return tuple(new[k] if k in new else next(kept) for k in range(len(own) + 1))

    def shape(self, *inputs: Shaped) -> Shape:
        x, rows, columns = inputs
        return self._place(x.shape, rows.item(), columns.item())

    def reference(self, *arrays: Any) -> Any:
        x = np.asarray(arrays[0])
        result = np.zeros(self._place(x.shape, *(int(a) for a in arrays[1:])), x.dtype)
        seen = np.moveaxis(result, (self.axis1, self.axis2), (-2, -1))
        start = first_place(self.offset)
        places = np.arange(x.shape[-1])
        seen[..., places + start[0], places + start[1]] = x
        return result

    def back(self, node: Apply, value: Any) -> Any:
        return Diagonal(self.offset, self.axis1, self.axis2)(value)

    def lower(self, b: Builder, *inputs: Value) -> Value:
        x = inputs[0]
        rows, columns = (b.item(v) for v in inputs[1:])
        extents = merged(self._place(x.shape, rows, columns), b.outputs[0].shape)
        require_nonnegative(b, extents)
        length = diagonal_length(self.offset, rows, columns)
        b.require_equal(length, x.shape[-1])
        first, second = first_place(self.offset)
        zero = lowering.Literal(0, x.dtype)

        def element(*axes: Scalar) -> Scalar:
            i = axes[self.axis1] - first if first else axes[self.axis1]
            j = axes[self.axis2] - second if second else axes[self.axis2]
            kept = [a for k, a in enumerate(axes) if k not in (self.axis1, self.axis2)]
            on = i.equals(j)
            if first or second:
                on = on & (i >= 0)
            return lowering.guard(on, x.at(*kept, i), zero)

        return b.map(extents, x.dtype, element)


register(Diagonal(1, 0, 1), "diagonal")
register(SetDiagonal(1, 0, 1), "SetDiagonal")


def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Return diagonal `offset` of the matrices in two axes, as the last axis."""
    a = as_tensor_variable(a)
    if a.ndim < 2:
        raise ValueError(f"diagonal needs an array of rank 2 at least, got {a.type}.")
    first, second = axis1 % a.ndim, axis2 % a.ndim
    if first == second:
        raise ValueError(f"axis1 and axis2 can't be the same, got {axis1} and {axis2}.")
    return Diagonal(int(offset), first, second)(a)


def diag(v: Any, k: int = 0) -> Any:
    """Return a matrix with the vector `v` on diagonal `k`, or a matrix's diagonal."""
    v = as_tensor_variable(v)
    if v.ndim == 1:
        size = shape_i(v, 0) + abs(k)
        return SetDiagonal(int(k), 0, 1)(v, size, size)
    if v.ndim >= 2:
        return diagonal(v, k)
    raise ValueError("Input must have v.ndim >= 1: diag takes a vector or a matrix.")


def trace(X: Any) -> Any:
    """Return the sum of the diagonal of a matrix."""
    return functions().sum(diagonal(X), axis=-1)
