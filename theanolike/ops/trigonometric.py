"""Circular and hyperbolic functions and their inverses; degrees and radians."""

import math

import numpy as np

from theanolike.codegen.lowering import Builder, Call, Literal, Scalar
from theanolike.ops.arithmetic import is_real
from theanolike.ops.elementwise import Binary, Unary, binary, floating, unary
from theanolike.ops.exponential import sqrt

sin: Unary = unary(
    "sin",
    np.sin,
    accepts=is_real,
    pullback=lambda x, y, g: g * cos(x),
    doc="The sine of an angle in radians.",
)
cos: Unary = unary(
    "cos",
    np.cos,
    accepts=is_real,
    pullback=lambda x, y, g: -(g * sin(x)),
    doc="The cosine of an angle in radians.",
)
tan: Unary = unary(
    "tan",
    np.tan,
    accepts=is_real,
    pullback=lambda x, y, g: g * (1 + y * y),
    doc="The tangent of an angle in radians.",
)
arcsin: Unary = unary(
    "arcsin",
    np.arcsin,
    accepts=is_real,
    pullback=lambda x, y, g: g / sqrt(1 - x * x),
    doc="The angle in [-pi/2, pi/2] whose sine is x; NaN beyond [-1, 1].",
)
arccos: Unary = unary(
    "arccos",
    np.arccos,
    accepts=is_real,
    pullback=lambda x, y, g: -g / sqrt(1 - x * x),
    doc="The angle in [0, pi] whose cosine is x; NaN beyond [-1, 1].",
)
arctan: Unary = unary(
    "arctan",
    np.arctan,
    accepts=is_real,
    pullback=lambda x, y, g: g / (1 + x * x),
    doc="The angle in [-pi/2, pi/2] whose tangent is x.",
)
arctan2: Binary = binary(
    "arctan2",
    np.arctan2,
    rule=floating,
    accepts=is_real,
    pullback=(
        lambda y, x, z, g: g * x / (x * x + y * y),
        lambda y, x, z, g: -(g * y) / (x * x + y * y),
    ),
    doc="The angle of the point (x, y), the arguments in the order y, x.",
)
sinh: Unary = unary(
    "sinh",
    np.sinh,
    accepts=is_real,
    pullback=lambda x, y, g: g * cosh(x),
    doc="The hyperbolic sine, (exp(x) - exp(-x)) / 2.",
)
cosh: Unary = unary(
    "cosh",
    np.cosh,
    accepts=is_real,
    pullback=lambda x, y, g: g * sinh(x),
    doc="The hyperbolic cosine, (exp(x) + exp(-x)) / 2.",
)
tanh: Unary = unary(
    "tanh",
    np.tanh,
    accepts=is_real,
    pullback=lambda x, y, g: g * (1 - y * y),
    doc="The hyperbolic tangent, sinh(x) / cosh(x).",
)


def _lower_sech(_: Builder, x: Scalar) -> Scalar:
    return Literal(1, x.dtype) / Call("cosh", x.dtype, (x,))


sech: Unary = unary(
    "sech",
    lambda x: 1 / np.cosh(x),
    accepts=is_real,
    lower=_lower_sech,
    pullback=lambda x, y, g: -g * y * tanh(x),
    doc="1 / cosh(x), of which no derivative overflows.",
)
arcsinh: Unary = unary(
    "arcsinh",
    np.arcsinh,
    accepts=is_real,
    pullback=lambda x, y, g: g / sqrt(x * x + 1),
    doc="The inverse of sinh.",
)
arccosh: Unary = unary(
    "arccosh",
    np.arccosh,
    accepts=is_real,
    pullback=lambda x, y, g: g / sqrt(x * x - 1),
    doc="The inverse of cosh, not negative; NaN below 1.",
)
arctanh: Unary = unary(
    "arctanh",
    np.arctanh,
    accepts=is_real,
    pullback=lambda x, y, g: g / (1 - x * x),
    doc="The inverse of tanh; NaN beyond [-1, 1].",
)
deg2rad: Unary = unary(
    "deg2rad",
    np.deg2rad,
    accepts=is_real,
    pullback=lambda x, y, g: g * (math.pi / 180),
    doc="An angle in degrees, in radians.",
)
rad2deg: Unary = unary(
    "rad2deg",
    np.rad2deg,
    accepts=is_real,
    pullback=lambda x, y, g: g * (180 / math.pi),
    doc="An angle in radians, in degrees.",
)
