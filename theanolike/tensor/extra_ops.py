"""Theano's `tensor.extra_ops`: imports only."""

from theanolike.ops.dimshuffle import squeeze
from theanolike.ops.picking import compress, diff, to_one_hot
from theanolike.ops.repetition import repeat
from theanolike.pending import pending_names

__all__ = ["compress", "diff", "repeat", "squeeze", "to_one_hot"]

__getattr__ = pending_names(__name__)
