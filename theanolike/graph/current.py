"""The graph that is being rewritten, so that users' rewrites may ask who reads what."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

__all__ = ["graph_in_hand", "reading_clients"]

_graph: ContextVar[Any] = ContextVar("graph", default=None)


@contextmanager
def reading_clients(fgraph: Any) -> Iterator[None]:
    """Let `variable.clients` and `node.fgraph` speak of `fgraph`."""
    token = _graph.set(fgraph)
    try:
        yield
    finally:
        _graph.reset(token)


def graph_in_hand(what: str) -> Any:
    """Return the graph that is being rewritten.

    Raises
    ------
    AttributeError
        None is.
    """
    fgraph = _graph.get()
    if fgraph is None:
        raise AttributeError(
            f"{what} is known only inside of a rewrite; elsewhere ask a FunctionGraph: "
            "fgraph.clients(variable)."
        )
    return fgraph
