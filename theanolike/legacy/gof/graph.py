"""Theano's `gof.graph`: imports only."""

from theanolike.graph.apply import Apply
from theanolike.graph.clone import clone_between as clone
from theanolike.graph.clone import clone_get_equiv
from theanolike.graph.variable import Constant, Variable
from theanolike.graph.walks import (
    ancestors,
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
    "clone",
    "clone_get_equiv",
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
