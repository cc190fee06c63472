"""Forms that keep their digits and their range where others lose them."""

from typing import Any

from theanolike.ops.activation import sigmoid, softplus
from theanolike.ops.arithmetic import inv, mul, neg
from theanolike.ops.exponential import exp, expm1, log, log1p, sqrt, xlogx
from theanolike.rewrites.pattern import wildcard
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import rewrite
from theanolike.types.dtypes import is_float

__all__: list[str] = []

STABILIZE = Phase.STABILIZE
x = wildcard("x")


@rewrite(STABILIZE, log(1 + x), grade=Grade.ROUNDING, aliases=["local_log1p"])
def log_of_one_plus(x: Any) -> Any:
    """log(1 + x) = log1p(x)."""
    return log1p(x)


@rewrite(STABILIZE, log(1 - x), grade=Grade.ROUNDING, aliases=["local_log1p"])
def log_of_one_minus(x: Any) -> Any:
    """log(1 - x) = log1p(-x)."""
    return log1p(neg(x)) if is_float(x.type.dtype) else None


@rewrite(
    STABILIZE, exp(x) - 1, exp(x) + -1, grade=Grade.ROUNDING, aliases=["local_expm1"]
)
def exp_less_one(x: Any) -> Any:
    """exp(x) - 1 = expm1(x)."""
    return expm1(x)


@rewrite(STABILIZE, 1 - exp(x), grade=Grade.ROUNDING, aliases=["local_expm1"])
def one_less_exp(x: Any) -> Any:
    """1 - exp(x) = -expm1(x)."""
    return neg(expm1(x))


@rewrite(
    STABILIZE,
    log1p(exp(x)),
    log(1 + exp(x)),
    grade=Grade.ROUNDING,
    aliases=["local_log1p_exp", "log1pexp_to_softplus"],
)
def log_of_one_plus_exp(x: Any) -> Any:
    """log(1 + exp(x)) = softplus(x)."""
    return softplus(x)


@rewrite(
    STABILIZE,
    1 / (1 + exp(-x)),
    inv(1 + exp(-x)),
    (1 + exp(-x)) ** -1,
    grade=Grade.ROUNDING,
    aliases=["local_1msigmoid", "local_inv_1_plus_exp", "sigmoid"],
)
def inverse_of_one_plus_exp(x: Any) -> Any:
    """1 / (1 + exp(-x)) = sigmoid(x)."""
    return sigmoid(x)


@rewrite(
    STABILIZE,
    1 / (1 + exp(x)),
    inv(1 + exp(x)),
    (1 + exp(x)) ** -1,
    grade=Grade.ROUNDING,
    aliases=["local_inv_1_plus_exp"],
)
def inverse_of_one_plus_exp_of_x(x: Any) -> Any:
    """1 / (1 + exp(x)) = sigmoid(-x)."""
    return sigmoid(neg(x))


@rewrite(
    STABILIZE,
    exp(x) / (1 + exp(x)),
    grade=Grade.DOMAIN,
    aliases=["local_sigm_times_exp"],
)
def exp_over_one_plus_exp(x: Any) -> Any:
    """exp(x) / (1 + exp(x)) = sigmoid(x)."""
    return sigmoid(x)


@rewrite(
    STABILIZE,
    exp(x) * sigmoid(-x),
    grade=Grade.DOMAIN,
    aliases=["local_sigm_times_exp"],
)
def exp_times_sigmoid(x: Any) -> Any:
    """exp(x) * sigmoid(-x) = sigmoid(x)."""
    return sigmoid(x)


@rewrite(
    STABILIZE,
    exp(-x) * sigmoid(x),
    grade=Grade.DOMAIN,
    aliases=["local_sigm_times_exp"],
)
def exp_of_minus_times_sigmoid(x: Any) -> Any:
    """exp(-x) * sigmoid(x) = sigmoid(-x)."""
    return sigmoid(neg(x))


@rewrite(STABILIZE, 1 - sigmoid(x), grade=Grade.ROUNDING, aliases=["local_1msigmoid"])
def one_less_sigmoid(x: Any) -> Any:
    """1 - sigmoid(x) = sigmoid(-x)."""
    return sigmoid(neg(x))


@rewrite(
    STABILIZE, log(sigmoid(x)), grade=Grade.ROUNDING, aliases=["logsigm_to_softplus"]
)
def log_of_sigmoid(x: Any) -> Any:
    """log(sigmoid(x)) = -softplus(-x)."""
    return neg(softplus(neg(x)))


@rewrite(
    STABILIZE,
    log1p(-sigmoid(x)),
    log(1 - sigmoid(x)),
    grade=Grade.ROUNDING,
    aliases=["log1msigm_to_softplus"],
)
def log_of_one_less_sigmoid(x: Any) -> Any:
    """log(1 - sigmoid(x)) = -softplus(x)."""
    return neg(softplus(x))


@rewrite(STABILIZE, x * log(x), grade=Grade.DOMAIN, aliases=["local_xlogx"])
def times_own_log(x: Any) -> Any:
    """x * log(x) = xlogx(x), 0 at 0."""
    return xlogx(x)


@rewrite(STABILIZE, log(sqrt(x)), grade=Grade.ROUNDING, aliases=["local_log_sqrt"])
def log_of_root(x: Any) -> Any:
    """log(sqrt(x)) = log(x) / 2."""
    return mul(log(x), 0.5)
