"""Theano's `tensor.xlogx`: imports only."""

from theanolike.ops.exponential import xlogx, xlogy0

__all__ = ["xlogx", "xlogy0"]
