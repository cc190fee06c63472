"""A failed call computed once more, with what users' ops answered in it.

An op of a user's may be slow, random or have effects, so it isn't run a second time:
the results of the failed call are taken, and what depends on an op that wasn't reached
stays unknown. Of an `ifelse` only the branch that is taken is computed.
"""

import dataclasses
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, NamedTuple

from theanolike.compile.errors import bodies, calls_python, node_error
from theanolike.compile.interpreter import check_results
from theanolike.graph.apply import Apply
from theanolike.graph.frozen import FrozenGraph
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.traverse import toposort
from theanolike.graph.variable import Constant, Variable
from theanolike.ops.printing import Print
from theanolike.ops.scan.ifelse import IfElse

__all__ = [
    "UNKNOWN",
    "Answer",
    "Program",
    "Replay",
    "Scope",
    "UnknownError",
    "answers_of",
    "perform_recorded",
]


class UnknownError(Exception):
    """A value that depends on an op which didn't run in the failed call."""


class _Unknown:
    """Stands for such a value."""

    shape = None


UNKNOWN: Any = _Unknown()


class Answer(NamedTuple):
    """What a user's op computed in a call.

    Attributes
    ----------
    node : Apply
        Of the graph that ran.
    results : sequence
    once : bool
        It doesn't stand in a loop.
    """

    node: Apply
    results: Sequence[Any]
    once: bool


class Answers:
    """Which answer is whose, of a graph that was rewritten since.

    A node's copies have its tag. One that was merged into an equal node has that one's
    line among its own.
    """

    def __init__(self, answers: Iterable[Answer]) -> None:
        self._by_tag: dict[int, list[Answer]] = {}
        self._asked: dict[Apply, int] = {}
        for answer in answers:
            self._by_tag.setdefault(id(answer.node.tag), []).append(answer)

    def next_of(self, node: Apply) -> Any:
        """Return what the node computed the next time it ran, or UNKNOWN."""
        found = self._by_tag.get(id(node.tag)) or self._of_equal(node)
        place = self._asked.get(node, 0)
        self._asked[node] = place + 1
        if found and found[0].once:
            return found[0].results
        return found[place].results if place < len(found) else UNKNOWN

    def _of_equal(self, node: Apply) -> list[Answer]:
        for answers in self._by_tag.values():
            ran = answers[0].node
            if ran.op == node.op and set(node.origin) <= set(ran.origin):
                return answers
        return []


Cut = Callable[[Apply, list[Any]], bool]


class Replay:
    """Computes values of graphs, with the answers of users' ops.

    Parameters
    ----------
    answers : iterable of Answer
        What users' ops computed.
    """

    def __init__(self, answers: Iterable[Answer] = ()) -> None:
        self._answers = Answers(answers)
        self._ops: dict[Apply, Any] = {}

    def perform(self, node: Apply, given: list[Any]) -> Sequence[Any]:
        """Return the results of a node.

        Raises
        ------
        UnknownError
            A graph in it reads what isn't known.
        """
        if isinstance(node.op, Print):
            return given[:1]
        if calls_python(node):
            return self.answer(node, given)
        storage: list[list[Any]] = [[None] for _ in node.outputs]
        self._lazy(node).perform(node, given, storage)
        return [cell[0] for cell in storage]

    def answer(self, node: Apply, given: list[Any]) -> Sequence[Any]:
        """Return what a user's op computes."""
        results = self._answers.next_of(node)
        return (UNKNOWN,) * len(node.outputs) if results is UNKNOWN else results

    def _lazy(self, node: Apply) -> Any:
        """Return a node's op with the graphs that it holds run by this replay."""
        held = bodies(node)
        if not held:
            return node.op
        if node not in self._ops:
            lazy = {name: LazyGraph(graph, self) for name, graph in held.items()}
            self._ops[node] = dataclasses.replace(node.op, **lazy)  # type: ignore[type-var]
        return self._ops[node]


class LazyGraph(FrozenGraph):
    """The same graph, its nodes included, run by a replay."""

    __slots__ = ("_replay",)

    def __init__(self, graph: FrozenGraph, replay: Replay) -> None:
        for name in FrozenGraph.__slots__:
            setattr(self, name, getattr(graph, name))
        self._replay = replay

    def run(self, values: Sequence[Any]) -> list[Any]:
        """Compute the outputs, each node when it is needed."""
        scope = Scope(self._replay, self.inputs, values)
        results = [scope.value(out) for out in self.outputs]
        if any(result is UNKNOWN for result in results):
            raise UnknownError
        return results


