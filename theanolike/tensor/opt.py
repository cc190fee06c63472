"""Theano's `tensor.opt`: imports only."""

from theanolike.ops.extents import MakeVector, make_vector
from theanolike.pending import pending_names

__all__ = ["MakeVector", "make_vector"]

__getattr__ = pending_names(__name__)
