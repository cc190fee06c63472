"""Theano's `sandbox.cuda`."""

from theanolike.pending import pending_names

__all__ = ["cuda_available", "cuda_enabled"]

__getattr__ = pending_names(__name__)

cuda_available = cuda_enabled = False
