"""Theano's `scan_module`: imports only."""

from theanolike.ops.scan.folds import foldl, foldr, map, reduce
from theanolike.ops.scan.saved import scan_checkpoints
from theanolike.ops.scan.scan import scan
from theanolike.ops.scan.step import until
from theanolike.pending import pending_names

__all__ = ["foldl", "foldr", "map", "reduce", "scan", "scan_checkpoints", "until"]

__getattr__ = pending_names(__name__)
