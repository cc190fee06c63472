"""Theano's `scalar.basic`: imports only."""

from theanolike.pending import pending_names
from theanolike.types.dtypes import upcast

__all__ = ["upcast"]

__getattr__ = pending_names(__name__)
