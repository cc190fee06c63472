"""Theano's `gof.utils`: imports only."""

from theanolike.errors import MethodNotDefinedError as MethodNotDefined
from theanolike.graph.traverse import toposort
from theanolike.pending import pending_names

__all__ = ["MethodNotDefined", "toposort"]

__getattr__ = pending_names(__name__)
