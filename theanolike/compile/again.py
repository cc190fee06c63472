"""A failed call computed again by the interpreter, so that its error tells all.

A compiled unit says which node failed, at which steps. What the user wrote, and the
shapes of what it was given, are found by computing up to there once more. Users' ops
aren't called a second time: what they answered in the failed call is taken.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from theanolike.compile.errors import (
    bodies,
    calls_python,
    enclosing,
    node_error,
    steps_of,
    unit_error,
    with_inner,
)
from theanolike.compile.replay import (
    UNKNOWN,
    Answer,
    Program,
    Replay,
    Scope,
    UnknownError,
)
from theanolike.graph.apply import Apply
from theanolike.graph.frozen import FrozenGraph
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.variable import Variable
from theanolike.ops.scan.ifelse import IfElse
from theanolike.ops.scan.loop import LoopOp

__all__ = ["Failure"]

# Nodes of loops' bodies to compute again: half a second.
MOST_WORK = 100_000


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
    answers : sequence of Answer
        What users' ops computed in it.
    """

    node: Apply
    code: int
    values: Sequence[int]
    arrays: Sequence[Any]
    answers: Sequence[Answer]

    @property
    def steps(self) -> list[int]:
        """The steps of loops at which it failed, of the innermost loop first."""
        return [step - 1 for step in self.values[3:] if step]

    def error(self, graph: FunctionGraph) -> Exception:
        """Return the error with what can be known of the node without failing again."""
        around = enclosing(graph.apply_nodes, self.node)
        shapes = self._shapes_at_first(graph, around[::-1])
        return unit_error(self.node, self.code, self.values, graph.apply_nodes, shapes)

    def raise_as_written(self, graph: FunctionGraph) -> None:
        """Raise what the graph as the user wrote it raises at the lines that failed."""
        lines = set(self.node.origin)
        self._compute(graph, {n for n in graph.apply_nodes if _has_line(n, lines)})

    def raise_as_compiled(self, graph: FunctionGraph) -> None:
        """Raise what the interpreter raises at the node, if it does."""
        around = enclosing(graph.apply_nodes, self.node)
        if around or self.node in graph.apply_nodes:
            self._compute(graph, {around[-1] if around else self.node})

    def of_host(
        self, error: Exception, graph: FunctionGraph, written: FunctionGraph
    ) -> Exception:
        """Return the error to raise for what a call back into Python raised.

        Parameters
        ----------
        error : Exception
        graph, written : FunctionGraph
            As compiled, and as the user wrote it.
        """
        failed, given = getattr(error, "inside", (self.node, ()))
        if not calls_python(failed):
            Failure(
                failed, self.code, self.values, self.arrays, self.answers
            ).raise_as_written(written)
        around = enclosing(graph.apply_nodes, failed)
        within = [*getattr(error, "steps", ()), *self.steps]
        loops = steps_of(around, within)
        same = (n for n in with_inner(written.apply_nodes) if n.tag is failed.tag)
        node = next(same, failed)
        return node_error(node, given or [None] * len(node.inputs), error, loops)

    def _compute(self, graph: FunctionGraph, wanted: set[Apply]) -> None:
        Program(Replay(self.answers), graph, self.arrays, self._cut).compute(wanted)

    def _cut(self, node: Apply, given: list[Any]) -> bool:
        """Take of a long loop the steps up to the failure; tell whether that is so."""
        op = node.op
        if not isinstance(op, LoopOp):
            return False
        steps = int(given[0])
        # How often loops inside of it go round isn't known; ten times is a guess.
        inner = list(with_inner(op.graph.nodes))
        work = len(inner) * 10 ** any(isinstance(n.op, LoopOp) for n in inner)
        if work * steps <= MOST_WORK:
            return False
        first = 1 + op.states
        # Of a loop that counts down it isn't known how many steps it has done, nor
        # what a sequence of another length would do.
        sequences = given[first : first + op.sequences]
        if op.reverse or any(len(s) != steps for s in sequences):
            raise UnknownError
        most = max(1, MOST_WORK // work)
        if self.steps and _has_line(node, set(self.node.origin)):
            most = self.steps[-1] + 1
            if work * most > MOST_WORK:
                raise UnknownError
        if most >= steps:
            return False
        given[0] = np.asarray(most, "int64")
        given[first : first + op.sequences] = [s[:most] for s in sequences]
        return True

    def _shapes_at_first(
        self, graph: FunctionGraph, around: Sequence[Apply]
    ) -> list[tuple[int, ...] | None] | None:
        """Return the shapes of the node's inputs in the first steps, None if unknown.

        `around` are the nodes that hold it, the outermost first.
        """
        replay = Replay(self.answers)
        inputs: Sequence[Variable] = graph.inputs
        arrays: Sequence[Any] = self.arrays
        for outer, inner in zip((None, *around), (*around, self.node), strict=True):
            if outer is not None:
                body, arrays = _first_of(outer, arrays, inner)
                if body is None:
                    return None
                inputs = body.inputs
            try:
                scope = Scope(replay, inputs, arrays, self._cut)
                arrays = [scope.value(x) for x in inner.inputs]
            except Exception:  # noqa: BLE001 - something else fails in the first steps
                return None
        return [None if x is UNKNOWN else np.shape(x) for x in arrays]


def _has_line(node: Apply, lines: set[Any]) -> bool:
    return any(not lines.isdisjoint(n.origin) for n in with_inner([node]))


def _first_of(
    outer: Apply, given: Sequence[Any], inner: Apply
) -> tuple[FrozenGraph | None, Sequence[Any]]:
    """Return the graph of `outer` that holds `inner`, and what it is first given."""
    body = next(
        (graph for graph in bodies(outer).values() if inner in graph.nodes), None
    )
    op = outer.op
    if isinstance(op, IfElse):
        return body, given[1:]
    if not isinstance(op, LoopOp) or given[0] is UNKNOWN or given[0] <= 0:
        return None, given
    step = int(given[0]) - 1 if op.reverse else 0
    arrays = list(given)
    arrays[0] = np.asarray(step, "int64")
    for k in range(1 + op.states, 1 + op.states + op.sequences):
        if arrays[k] is UNKNOWN:
            continue
        if len(arrays[k]) <= step:
            return None, given
        arrays[k] = arrays[k][step]
    return body, arrays
