"""Theano's `scan_module.scan_op`: imports only."""

from theanolike.ops.scan.loop import LoopOp as Scan

__all__ = ["Scan"]
