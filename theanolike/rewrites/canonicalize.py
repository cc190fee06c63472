"""Trivial algebra: neutral operands, double negations, equal operands, casts."""

from typing import Any

import numpy as np

from theanolike.graph.apply import Apply
from theanolike.ops.arithmetic import (
    abs_,
    add,
    inv,
    mul,
    neg,
    sqr,
    sub,
    tensor_copy,
    true_div,
)
from theanolike.ops.barriers import Barrier
from theanolike.ops.cast import Cast, cast
from theanolike.ops.comparison import eq, ge, gt, le, lt, neq
from theanolike.ops.conditional import masked, maximum, minimum, switch
from theanolike.ops.exponential import exp, log, sqrt
from theanolike.ops.logic import and_, invert, or_
from theanolike.rewrites.pattern import uniform, wildcard
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import rewrite
from theanolike.types.dtypes import COMPLEX, FLOATS, UNSIGNED, is_discrete, is_float

__all__: list[str] = []

x, y = wildcard("x"), wildcard("y")
b, c = wildcard("b", "bool"), wildcard("c", "bool")
CANONICALIZE = Phase.CANONICALIZE


@rewrite(CANONICALIZE, add(x), mul(x), tensor_copy(x), and_(b), or_(b))
def only_operand(node: Apply) -> Any:
    """add(x) = mul(x) = x."""
    return cast(node.inputs[0], node.outputs[0].type.dtype)  # type: ignore[attr-defined]


@rewrite(CANONICALIZE, Barrier)
def barrier_of_gradients(node: Apply) -> Any:
    """disconnected_grad(x) = x, once the gradient is taken."""
    return node.inputs[0]


@rewrite(
    CANONICALIZE,
    x * 1,
    x / 1,
    x**1,
    aliases=["local_mul_canonizer", "local_pow_canonicalize"],
)
def times_one(x: Any) -> Any:
    """x * 1 = x / 1 = x ** 1 = x."""
    return x


@rewrite(CANONICALIZE, x - 0)
def minus_zero(x: Any) -> Any:
    """x - 0 = x."""
    return x


@rewrite(CANONICALIZE, x + 0, grade=Grade.ROUNDING, aliases=["local_add_canonizer"])
def plus_zero(x: Any) -> Any:
    """x + 0 = x, but that -0 + 0 is 0."""
    return x


@rewrite(CANONICALIZE, x + 0)
def integer_plus_zero(x: Any) -> Any:
    """x + 0 = x, of integers."""
    return x if is_discrete(x.type.dtype) else None


@rewrite(CANONICALIZE, x * 0, aliases=["local_mul_zero"])
def integer_times_zero(x: Any) -> Any:
    """x * 0 = 0, of integers: inf * 0 and NaN * 0 are NaN."""
    return 0 if is_discrete(x.type.dtype) else None


@rewrite(CANONICALIZE, x**0)
def power_zero() -> Any:
    """x ** 0 = 1."""
    return 1


@rewrite(CANONICALIZE, neg(neg(x)), aliases=["local_neg_neg"])
def negative_of_negative(x: Any) -> Any:
    """-(-x) = x."""
    return x


@rewrite(CANONICALIZE, neg(x - y), grade=Grade.ROUNDING)
def negative_of_difference(x: Any, y: Any) -> Any:
    """-(x - y) = y - x, but that -(0 - 0) is -0."""
    return sub(y, x)


@rewrite(CANONICALIZE, (-x) - y, grade=Grade.ROUNDING)
def negative_minus(x: Any, y: Any) -> Any:
    """-x - y = -(x + y), but for the sign of a zero."""
    return neg(add(x, y))


@rewrite(CANONICALIZE, x - (-y))
def minus_negative(x: Any, y: Any) -> Any:
    """x - (-y) = x + y."""
    return add(x, y)


@rewrite(CANONICALIZE, x + (-y))
def plus_negative(x: Any, y: Any) -> Any:
    """x + (-y) = x - y."""
    return sub(x, y)


@rewrite(CANONICALIZE, (-x) * (-y), (-x) / (-y))
def signs_cancel(node: Apply, x: Any, y: Any) -> Any:
    """(-x) * (-y) = x * y, and so for x / y."""
    return node.op(x, y)


@rewrite(CANONICALIZE, x * -1, x / -1)
def times_minus_one(x: Any) -> Any:
    """x * -1 = x / -1 = -x."""
    return None if x.type.dtype == "bool" else neg(x)


@rewrite(CANONICALIZE, 0 - x, grade=Grade.ROUNDING)
def zero_minus(x: Any) -> Any:
    """0 - x = -x, but that 0 - 0 is 0."""
    return neg(x)


@rewrite(CANONICALIZE, x - x, grade=Grade.DOMAIN)
def minus_itself() -> Any:
    """x - x = 0."""
    return 0


@rewrite(CANONICALIZE, x / x, grade=Grade.DOMAIN)
def over_itself() -> Any:
    """x / x = 1."""
    return 1


@rewrite(CANONICALIZE, x * y / x, grade=Grade.DOMAIN, aliases=["local_mul_div_cancel"])
def factor_over_itself(x: Any, y: Any) -> Any:
    """x * y / x = y."""
    return y if _divides(x) else None


@rewrite(CANONICALIZE, x / y * y, grade=Grade.DOMAIN)
def quotient_times_divisor(x: Any) -> Any:
    """x / y * y = x."""
    return x if _divides(x) else None


@rewrite(CANONICALIZE, x + y - x, grade=Grade.DOMAIN)
def term_minus_itself(y: Any) -> Any:
    """x + y - x = y."""
    return y


@rewrite(CANONICALIZE, (x - y) + y, grade=Grade.DOMAIN)
def difference_plus_subtrahend(x: Any) -> Any:
    """x - y + y = x."""
    return x


