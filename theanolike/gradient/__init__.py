"""Gradients: reverse mode, products with Jacobians, and checks by differences."""

from theanolike.gradient.forward import Lop, Rop, subgraph_grad
from theanolike.gradient.numeric import GradientError, numeric_grad, verify_grad
from theanolike.gradient.reverse import (
    format_as,
    grad,
    grad_not_implemented,
    grad_undefined,
)

__all__ = [
    "GradientError",
    "Lop",
    "Rop",
    "format_as",
    "grad",
    "grad_not_implemented",
    "grad_undefined",
    "numeric_grad",
    "subgraph_grad",
    "verify_grad",
]
