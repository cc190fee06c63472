"""Theano's `gof.op`: imports only."""

from theanolike.graph.op import Op
from theanolike.pending import pending_names

__all__ = ["Op"]

__getattr__ = pending_names(__name__)
