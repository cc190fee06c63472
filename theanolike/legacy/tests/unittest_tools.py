"""Theano's `tests.unittest_tools`: imports only."""

from theanolike.gradient.numeric import verify_grad
from theanolike.pending import pending_names

__all__ = ["verify_grad"]

__getattr__ = pending_names(__name__)
