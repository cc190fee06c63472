"""Theano's `tensor.xlogx`: imports only."""

from theanolike.ops.exponential import xlogx, xlogy0
from theanolike.pending import pending_names

__all__ = ["xlogx", "xlogy0"]

__getattr__ = pending_names(__name__)
