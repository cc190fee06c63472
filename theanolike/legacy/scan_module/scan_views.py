"""Theano's `scan_module.scan_views`: imports only."""

from theanolike.ops.scan.folds import foldl, foldr, map, reduce

__all__ = ["foldl", "foldr", "map", "reduce"]
