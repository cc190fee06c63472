"""Theano's `tensor.sharedvar`: imports only."""

from theanolike.pending import pending_names
from theanolike.types.shared import (
    ScalarSharedVariable,
    SharedVariable,
    TensorSharedVariable,
    load_shared_variable,
    scalar_constructor,
    tensor_constructor,
)

__all__ = [
    "ScalarSharedVariable",
    "SharedVariable",
    "TensorSharedVariable",
    "load_shared_variable",
    "scalar_constructor",
    "tensor_constructor",
]

__getattr__ = pending_names(__name__)
