"""A failed call computed again by the interpreter, so that its error tells all.

A compiled unit says which node failed, at which steps. What the user wrote, and the
shapes of what it was given, are found by computing up to there once more.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from theanolike.compile.errors import enclosing, unit_error
from theanolike.compile.interpreter import Interpreter, Thunk
from theanolike.graph.apply import Apply
from theanolike.graph.frozen import FrozenGraph
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.traverse import toposort
from theanolike.graph.variable import Variable
from theanolike.ops.scan.ifelse import IfElse
from theanolike.ops.scan.loop import LoopOp

__all__ = ["Failure", "bodies"]

# Nodes of loops' bodies to compute again: half a second.
MOST_WORK = 100_000


class TooLongError(Exception):
    """Computing again would take long."""


@dataclass(frozen=True)
class Failure:
    """What a unit recorded.

    Attributes
    ----------
    node : Apply
        The node of the compiled graph that failed.
    code : int
    values : sequence of int
    arrays : sequence of ndarray
        The arguments of the call.
    hosts : sequence of Apply
        Nodes that call back into Python: they aren't run twice.
    """

    node: Apply
    code: int
    values: Sequence[int]
    arrays: Sequence[Any]
    hosts: Sequence[Apply]

    def error(self, graph: FunctionGraph) -> Exception:
        """Return the error with what can be known of the node without failing again."""
        around = enclosing(graph.apply_nodes, self.node)
        shapes = self._shapes_at_first(graph, around[::-1])
        return unit_error(self.node, self.code, self.values, graph.apply_nodes, shapes)

    def raise_as_written(self, graph: FunctionGraph) -> None:
        """Raise what the graph as the user wrote it raises at the lines that failed."""
        lines = set(self.node.origin)
        nodes = [n for n in graph.toposort() if _has_line(n, lines)]
        wanted = [v for n in nodes for v in n.outputs]
        # As it was written, what only one branch reads is computed for both.
        chooses = any(isinstance(n.op, IfElse) for n in toposort(wanted))
        if not self.hosts and not chooses:
            self._values(graph.inputs, wanted, self.arrays)

    def raise_as_compiled(self, graph: FunctionGraph) -> None:
        """Raise what the interpreter raises at the node, if it does."""
        if self.node in graph.apply_nodes:
            self._values(graph.inputs, self.node.outputs, self.arrays)
            return
        around = enclosing(graph.apply_nodes, self.node)
        if around:
            self._values(graph.inputs, around[-1].outputs, self.arrays)

    def _values(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        arrays: Sequence[Any],
    ) -> list[Any] | None:
        """Interpret up to `outputs`, unless that takes long or repeats an effect."""
        steps = toposort(outputs, blockers=set(inputs))
        if not _with_inner(steps).isdisjoint(self.hosts):
            return None
        run = Interpreter(inputs, steps, outputs, watch=self._run)
        try:
            return run.compute(arrays)
        except TooLongError:
            return None

    def _run(self, _number: int, node: Apply, thunk: Thunk) -> None:
        """Run a node, unless it is a loop of many steps."""
        if isinstance(node.op, LoopOp):
            steps = int(thunk.inputs[0][0])
            done = [step for step in self.values[3:] if step]
            # Of a loop that counts down it isn't known how many steps it has done.
            if done and not node.op.reverse and _has_line(node, set(self.node.origin)):
                steps = min(steps, done[-1])
            # How often loops inside of it go round isn't known; ten times is a guess.
            inner = _with_inner(node.op.graph.nodes)
            work = len(inner) * 10 ** any(isinstance(n.op, LoopOp) for n in inner)
            if work * steps > MOST_WORK:
                raise TooLongError
        thunk()

    def _shapes_at_first(
        self, graph: FunctionGraph, around: Sequence[Apply]
    ) -> list[tuple[int, ...] | None] | None:
        """Return the shapes of the node's inputs in the first steps, None if unknown.

        `around` are the nodes that hold it, the outermost first.
        """
        inputs: Sequence[Variable] = graph.inputs
        arrays: Sequence[Any] = self.arrays
        for outer, inner in zip((None, *around), (*around, self.node), strict=True):
            if outer is not None:
                body, arrays = _first_of(outer, arrays, inner)
                if body is None:
                    return None
                inputs = body.inputs
            try:
                found = self._values(inputs, inner.inputs, arrays)
            except Exception:  # noqa: BLE001 - something else fails in the first steps
                return None
            if found is None:
                return None
            arrays = found
        return [np.shape(array) for array in arrays]


def bodies(node: Apply) -> Iterator[FrozenGraph]:
    """Yield the graphs that a node holds."""
    for name in ("graph", "then", "otherwise"):
        graph = getattr(node.op, name, None)
        if isinstance(graph, FrozenGraph):
            yield graph


def _with_inner(nodes: Iterable[Apply]) -> set[Apply]:
    """Return nodes and those of the graphs that they hold."""
    found: set[Apply] = set()
    stack = list(nodes)
    while stack:
        node = stack.pop()
        found.add(node)
        for graph in bodies(node):
            stack += graph.nodes
    return found


def _has_line(node: Apply, lines: set[Any]) -> bool:
    return any(not lines.isdisjoint(n.origin) for n in _with_inner([node]))


def _first_of(
    outer: Apply, given: Sequence[Any], inner: Apply
) -> tuple[FrozenGraph | None, Sequence[Any]]:
    """Return the graph of `outer` that holds `inner`, and what it is first given."""
    body = next((graph for graph in bodies(outer) if inner in graph.nodes), None)
    op = outer.op
    if isinstance(op, IfElse):
        return body, given[1:]
    if not isinstance(op, LoopOp) or given[0] <= 0:
        return None, given
    step = int(given[0]) - 1 if op.reverse else 0
    arrays = list(given)
    arrays[0] = np.asarray(step, "int64")
    for k in range(1 + op.states, 1 + op.states + op.sequences):
        if len(arrays[k]) <= step:
            return None, given
        arrays[k] = arrays[k][step]
    return body, arrays
