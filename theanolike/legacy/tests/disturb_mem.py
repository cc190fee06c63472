"""Theano's `tests.disturb_mem`: imports only."""

from theanolike.pending import pending_names

__all__: list[str] = []

__getattr__ = pending_names(__name__)
