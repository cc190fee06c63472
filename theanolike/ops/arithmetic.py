"""Sums, products, quotients, powers, remainders, absolute values and signs."""

from typing import Any

import numpy as np

from theanolike.codegen.lowering import Builder, Scalar
from theanolike.ops.cotangent import Cotangent
from theanolike.ops.elementwise import (
    Binary,
    Unary,
    binary,
    dividing,
    floating,
    real_part,
    same,
    unary,
    variadic,
)
from theanolike.types.constants import as_tensor_variable, constant
from theanolike.types.dtypes import is_complex, is_discrete
from theanolike.types.variable import functions


def is_real(dtype: str) -> bool:
    """Tell whether `dtype` isn't complex."""
    return not is_complex(dtype)


def is_number(dtype: str) -> bool:
    """Tell whether `dtype` isn't bool."""
    return dtype != "bool"


def counting(dtypes: Any) -> tuple[str, str]:
    """As `same`, but bools are brought to int8, as NumPy does."""
    dtype, _ = same(dtypes)
    return ("int8", "int8") if dtype == "bool" else (dtype, dtype)


def flat(*operands: Any) -> Cotangent:
    """Return the cotangent through a function that is flat almost everywhere.

    Its zeros are structural: its support is nowhere.
    """
    g: Cotangent = operands[-1]
    fill_like = functions().fill_like
    zero = constant(0, dtype=g.value.type.dtype)
    nowhere = constant(False)
    return type(g)(fill_like(zero, g.value), fill_like(nowhere, g.value), False)


def _product_of_others(i: int, inputs: Any, _: Any, g: Cotangent) -> Cotangent:
    for j, x in enumerate(inputs):
        if j != i:
            g = g * x
    return g


add: Unary = variadic(
    "add",
    np.add,
    symbol="+",
    pullback=lambda i, xs, z, g: g,
    doc="The sum of one or more operands; of bools, whether any holds.",
)
sub: Binary = binary(
    "sub",
    np.subtract,
    symbol="-",
    pullback=(lambda x, y, z, g: g, lambda x, y, z, g: -g),
    doc="x - y; of two bools it is refused, as in NumPy.",
    accepts=is_number,
)
mul: Unary = variadic(
    "mul",
    np.multiply,
    symbol="*",
    pullback=_product_of_others,
    doc="The product of one or more operands; of bools, whether all hold.",
)
true_div: Binary = binary(
    "true_div",
    np.true_divide,
    rule=dividing,
    primitive="truediv",
    symbol="/",
    pullback=(
        lambda x, y, z, g: g / y,
        lambda x, y, z, g: -(g * x) / (y * y),
    ),
    doc="x / y; of two integers, in floatX.",
)
inv: Unary = unary(
    "inv",
    lambda x: 1 / x,
    rule=dividing,
    primitive="reciprocal",
    pullback=lambda x, y, g: -g / (x * x),
    doc="1 / x; of an integer, in floatX.",
)
int_div: Binary = binary(
    "int_div",
    np.floor_divide,
    rule=counting,
    primitive="floordiv",
    symbol="//",
    accepts=is_real,
    pullback=flat,
    doc="x / y rounded down; 0 where an integer is divided by 0.",
)
mod: Binary = binary(
    "mod",
    np.remainder,
    rule=counting,
    symbol="%",
    accepts=is_real,
    pullback=(
        lambda x, y, z, g: g,
        lambda x, y, z, g: -(g * functions().int_div(x, y)),
    ),
    doc="x - y * (x // y), of y's sign; 0 where y is an integer 0.",
)
neg: Unary = unary(
    "neg",
    np.negative,
    rule=same,
    symbol="-",
    accepts=is_number,
    pullback=lambda x, y, g: -g,
    doc="x with the other sign.",
)
sqr: Unary = unary(
    "sqr",
    lambda x: x * x,
    rule=counting,
    pullback=lambda x, y, g: g * x * 2,
    doc="x * x.",
)


def _power(x: Any, y: Any) -> Any:
    if x.dtype.kind != "i":
        return np.power(x, y)
    # 1 / x**n rounded towards zero for negative exponents, where NumPy refuses.
    inverse = np.where(x == 1, 1, np.where(x == -1, np.where(y % 2 == 0, 1, -1), 0))
    power = np.power(x, np.where(y < 0, 0, y).astype(x.dtype))
    return np.where(y < 0, inverse.astype(x.dtype), power)


def _by_base(x: Any, y: Any, _: Any, g: Cotangent) -> Any:
    f = functions()
    # An unsigned exponent 0 less 1 would wrap.
    exponent = f.cast(y, "int64") if y.type.dtype[0] in "ub" else y
    known = f.find_constant(y)
    # x ** 0 is 1 at 0, too, where 0 * x ** -1 has no value. Elsewhere it has, and one
    # that depends on y: only the zero itself is masked unless y is a constant.
    if known is None:
        g = g.where(f.or_(f.neq(x, 0), f.neq(y, 0)), is_guard=False)
    elif (known == 0).any():
        g = g.where(f.neq(y, 0), is_guard=False)
    return g * y * x ** (exponent - 1)


def _by_exponent(x: Any, _: Any, z: Any, g: Cotangent) -> Any:
    f = functions()
    return g.where(f.neq(x, 0), is_guard=False) * z * f.log(x)


pow: Binary = binary(
    "pow",
    _power,
    rule=counting,
    symbol="**",
    accepts=is_real,
    pullback=(_by_base, _by_exponent),
    doc="x ** y; of integers, rounded towards zero where y is negative.",
)


def _by_abs(x: Any, y: Any, g: Cotangent) -> Any:
    f = functions()
    if is_complex(x.type.dtype):
        return g * (f.conj(x) / y)
    return g * f.sgn(x)


abs_: Unary = unary(
    "abs_",
    np.abs,
    primitive="abs",
    rule=real_part,
    pullback=_by_abs,
    doc="The absolute value; of a complex number, its distance from 0.",
)
sgn: Unary = unary(
    "sgn",
    np.sign,
    rule=same,
    primitive="sign",
    accepts=lambda dtype: is_real(dtype) and is_number(dtype),
    pullback=flat,
    doc="-1, 0 or 1 by the sign; NaN of NaN.",
)


hypot: Binary = binary(
    "hypot",
    np.hypot,
    rule=floating,
    accepts=is_real,
    pullback=(lambda x, y, z, g: g * x / z, lambda x, y, z, g: g * y / z),
    doc="sqrt(x**2 + y**2) without overflow in between.",
)


def _identity(_: Builder, x: Scalar) -> Scalar:
    return x


tensor_copy: Unary = unary(
    "identity",
    np.copy,
    rule=same,
    lower=_identity,
    pullback=lambda x, y, g: g,
    doc="The same elements, in a tensor of their own.",
)


def divmod(x: Any, y: Any) -> tuple[Any, Any]:
    """Return `(x // y, x % y)`."""
    return int_div(x, y), mod(x, y)


def ceil_intdiv(a: Any, b: Any) -> Any:
    """Return a / b of integers, rounded up."""
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    f = functions()
    whole = int_div(a, b)
    if not is_discrete(whole.type.dtype):
        raise TypeError(f"ceil_intdiv takes integers, got {a.dtype} and {b.dtype}.")
    return whole + f.cast(f.neq(mod(a, b), 0), whole.type.dtype)


floor_div = int_div
power = pow
square = sqr
absolute = abs_
