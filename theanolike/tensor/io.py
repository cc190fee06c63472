"""Theano's `tensor.io`: imports only."""

from theanolike.pending import pending_names

__all__: list[str] = []

__getattr__ = pending_names(__name__)
