"""Operations on bits; of bools, logic. Shifts too."""

import numpy as np

from theanolike.ops.arithmetic import counting
from theanolike.ops.cotangent import disconnected
from theanolike.ops.elementwise import Binary, Unary, binary, same, unary, variadic
from theanolike.types.dtypes import is_discrete

and_: Unary = variadic(
    "and_",
    np.bitwise_and,
    symbol="&",
    primitive="and",
    accepts=is_discrete,
    pullback=disconnected,
    doc="x & y; of bools, whether both hold.",
)
or_: Unary = variadic(
    "or_",
    np.bitwise_or,
    symbol="|",
    primitive="or",
    accepts=is_discrete,
    pullback=disconnected,
    doc="x | y; of bools, whether either holds.",
)
xor: Unary = variadic(
    "xor",
    np.bitwise_xor,
    symbol="^",
    accepts=is_discrete,
    pullback=disconnected,
    doc="x ^ y; of bools, whether exactly one holds.",
)
invert: Unary = unary(
    "invert",
    np.invert,
    rule=same,
    symbol="~",
    accepts=is_discrete,
    pullback=disconnected,
    doc="All bits flipped; of a bool, its negation.",
)
left_shift: Binary = binary(
    "left_shift",
    np.left_shift,
    rule=counting,
    symbol="<<",
    accepts=is_discrete,
    pullback=disconnected,
    doc="x << y; 0 where y is negative or at least the width.",
)
right_shift: Binary = binary(
    "right_shift",
    np.right_shift,
    rule=counting,
    symbol=">>",
    accepts=is_discrete,
    pullback=disconnected,
    doc="x >> y, the sign kept; 0 or -1 where y is negative or at least the width.",
)

bitwise_and = and_
bitwise_not = invert
bitwise_or = or_
bitwise_xor = xor
