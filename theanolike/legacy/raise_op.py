"""Theano's `raise_op`: imports only."""

from theanolike.ops.assertion import Raise

__all__ = ["Raise"]
