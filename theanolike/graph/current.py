"""The graph that a variable or a node is part of: users may ask who reads it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from weakref import WeakSet

__all__ = ["graph_of", "made", "reading_clients"]

_graph: ContextVar[Any] = ContextVar("graph", default=None)
_made: WeakSet[Any] = WeakSet()


@contextmanager
def reading_clients(fgraph: Any) -> Iterator[None]:
    """Let `variable.clients` and `node.fgraph` speak of `fgraph`."""
    token = _graph.set(fgraph)
    try:
        yield
    finally:
        _graph.reset(token)


def made(fgraph: Any) -> None:
    """Let variables and nodes of `fgraph` find it, as long as it lives."""
    _made.add(fgraph)


def graph_of(what: str, item: Any) -> Any:
    """Return the graph that is being rewritten, or else one that has `item`.

    Raises
    ------
    AttributeError
        There is none.
    """
    fgraph = _graph.get()
    if fgraph is None:
        fgraph = next((g for g in list(_made) if g.has(item)), None)
    if fgraph is None:
        raise AttributeError(
            f"{what} is known only inside of a FunctionGraph, such as that of a "
            "compiled function, f.maker.fgraph."
        )
    return fgraph
