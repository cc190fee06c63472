"""Quotients of exponentials and their sums, where both overflow or both underflow."""

from math import log as ln
from typing import Any, NamedTuple

import numpy as np

from theanolike.graph.apply import Apply
from theanolike.ops.activation import sigmoid, softplus
from theanolike.ops.arithmetic import add, inv, mul, neg, power, sqr, sub, true_div
from theanolike.ops.exponential import exp, expm1, inv_expm1, scaled_exp, sqrt
from theanolike.ops.reduction import Sum
from theanolike.ops.trigonometric import tanh
from theanolike.rewrites.factors import parts_of, product_of
from theanolike.rewrites.pattern import conform, uniform, wildcard
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import rewrite
from theanolike.rewrites.stable_logs import (
    SumOfExp,
    again,
    powers_of,
    split_product,
    sum_of_exp,
    terms_of_exp,
    unshuffled,
)
from theanolike.types.dtypes import is_float

__all__: list[str] = []

STABILIZE = Phase.STABILIZE
x, y = wildcard("x"), wildcard("y")


@rewrite(
    STABILIZE,
    (1 - exp(x)) / (1 + exp(x)),
    -expm1(x) / (1 + exp(x)),
    -expm1(x) * sigmoid(-x),
    expm1(-x) * sigmoid(x),
    grade=Grade.DOMAIN,
)
def minus_tanh_of_half(x: Any) -> Any:
    """(1 - exp(x)) / (1 + exp(x)) = -tanh(x / 2)."""
    return neg(tanh(mul(x, 0.5)))


@rewrite(STABILIZE, 1 / expm1(x), inv(expm1(x)), grade=Grade.ROUNDING)
def inverse_of_exp_less_one(x: Any) -> Any:
    """1 / (exp(x) - 1) = inv_expm1(x)."""
    return inv_expm1(x)


@rewrite(STABILIZE, exp(x) / expm1(x), exp(x) * inv_expm1(x), grade=Grade.DOMAIN)
def exp_over_exp_less_one(x: Any) -> Any:
    """exp(x) / (exp(x) - 1) = -inv_expm1(-x)."""
    return neg(inv_expm1(neg(x)))


@rewrite(STABILIZE, y / expm1(x), grade=Grade.ROUNDING)
def over_exp_less_one(x: Any, y: Any) -> Any:
    """y / (exp(x) - 1) = y * inv_expm1(x)."""
    return mul(y, inv_expm1(x))


@rewrite(STABILIZE, y / -expm1(x), grade=Grade.ROUNDING)
def over_one_less_exp(x: Any, y: Any) -> Any:
    """y / (1 - exp(x)) = -y * inv_expm1(x)."""
    return neg(mul(y, inv_expm1(x)))


@rewrite(STABILIZE, 1 / exp(x), inv(exp(x)), grade=Grade.ROUNDING)
def inverse_of_exp(x: Any) -> Any:
    """1 / exp(x) = exp(-x)."""
    return exp(neg(x)) if is_float(x.type.dtype) else None


class Line(NamedTuple):
    """a + b * exp(n * x), for numbers a, b above 0."""

    a: Any
    b: Any
    power: Any
    n: int


@rewrite(STABILIZE, *(true_div, inv, power), grade=Grade.DOMAIN)
def over_constant_and_exp(node: Apply) -> Any:
    """y / (a + b * exp(x)) = y / a * sigmoid(log(a / b) - x), for numbers a, b > 0.

    Where y has exp(x) for a factor, exp(x) / (a + b * exp(x)) = sigmoid(x - log(a / b))
    / b. Powers of these likewise, by exp(-n * softplus(x)) where n is no integer.
    """
    above, below, n = _above_and_below(node)
    made = None if n is None else below.owner
    if made is None or made.op != add:
        return None
    line = _line(below)
    if line is None or below.type.dtype != node.outputs[0].type.dtype:  # type: ignore[attr-defined]
        return None
    u = line.power.owner.inputs[0]
    u = mul(line.n, u) if line.n > 1 else u
    shift = ln(line.a / line.b)
    if n != int(n) or n > _MOST_POWER:
        rest = exp(mul(-n, softplus(sub(u, shift) if shift else u)))
        rest = rest if line.a == 1 else mul(line.a**-n, rest)
    else:
        above, rest = _sigmoids(line, above, int(n), u, shift)
    new = rest if above is None else mul(above, rest)
    return conform(node, new, node.inputs)


