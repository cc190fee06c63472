"""Theano's `tensor.nnet.nnet`: imports only."""

from theanolike.ops.activation import elu, relu, selu, sigmoid, softplus, softsign
from theanolike.pending import pending_names

__all__ = ["elu", "relu", "selu", "sigmoid", "softplus", "softsign"]

__getattr__ = pending_names(__name__)
