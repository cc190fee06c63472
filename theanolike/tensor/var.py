"""Theano's `tensor.var`: imports only."""

from theanolike.pending import pending_names
from theanolike.types.constants import TensorConstant
from theanolike.types.variable import TensorVariable

__all__ = ["TensorConstant", "TensorVariable"]

__getattr__ = pending_names(__name__)
