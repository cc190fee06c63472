"""Theano's `gof.graph`: imports only."""

from theanolike.graph.apply import Apply
from theanolike.graph.clone import clone
from theanolike.graph.traverse import ancestors
from theanolike.graph.variable import Constant, Variable
from theanolike.pending import pending_names

__all__ = ["Apply", "Constant", "Variable", "ancestors", "clone"]

__getattr__ = pending_names(__name__)
