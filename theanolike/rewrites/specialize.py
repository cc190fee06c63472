"""Cheaper spellings of the same: powers by small constants, divisions, reductions."""

from typing import Any

import numpy as np

from theanolike.ops.arithmetic import inv, mul, sqr
from theanolike.ops.exponential import sqrt
from theanolike.rewrites.pattern import number, uniform, wildcard
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import rewrite
from theanolike.types.dtypes import is_discrete, is_float

__all__: list[str] = []

SPECIALIZE = Phase.SPECIALIZE
x, y = wildcard("x"), wildcard("y")
c = number("c")
MOST_POWER = 16


@rewrite(SPECIALIZE, x**c, grade=Grade.ROUNDING, aliases=["local_pow_specialize"])
def power_by_constant(x: Any, c: Any) -> Any:
    """x ** 2 = sqr(x), x ** 0.5 = sqrt(x), x ** -1 = 1 / x, x ** 1.5 = x * sqrt(x)."""
    n = uniform(c)
    if is_discrete(x.type.dtype):
        return _whole_power(x, int(n)) if n >= 0 else None
    if abs(n) > MOST_POWER or 2 * n != int(2 * n):
        return None
    power = _whole_power(x, int(abs(n)))
    if n != int(n):
        power = sqrt(x) if power is None else mul(power, sqrt(x))
    return inv(power) if n < 0 and power is not None else power


def _whole_power(x: Any, n: int) -> Any:
    """Return a power by repeated squares."""
    if not 1 < n <= MOST_POWER:
        return x if n == 1 else None
    total, square = None, x
    while n:
        if n & 1:
            total = square if total is None else mul(total, square)
        n >>= 1
        if n:
            square = sqr(square)
    return total


@rewrite(SPECIALIZE, x * x, aliases=["local_mul_to_sqr"])
def times_itself(x: Any) -> Any:
    """x * x = sqr(x)."""
    return None if x.type.dtype == "bool" else sqr(x)


@rewrite(SPECIALIZE, x / c, aliases=["local_div_to_inv"])
def over_power_of_two(x: Any, c: Any) -> Any:
    """x / 4 = x * 0.25, for powers of two."""
    value = uniform(c)
    if not is_float(x.type.dtype) or not np.isfinite(value) or value == 0:
        return None
    mantissa, exponent = np.frexp(value)
    if abs(mantissa) != 0.5 or abs(exponent) > 100 or value in {1, -1}:
        return None
    if x.type.dtype == "float16" and abs(exponent) > 10:
        return None
    return mul(x, 1 / value)
