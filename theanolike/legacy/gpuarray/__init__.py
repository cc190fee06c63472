"""Theano's `gpuarray`."""

from theanolike.pending import pending_names

__all__ = ["cuda_enabled", "pygpu_activated"]

__getattr__ = pending_names(__name__)

pygpu_activated = cuda_enabled = False
