"""Theano's `gof.null_type`: imports only."""

from theanolike.graph.null import NullType
from theanolike.pending import pending_names

__all__ = ["NullType"]

__getattr__ = pending_names(__name__)
