"""Logarithms of products, powers and sums of exponentials, without what overflows."""

from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.function_graph import FunctionGraph
from theanolike.ops.activation import sigmoid
from theanolike.ops.arithmetic import (
    abs_,
    add,
    inv,
    mul,
    neg,
    sgn,
    sqr,
    sub,
    true_div,
)
from theanolike.ops.comparison import eq, lt
from theanolike.ops.conditional import switch
from theanolike.ops.exponential import (
    exp,
    expm1,
    log,
    log1mexp,
    log1p,
    log2,
    log10,
    logaddexp,
    xlogx,
)
from theanolike.ops.reduction import Prod, Sum
from theanolike.ops.softmax import LogSoftmax, LogSumExp, Softmax
from theanolike.ops.trigonometric import cosh, tanh
from theanolike.rewrites.extents import covers
from theanolike.rewrites.factors import collect, parts_of, product_of, sum_of
from theanolike.rewrites.pattern import conform, number, uniform, wildcard
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import rewrite
from theanolike.rewrites.stable_logs import (
    again,
    is_spread,
    made_by,
    powers_of,
    unshuffled,
)
from theanolike.types.constants import constant
from theanolike.types.dtypes import is_discrete, is_float

__all__: list[str] = []

STABILIZE = Phase.STABILIZE
x, y = wildcard("x"), wildcard("y")
c = number("c")
LN_2, LN_10 = 0.6931471805599453, 2.302585092994046
# Ops whose results are never below 0.
_NEVER_NEGATIVE = frozenset({"exp", "exp2", "sqr", "abs_", "sqrt", "sigmoid"})


@rewrite(STABILIZE, log, aliases=["local_logsoftmax"], grade=Grade.ROUNDING)
def log_of_softmax(node: Apply) -> Any:
    """log(softmax(x)) = logsoftmax(x), and so where the dims are turned."""
    inner, turn = unshuffled(node.inputs[0])
    made = made_by(inner, Softmax)
    if made is None:
        return None
    return again(turn, LogSoftmax(made.op.axes)(made.inputs[0]))


@rewrite(STABILIZE, log(exp(x) + exp(y)), grade=Grade.ROUNDING)
def log_of_two_exp(x: Any, y: Any) -> Any:
    """log(exp(x) + exp(y)) = logaddexp(x, y)."""
    return logaddexp(x, y)


@rewrite(STABILIZE, log(cosh(x)), grade=Grade.ROUNDING)
def log_of_cosh(x: Any) -> Any:
    """log(cosh(x)) = logaddexp(x, -x) - log(2)."""
    return sub(logaddexp(x, neg(x)), LN_2) if is_float(x.type.dtype) else None


@rewrite(STABILIZE, exp(x) / (exp(x) + exp(y)), grade=Grade.DOMAIN)
def exp_over_two_exp(x: Any, y: Any) -> Any:
    """exp(x) / (exp(x) + exp(y)) = sigmoid(x - y)."""
    return sigmoid(sub(x, y))


@rewrite(STABILIZE, *(mul, true_div), grade=Grade.DOMAIN)
def exp_times_inverse_of_two_exp(node: Apply, fgraph: FunctionGraph) -> Any:
    """c * exp(x) / (exp(x) + exp(y)) = c * sigmoid(x - y)."""
    parts = collect(node, fgraph, is_product=True)
    if parts is None or not parts.is_safe():
        return None
    for factor, count in parts.counts.items():
        made = factor.owner
        if count != -1 or made is None or made.op != add or len(made.inputs) != 2:
            continue
        powers = [powers_of(v) for v in made.inputs]
        if None in powers or factor.type.dtype != parts.dtype:
            continue
        for k, term in enumerate(made.inputs):
            if parts.counts[term] > 0:
                parts.counts.subtract([term])
                del parts.counts[factor]
                parts.counts[sigmoid(sub(powers[k], powers[1 - k]))] += 1
                return conform(node, product_of(parts), parts.leaves)
    return None


@rewrite(STABILIZE, log(1 / x), log(inv(x)), grade=Grade.DOMAIN)
def log_of_inverse(x: Any) -> Any:
    """log(1 / x) = -log(x)."""
    return neg(log(x)) if is_float(x.type.dtype) else None


