"""Theano's `gof.graph`: imports only."""

from theanolike.graph.apply import Apply
from theanolike.graph.traverse import ancestors
from theanolike.graph.variable import Constant, Variable
from theanolike.graph.walks import (
    inputs,
    io_toposort,
    is_in_ancestors,
    is_same_graph,
    list_of_nodes,
    ops,
    orphans,
    variables,
    variables_and_orphans,
)
from theanolike.pending import pending_names

__all__ = [
    "Apply",
    "Constant",
    "Variable",
    "ancestors",
    "inputs",
    "io_toposort",
    "is_in_ancestors",
    "is_same_graph",
    "list_of_nodes",
    "ops",
    "orphans",
    "variables",
    "variables_and_orphans",
]

__getattr__ = pending_names(__name__)
