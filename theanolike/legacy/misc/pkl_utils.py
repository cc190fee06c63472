"""Theano's `misc.pkl_utils`: imports only."""

from theanolike.pending import pending_names
from theanolike.types.archive import (
    PersistentNdarrayID,
    PersistentNdarrayLoad,
    PersistentSharedVariableID,
    dump,
    load,
)

__all__ = [
    "PersistentNdarrayID",
    "PersistentNdarrayLoad",
    "PersistentSharedVariableID",
    "dump",
    "load",
]

__getattr__ = pending_names(__name__)
