"""Sums, products, quotients, powers and the like."""

from typing import Any

import numpy as np

from theanolike.ops.cotangent import Cotangent, disconnected
from theanolike.ops.declare import (
    Binary,
    Unary,
    binary,
    dividing,
    real_part,
    same,
    unary,
    variadic,
)
from theanolike.types.variable import functions


def _product_of_others(i: int, inputs: Any, _: Any, g: Cotangent) -> Cotangent:
    for j, x in enumerate(inputs):
        if j != i:
            g = g * x
    return g


add: Unary = variadic("add", np.add, symbol="+", pullback=lambda i, xs, z, g: g)
sub: Binary = binary(
    "sub",
    np.subtract,
    symbol="-",
    pullback=(lambda x, y, z, g: g, lambda x, y, z, g: -g),
    doc="x - y; bools as integers are refused, as in NumPy.",
    accepts=lambda dtype: dtype != "bool",
)
mul: Unary = variadic("mul", np.multiply, symbol="*", pullback=_product_of_others)
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
neg: Unary = unary(
    "neg", np.negative, rule=same, symbol="-", pullback=lambda x, y, g: -g
)
sqr: Unary = unary(
    "sqr", np.square, rule=same, pullback=lambda x, y, g: g * x * 2, doc="x * x."
)
pow: Binary = binary(
    "pow",
    np.power,
    symbol="**",
    pullback=(
        lambda x, y, z, g: g * y * x ** (y - 1),
        lambda x, y, z, g: g * z * functions().log(x),
    ),
)
