"""Theano's `tensor.elemwise`: imports only."""

from theanolike.ops.dimshuffle import DimShuffle
from theanolike.ops.elementwise import Elementwise as Elemwise
from theanolike.ops.reduction import Prod, Sum
from theanolike.pending import pending_names

__all__ = ["DimShuffle", "Elemwise", "Prod", "Sum"]

__getattr__ = pending_names(__name__)
