"""Conversion between dtypes."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from theanolike.graph.apply import Apply
from theanolike.graph.record import record
from theanolike.graph.variable import Variable
from theanolike.ops.cotangent import Cotangent, Pulled, Tangent, disconnected
from theanolike.ops.declare import Builder, NativeOp, Shape, Shaped, Value, register
from theanolike.ops.elementwise import cast_scalar
from theanolike.types.constants import as_tensor_variable, constant, is_python_scalar
from theanolike.types.dtypes import (
    FLOATS,
    INTEGERS,
    as_dtype,
    is_complex,
    is_continuous,
)
from theanolike.types.type import TensorType
from theanolike.types.variable import functions


@record
class Cast(NativeOp):
    """The elements as `dtype`.

    Floats are truncated to integers; NaN, and what int64 can't hold, become the least
    int64, and narrower integers wrap.
    """

    dtype: str
    keeps_shape: ClassVar[bool] = True

    @property
    def support(self) -> str:  # type: ignore[override]
        """What the gradient does to a support."""
        return "keeps it" if is_continuous(self.dtype) else ""

    def result(self, x: TensorType) -> TensorType:  # type: ignore[override]
        if is_complex(x.dtype) and not is_complex(self.dtype):
            raise TypeError(
                "Casting from complex to real is ambiguous: consider real(), imag(), "
                "angle() or abs()"
            )
        return TensorType(self.dtype, x.shape)

    def shape(self, *inputs: Shaped) -> Shape:
        return inputs[0].shape

    def reference(self, x: Any) -> Any:
        x = np.asarray(x)
        if x.dtype.name in FLOATS and self.dtype in INTEGERS:
            return _truncated(x.astype("float64"), self.dtype)
        return x.astype(self.dtype)

    def pullback(
        self, node: Apply, cotangents: Sequence[Cotangent | None]
    ) -> Sequence[Pulled]:
        (g,), (x,) = cotangents, node.inputs
        if g is None or not is_continuous(x.type.dtype):  # type: ignore[attr-defined]
            return [disconnected]
        return [_as_dtype(g, x)]

    def pushforward(
        self, node: Apply, tangents: Sequence[Tangent | None]
    ) -> Sequence[Tangent | None]:
        (tangent,) = tangents
        if tangent is None or not is_continuous(self.dtype):
            return [None]
        return [_as_dtype(tangent, node.outputs[0])]  # type: ignore[list-item]

    def lower(self, b: Builder, *inputs: Value) -> Value:
        return b.pointwise(self.dtype, lambda x: cast_scalar(x, self.dtype), *inputs)

    def __str__(self) -> str:
        return f"Elemwise{{Cast{{{self.dtype}}}}}"


def _truncated(x: Any, dtype: str) -> Any:
    lowest = np.iinfo("int64").min
    if dtype == "uint64":
        large = x >= 2.0**63
        low = _truncated(np.where(large, x - 2.0**63, x), "int64").astype("uint64")
        return np.where(large, low + np.uint64(2**63), low)
    holds = (x >= -(2.0**63)) & (x < 2.0**63)
    whole = np.where(holds, np.where(holds, x, 0).astype("int64"), lowest)
    return whole.astype(dtype)


def _as_dtype(g: Cotangent, x: Variable) -> Cotangent:
    """Return a cotangent in the dtype of `x`, its real part if `x` is real."""
    value, dtype = g.value, x.type.dtype  # type: ignore[attr-defined]
    if is_complex(value.type.dtype) and not is_complex(dtype):
        value = functions().real(value)
    return g.like(cast(value, dtype), g.support)


def cast(x: Any, dtype: Any) -> Any:
    """Return `x` with its elements as `dtype`; `x` itself where they are.

    Parameters
    ----------
    x : tensor_like
    dtype : str or dtype
        Or "floatX".

    Raises
    ------
    TypeError
        From complex to real, which has more than one meaning.
    """
    dtype = as_dtype(dtype)
    if is_python_scalar(x):
        return constant(x, dtype=dtype)
    x = as_tensor_variable(x)
    return x if x.type.dtype == dtype else Cast(dtype)(x)


_convert_to_bool: Cast = register(Cast("bool"))
_convert_to_int8: Cast = register(Cast("int8"))
_convert_to_int16: Cast = register(Cast("int16"))
_convert_to_int32: Cast = register(Cast("int32"))
_convert_to_int64: Cast = register(Cast("int64"))
_convert_to_uint8: Cast = register(Cast("uint8"))
_convert_to_uint16: Cast = register(Cast("uint16"))
_convert_to_uint32: Cast = register(Cast("uint32"))
_convert_to_uint64: Cast = register(Cast("uint64"))
_convert_to_float16: Cast = register(Cast("float16"))
_convert_to_float32: Cast = register(Cast("float32"))
_convert_to_float64: Cast = register(Cast("float64"))
_convert_to_complex64: Cast = register(Cast("complex64"))
_convert_to_complex128: Cast = register(Cast("complex128"))
