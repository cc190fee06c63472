"""A loop taken apart: its states, sequences, captured values and rows as lists.

A rewrite of loops changes the lists and closes them again as another node.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.clone import clone_graph
from theanolike.graph.frozen import FrozenGraph
from theanolike.graph.traverse import toposort
from theanolike.graph.variable import Constant, Variable
from theanolike.ops.scan.loop import LoopOp
from theanolike.types.type import TensorType

__all__ = ["Body", "Row", "State", "depends_on", "fresh_row"]


@dataclass(eq=False)
class State:
    """What goes from step to step.

    Attributes
    ----------
    start : Variable
        Outside of the loop.
    before, after : Variable
        Inside: the value that a step reads, and the one that it makes.
    out : Variable or None
        Outside: the last value, as the loop that was opened gives it.
    """

    start: Any
    before: Any
    after: Any
    out: Any = None


@dataclass(eq=False)
class Row:
    """A value of each step that the loop keeps; `out` has them all."""

    value: Any
    out: Any = None


@dataclass
class Body:
    """A loop's parts; `sequences` and `captured` are pairs (outside, inside)."""

    node: Apply
    step: Any
    states: list[State]
    sequences: list[tuple[Any, Any]]
    captured: list[tuple[Any, Any]]
    rows: list[Row]
    condition: Any = None
    # For outputs of the loop that was opened: makes them of the new loop's outputs.
    instead: dict[Variable, Callable[[dict[Any, Any]], Any]] = field(
        default_factory=dict
    )

    @classmethod
    def of(cls, node: Apply) -> "Body":
        """Take a loop apart."""
        op: Any = node.op
        k, q, graph = op.states, op.sequences, op.graph
        inside, outside = graph.inputs, node.inputs
        first = 1 + k + q
        states = [
            State(outside[1 + s], inside[1 + s], graph.outputs[s], node.outputs[s])
            for s in range(k)
        ]
        places = range(k, k + op.collected)
        return cls(
            node,
            inside[0],
            states,
            list(zip(outside[1 + k : first], inside[1 + k : first], strict=True)),
            list(zip(outside[first:], inside[first:], strict=True)),
            [Row(graph.outputs[r], node.outputs[r]) for r in places],
            graph.outputs[-1] if op.until else None,
        )

    @property
    def op(self) -> LoopOp:
        """The op of the loop that was opened."""
        return self.node.op  # type: ignore[return-value]

    @property
    def roots(self) -> list[Any]:
        """All that a step makes."""
        made = [s.after for s in self.states] + [r.value for r in self.rows]
        return made if self.condition is None else [*made, self.condition]

    @property
    def arguments(self) -> list[Any]:
        """All that a step is given."""
        given = [s.before for s in self.states]
        given += [inside for _, inside in (*self.sequences, *self.captured)]
        return [self.step, *given]

    def nodes(self) -> list[Apply]:
        """Return a step's nodes in order of dependence."""
        return toposort(self.roots, blockers=self.arguments)

    def substitute(self, replacements: dict[Variable, Variable]) -> None:
        """Put variables in place of others, all over the step."""
        new, _ = clone_graph(self.roots, replacements, copy_all=False)
        made = iter(new)
        for state in self.states:
            state.after = next(made)
        for row in self.rows:
            row.value = next(made)
        if self.condition is not None:
            self.condition = next(made)

    def as_row(self, outside: Any) -> Any:
        """Return what a step sees of a sequence, which is added unless it is one."""
        for known, inside in self.sequences:
            if known is outside:
                return inside
        inside = fresh_row(outside)
        self.sequences.append((outside, inside))
        return inside

    def as_captured(self, outside: Any) -> Any:
        """Return what a step sees of a value outside."""
        for known, inside in self.captured:
            if known is outside:
                return inside
        inside = outside.type.make_variable(outside.name)
        self.captured.append((outside, inside))
        return inside

    def close(self) -> dict[Variable, Variable]:
        """Make the loop; return what stands for the outputs of the one opened.

        Arguments that no step reads any more are left out.
        """
        read: set[Variable] = set(self.roots)
        for node in self.nodes():
            read.update(node.inputs)
        self.sequences = [pair for pair in self.sequences if pair[1] in read]
        self.captured = [pair for pair in self.captured if pair[1] in read]
        graph = FrozenGraph(self.arguments, self.roots)
        op = replace(
            self.op,
            graph=graph,
            states=len(self.states),
            collected=len(self.rows),
            sequences=len(self.sequences),
        )
        outside = [s.start for s in self.states]
        outside += [given for given, _ in (*self.sequences, *self.captured)]
        made = op(self.node.inputs[0], *outside, return_list=True)
        parts: list[Any] = [*self.states, *self.rows]
        news = dict(zip(parts, made, strict=False))
        found = {part.out: new for part, new in news.items() if part.out is not None}
        if self.condition is not None:
            found[self.node.outputs[-1]] = made[-1]
        for out, make in self.instead.items():
            found[out] = make(news)
        return found


def fresh_row(outside: Any) -> Any:
    """Return a variable that stands for a row of a sequence."""
    kind: TensorType = outside.type
    return TensorType(kind.dtype, kind.shape[1:]).make_variable(outside.name)


def depends_on(nodes: Sequence[Apply], sources: set[Variable]) -> set[Variable]:
    """Return the variables of `nodes` that read nothing besides `sources`."""
    known = set(sources)
    for node in nodes:
        if all(v in known or isinstance(v, Constant) for v in node.inputs):
            known.update(node.outputs)
    return known
