"""Theano's `tensor.var`: imports only."""

from theanolike.pending import pending_names
from theanolike.types.constants import TensorConstant
from theanolike.types.variable import TensorOperators as _tensor_py_operators
from theanolike.types.variable import TensorVariable

__all__ = ["TensorConstant", "TensorVariable", "_tensor_py_operators"]

__getattr__ = pending_names(__name__)
