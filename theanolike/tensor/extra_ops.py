"""Theano's `tensor.extra_ops`: imports only."""

from theanolike.ops.dimshuffle import squeeze
from theanolike.ops.repetition import repeat
from theanolike.pending import pending_names

__all__ = ["repeat", "squeeze"]

__getattr__ = pending_names(__name__)