_MOST_POWER = 4


def _above_and_below(node: Apply) -> tuple[Any, Any, Any]:
    """Return (y, s, n) of y / s ** n, a y of None for 1; an n of None for others."""
    if node.op == power:
        n = uniform(node.inputs[1])
        return None, node.inputs[0], -n if n is not None and -np.inf < n < 0 else None
    above, below = (None, node.inputs[0]) if node.op == inv else node.inputs
    made: Any = below.owner
    if made is not None and made.op in (sqr, sqrt):
        return above, made.inputs[0], 2 if made.op == sqr else 0.5
    if made is not None and made.op == power:
        n = uniform(made.inputs[1])
        return above, made.inputs[0], n if n is not None and 0 < n < np.inf else None
    return above, below, 1


def _line(total: Any) -> Line | None:
    made = total.owner
    if len(made.inputs) != 2 or not is_float(total.type.dtype):
        return None
    for one, other in (made.inputs, made.inputs[::-1]):
        a = uniform(one)
        if a is None or not 0 < a < np.inf or other.type.dtype != total.type.dtype:
            continue
        parts = parts_of(other, is_product=True)
        if not is_float(parts.dtype) or not parts.is_safe() or parts.constant <= 0:
            return None
        if parts.cancelled or len(parts.counts) != 1:
            return None
        ((found, n),) = parts.counts.items()
        source = powers_of(found)
        if n > 0 and source is not None and found.type.dtype == total.type.dtype:
            return Line(a, float(parts.constant), found, n)
    return None


def _sigmoids(line: Line, above: Any, n: int, u: Any, shift: float) -> tuple[Any, Any]:
    """Return what is left of y, and the sigmoids for 1 / s ** n and powers in y."""
    taken = 0
    if above is not None:
        parts = parts_of(above, is_product=True)
        if parts.is_safe() and parts.dtype == line.power.type.dtype:
            taken = min(n, max(parts.counts[line.power], 0) // line.n)
        if taken:
            parts.counts[line.power] -= taken * line.n
            is_plain = any(parts.counts.values()) or parts.constant != 1
            above = product_of(parts) if is_plain else None
    rest: Any = None
    small, large = sub(u, shift) if shift else u, sub(shift, u) if shift else neg(u)
    for count, argument, scale in (
        (taken, small, line.b),
        (n - taken, large, line.a),
    ):
        for _ in range(count):
            factor = sigmoid(argument)
            rest = factor if rest is None else mul(rest, factor)
        above = above if scale == 1 or not count else _times(above, scale**-count)
    return above, rest


def _times(above: Any, number: float) -> Any:
    return mul(above, number) if above is not None else number


@rewrite(STABILIZE, true_div, grade=Grade.DOMAIN)
def exp_over_sum_of_exp(node: Apply) -> Any:
    """y * exp(x) / sum(z * exp(w)) = y * exp(x - m) / sum(z * exp(w - m)).

    For m = log(sum(abs(z) * exp(w))), and for sums of a few terms, numbers among them.
    """
    above, below = node.inputs
    if above.owner is None or below.owner is None or not _has_exp(above):
        return None
    total, turn = unshuffled(below)
    found = _sum(total)
    if found is None or total.type.dtype != node.outputs[0].type.dtype:  # type: ignore[attr-defined]
        return None
    parted = split_product(above)
    if parted is None:
        return None
    apart = sub(parted.log, again(turn, found.shift))
    weight = parted.weight
    new = exp(apart) if weight is None else scaled_exp(weight, apart)
    if found.rest is not None:
        new = true_div(new, again(turn, found.rest))
    return conform(node, new, [*node.inputs])


def _sum(total: Any) -> SumOfExp | None:
    """Return a sum of exponentials, perhaps with a number among its terms."""
    made = total.owner
    if made is None:
        return None
    if isinstance(made.op, Sum):
        return sum_of_exp(total) if _has_exp(made.inputs[0]) else None
    if powers_of(total) is not None:
        return SumOfExp(made.inputs[0])
    if made.op not in (add, sub):
        return None
    parts = parts_of(total, is_product=False)
    if parts.cancelled or not is_float(parts.dtype):
        return None
    return terms_of_exp(total, parts)


def _has_exp(variable: Any) -> bool:
    """Tell whether a factor of a product is an exponential."""
    counts = parts_of(variable, is_product=True).counts
    return any(powers_of(v) is not None for v in counts)
