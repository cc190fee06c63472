"""Theano's `sandbox.softsign`: imports only."""

from theanolike.ops.activation import softsign
from theanolike.pending import pending_names

__all__ = ["softsign"]

__getattr__ = pending_names(__name__)
