"""Theano's `compile.function_module`: imports only."""

from theanolike.errors import UnusedInputError
from theanolike.pending import pending_names

__all__ = ["UnusedInputError"]

__getattr__ = pending_names(__name__)
