"""Neural network functions: imports and ``__all__`` only."""

from theanolike.ops.activation import (
    elu,
    hard_sigmoid,
    relu,
    selu,
    sigmoid,
    softplus,
    softsign,
    ultra_fast_sigmoid,
)
from theanolike.pending import pending_names

__all__ = [
    "elu",
    "hard_sigmoid",
    "relu",
    "selu",
    "sigmoid",
    "softplus",
    "softsign",
    "ultra_fast_sigmoid",
]

__getattr__ = pending_names(__name__)
