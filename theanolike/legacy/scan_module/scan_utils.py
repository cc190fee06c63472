"""Theano's `scan_module.scan_utils`: imports only."""

from theanolike.graph.clone import clone
from theanolike.ops.scan.step import until
from theanolike.pending import pending_names

__all__ = ["clone", "until"]

__getattr__ = pending_names(__name__)
