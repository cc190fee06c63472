"""Theano's `tensor.type`: imports only."""

from theanolike.pending import pending_names
from theanolike.types.type import TensorType

__all__ = ["TensorType"]

__getattr__ = pending_names(__name__)
