"""Theano's `gof.fg`: imports only."""

from theanolike.errors import InconsistencyError, MissingInputError
from theanolike.graph.function_graph import FunctionGraph
from theanolike.pending import pending_names

__all__ = ["FunctionGraph", "InconsistencyError", "MissingInputError"]

__getattr__ = pending_names(__name__)
