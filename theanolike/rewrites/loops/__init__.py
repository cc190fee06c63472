"""Loops and branches: what moves out of them, and what they need not do."""

from theanolike.rewrites.loops import (
    accumulated,
    branches,
    diagonals,
    guesses,
    interchange,
    invariant,
    kept,
    log_products,
    merging,
    pieces,
    push,
    scattered,
    sums,
)
from theanolike.rewrites.loops.bodies import rewrite_bodies
from theanolike.rewrites.loops.stored import store_or_compute
from theanolike.rewrites.loops.trim import trim_loops

__all__ = [
    "accumulated",
    "branches",
    "diagonals",
    "guesses",
    "interchange",
    "invariant",
    "kept",
    "log_products",
    "merging",
    "pieces",
    "push",
    "rewrite_bodies",
    "scattered",
    "store_or_compute",
    "sums",
    "trim_loops",
]
