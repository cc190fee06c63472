"""Theano's `ifelse`: imports only."""

from theanolike.ops.scan.choices import IfElse
from theanolike.ops.scan.ifelse import ifelse

__all__ = ["IfElse", "ifelse"]
