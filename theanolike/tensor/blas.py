"""Theano's `tensor.blas`: imports only."""

from theanolike.ops.batched import BatchedDot
from theanolike.ops.products import Gemm
from theanolike.pending import pending_names

__all__ = ["BatchedDot", "Gemm"]

__getattr__ = pending_names(__name__)
