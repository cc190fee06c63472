"""Theano's `gpuarray.dnn`."""

from theanolike.pending import pending_names

__all__ = ["dnn_available", "dnn_present"]

__getattr__ = pending_names(__name__)


def dnn_available(context_name: str | None = None) -> bool:  # noqa: ARG001
    """Return that cuDNN is not there."""
    return False


dnn_present = dnn_available
