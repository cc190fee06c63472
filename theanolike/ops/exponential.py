"""Exponentials, logarithms and roots, in all their variants."""

import math
from typing import Any

import numpy as np

from theanolike.codegen.lowering import Builder, Call, Literal, Scalar, select
from theanolike.ops.arithmetic import is_real
from theanolike.ops.elementwise import Binary, Unary, binary, floating, unary
from theanolike.types.variable import functions

exp: Unary = unary(
    "exp",
    np.exp,
    accepts=is_real,
    pullback=lambda x, y, g: g * y,
    doc="e to the power of x.",
)
exp2: Unary = unary(
    "exp2",
    np.exp2,
    accepts=is_real,
    pullback=lambda x, y, g: g * y * math.log(2),
    doc="2 ** x.",
)
expm1: Unary = unary(
    "expm1",
    np.expm1,
    accepts=is_real,
    pullback=lambda x, y, g: g * exp(x),
    doc="exp(x) - 1, accurate near 0.",
)


def _inv_expm1(x: Any) -> Any:
    return 1 / np.expm1(x)


def _lower_inv_expm1(_: Builder, x: Scalar) -> Scalar:
    return Literal(1, x.dtype) / Call("expm1", x.dtype, (x,))


inv_expm1: Unary = unary(
    "inv_expm1",
    _inv_expm1,
    accepts=is_real,
    lower=_lower_inv_expm1,
    pullback=lambda x, y, g: -g * y * (1 + y),
    doc="1 / (exp(x) - 1), of which no derivative overflows.",
)
log: Unary = unary(
    "log",
    np.log,
    accepts=is_real,
    pullback=lambda x, y, g: g / x,
    doc="The natural logarithm; -inf of 0, NaN below.",
)
log2: Unary = unary(
    "log2",
    np.log2,
    accepts=is_real,
    pullback=lambda x, y, g: g / x / math.log(2),
    doc="The logarithm to base 2.",
)
log10: Unary = unary(
    "log10",
    np.log10,
    accepts=is_real,
    pullback=lambda x, y, g: g / x / math.log(10),
    doc="The logarithm to base 10.",
)
log1p: Unary = unary(
    "log1p",
    np.log1p,
    accepts=is_real,
    pullback=lambda x, y, g: g / (1 + x),
    doc="log(1 + x), accurate near 0.",
)
sqrt: Unary = unary(
    "sqrt",
    np.sqrt,
    accepts=is_real,
    pullback=lambda x, y, g: g * 0.5 / y,
    doc="The square root; NaN below 0.",
)
cbrt: Unary = unary(
    "cbrt",
    np.cbrt,
    accepts=is_real,
    pullback=lambda x, y, g: g / (y * y * 3),
    doc="The cube root, of x's sign.",
)


def _lower_logaddexp(_: Builder, x: Scalar, y: Scalar) -> Scalar:
    dtype = x.dtype
    high = Call("maximum", dtype, (x, y))
    apart = -Call("abs", dtype, (x - y,))
    tail = Call("log1p", dtype, (Call("exp", dtype, (apart,)),))
    # Equal infinities have no difference.
    return select(x.equals(y), x + math.log(2), high + tail)


def _share(x: Any, z: Any) -> Any:
    return exp(functions().sub(x, z))


logaddexp: Binary = binary(
    "logaddexp",
    np.logaddexp,
    rule=floating,
    accepts=is_real,
    lower=_lower_logaddexp,
    pullback=(
        lambda x, y, z, g: g * _share(x, z),
        lambda x, y, z, g: g * _share(y, z),
    ),
    doc="log(exp(x) + exp(y)) without overflow in between.",
)


def _log1mexp(x: Any) -> Any:
    near = np.log(-np.expm1(x))
    return np.where(x > -math.log(2), near, np.log1p(-np.exp(x)))


def _lower_log1mexp(_: Builder, x: Scalar) -> Scalar:
    dtype = x.dtype
    near = Call("log", dtype, (-Call("expm1", dtype, (x,)),))
    far = Call("log1p", dtype, (-Call("exp", dtype, (x,)),))
    return select(x > Literal(-math.log(2), dtype), near, far)


log1mexp: Unary = unary(
    "log1mexp",
    _log1mexp,
    accepts=is_real,
    lower=_lower_log1mexp,
    pullback=lambda x, y, g: -g * inv_expm1(-x),
    doc="log(1 - exp(x)), accurate for all x < 0.",
)


def _xlogy(x: Any, y: Any) -> Any:
    return np.where(x == 0, np.zeros_like(x), x * np.log(y))


def _lower_xlogy(_: Builder, x: Scalar, y: Scalar) -> Scalar:
    product = x * Call("log", y.dtype, (y,))
    return select(x.equals(0), Literal(0, x.dtype), product)


xlogx: Unary = unary(
    "xlogx",
    lambda x: _xlogy(x, x),
    accepts=is_real,
    lower=lambda b, x: _lower_xlogy(b, x, x),
    pullback=lambda x, y, g: g * (1 + log(x)),
    doc="x * log(x), 0 where x is 0.",
)
xlogy0: Binary = binary(
    "xlogy0",
    _xlogy,
    rule=floating,
    accepts=is_real,
    lower=_lower_xlogy,
    pullback=(
        lambda x, y, z, g: g * log(y),
        lambda x, y, z, g: g * x / y,
    ),
    doc="x * log(y), 0 where x is 0 whatever y is.",
)


def _scaled_exp(x: Any, y: Any) -> Any:
    half = np.exp(np.where(x == 0, np.minimum(y, 0), y) * 0.5)
    return x * half * half


def _lower_scaled_exp(_: Builder, x: Scalar, y: Scalar) -> Scalar:
    dtype = y.dtype
    limited = Call("minimum", dtype, (y, Literal(0, dtype)))
    # By halves: exp(y) may overflow where x is tiny.
    half = Call("exp", dtype, (select(x.equals(0), limited, y) * 0.5,))
    return x * half * half


scaled_exp: Binary = binary(
    "scaled_exp",
    _scaled_exp,
    rule=floating,
    accepts=is_real,
    lower=_lower_scaled_exp,
    pullback=(
        lambda x, y, z, g: g * exp(y),
        lambda x, y, z, g: g * z,
    ),
    doc="x * exp(y), 0 where x is 0 and y any number.",
)
