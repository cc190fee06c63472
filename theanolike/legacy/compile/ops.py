"""Theano's `compile.ops`: imports only."""

from theanolike.ops.extents import shape, shape_i
from theanolike.ops.shape import Rebroadcast, SpecifyShape, specify_shape
from theanolike.ops.user import FromFunctionOp, as_op
from theanolike.pending import pending_names

__all__ = [
    "FromFunctionOp",
    "Rebroadcast",
    "SpecifyShape",
    "as_op",
    "shape",
    "shape_i",
    "specify_shape",
]

__getattr__ = pending_names(__name__)
