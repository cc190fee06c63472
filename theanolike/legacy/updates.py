"""Theano's `updates`: imports only."""

from theanolike.compile.updates import OrderedUpdates
from theanolike.pending import pending_names

__all__ = ["OrderedUpdates"]

__getattr__ = pending_names(__name__)
