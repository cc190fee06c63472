"""Theano's `ifelse`: imports only."""

from theanolike.ops.scan.ifelse import ifelse
from theanolike.pending import pending_names

__all__ = ["ifelse"]

__getattr__ = pending_names(__name__)
