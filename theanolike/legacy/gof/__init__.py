"""Theano's `gof`: imports only."""

from theanolike.errors import InconsistencyError, MissingInputError
from theanolike.errors import MethodNotDefinedError as MethodNotDefined
from theanolike.graph.apply import Apply
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.op import Op
from theanolike.graph.type import Generic, Type, generic
from theanolike.graph.variable import Constant, Variable
from theanolike.pending import pending_names
from theanolike.types.shared import Container

__all__ = [
    "Apply",
    "Constant",
    "Container",
    "FunctionGraph",
    "Generic",
    "InconsistencyError",
    "MethodNotDefined",
    "MissingInputError",
    "Op",
    "Type",
    "Variable",
    "generic",
]

__getattr__ = pending_names(__name__)
