"""Complex numbers: parts, angles, and making them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from theanolike.ops.arithmetic import is_real
from theanolike.ops.cotangent import Cotangent
from theanolike.ops.elementwise import Binary, Unary, binary, real_part, same, unary
from theanolike.ops.trigonometric import arctan2, cos, sin
from theanolike.types.constants import as_tensor_variable, constant
from theanolike.types.dtypes import float_dtype, is_complex, promote
from theanolike.types.variable import functions


def _combining(dtypes: Sequence[str]) -> tuple[str, str]:
    part = promote(float_dtype(promote(*dtypes)), "float32")
    return part, "complex64" if part == "float32" else "complex128"


def _times(g: Cotangent, factor: Any, x: Any) -> Cotangent:
    return g * constant(factor, dtype=x.type.dtype)


def _make(re: Any, im: Any) -> Any:
    result = np.empty(np.broadcast_shapes(re.shape, im.shape), np.result_type(re, 1j))
    result.real, result.imag = re, im
    return result


_real: Unary = unary(
    "real",
    lambda x: x.real,
    rule=real_part,
    accepts=is_complex,
    pullback=lambda x, y, g: g,
)
_imag: Unary = unary(
    "imag",
    lambda x: x.imag,
    rule=real_part,
    accepts=is_complex,
    pullback=lambda x, y, g: _times(g, -1j, x),
)
_conj: Unary = unary(
    "conj",
    np.conj,
    rule=same,
    accepts=is_complex,
    pullback=lambda x, y, g: g.like(conj(g.value), g.support),
)
_angle: Unary = unary(
    "angle",
    np.angle,
    rule=real_part,
    accepts=is_complex,
    pullback=lambda x, y, g: _times(g, -1j, x) / x,
)
complex: Binary = binary(
    "complex",
    _make,
    rule=_combining,
    primitive="make_complex",
    accepts=is_real,
    pullback=(lambda x, y, z, g: g, lambda x, y, z, g: _times(g, 1j, z)),
    doc="The complex number of a real and an imaginary part.",
)


def real(z: Any) -> Any:
    """Return the real part; of a real tensor, itself."""
    z = as_tensor_variable(z)
    return _real(z) if is_complex(z.type.dtype) else z


def imag(z: Any) -> Any:
    """Return the imaginary part; of a real tensor, zeros."""
    z = as_tensor_variable(z)
    return _imag(z) if is_complex(z.type.dtype) else functions().zeros_like(z)


def conj(z: Any) -> Any:
    """Return the complex conjugate; of a real tensor, itself."""
    z = as_tensor_variable(z)
    return _conj(z) if is_complex(z.type.dtype) else z


def angle(z: Any) -> Any:
    """Return the angle in radians, in (-pi, pi]."""
    z = as_tensor_variable(z)
    if is_complex(z.type.dtype):
        return _angle(z)
    return arctan2(functions().zeros_like(z), z)


def complex_from_polar(abs: Any, angle: Any) -> Any:
    """Return the complex number of a distance from 0 and an angle in radians."""
    return complex(abs * cos(angle), abs * sin(angle))
