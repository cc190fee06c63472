"""Derivatives as more graph: reverse, forward, Jacobians, numeric checks."""

from theanolike.errors import DisconnectedInputError, NullTypeGradError
from theanolike.gradient.forward import Lop, Rop, subgraph_grad
from theanolike.gradient.jacobian import hessian, jacobian
from theanolike.gradient.numeric import GradientError, numeric_grad, verify_grad
from theanolike.gradient.reverse import (
    format_as,
    grad,
    grad_not_implemented,
    grad_undefined,
)
from theanolike.graph.null import DisconnectedType, disconnected_type
from theanolike.ops.barriers import (
    ConsiderConstant,
    DisconnectedGrad,
    GradClip,
    GradScale,
    UndefinedGrad,
    ZeroGrad,
    consider_constant,
    disconnected_grad,
    grad_clip,
    grad_scale,
    undefined_grad,
    zero_grad,
)
from theanolike.pending import pending_names

__all__ = [
    "ConsiderConstant",
    "DisconnectedGrad",
    "DisconnectedInputError",
    "DisconnectedType",
    "GradClip",
    "GradScale",
    "GradientError",
    "Lop",
    "NullTypeGradError",
    "Rop",
    "UndefinedGrad",
    "ZeroGrad",
    "consider_constant",
    "disconnected_grad",
    "disconnected_type",
    "format_as",
    "grad",
    "grad_clip",
    "grad_not_implemented",
    "grad_scale",
    "grad_undefined",
    "hessian",
    "jacobian",
    "numeric_grad",
    "subgraph_grad",
    "undefined_grad",
    "verify_grad",
    "zero_grad",
]

__getattr__ = pending_names(__name__)
