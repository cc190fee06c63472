"""Theano's `sandbox.linalg`: imports only."""

from theanolike.ops.diagonal import trace
from theanolike.pending import pending_names

__all__ = ["trace"]

__getattr__ = pending_names(__name__)
