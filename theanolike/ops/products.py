"""Products of vectors and matrices: `Dot`, and `Gemm`, which adds to another matrix.

A product with a vector is a sum of products, which fuses with what stands around it; a
product of matrices of BLAS's dtypes is a library call.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from theanolike.codegen import lowering
from theanolike.errors import ShapeError
from theanolike.graph.apply import Apply
from theanolike.graph.record import record
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
from theanolike.ops.dimshuffle import swapaxes
from theanolike.ops.elementwise import cast_scalar
from theanolike.ops.masking import MaskedProduct, multiply, times
from theanolike.ops.operands import as_operands
from theanolike.types.dtypes import is_complex, is_continuous, promote
from theanolike.types.type import TensorType
from theanolike.types.variable import functions

BLAS = frozenset({"float32", "float64", "complex64", "complex128"})
# A product of matrices with so many terms at most is written out, not called.
_SMALL = 512


def mismatch(x: Sequence[Any], y: Sequence[Any]) -> str:
    """Return what is wrong with the shapes of two factors, in Theano's words."""
    if len(x) == 1 and len(y) == 1:
        return f"Shape mismatch: x has {x[0]} elements but y has {y[0]} elements"
    own = f"x has {x[-1]} cols"
    own += f" (and {x[-2]} rows)" if len(x) > 1 else ""
    other = f"y has {y[-2] if len(y) > 1 else y[0]} rows"
    other += f" (and {y[-1]} cols)" if len(y) > 1 else ""
    return f"Shape mismatch: {own} but {other}"


def check_inner(x: Sequence[Any], y: Sequence[Any]) -> None:
    """Refuse factors whose inner extents are known and differ."""
    first, second = x[-1], y[-2] if len(y) > 1 else y[0]
    if None not in (first, second) and first != second:
        raise ShapeError(mismatch(x, y))


def factors(inputs: Sequence[Any]) -> list[Any]:
    """Return operands as tensors of one dtype."""
    variables = as_operands(inputs)
    dtype = promote(*(v.type.dtype for v in variables))
    return [functions().cast(v, dtype) for v in variables]


def turned(x: Cotangent) -> Cotangent:
    """Return the `dagger` of a value with a support."""
    return x.like(
        dagger(x.value),
        swapaxes(x.support, -1, -2)
        if x.support is not None and x.value.ndim > 1
        else x.support,
    )


def conjugated(x: Cotangent) -> Cotangent:
    """Return the complex conjugate of a value with a support."""
    return x.like(conjugate(x.value), x.support)


def dagger(x: Any) -> Any:
    """Return the transposes of the matrices in the last two dims, conjugated."""
    turned = swapaxes(x, -1, -2) if x.ndim > 1 else x
    return functions().conj(turned) if is_complex(turned.type.dtype) else turned


def sum_of_products(
    b: Builder,
    domain: Shape,
    dtype: str,
    axes: Sequence[int],
    read: Callable[..., tuple[Scalar, Scalar]],
) -> Value:
    """Return the sum along `axes` of products; of bools, whether any is true."""
    accumulator = "float32" if dtype == "float16" else dtype

    def term(*axes: Scalar) -> Scalar:
        left, right = read(*axes)
        if dtype == "bool":
            return left & right
        return cast_scalar(left, accumulator) * cast_scalar(right, accumulator)

    if not axes:
        return b.map(domain, dtype, lambda *axes: cast_scalar(term(*axes), dtype))
    kind = "or" if dtype == "bool" else "add"
    source = (domain, "bool" if dtype == "bool" else accumulator, term)
    return b.reduce(kind, source, axes, dtype, accumulator)


class Product(NativeOp):
    """A bilinear op: linear in each of its two operands."""

    support: ClassVar[str] = "keeps guards"

    def pushforward(
        self, node: Apply, tangents: Sequence[Tangent | None]
    ) -> Sequence[Tangent | None]:
        x, y = node.inputs
        parts = []
        if tangents[0] is not None:
            parts.append(multiply(self, tangents[0], Tangent(y)))
        if tangents[1] is not None:
            parts.append(multiply(self, Tangent(x), tangents[1]))
        if not parts:
            return [None]
        return [parts[0] + parts[1] if len(parts) > 1 else parts[0]]  # type: ignore[list-item]

    def pullback(
        self, node: Apply, cotangents: Sequence[Cotangent | None]
    ) -> Sequence[Pulled]:
        (g,) = cotangents
        x, y = node.inputs
        if g is None or not is_continuous(x.type.dtype):  # type: ignore[attr-defined]
            return [disconnected, disconnected]
        return self.back(Cotangent(x), Cotangent(y), g)

    def back(
        self, x: Cotangent, y: Cotangent, g: Cotangent
    ) -> tuple[Cotangent, Cotangent]:
        """Return the cotangents of the operands, which are zero outside a support."""
        raise NotImplementedError

    def reach(self, s: Any, t: Any, x: Any, y: Any) -> list[Any]:
        """Return where the result has terms, by supports of x and of y that are there.

        Each is a bool that broadcasts to the result.
        """
        raise NotImplementedError

    def is_call(self, x: Value, y: Value) -> bool:
        """Tell whether a build calls BLAS for it."""
        raise NotImplementedError


