"""`OpenLoop`: the parts of a loop, to be changed and put together again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.clone import clone_graph
from theanolike.graph.frozen import FrozenGraph
from theanolike.graph.variable import Constant, Variable
from theanolike.ops.scan.inside import Inside, shapes_inside
from theanolike.ops.scan.loop import LoopOp, row_type
from theanolike.ops.shape import specify_static
from theanolike.rewrites.shapes import Known, as_graph

__all__ = [
    "OpenLoop",
    "Row",
    "State",
    "fitting",
    "is_loop",
    "known_as",
    "readers",
    "reading",
    "row_shapes",
]


@dataclass
class State:
    """A state: inside before and after a step, outside before the first one.

    `old` is its place among the outputs of the loop that was opened, if it was there.
    """

    before: Any
    start: Any
    after: Any
    old: Any = None


@dataclass
class Row:
    """What each step collects; `old` as for a state."""

    value: Any
    old: Any = None


class OpenLoop:
    """The parts of a loop. The variables inside are those of the loop's own graph.

    Attributes
    ----------
    states : list of State
    rows : list of Row
    sequences, captured : dict
        From the variable inside to the one outside.
    """

    def __init__(self, node: Apply) -> None:
        op: Any = node.op
        k, q = op.states, op.sequences
        inner, after = op.graph.inputs, list(op.graph.outputs)
        outer = node.inputs
        self.node = node
        self.op = op
        self.step = inner[0]
        self.states = [State(inner[1 + s], outer[1 + s], after[s], s) for s in range(k)]
        first = 1 + k + q
        pairs = list(zip(inner, outer, strict=True))
        self.sequences: dict[Any, Any] = dict(pairs[1 + k : first])
        self.captured: dict[Any, Any] = dict(pairs[first:])
        self.rows = [Row(after[r], r) for r in range(k, k + op.collected)]
        self.condition = after[-1:] if op.until else []

    def sequence(self, outer: Any) -> Any:
        """Return the variable inside that is the row of a sequence; add it if new."""
        for inside, known in self.sequences.items():
            if known is outer:
                return inside
        inside = row_type(outer.type).make_variable()
        self.sequences[inside] = outer
        return inside

    def capture(self, outer: Any) -> Any:
        """Return the variable inside that is one from outside; add it if new."""
        if isinstance(outer, Constant):
            return outer
        for inside, known in self.captured.items():
            if known is outer:
                return inside
        inside = outer.type.make_variable(outer.name)
        self.captured[inside] = outer
        return inside

    def collect(self, value: Any) -> Row:
        """Return the row that holds a value of each step; add it if new."""
        for row in self.rows:
            if row.value is value:
                return row
        self.rows.append(Row(value))
        return self.rows[-1]

    def substitute(self, pairs: dict[Any, Any]) -> None:
        """Put variables inside in place of others, for everything that reads them."""
        results = clone_graph(self._results(), pairs, copy_all=False)[0]
        k = len(self.states)
        for state, value in zip(self.states, results, strict=False):
            state.after = value
        for row, value in zip(self.rows, results[k:], strict=False):
            row.value = value
        self.condition = results[k + len(self.rows) :]

    def rename(self) -> None:
        """Give the parts variables of their own, apart from other loops of a graph."""
        own: dict[Any, Any] = {s.before: s.before.clone() for s in self.states}
        own |= {v: v.clone() for v in (*self.sequences, *self.captured)}
        for state in self.states:
            state.before = own[state.before]
        self.sequences = {own[v]: outer for v, outer in self.sequences.items()}
        self.captured = {own[v]: outer for v, outer in self.captured.items()}
        self.substitute(own)

    def _results(self) -> list[Any]:
        after = [s.after for s in self.states]
        return [*after, *(r.value for r in self.rows), *self.condition]

    def close(self) -> "Closed":
        """Return the loop of the parts, without inputs that nothing reads."""
        self._merge_inputs()
        read = reading(self._results())
        sequences = {a: b for a, b in self.sequences.items() if a in read}
        captured = {a: b for a, b in self.captured.items() if a in read}
        inner = [self.step, *(s.before for s in self.states), *sequences, *captured]
        op = replace(
            self.op,
            graph=FrozenGraph(inner, self._results()),
            states=len(self.states),
            collected=len(self.rows),
            sequences=len(sequences),
        )
        starts = [s.start for s in self.states]
        outer = [*starts, *(fitting(v, x, rows=True) for v, x in sequences.items())]
        outer += [fitting(v, x) for v, x in captured.items()]
        if not (self.states or self.rows or self.condition):
            return Closed(self, [])
        return Closed(self, op(self.node.inputs[0], *outer, return_list=True))

    def _merge_inputs(self) -> None:
        """Let equal inputs be one."""
        twins: dict[Any, Any] = {}
        for inputs in (self.sequences, self.captured):
            known: dict[Any, Any] = {}
            for inside, outer in list(inputs.items()):
                first = known.setdefault(outer, inside)
                if first is not inside and first.type == inside.type:
                    twins[inside] = first
                    del inputs[inside]
        if twins:
            self.substitute(twins)


class Closed:
    """The results of a loop that was put together."""

    def __init__(self, parts: OpenLoop, made: Sequence[Any]) -> None:
        self.made = list(made)
        k = len(parts.states)
        self._states = {id(s): made[i] for i, s in enumerate(parts.states)}
        self._rows = {id(r): made[k + i] for i, r in enumerate(parts.rows)}
        self._old = {s.old: made[i] for i, s in enumerate(parts.states)}
        self._old |= {r.old: made[k + i] for i, r in enumerate(parts.rows)}
        if parts.condition:
            self._old[len(parts.node.outputs) - 1] = made[-1]
        self._parts = parts

    def of_state(self, state: State) -> Any:
        """Return what a state is after the last step."""
        return self._states[id(state)]

    def of_old(self, old: Any) -> Any:
        """Return the output for a state or row by its name in `old`."""
        return self._old[old]

    def of_row(self, row: Row) -> Any:
        """Return all steps of what a row collects."""
        return self._rows[id(row)]

    @property
    def done(self) -> Any:
        """The number of steps done, of a loop that may stop."""
        return self.made[-1] if self._parts.condition else None

    def replacements(self, others: dict[Any, Any] | None = None) -> list[Any]:
        """Return what replaces each output of the loop that was opened.

        `others` by their places; an output that nothing replaces stands for itself.
        """
        outputs = self._parts.node.outputs
        found = {k: v for k, v in self._old.items() if k is not None} | (others or {})
        new = [found.get(k, out) for k, out in enumerate(outputs)]
        return [known_as(v, out) for v, out in zip(new, outputs, strict=True)]


def fitting(inside: Any, outer: Any, *, rows: bool = False) -> Any:
    """Return what a loop reads with the extents that its graph relies on.

    What stands outside may have been replaced by something whose type tells less.
    """
    kind = row_type(outer.type) if rows else outer.type
    if inside.type.is_super(kind):
        return outer
    return specify_static(outer, (*([None] * rows), *inside.type.shape))


def known_as(new: Any, old: Any) -> Any:
    """Return `new` with the extents that are known of `old`, which it replaces."""
    if old.type.is_super(new.type) or old.type == new.type:
        return new
    return specify_static(new, old.type.shape)


def reading(outputs: Iterable[Any]) -> set[Variable]:
    """Return every variable that outputs are computed from, themselves included."""
    outputs = list(outputs)
    seen: set[Variable] = set(outputs)
    stack = outputs
    while stack:
        node = stack.pop().owner
        if node is None:
            continue
        new = [v for v in node.inputs if v not in seen]
        seen.update(new)
        stack.extend(new)
    return seen


def readers(graph: FrozenGraph) -> dict[Variable, list[Any]]:
    """Return the nodes that read each variable of a graph; None for its outputs."""
    found: dict[Variable, list[Any]] = {}
    for node in graph.nodes:
        for v in node.inputs:
            found.setdefault(v, []).append(node)
    for v in graph.outputs:
        found.setdefault(v, []).append(None)
    return found


def row_shapes(node: Apply, places: Sequence[int]) -> list[list[Any]] | None:
    """Return the shapes of what one step collects, as scalars outside of the loop.

    None if they depend on what a step computes.
    """
    op: Any = node.op
    first = 1 + op.states
    pairs = zip(op.graph.inputs, node.inputs, strict=True)
    known: dict[Any, Any] = {inside: Known(outer) for inside, outer in pairs}
    for inside in op.graph.inputs[1:first]:
        known[inside] = Inside(known[inside].shape)
    for inside in op.graph.inputs[first : first + op.sequences]:
        known[inside] = Inside(known[inside].shape[1:])
    known[op.graph.inputs[0]] = Inside(())
    try:
        shapes = shapes_inside(op.graph, known, [op.graph.outputs[r] for r in places])
    except NotImplementedError:
        return None
    return [[as_graph(extent) for extent in shape] for shape in shapes]


def is_loop(node: Apply | None) -> bool:
    """Tell whether a node is a loop."""
    return node is not None and isinstance(node.op, LoopOp)