@rewrite(CANONICALIZE, inv(inv(x)), grade=Grade.ROUNDING)
def inverse_of_inverse(x: Any) -> Any:
    """1 / (1 / x) = x."""
    return x if _divides(x) else None


@rewrite(CANONICALIZE, x * inv(y), grade=Grade.ROUNDING)
def times_inverse(x: Any, y: Any) -> Any:
    """x * (1 / y) = x / y."""
    return true_div(x, y)


@rewrite(CANONICALIZE, log(exp(x)), grade=Grade.ROUNDING, aliases=["local_exp_log"])
def log_of_exp(x: Any) -> Any:
    """log(exp(x)) = x."""
    return x


@rewrite(CANONICALIZE, exp(log(x)), grade=Grade.DOMAIN, aliases=["local_exp_log"])
def exp_of_log(x: Any) -> Any:
    """exp(log(x)) = x."""
    return x


@rewrite(CANONICALIZE, sqrt(sqr(x)), grade=Grade.ROUNDING)
def root_of_square(x: Any) -> Any:
    """sqrt(x ** 2) = abs(x)."""
    return abs_(x)


@rewrite(CANONICALIZE, sqr(sqrt(x)), grade=Grade.DOMAIN)
def square_of_root(x: Any) -> Any:
    """sqrt(x) ** 2 = x."""
    return x


@rewrite(CANONICALIZE, abs_(abs_(x)), abs_(-x))
def size_of_size(x: Any) -> Any:
    """abs(abs(x)) = abs(-x) = abs(x), where -x isn't wrapped around."""
    return None if x.type.dtype in UNSIGNED else abs_(x)


@rewrite(CANONICALIZE, sqr(abs_(x)), sqr(-x))
def square_of_size(x: Any) -> Any:
    """abs(x) ** 2 = (-x) ** 2 = x ** 2."""
    return None if x.type.dtype in COMPLEX else sqr(x)


@rewrite(CANONICALIZE, maximum(x, x), minimum(x, x), and_(b, b), or_(b, b))
def same_operands(node: Apply) -> Any:
    """maximum(x, x) = minimum(x, x) = x, and so for x & x and x | x."""
    return cast(node.inputs[0], node.outputs[0].type.dtype)  # type: ignore[attr-defined]


@rewrite(CANONICALIZE, eq(x, x), le(x, x), ge(x, x))
def equal_to_itself(x: Any) -> Any:
    """x == x, of integers."""
    return True if is_discrete(x.type.dtype) else None


@rewrite(CANONICALIZE, neq(x, x), lt(x, x), gt(x, x))
def unequal_to_itself(x: Any) -> Any:
    """x != x is never true, of integers."""
    return False if is_discrete(x.type.dtype) else None


@rewrite(CANONICALIZE, lt(x, x), gt(x, x))
def less_than_itself(x: Any) -> Any:
    """x < x is never true, of NaN neither."""
    return False if is_float(x.type.dtype) else None


@rewrite(CANONICALIZE, invert(invert(b)))
def not_not(b: Any) -> Any:
    """~~b = b."""
    return b


@rewrite(CANONICALIZE, switch(b, x, x), aliases=["local_useless_switch"])
def switch_between_equals(x: Any) -> Any:
    """switch(b, x, x) = x."""
    return x


@rewrite(CANONICALIZE, switch(b, x, y), aliases=["local_useless_switch"])
def switch_by_constant(b: Any, x: Any, y: Any) -> Any:
    """switch(True, x, y) = x, switch(False, x, y) = y."""
    known = uniform(b)
    return None if known is None else x if known else y


@rewrite(CANONICALIZE, switch(invert(b), x, y))
def switch_by_negation(b: Any, x: Any, y: Any) -> Any:
    """switch(~b, x, y) = switch(b, y, x)."""
    return switch(b, y, x) if b.type.dtype == "bool" else None


@rewrite(CANONICALIZE, masked(b, x))
def mask_by_constant(b: Any, x: Any) -> Any:
    """masked(True, x) = x, masked(False, x) = 0."""
    known = uniform(b)
    if known is None:
        return 0 if uniform(x) == 0 and not _is_negative_zero(x) else None
    return x if known else 0


def _is_negative_zero(x: Any) -> bool:
    return bool(np.signbit(np.real(x.data)).any() or np.signbit(np.imag(x.data)).any())


@rewrite(CANONICALIZE, masked(b, masked(b, x)))
def mask_of_mask(b: Any, x: Any) -> Any:
    """masked(b, masked(b, x)) = masked(b, x)."""
    return masked(b, x)


@rewrite(CANONICALIZE, Cast)
def useless_cast(node: Apply) -> Any:
    """cast(x) = x, where x has the dtype."""
    x = node.inputs[0]
    return x if x.type.dtype == node.op.dtype else None  # type: ignore[attr-defined]


@rewrite(CANONICALIZE, Cast, aliases=["local_cast_cast"])
def cast_of_cast(node: Apply) -> Any:
    """cast(cast(x, wider), dtype) = cast(x, dtype)."""
    inner = node.inputs[0].owner
    if inner is None or not isinstance(inner.op, Cast):
        return None
    source = inner.inputs[0]
    own: str = source.type.dtype  # type: ignore[attr-defined]
    if not np.can_cast(own, inner.op.dtype, "safe"):
        return None
    if own in FLOATS and is_discrete(node.op.dtype):  # type: ignore[attr-defined]
        return None
    return cast(source, node.op.dtype)  # type: ignore[attr-defined]


def _divides(x: Any) -> bool:
    """Tell whether x / y is of the dtype of x."""
    return not is_discrete(x.type.dtype)
