"""Theano's `gof.type`: imports only."""

from theanolike.graph.type import Generic, Type, generic
from theanolike.pending import pending_names

__all__ = ["Generic", "Type", "generic"]

__getattr__ = pending_names(__name__)
