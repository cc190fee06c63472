"""Theano's `tensor.nnet.sigm`: imports only."""

from theanolike.ops.activation import (
    hard_sigmoid,
    sigmoid,
    softplus,
    ultra_fast_sigmoid,
)
from theanolike.pending import pending_names

__all__ = ["hard_sigmoid", "sigmoid", "softplus", "ultra_fast_sigmoid"]

__getattr__ = pending_names(__name__)
