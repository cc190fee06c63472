"""Theano's `tensor.nlinalg`: imports only."""

from theanolike.ops.diagonal import diag, trace
from theanolike.pending import pending_names

__all__ = ["diag", "trace"]

__getattr__ = pending_names(__name__)
