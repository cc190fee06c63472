"""Ops that compute by a thunk of their own: Theano's contract of `make_thunk`."""

import weakref
from collections.abc import Callable, Sequence
from typing import Any

from theanolike.graph.apply import Apply

__all__ = ["run_thunk"]

Cells = list[list[Any]]

# Of each node its thunk, the cells that it reads, those that it fills.
_made: weakref.WeakKeyDictionary[Apply, tuple[Callable[[], Any], Cells, Cells]] = (
    weakref.WeakKeyDictionary()
)


def run_thunk(node: Apply, inputs: Sequence[Any], output_storage: Cells) -> None:
    """Compute `node` by the thunk that its op makes, once for each node."""
    if node not in _made:
        _made[node] = _make(node)
    thunk, given, results = _made[node]
    for cell, value in zip(given, inputs, strict=True):
        cell[0] = value
    for cell in results:
        cell[0] = None
    thunk()
    for kept, cell in zip(output_storage, results, strict=True):
        kept[0] = cell[0]
    for cell in (*given, *results):
        cell[0] = None


def _make(node: Apply) -> tuple[Callable[[], Any], Cells, Cells]:
    storage_map = {v: [None] for v in (*node.inputs, *node.outputs)}
    compute_map = {v: [True] for v in node.inputs} | {v: [False] for v in node.outputs}
    thunk = node.op.make_thunk(node, storage_map, compute_map, [])
    return (
        thunk,
        [storage_map[v] for v in node.inputs],
        [storage_map[v] for v in node.outputs],
    )
