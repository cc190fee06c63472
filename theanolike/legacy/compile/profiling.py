"""Theano's `compile.profiling`: imports only."""

from theanolike.compile.stats import ProfileStats
from theanolike.pending import pending_names

__all__ = ["ProfileStats"]

__getattr__ = pending_names(__name__)
