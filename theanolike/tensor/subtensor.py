"""Theano's `tensor.subtensor`: imports only."""

from theanolike.ops.indexing.advanced import AdvancedIncSubtensor, AdvancedSubtensor
from theanolike.ops.indexing.assignment import inc_subtensor, set_subtensor
from theanolike.ops.indexing.basic import IncSubtensor, Subtensor
from theanolike.ops.indexing.taking import take
from theanolike.pending import pending_names

__all__ = [
    "AdvancedIncSubtensor",
    "AdvancedSubtensor",
    "IncSubtensor",
    "Subtensor",
    "inc_subtensor",
    "set_subtensor",
    "take",
]

__getattr__ = pending_names(__name__)
