"""The minimum cut of a network: where to part a source from a sink at the least cost.

By paths of increasing length (Dinitz). Costs are integers, so the cut is exact.
networkx has minimum cuts too, and the tests hold this one to them: importing it takes
longer than compiling a small loop, and a cut of 4000 nodes takes it six times as long.
"""

from collections.abc import Hashable
from itertools import pairwise

__all__ = ["Network"]

# Parts of a unit of cost: what differs by less than one of them is the same.
_FINE = 2**40


class Network:
    """Nodes, and edges of which each has a cost or can't be cut.

    Every edge from `source` needs a cost.

    Parameters
    ----------
    source, sink : hashable
        The two nodes to be parted.
    """

    def __init__(self, source: Hashable, sink: Hashable) -> None:
        self._places: dict[Hashable, int] = {}
        # Of each node, how much more may flow to which other one; None: anything.
        self._left: list[dict[int, int | None]] = []
        self._source, self._sink = self._place(source), self._place(sink)

    def _place(self, node: Hashable) -> int:
        place = self._places.setdefault(node, len(self._left))
        if place == len(self._left):
            self._left.append({})
        return place

    def add(self, tail: Hashable, head: Hashable, cost: float | None = None) -> None:
        """Add an edge, or replace it.

        Parameters
        ----------
        tail, head : hashable
        cost : float, optional
            What it costs to cut the edge; without, it can't be cut.
        """
        i, j = self._place(tail), self._place(head)
        self._left[i][j] = None if cost is None else round(cost * _FINE)
        self._left[j].setdefault(i, 0)

    def past(self) -> set[Hashable]:
        """Return the nodes past the cheapest cut, of such cuts the one by the sink."""
        while self._source in (far := self._distances()):
            self._fill(far)
        return {node for node, place in self._places.items() if place in far}

    def _distances(self) -> dict[int, int]:
        """Return how far from the sink the nodes are from which more can flow there."""
        far = {self._sink: 0}
        layer = [self._sink]
        while layer:
            after = []
            for j in layer:
                for i in self._left[j]:
                    if i not in far and self._left[i].get(j, 0) != 0:
                        far[i] = far[j] + 1
                        after.append(i)
            layer = after
        return far

    def _fill(self, far: dict[int, int]) -> None:
        """Let flow what can by shortest paths."""
        left = self._left
        untried = {
            i: [j for j in left[i] if far.get(j, -1) == near - 1]
            for i, near in far.items()
        }
        path = [self._source]
        while path:
            i = path[-1]
            if i == self._sink:
                self._push(path)
                continue
            while untried[i] and left[i][untried[i][-1]] == 0:
                untried[i].pop()
            if untried[i]:
                path.append(untried[i][-1])
            else:
                path.pop()
                if path:
                    untried[path[-1]].pop()

    def _push(self, path: list[int]) -> None:
        """Let flow what can along a path; keep of it what comes before a full edge."""
        left = self._left
        edges = list(pairwise(path))
        flow = min(f for i, j in edges if (f := left[i][j]) is not None)
        full = len(path)
        for at, (i, j) in reversed(list(enumerate(edges))):
            forth, back = left[i][j], left[j][i]
            if forth is not None:
                left[i][j] = forth - flow
                full = at if forth == flow else full
            if back is not None:
                left[j][i] = back + flow
        del path[full + 1 :]
