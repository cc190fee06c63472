"""The activation functions of neural networks that are element by element."""

from typing import Any

import numpy as np

from theanolike.codegen.lowering import Builder, Call, Literal, Scalar, select
from theanolike.ops.arithmetic import abs_, is_real, sgn
from theanolike.ops.comparison import ge, gt
from theanolike.ops.conditional import clip, switch
from theanolike.ops.elementwise import Binary, Unary, binary, floating, unary
from theanolike.ops.exponential import expm1
from theanolike.types.constants import as_tensor_variable, is_python_scalar
from theanolike.types.variable import functions


def _lower_sigmoid(_: Builder, x: Scalar) -> Scalar:
    return 1 / (1 + Call("exp", x.dtype, (-x,)))


def _lower_softplus(_: Builder, x: Scalar) -> Scalar:
    # max(x, 0) + log1p(exp(-|x|)): exp never overflows.
    tail = Call("exp", x.dtype, (-Call("abs", x.dtype, (x,)),))
    above = Call("maximum", x.dtype, (x, Literal(0, x.dtype)))
    return above + Call("log1p", x.dtype, (tail,))


def _lower_relu(_: Builder, x: Scalar) -> Scalar:
    return Call("maximum", x.dtype, (x, Literal(0, x.dtype)))


def _lower_leaky(_: Builder, x: Scalar, alpha: Scalar) -> Scalar:
    return select(x > 0, x, alpha * x)


sigmoid: Unary = unary(
    "sigmoid",
    lambda x: 1 / (1 + np.exp(-x)),
    accepts=is_real,
    lower=_lower_sigmoid,
    pullback=lambda x, y, g: g * y * (1 - y),
    doc="1 / (1 + exp(-x)).",
)
softplus: Unary = unary(
    "softplus",
    lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
    accepts=is_real,
    lower=_lower_softplus,
    pullback=lambda x, y, g: g * sigmoid(x),
    doc="log(1 + exp(x)), which overflows nowhere.",
)
_relu: Unary = unary(
    "relu",
    lambda x: np.maximum(x, 0),
    accepts=is_real,
    lower=_lower_relu,
    pullback=lambda x, y, g: g.where(ge(x, 0), is_guard=False) * (0.5 * (1 + sgn(x))),
)
_leaky: Binary = binary(
    "leaky_relu",
    lambda x, alpha: np.where(x > 0, x, alpha * x),
    rule=floating,
    accepts=is_real,
    lower=_lower_leaky,
    pullback=(
        lambda x, a, z, g: g * (0.5 * (1 + a) + 0.5 * (1 - a) * sgn(x)),
        lambda x, a, z, g: g.where(gt(x, 0), negate=True, is_guard=False) * x,
    ),
)


def relu(x: Any, alpha: Any = 0) -> Any:
    """Return `x` where it is positive, `alpha * x` elsewhere.

    Parameters
    ----------
    x : tensor_like
    alpha : tensor_like
        The slope below 0. At 0 the gradient is the mean of the two slopes.
    """
    if is_python_scalar(alpha) and alpha == 0:
        return _relu(x)
    return _leaky(x, alpha)


def softsign(x: Any) -> Any:
    """Return `x / (1 + abs(x))`."""
    x = as_tensor_variable(x)
    return x / (1 + abs_(x))


def elu(x: Any, alpha: Any = 1) -> Any:
    """Return `x` where it is positive, `alpha * (exp(x) - 1)` elsewhere."""
    x = as_tensor_variable(x)
    return switch(gt(x, 0), x, alpha * expm1(x))


_SELU_ALPHA = 1.6732632423543772848170429916717
_SELU_SCALE = 1.0507009873554804934193349852946


def selu(x: Any) -> Any:
    """Return the scaled `elu` under which means and variances tend to 0 and 1.

    References
    ----------
    .. [1] G. Klambauer et al., "Self-Normalizing Neural Networks", arXiv:1706.02515.
    """
    return _SELU_SCALE * elu(x, _SELU_ALPHA)


def hard_sigmoid(x: Any) -> Any:
    """Return a piecewise linear sigmoid: `0.2 * x + 0.5` clipped to [0, 1]."""
    x = as_tensor_variable(x)
    return clip(0.2 * x + 0.5, 0.0, 1.0)


def ultra_fast_sigmoid(x: Any) -> Any:
    """Return a sigmoid made of rational and linear pieces, in [0.0025, 0.9975].

    Its error is below 0.03, and it needs no exponential.
    """
    x = functions().mul(as_tensor_variable(x), 0.5)
    size = abs_(x)
    near = 1.5 * size / (1 + size)
    middle = 0.935409070603099 + 0.0458812946797165 * (size - 1.7)
    far = 0.99505475368673
    bend = switch(gt(size, 3), far, switch(gt(size, 1.7), middle, near))
    return 0.5 * (1 + bend * sgn(x))
