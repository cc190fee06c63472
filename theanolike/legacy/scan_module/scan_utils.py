"""Theano's `scan_module.scan_utils`: imports only."""

from theanolike.graph.clone import clone
from theanolike.pending import pending_names

__all__ = ["clone"]

__getattr__ = pending_names(__name__)
