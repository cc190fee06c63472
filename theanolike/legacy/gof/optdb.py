"""Theano's `gof.optdb`: imports only."""

from theanolike.pending import pending_names
from theanolike.rewrites.databases import (
    DB,
    EquilibriumDB,
    LocalGroupDB,
    ProxyDB,
    Query,
    SequenceDB,
)

__all__ = [
    "DB",
    "EquilibriumDB",
    "LocalGroupDB",
    "ProxyDB",
    "Query",
    "SequenceDB",
]

__getattr__ = pending_names(__name__)