@rewrite(STABILIZE, log(sqr(x)), grade=Grade.ROUNDING, aliases=["local_log_pow"])
def log_of_square(x: Any) -> Any:
    """log(x ** 2) = 2 * log(abs(x))."""
    return mul(2, log(abs_(x))) if is_float(x.type.dtype) else None


@rewrite(STABILIZE, log(x**c), grade=Grade.DOMAIN, aliases=["local_log_pow"])
def log_of_power(x: Any, c: Any) -> Any:
    """log(x ** c) = c * log(x), and c * log(abs(x)) for an even c."""
    n = uniform(c)
    if not is_float(x.type.dtype) or n == 0 or not abs(n) < float("inf"):
        return None
    return mul(c, log(abs_(x) if n % 2 == 0 else x))


@rewrite(STABILIZE, log, grade=Grade.ROUNDING)
def log_of_product_of_all(node: Apply) -> Any:
    """log(prod(x)) = sum(log(abs(x))), NaN where the product is negative."""
    product, is_size = node.inputs[0], False
    made = product.owner
    if made is not None and made.op == abs_:
        (product,), is_size = made.inputs, True
    inner, turn = unshuffled(product)
    made = made_by(inner, Prod)
    if made is None or made.op.no_zeros or not made.op.axes:
        return None
    (factors,) = made.inputs
    op = made.op
    if {factors.type.dtype, op.dtype, op.acc_dtype} != {node.outputs[0].type.dtype}:  # type: ignore[attr-defined]
        return None
    add_up = Sum(op.axes, op.dtype, op.acc_dtype)
    if _is_never_negative(factors):
        return again(turn, add_up(log(factors)))
    total = add_up(log(abs_(factors)))
    if not is_size:
        invalid = constant(float("nan"), dtype=op.dtype)
        total = switch(lt(op(sgn(factors)), 0), invalid, total)
    return again(turn, total)


def _is_never_negative(variable: Any) -> bool:
    node = variable.owner
    if node is None:
        return False
    name = getattr(node.op, "name", "")
    return isinstance(node.op, Softmax) or name in _NEVER_NEGATIVE


@rewrite(STABILIZE, log, grade=Grade.ROUNDING, aliases=["local_log1p"])
def log_of_one_plus_terms(node: Apply) -> Any:
    """log(1 + x + y) = log1p(x + y)."""
    terms = node.inputs[0]
    made = terms.owner
    if made is None or made.op not in (add, sub):
        return None
    parts = parts_of(terms, is_product=False)
    if parts.n_constants != 1 or parts.constant != 1 or parts.cancelled:
        return None
    if is_discrete(parts.dtype) or len(+parts.counts) < 2:
        return None
    parts.constant -= 1
    return conform(node, log1p(sum_of(parts)), parts.leaves)


@rewrite(
    STABILIZE,
    log(1 - exp(x)),
    log(-expm1(x)),
    log1p(-exp(x)),
    grade=Grade.ROUNDING,
    aliases=["local_log1mexp"],
)
def log_of_one_less_exp(x: Any) -> Any:
    """log(1 - exp(x)) = log1mexp(x)."""
    return log1mexp(x)


@rewrite(STABILIZE, log(expm1(x)), log(exp(x) - 1), grade=Grade.ROUNDING)
def log_of_exp_less_one(x: Any) -> Any:
    """log(exp(x) - 1) = x + log1mexp(-x), the inverse of softplus."""
    return add(x, log1mexp(neg(x)))


@rewrite(STABILIZE, x * log2(x), grade=Grade.DOMAIN)
def times_own_log2(x: Any) -> Any:
    """x * log2(x) = xlogx(x) / log(2), 0 at 0."""
    return mul(xlogx(x), 1 / LN_2)


@rewrite(STABILIZE, x * log10(x), grade=Grade.DOMAIN)
def times_own_log10(x: Any) -> Any:
    """x * log10(x) = xlogx(x) / log(10), 0 at 0."""
    return mul(xlogx(x), 1 / LN_10)


@rewrite(STABILIZE, switch(eq(x, 0), 0, xlogx(x)), grade=Grade.ROUNDING)
def guarded_xlogx(x: Any) -> Any:
    """switch(eq(x, 0), 0, xlogx(x)) = xlogx(x)."""
    return xlogx(x)


