"""Theano's `compile.io`: imports only."""

from theanolike.compile.inputs import In, Out, SymbolicInput, SymbolicOutput
from theanolike.pending import pending_names

__all__ = ["In", "Out", "SymbolicInput", "SymbolicOutput"]

__getattr__ = pending_names(__name__)
