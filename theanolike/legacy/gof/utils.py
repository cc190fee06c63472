"""Theano's `gof.utils`: imports only."""

from theanolike.errors import MethodNotDefinedError as MethodNotDefined
from theanolike.pending import pending_names

__all__ = ["MethodNotDefined"]

__getattr__ = pending_names(__name__)
