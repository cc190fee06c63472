"""Logarithms of 1 and exponentials, and exponentials of what such logarithms are."""

from math import log as ln
from typing import Any

import numpy as np

from theanolike.graph.apply import Apply
from theanolike.ops.activation import sigmoid, softplus
from theanolike.ops.arithmetic import add, mul, neg, sub
from theanolike.ops.comparison import lt
from theanolike.ops.conditional import maximum, switch
from theanolike.ops.dimshuffle import DimShuffle
from theanolike.ops.elementwise import Elementwise
from theanolike.ops.exponential import exp, log, log1mexp, log1p, logaddexp, sqrt
from theanolike.ops.reduction import Sum
from theanolike.rewrites.factors import parts_of
from theanolike.rewrites.pattern import conform, number, uniform, wildcard
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import rewrite
from theanolike.rewrites.stable_logs import (
    made_by,
    powers_of,
    split_product,
    unshuffled,
)
from theanolike.types.dtypes import is_float

__all__: list[str] = []

STABILIZE = Phase.STABILIZE
x = wildcard("x")
c = number("c")
_MOST_TERMS = 8
# Below this log(exp(x) + ...) is x to the last digit, and exp(x) still has all digits.
_FAR = {"float16": -9.0}
_FAR_BELOW = -40.0


def _far(x: Any) -> float | None:
    """Return the bound below which exp(x) counts as small, None where x has one."""
    made = x.owner
    has_bound = made is not None and made.op == maximum
    if has_bound and any(uniform(v) is not None for v in made.inputs):
        return None
    return _FAR.get(x.type.dtype, _FAR_BELOW) if is_float(x.type.dtype) else None


@rewrite(STABILIZE, log(softplus(x)), log(neg(-softplus(x))), grade=Grade.ROUNDING)
def log_of_softplus(x: Any) -> Any:
    """log(softplus(x)) = x for x < -40, as exp(x), which underflows."""
    far = _far(x)
    if far is None:
        return None
    return switch(lt(x, far), x, log(softplus(maximum(x, far))))


@rewrite(
    STABILIZE,
    log1mexp(-exp(x)),
    log(1 - exp(-exp(x))),
    log1p(-exp(-exp(x))),
    grade=Grade.ROUNDING,
)
def log_of_one_less_exp_of_exp(x: Any) -> Any:
    """log(1 - exp(-exp(x))) = x for x < -40, where it is log(exp(x)): cloglog."""
    far = _far(x)
    if far is None:
        return None
    return switch(lt(x, far), x, log1mexp(neg(exp(maximum(x, far)))))


@rewrite(STABILIZE, exp(-softplus(x)), grade=Grade.ROUNDING)
def exp_of_minus_softplus(x: Any) -> Any:
    """exp(-softplus(x)) = sigmoid(-x)."""
    return sigmoid(neg(x))


@rewrite(STABILIZE, exp(x - softplus(x)), grade=Grade.DOMAIN)
def exp_less_softplus(x: Any) -> Any:
    """exp(x - softplus(x)) = sigmoid(x)."""
    return sigmoid(x)


@rewrite(STABILIZE, log1mexp(-softplus(x)), grade=Grade.ROUNDING)
def log1mexp_of_minus_softplus(x: Any) -> Any:
    """log1mexp(-softplus(x)) = -softplus(-x), as exp(-softplus(x)) = 1 - sigmoid(x)."""
    return neg(softplus(neg(x)))


@rewrite(STABILIZE, sqrt(exp(x)), grade=Grade.ROUNDING)
def root_of_exp(x: Any) -> Any:
    """sqrt(exp(x)) = exp(x / 2)."""
    return exp(mul(x, 0.5)) if is_float(x.type.dtype) else None


@rewrite(STABILIZE, exp(x) ** c, grade=Grade.DOMAIN)
def power_of_exp(x: Any, c: Any) -> Any:
    """exp(x) ** c = exp(c * x), for a c that isn't 1, 2, 3..."""
    n = uniform(c)
    if not is_float(x.type.dtype) or not np.isfinite(n) or (n >= 0 and n == int(n)):
        return None
    return exp(mul(c, x))


@rewrite(STABILIZE, log, log1p, grade=Grade.ROUNDING)
def log_of_constant_and_exp(node: Apply) -> Any:
    """log(c + y) = log(c) + softplus(log(y) - log(c)), for c > 0 and y = exp(x).

    And for sums of exponentials, times numbers above 0: log(c + a * exp(x) + exp(y)).
    """
    total: Any = node.inputs[0]
    if not _holds_exp(total):
        return None
    parts = parts_of(total, is_product=False)
    if not is_float(parts.dtype) or parts.cancelled:
        return None
    least = parts.constant + (node.op == log1p)
    if not 0 < least < np.inf or not 1 <= len(parts.counts) <= _MOST_TERMS:
        return None
    known: Any = None
    for term, count in parts.counts.items():
        found = _log_of_term(term, count)
        if found is None:
            return None
        known = found if known is None else logaddexp(known, found)
    if least == 1:
        return conform(node, softplus(known), parts.leaves)
    shift = ln(least)
    return conform(node, add(softplus(sub(known, shift)), shift), parts.leaves)


# Ops between a logarithm and exponentials that are looked through, and how many.
_BETWEEN = frozenset({"add", "sub", "mul", "true_div", "inv", "neg", "sqr", "pow"})
_MOST_BETWEEN = 24


def _holds_exp(total: Any) -> bool:
    """Tell at little cost that most sums and products have no exponential in them."""
    stack, left = [total], _MOST_BETWEEN
    while stack and left:
        left -= 1
        made = stack.pop().owner
        if made is None:
            continue
        if made.op == exp:
            return made is not total.owner
        name = made.op.name if type(made.op) is Elementwise else ""
        if name in _BETWEEN or isinstance(made.op, Sum | DimShuffle):
            stack.extend(made.inputs)
    return bool(stack)


def _log_of_term(term: Any, count: int) -> Any:
    """Return log(count * term) of a product with an exponential, None if it isn't."""
    if count < 1 or not _may_overflow(term):
        return None
    parted = split_product(term, is_term=True)
    if parted is None:
        return None
    weight = 1 if parted.weight is None else uniform(parted.weight)
    if weight is None or not 0 < weight < np.inf:
        return None
    found = conform(term.owner, parted.log, parted.leaves)
    shift = ln(weight * count)
    return add(found, shift) if shift else found


def _may_overflow(term: Any) -> bool:
    """Tell whether an exponential, or a sum of such, is a factor of a term."""
    for factor, count in parts_of(term, is_product=True).counts.items():
        inner, _ = unshuffled(factor)
        made = made_by(inner, Sum)
        source = inner if made is None else made.inputs[0]
        powers = parts_of(source, is_product=True).counts
        if count > 0 and any(powers_of(v) is not None for v in powers):
            return True
    return False
