"""Theano's `tensor.opt`: imports only."""

from theanolike.ops.assertion import Assert, assert_
from theanolike.ops.extents import MakeVector, make_vector
from theanolike.pending import pending_names
from theanolike.rewrites.databases import (
    register_canonicalize,
    register_specialize,
    register_specialize_device,
    register_stabilize,
    register_uncanonicalize,
    register_useless,
)
from theanolike.rewrites.local import local_optimizer
from theanolike.rewrites.optimizers import in2out, out2in

__all__ = [
    "Assert",
    "MakeVector",
    "assert_",
    "in2out",
    "local_optimizer",
    "make_vector",
    "out2in",
    "register_canonicalize",
    "register_specialize",
    "register_specialize_device",
    "register_stabilize",
    "register_uncanonicalize",
    "register_useless",
]

__getattr__ = pending_names(__name__)