class Scope:
    """The values of one graph, computed as they are asked for.

    Parameters
    ----------
    replay : Replay
    inputs, arrays : sequence of Variable, sequence
    cut : callable, optional
        Called with a node and what it is given before it runs. It may change that, and
        then returns true: what the node computes isn't what it computed in the call.
    """

    def __init__(
        self,
        replay: Replay,
        inputs: Sequence[Variable],
        arrays: Sequence[Any],
        cut: Cut | None = None,
    ) -> None:
        self._replay = replay
        self._cut = cut
        self._values: dict[Variable, Any] = dict(zip(inputs, arrays, strict=True))

    def value(self, variable: Variable) -> Any:
        """Return a value; UNKNOWN where it depends on what is not known."""
        stack = [variable]
        while stack:
            node = stack[-1].owner
            if self._has(stack[-1]) or node is None:
                stack.pop()
                continue
            missing = [x for x in self.read_by(node) if not self._has(x)]
            if missing:
                stack += reversed(missing)
            else:
                self._run(node)
        return self._get(variable)

    def read_by(self, node: Apply) -> list[Variable]:
        """Return what a node needs next: of a choice first the condition."""
        if not isinstance(node.op, IfElse):
            return node.inputs
        condition = node.inputs[0]
        if not self._has(condition):
            return [condition]
        chosen = self._get(condition)
        if chosen is UNKNOWN:
            return [condition]
        graph = node.op.chosen(chosen)
        read = {x for inner in graph.nodes for x in inner.inputs} | set(graph.outputs)
        captured = zip(node.inputs[1:], graph.inputs, strict=True)
        return [condition, *(x for x, inner in captured if inner in read)]

    def _has(self, variable: Variable) -> bool:
        return isinstance(variable, Constant) or variable in self._values

    def _get(self, variable: Variable) -> Any:
        if isinstance(variable, Constant):
            return variable.data
        return self._values.get(variable)

    def _run(self, node: Apply) -> None:
        given = [self._get(x) for x in node.inputs]
        if any(x is UNKNOWN for x in given):
            results: Sequence[Any] = (UNKNOWN,) * len(node.outputs)
        else:
            try:
                results = self.perform(node, given)
            except UnknownError:
                results = (UNKNOWN,) * len(node.outputs)
        self._values.update(zip(node.outputs, results, strict=True))

    def perform(self, node: Apply, given: list[Any]) -> Sequence[Any]:
        """Return a node's results, or raise an error that knows the node."""
        was_cut = self._cut is not None and self._cut(node, given)
        try:
            results = self._replay.perform(node, given)
        except UnknownError:
            raise
        except Exception as error:
            # For the message: the node that failed, not the one that holds it.
            if not hasattr(error, "inside"):
                error.inside = node, given  # type: ignore[attr-defined]
            raise
        if was_cut:
            raise UnknownError
        return results


class Program(Scope):
    """The values of a whole program, of which those no longer needed are dropped.

    Parameters
    ----------
    replay : Replay
    graph : FunctionGraph
    arrays : sequence
        The arguments.
    cut : callable, optional
    """

    def __init__(
        self,
        replay: Replay,
        graph: FunctionGraph,
        arrays: Sequence[Any],
        cut: Cut | None = None,
    ) -> None:
        super().__init__(replay, graph.inputs, arrays, cut)
        self._graph = graph
        self._uses: dict[Variable, int] = {}

    def compute(self, wanted: Collection[Apply]) -> None:
        """Compute the nodes of `wanted` that aren't in a branch that isn't taken."""
        nodes = self._graph.toposort()
        below = set(wanted)
        for node in nodes:
            if any(x.owner in below for x in node.inputs):
                below.add(node)
        conditions = [n.inputs[0] for n in below if isinstance(n.op, IfElse)]
        kept = [v for node in wanted for v in node.outputs] + conditions
        self._uses = dict.fromkeys(kept, 1)
        for node in toposort(kept, blockers=self._graph.inputs):
            for x in node.inputs:
                self._uses[x] = self._uses.get(x, 0) + 1
        live = self._live(below)
        for node in nodes:
            if node in wanted and node in live:
                self.value(node.outputs[0])

    def _live(self, below: set[Apply]) -> set[Apply]:
        """Return the nodes among `below` that are computed for the outputs."""
        found: set[Apply] = set()
        stack = [v.owner for v in self._graph.outputs]
        while stack:
            node = stack.pop()
            if node is None or node in found or node not in below:
                continue
            found.add(node)
            if isinstance(node.op, IfElse):
                self.value(node.inputs[0])
            stack += [v.owner for v in self.read_by(node)]
        return found

    def _run(self, node: Apply) -> None:
        super()._run(node)
        for x in node.inputs:
            self._uses[x] = self._uses.get(x, 0) - 1
            if not self._uses[x] and x.owner is not None:
                self._values.pop(x, None)

    def perform(self, node: Apply, given: list[Any]) -> Sequence[Any]:
        """Return a node's results, or raise the error with op, inputs and line."""
        try:
            return super().perform(node, given)
        except UnknownError:
            raise
        except Exception as error:
            told = node_error(node, given, error)
            if told is error:
                raise
            raise told from error


class Recording(Replay):
    """Runs users' ops, and keeps what they answer."""

    def __init__(self, answers: list[Answer]) -> None:
        super().__init__()
        self._kept = answers

    def answer(self, node: Apply, given: list[Any]) -> Sequence[Any]:
        """Run the op."""
        storage: list[list[Any]] = [[None] for _ in node.outputs]
        node.op.perform(node, given, storage)
        check_results(node, storage)
        results = [cell[0] for cell in storage]
        self._kept.append(Answer(node, results, once=False))
        return results


class Results(list[Any]):
    """What a call back into Python computed, and what users' ops in it answered."""

    answers: Sequence[Answer] = ()


def perform_recorded(node: Apply, given: list[Any]) -> list[Any]:
    """Run a node of a unit in Python, and keep the answers of users' ops in it."""
    if not bodies(node):
        storage: list[list[Any]] = [[None] for _ in node.outputs]
        node.op.perform(node, given, storage)
        if calls_python(node):
            check_results(node, storage)
        return [cell[0] for cell in storage]
    answers: list[Answer] = []
    results = Results(Recording(answers).perform(node, given))
    results.answers = answers
    return results


def answers_of(
    calls: Sequence[tuple[int, Any]], hosts: Sequence[Apply], outer: Collection[Apply]
) -> list[Answer]:
    """Return what the calls back into Python of one call of a unit computed."""
    found: list[Answer] = []
    for site, results in calls:
        if not isinstance(results, BaseException):
            node = hosts[site]
            found.append(Answer(node, results, node in outer))
            found += getattr(results, "answers", ())
    return found
