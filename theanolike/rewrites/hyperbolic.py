"""Hyperbolic functions where 1 and their values cancel, or both overflow."""

from math import log as ln
from typing import Any

import numpy as np

from theanolike.graph.apply import Apply
from theanolike.ops.activation import sigmoid, softplus
from theanolike.ops.arithmetic import add, inv, mul, neg, power, sqr, sub
from theanolike.ops.exponential import log, log1mexp, log1p, sqrt
from theanolike.ops.trigonometric import arcsinh, arctanh, cosh, sech, sinh, tanh
from theanolike.rewrites.pattern import number, uniform, wildcard
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import rewrite

__all__ = ["log_of_complement"]

STABILIZE = Phase.STABILIZE
x, y = wildcard("x"), wildcard("y")
c = number("c")
LN_2 = ln(2)


def log_of_complement(node: Apply) -> Any:
    """Return the logarithm of 1 - tanh(x) or 1 + tanh(x), None for other nodes."""
    if node.op not in (add, sub) or len(node.inputs) != 2:
        return None
    places = ((0, 1),) if node.op == sub else ((0, 1), (1, 0))
    for one, other in places:
        made = node.inputs[other].owner
        if made is not None and made.op == tanh and uniform(node.inputs[one]) == 1:
            twice = mul(-2 if node.op == add else 2, made.inputs[0])
            return sub(LN_2, softplus(twice))
    return None


@rewrite(STABILIZE, log(1 - tanh(x)), log1p(-tanh(x)), grade=Grade.ROUNDING)
def log_of_one_less_tanh(x: Any) -> Any:
    """log(1 - tanh(x)) = log(2) - softplus(2 * x)."""
    return sub(LN_2, softplus(mul(2, x)))


@rewrite(STABILIZE, log(1 + tanh(x)), log1p(tanh(x)), grade=Grade.ROUNDING)
def log_of_one_plus_tanh(x: Any) -> Any:
    """log(1 + tanh(x)) = log(2) - softplus(-2 * x)."""
    return sub(LN_2, softplus(mul(-2, x)))


@rewrite(
    STABILIZE,
    log(1 - sqr(tanh(x))),
    log(1 - tanh(x) * tanh(x)),
    log(1 - tanh(x) ** 2),
    log1p(-sqr(tanh(x))),
    log1p(-(tanh(x) * tanh(x))),
    log1p(-(tanh(x) ** 2)),
    grade=Grade.ROUNDING,
)
def log_of_slope_of_tanh(x: Any) -> Any:
    """log(1 - tanh(x) ** 2) = log(4) - softplus(2 * x) - softplus(-2 * x)."""
    return sub(sub(2 * LN_2, softplus(mul(2, x))), softplus(mul(-2, x)))


@rewrite(
    STABILIZE,
    log(1 - sqr(sigmoid(x))),
    log(1 - sigmoid(x) * sigmoid(x)),
    log(1 - sigmoid(x) ** 2),
    log1p(-sqr(sigmoid(x))),
    log1p(-(sigmoid(x) * sigmoid(x))),
    log1p(-(sigmoid(x) ** 2)),
    grade=Grade.ROUNDING,
)
def log_of_one_less_square_of_sigmoid(x: Any) -> Any:
    """log(1 - sigmoid(x) ** 2) = log1p(sigmoid(x)) - softplus(x)."""
    return sub(log1p(sigmoid(x)), softplus(x))


@rewrite(
    STABILIZE,
    0.5 * (1 - tanh(x)),
    (1 - tanh(x)) / 2,
    0.5 - 0.5 * tanh(x),
    0.5 - tanh(x) / 2,
    grade=Grade.ROUNDING,
)
def sigmoid_of_minus_twice(x: Any) -> Any:
    """(1 - tanh(x)) / 2 = sigmoid(-2 * x)."""
    return sigmoid(mul(-2, x))


@rewrite(STABILIZE, log(sinh(x)), grade=Grade.ROUNDING)
def log_of_sinh(x: Any) -> Any:
    """log(sinh(x)) = x + log1mexp(-2 * x) - log(2)."""
    return sub(add(x, log1mexp(mul(-2, x))), LN_2)


@rewrite(STABILIZE, arctanh(tanh(x)), grade=Grade.ROUNDING)
def arctanh_of_tanh(x: Any) -> Any:
    """arctanh(tanh(x)) = x."""
    return x


@rewrite(
    STABILIZE,
    log(x + sqrt(1 + sqr(x))),
    log(x + sqrt(1 + x * x)),
    log(x + sqrt(1 + x**2)),
    grade=Grade.ROUNDING,
)
def log_as_arcsinh(x: Any) -> Any:
    """log(x + sqrt(x ** 2 + 1)) = arcsinh(x)."""
    return arcsinh(x)


@rewrite(STABILIZE, log(sigmoid(x) - sigmoid(y)), grade=Grade.ROUNDING)
def log_of_difference_of_sigmoids(x: Any, y: Any) -> Any:
    """log(sigmoid(x) - sigmoid(y)) = log1mexp(y - x) - softplus(-x) - softplus(y)."""
    return sub(sub(log1mexp(sub(y, x)), softplus(neg(x))), softplus(y))


@rewrite(STABILIZE, sinh(x) / cosh(x), grade=Grade.DOMAIN)
def sinh_over_cosh(x: Any) -> Any:
    """sinh(x) / cosh(x) = tanh(x)."""
    return tanh(x)


@rewrite(STABILIZE, 1 / cosh(x), inv(cosh(x)), grade=Grade.ROUNDING)
def inverse_of_cosh(x: Any) -> Any:
    """1 / cosh(x) = sech(x)."""
    return sech(x)


@rewrite(STABILIZE, y / cosh(x), grade=Grade.ROUNDING)
def over_cosh(x: Any, y: Any) -> Any:
    """y / cosh(x) = y * sech(x)."""
    return mul(y, sech(x))


@rewrite(
    STABILIZE,
    y / sqr(cosh(x)),
    y / cosh(x) ** 2,
    y / (cosh(x) * cosh(x)),
    grade=Grade.ROUNDING,
)
def over_square_of_cosh(x: Any, y: Any) -> Any:
    """y / cosh(x) ** 2 = y * sech(x) ** 2."""
    return mul(y, sqr(sech(x)))


@rewrite(STABILIZE, cosh(x) ** c, grade=Grade.ROUNDING)
def power_of_cosh(x: Any, c: Any) -> Any:
    """cosh(x) ** -c = sech(x) ** c, for a c above 0."""
    n = uniform(c)
    return power(sech(x), -n) if -np.inf < n < 0 else None