@record
class Dot(Product):
    """The product of two vectors, of a matrix and a vector, or of two matrices."""

    def make_node(self, *inputs: Any) -> Apply:
        x, y = factors(inputs)
        if not (1 <= x.ndim <= 2 and 1 <= y.ndim <= 2):
            raise TypeError(
                f"Dot takes vectors and matrices, got {x.type} and {y.type}; use dot "
                "or tensordot."
            )
        return Apply(self, [x, y], [self.result(x.type, y.type).make_variable()])

    def result(self, x: TensorType, y: TensorType) -> TensorType:  # type: ignore[override]
        check_inner(x.shape, y.shape)
        return TensorType(x.dtype, (*x.shape[:-1], *y.shape[1:]))

    def shape(self, *inputs: Shaped) -> Shape:
        x, y = (v.shape for v in inputs)
        return (*x[:-1], *y[1:])

    def reference(self, *arrays: Any) -> Any:
        x, y = (np.asarray(a) for a in arrays)
        if x.shape[-1] != y.shape[0]:
            raise ShapeError(mismatch(x.shape, y.shape))
        if x.dtype == np.float16:
            return np.dot(x.astype("float32"), y.astype("float32")).astype("float16")
        return np.dot(x, y)

    def back(
        self, x: Cotangent, y: Cotangent, g: Cotangent
    ) -> tuple[Cotangent, Cotangent]:
        ranks = (x.value.ndim, y.value.ndim)
        left, right = turned(y), turned(x)
        if ranks == (1, 1):
            return times(g, left), times(g, right)
        gx = _outer(g, left) if ranks[1] == 1 else multiply(self, g, left)
        gy = _outer(right, g) if ranks[0] == 1 else multiply(self, right, g)
        return gx, gy

    def reach(self, s: Any, t: Any, x: Any, y: Any) -> list[Any]:
        f, found = functions(), []
        if s is not None:
            rows = f.any(s, axis=-1)
            found.append(
                f.dimshuffle(rows, (0, "x")) if (x.ndim, y.ndim) == (2, 2) else rows
            )
        if t is not None:
            found.append(f.any(t, axis=0))
        return found

    def is_call(self, x: Value, y: Value) -> bool:
        return x.ndim == y.ndim == 2 and calls_library(x.dtype, x.shape, y.shape)

    def lower(self, b: Builder, *inputs: Value) -> Value:
        x, y = inputs
        inner = b.require_equal(x.shape[-1], y.shape[0], x.ndim - 1)
        if x.ndim == 2 and y.ndim == 2 and calls_library(x.dtype, x.shape, y.shape):
            return _gemm(b, x, y)
        rows, columns = x.shape[:-1], y.shape[1:]
        axis = len(rows)

        def read(*axes: Scalar) -> tuple[Scalar, Scalar]:
            return x.at(*axes[: axis + 1]), y.at(*axes[axis:])

        return sum_of_products(b, (*rows, inner, *columns), x.dtype, [axis], read)

    def __str__(self) -> str:
        return "dot"


def calls_library(dtype: str, x: Shape, y: Shape) -> bool:
    """Tell whether BLAS computes a product of matrices faster than a plain loop."""
    m, k, n = (*x[-2:], y[-1])
    if dtype not in BLAS or 1 in (m, k, n):
        return False
    extents = [e for e in (m, k, n) if isinstance(e, int)]
    return len(extents) < 3 or math.prod(extents) > _SMALL


def _gemm(b: Builder, x: Value, y: Value) -> Value:
    (left, ta), (right, tb) = lowering.untransposed(x), lowering.untransposed(y)
    result = [(x.dtype, (x.shape[0], y.shape[1]))]
    return b.library("gemm", (left, right), result, ta, tb)  # type: ignore[no-any-return]


