"""Theano's `gof.toolbox`: imports only."""

from theanolike.graph.function_graph import Listener as Feature
from theanolike.pending import pending_names
from theanolike.rewrites.optimizers import ReplaceValidate

__all__ = [
    "Feature",
    "ReplaceValidate",
]

__getattr__ = pending_names(__name__)
