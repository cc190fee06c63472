"""Theano's `scan_module.scan_utils`: imports only."""

from theanolike.graph.clone import clone
from theanolike.ops.scan.graphs import (
    equal_computations,
    expand_empty,
    forced_replace,
    get_updates_and_outputs,
    reconstruct_graph,
    safe_new,
)
from theanolike.ops.scan.step import until
from theanolike.pending import pending_names

__all__ = [
    "clone",
    "equal_computations",
    "expand_empty",
    "forced_replace",
    "get_updates_and_outputs",
    "reconstruct_graph",
    "safe_new",
    "until",
]

__getattr__ = pending_names(__name__)