@record
class Gemm(NativeOp):
    """beta * z + alpha * dot(x, y); the operands are z, alpha, x, y, beta.

    A build assumes that z has the product's shape, as it does of sums.
    """

    support: ClassVar[str] = "keeps guards"

    def make_node(self, *inputs: Any) -> Apply:
        z, alpha, x, y, beta = factors(inputs)
        ranks = tuple(v.ndim for v in (z, alpha, x, y, beta))
        if ranks != (2, 0, 2, 2, 0) or z.type.dtype not in BLAS:
            raise TypeError(
                "Gemm takes a matrix, a scalar, two matrices and a scalar of floats, "
                f"got ranks {ranks} and dtype {z.type.dtype}."
            )
        check_inner(x.type.shape, y.type.shape)
        known = (x.type.shape[0], y.type.shape[1])
        for own, other in zip(z.type.shape, known, strict=True):
            if None not in (own, other) and own != other:
                raise ShapeError(
                    f"Gemm adds a product of shape {known} to {z} of shape "
                    f"{z.type.shape}; they must be equal."
                )
        return Apply(self, [z, alpha, x, y, beta], [z.type.make_variable()])

    def shape(self, *inputs: Shaped) -> Shape:
        return inputs[0].shape

    def reference(self, *arrays: Any) -> Any:
        z, alpha, x, y, beta = (np.asarray(a) for a in arrays)
        if x.shape[1] != y.shape[0]:
            raise ShapeError(mismatch(x.shape, y.shape))
        wanted = (x.shape[0], y.shape[1])
        if any(own not in (1, n) for own, n in zip(z.shape, wanted, strict=True)):
            raise ShapeError(
                f"Shape mismatch: z has shape {z.shape} but dot(x, y) {wanted}"
            )
        return beta * z + alpha * np.dot(x, y)

    def pullback(
        self, node: Apply, cotangents: Sequence[Cotangent | None]
    ) -> Sequence[Pulled]:
        (cotangent,) = cotangents
        if cotangent is None:
            return [disconnected] * 5
        f, g = functions(), cotangent
        z, alpha, x, y, beta = node.inputs
        scaled = g * alpha
        return [
            g * beta,
            (g * Dot()(x, y)).through(f.sum, f.any),
            multiply(Dot(), scaled, Cotangent(dagger(y))),
            multiply(Dot(), Cotangent(dagger(x)), scaled),
            (g * z).through(f.sum, f.any),
        ]

    def pushforward(
        self, node: Apply, tangents: Sequence[Tangent | None]
    ) -> Sequence[Tangent | None]:
        f, dot2 = functions(), Dot()
        z, alpha, x, y, beta = node.inputs
        linear: list[Callable[[Any], Any]] = [
            lambda t: f.mul(beta, t),
            lambda t: f.mul(t, dot2(x, y)),
            lambda t: f.mul(alpha, dot2(t, y)),
            lambda t: f.mul(alpha, dot2(x, t)),
            lambda t: f.mul(t, z),
        ]
        moved = zip(linear, tangents, strict=True)
        parts = [along(t.value) for along, t in moved if t is not None]
        return [Tangent(f.add(*parts)) if parts else None]

    def lower(self, b: Builder, *inputs: Value) -> Value:
        z, alpha, x, y, beta = inputs
        b.require_equal(x.shape[1], y.shape[0], 1)
        b.require_equal(z.shape[0], x.shape[0], 0, broadcasting=True)
        b.require_equal(z.shape[1], y.shape[1], 1, broadcasting=True)
        (left, ta), (right, tb) = lowering.untransposed(x), lowering.untransposed(y)
        return b.library(  # type: ignore[no-any-return]
            "gemm_add", (left, right, z, alpha, beta), [(z.dtype, z.shape)], ta, tb
        )


def conjugate(x: Any) -> Any:
    """Return the complex conjugate; a real tensor as it is."""
    return functions().conj(x) if is_complex(x.type.dtype) else x


register(Dot(), "dot")
register(Gemm(), "Gemm")
register(MaskedProduct(Dot(), (True, True)), "masked_dot")


def dot(l: Any, r: Any) -> Any:  # noqa: E741 - Theano's names
    """Return the product of two tensors.

    A scalar multiplies; of vectors it is the inner product, of matrices the matrix
    product; in general the sum runs over the last axis of `l` and the last but one of
    `r`.

    Raises
    ------
    ValueError
        The extents of these axes differ, now where both are known, else at run time.
    """
    x, y = as_operands([l, r])
    if not x.ndim or not y.ndim:
        return functions().mul(x, y)
    if x.ndim > 2 or y.ndim > 2:
        return functions().tensordot(x, y, [[x.ndim - 1], [max(0, y.ndim - 2)]])
    return Dot()(x, y)


def _outer(x: Cotangent, y: Cotangent) -> Cotangent:
    f = functions()
    column = x.through(lambda v: f.dimshuffle(v, (0, "x")))
    return times(column, y.through(lambda v: f.dimshuffle(v, ("x", 0))))


def outer(x: Any, y: Any) -> Any:
    """Return the products of each element of `x` with each one of `y`, a matrix."""
    f = functions()
    x, y = as_operands([x, y])
    column = f.dimshuffle(x if x.ndim == 1 else f.flatten(x), (0, "x"))
    row = f.dimshuffle(y if y.ndim == 1 else f.flatten(y), ("x", 0))
    return f.mul(column, row)
