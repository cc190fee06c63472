"""Theano's `tensor.nnet.bn`: imports only."""

from theanolike.ops.normalization import (
    batch_normalization,
    batch_normalization_test,
    batch_normalization_train,
)
from theanolike.pending import pending_names

__all__ = [
    "batch_normalization",
    "batch_normalization_test",
    "batch_normalization_train",
]

__getattr__ = pending_names(__name__)
