"""Theano's `tensor.basic`: imports only."""

from theanolike.pending import pending_names
from theanolike.types.constants import TensorConstant, as_tensor_variable, constant
from theanolike.types.constructors import (
    col,
    dmatrix,
    dscalar,
    dvector,
    fmatrix,
    fscalar,
    fvector,
    imatrix,
    iscalar,
    ivector,
    lmatrix,
    lscalar,
    lvector,
    matrix,
    row,
    scalar,
    tensor3,
    tensor4,
    vector,
)
from theanolike.types.type import TensorType
from theanolike.types.variable import TensorVariable

__all__ = [
    "TensorConstant",
    "TensorType",
    "TensorVariable",
    "as_tensor_variable",
    "col",
    "constant",
    "dmatrix",
    "dscalar",
    "dvector",
    "fmatrix",
    "fscalar",
    "fvector",
    "imatrix",
    "iscalar",
    "ivector",
    "lmatrix",
    "lscalar",
    "lvector",
    "matrix",
    "row",
    "scalar",
    "tensor3",
    "tensor4",
    "vector",
]

__getattr__ = pending_names(__name__)
