"""Indexing, assignment to indexed regions, masks."""

from theanolike.ops.indexing.advanced import AdvancedIncSubtensor, AdvancedSubtensor
from theanolike.ops.indexing.assignment import inc_subtensor, set_subtensor
from theanolike.ops.indexing.basic import IncSubtensor, Subtensor
from theanolike.ops.indexing.boolean import flatnonzero, nonzero, nonzero_values
from theanolike.ops.indexing.getitem import getitem
from theanolike.ops.indexing.taking import take

__all__ = [
    "AdvancedIncSubtensor",
    "AdvancedSubtensor",
    "IncSubtensor",
    "Subtensor",
    "flatnonzero",
    "getitem",
    "inc_subtensor",
    "nonzero",
    "nonzero_values",
    "set_subtensor",
    "take",
]