@rewrite(STABILIZE, Softmax, LogSoftmax, grade=Grade.DOMAIN)
def softmax_of_shifted(node: Apply) -> Any:
    """softmax(x - c, axes) = softmax(x, axes), for a c that has no such axes."""
    shifted: Any = node.inputs[0]
    made = shifted.owner
    if made is None or made.op not in (add, sub) or len(made.inputs) != 2:
        return None
    pairs = [made.inputs] if made.op == sub else [made.inputs, made.inputs[::-1]]
    for source, shift in pairs:
        if source.type.ndim != shifted.type.ndim or not covers(source, shifted):
            continue
        extra = source.type.ndim - shift.type.ndim
        if source.type.dtype == shifted.type.dtype and all(
            k < extra or shift.type.shape[k - extra] == 1
            for k in node.op.axes  # type: ignore[attr-defined]
        ):
            return node.op(source)
    return None


@rewrite(STABILIZE, add, grade=Grade.DOMAIN)
def logsumexp_by_hand(node: Apply) -> Any:
    """c + logsumexp(x - c) = logsumexp(x), as with c = max(x)."""
    if len(node.inputs) != 2:
        return None
    for c, other in (node.inputs, node.inputs[::-1]):
        inner, turn = unshuffled(other)
        made = made_by(inner, LogSumExp)
        if made is None or made.inputs[0].owner is None:
            continue
        difference = made.inputs[0].owner
        if difference.op != sub or not covers(difference.inputs[0], made.inputs[0]):
            continue
        source, shift = difference.inputs
        axes, rank = made.op.axes, source.type.ndim
        if rank != made.inputs[0].type.ndim or source.type.dtype != inner.type.dtype:
            continue
        below, spread = unshuffled(shift)
        is_kept = shift is c and is_spread(turn, axes, rank)
        is_dropped = turn is None and below is c and is_spread(spread, axes, rank)
        if is_kept or is_dropped:
            return again(turn, LogSumExp(axes)(source))
    return None


@rewrite(STABILIZE, sub, grade=Grade.ROUNDING, aliases=["local_logsoftmax"])
def less_own_logsumexp(node: Apply) -> Any:
    """x - logsumexp(x, axes) = logsoftmax(x, axes)."""
    source: Any = node.inputs[0]
    inner, turn = unshuffled(node.inputs[1])
    made = made_by(inner, LogSumExp)
    if made is None or made.inputs[0] is not source:
        return None
    axes = made.op.axes
    if not is_spread(turn, axes, source.type.ndim):
        return None
    same = source.type.dtype == node.outputs[0].type.dtype  # type: ignore[attr-defined]
    return LogSoftmax(axes)(source) if same else None


@rewrite(STABILIZE, exp, grade=Grade.ROUNDING)
def exp_of_logsoftmax(node: Apply) -> Any:
    """exp(logsoftmax(x)) = softmax(x)."""
    made = made_by(node.inputs[0], LogSoftmax)
    return None if made is None else Softmax(made.op.axes)(made.inputs[0])


@rewrite(STABILIZE, (exp(x) - exp(-x)) / (exp(x) + exp(-x)), grade=Grade.DOMAIN)
def tanh_of_exponentials(x: Any) -> Any:
    """(exp(x) - exp(-x)) / (exp(x) + exp(-x)) = tanh(x)."""
    return tanh(x)


@rewrite(
    STABILIZE,
    expm1(x) / (1 + exp(x)),
    (exp(x) - 1) / (1 + exp(x)),
    expm1(x) * sigmoid(-x),
    grade=Grade.DOMAIN,
)
def tanh_of_half(x: Any) -> Any:
    """(exp(x) - 1) / (exp(x) + 1) = tanh(x / 2)."""
    return tanh(mul(x, 0.5))


@rewrite(
    STABILIZE,
    0.5 * (1 + tanh(x)),
    (1 + tanh(x)) / 2,
    0.5 + 0.5 * tanh(x),
    grade=Grade.ROUNDING,
)
def sigmoid_of_twice(x: Any) -> Any:
    """(1 + tanh(x)) / 2 = sigmoid(2 * x)."""
    return sigmoid(mul(2, x)) if is_float(x.type.dtype) else None


@rewrite(STABILIZE, 2 * sigmoid(x) - 1, grade=Grade.ROUNDING)
def twice_sigmoid_less_one(x: Any) -> Any:
    """2 * sigmoid(x) - 1 = tanh(x / 2)."""
    return tanh(mul(x, 0.5))
