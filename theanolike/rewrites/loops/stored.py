"""What a backward loop reads of the steps forward: kept by them, or computed again.

A backward loop begins with the states before each step and computes the rest again.
Which values the forward loop keeps instead is a minimum cut: of all ways to have what
the backward step needs, the one with the least cost of rows and of work. It is looked
for once the steps have their final forms, so that storing hides no pattern from the
rewrites, and before work moves out of loops, so that equal values look equal.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from theanolike.graph.apply import Apply
from theanolike.graph.frozen import FrozenGraph
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.variable import Constant, Variable
from theanolike.ops.arithmetic import add
from theanolike.ops.broadcast import Fill, SumTo
from theanolike.ops.declare import NativeOp
from theanolike.ops.dimshuffle import DimShuffle
from theanolike.ops.extents import OfShape
from theanolike.ops.indexing.basic import Subtensor
from theanolike.ops.printing import Print
from theanolike.ops.products import Dot, Gemm
from theanolike.ops.scan.derivatives import Backward
from theanolike.ops.scan.loop import LoopOp
from theanolike.ops.shape import Reshape
from theanolike.rewrites.loops.cut import Network
from theanolike.rewrites.loops.opened import OpenLoop
from theanolike.rewrites.loops.stacked import ALONG_AXES, POINTWISE, is_costly, is_one

__all__ = ["store_or_compute"]

MOST_LOOPS = 16
# Costs of a byte: to write a row and read it again, of functions, of arithmetic.
STORE, FUNCTION, ARITHMETIC = 0.3, 0.4, 0.02
UNKNOWN_EXTENT = 100
WHOLE_LOOP = 1000.0


def store_or_compute(
    fgraph: FunctionGraph, note: Callable[[Apply, Sequence[Any], str], None]
) -> None:
    """Let loops keep what later loops of the same steps would compute at more cost."""
    loops = [n for n in fgraph.toposort() if isinstance(n.op, LoopOp)]
    for at, later in enumerate(loops):
        for place in range(at - 1, max(at - MOST_LOOPS, 0) - 1, -1):
            changed = _serve(fgraph, loops[place], later, note)
            if changed is not None:
                loops[place], later = changed  # noqa: PLW2901
                loops[at] = later


def _serve(
    fgraph: FunctionGraph, forward: Apply, later: Apply, note: Callable[..., None]
) -> tuple[Apply, Apply] | None:
    """Let one loop keep rows for a later one; return both if they changed."""
    known = _seen_by_both(forward, later)
    if known is None:
        return None
    step = _Region(forward, later, known)
    stored = step.choose(_kept_anyway(fgraph, forward, later))
    if not stored:
        return None
    first = OpenLoop(forward)
    rows = {inside: first.collect(value) for inside, value in stored.items()}
    closed = first.close()
    new = closed.replacements()
    note(forward, new, "store_or_compute")
    fgraph.replace_all(zip(list(forward.outputs), new, strict=True), "store_or_compute")
    second = OpenLoop(later)
    second.substitute({v: second.sequence(closed.of_row(r)) for v, r in rows.items()})
    last = second.close()
    new = last.replacements()
    note(later, new, "store_or_compute")
    fgraph.replace_all(zip(list(later.outputs), new, strict=True), "store_or_compute")
    return closed.made[0].owner, last.made[0].owner


def _seen_by_both(forward: Apply, later: Apply) -> dict[Any, Any] | None:
    """Return what variables of the later loop's step are in the forward one's.

    None if nothing that the forward loop made is among them.
    """
    one, other = OpenLoop(forward), OpenLoop(later)
    op: Any = forward.op
    steps = forward.outputs[-1] if op.until else forward.inputs[0]
    if not _same(steps, later.inputs[0]):
        return None
    inside = {outer: v for v, outer in one.captured.items()}
    known = {v: inside[o] for v, o in other.captured.items() if o in inside}
    known[other.step] = one.step
    back = Backward(op, forward, [None] * len(forward.outputs))
    befores = [back.known_history(s) for s in range(op.states)]
    found = False
    for row, outer in other.sequences.items():
        value = _made(forward, outer) or next(
            (
                state.before
                for state, before in zip(one.states, befores, strict=True)
                if before is not None and _same(before, outer)
            ),
            None,
        )
        found = found or value is not None
        if value is None:
            value = next(
                (v for v, o in one.sequences.items() if _is_walked(o, outer, steps)),
                None,
            )
        if value is not None and value.type.dtype == row.type.dtype:
            known[row] = value
    return known if found else None


def _made(forward: Apply, rows: Any) -> Any:
    """Return what each step collects in some rows, if the forward loop made them."""
    if rows.owner is not forward:
        return None
    op: Any = forward.op
    is_row = op.states <= rows.index < op.states + op.collected
    return op.graph.outputs[rows.index] if is_row else None


def _is_walked(own: Any, outer: Any, steps: Any) -> bool:
    return own is outer or _same(own[:steps], outer)


def _same(a: Any, b: Any) -> bool:
    """Tell whether two variables are the same expression."""
    stack = [(a, b)]
    while stack:
        a, b = stack.pop()
        if a is b:
            continue
        if isinstance(a, Constant) and isinstance(b, Constant):
            if a.signature() != b.signature():
                return False
            continue
        one, other = a.owner, b.owner
        if one is None or other is None or a.index != b.index or one.op != other.op:
            return False
        if isinstance(one.op, LoopOp) or len(one.inputs) != len(other.inputs):
            return False
        stack += zip(one.inputs, other.inputs, strict=True)
    return True


def _kept_anyway(fgraph: FunctionGraph, forward: Apply, later: Apply) -> set[Any]:
    """Return what each step collects for others than the later loop."""
    op: Any = forward.op
    kept: set[Any] = set()
    for place in range(op.states, op.states + op.collected):
        stack = [forward.outputs[place]]
        while stack:
            for client, _ in fgraph.clients(stack.pop()):
                if client is later:
                    continue
                views = not isinstance(client, str) and _is_view(client)
                if not views:
                    kept.add(op.graph.outputs[place])
                else:
                    stack += client.outputs  # type: ignore[union-attr]
    return kept


def _is_view(node: Apply) -> bool:
    """Tell whether a node shifts or cuts rows, as histories are made."""
    return isinstance(node.op, Subtensor) or type(node.op).__name__ == "Join"


@dataclass
class _Region:
    """The part of a later loop's step that the forward step can compute as well.

    Attributes
    ----------
    twin : dict
        What a value of the later step is in the forward one; `_Elsewhere` where that
        doesn't compute it.
    nodes : list of Apply
        The later step's nodes that belong to it.
    """

    forward: Apply
    later: Apply
    twin: dict[Any, Any]
    nodes: list[Apply] = field(default_factory=list)

    def __post_init__(self) -> None:
        table = _results_of(self.forward.op.graph)  # type: ignore[attr-defined]
        for node in self.later.op.graph.nodes:  # type: ignore[attr-defined]
            if not _is_pure(node) or not all(
                isinstance(v, Constant) or v in self.twin for v in node.inputs
            ):
                continue
            self.nodes.append(node)
            inputs = (self.twin.get(v, v) for v in node.inputs)
            made = table.get((node.op, tuple(map(_key, inputs))))
            if made is None:
                made = [_Elsewhere() for _ in node.outputs]
            self.twin |= zip(node.outputs, made, strict=True)

    def choose(self, kept: set[Any]) -> dict[Any, Any]:
        """Return what to keep: from values of the later step to the forward one's."""
        steady = _steady(self.forward)
        work = {node: self._work(node) for node in self.nodes}
        if not any(
            work[n] > ARITHMETIC * _size(n.outputs[0])
            and any(self.twin[out] in steady for out in n.outputs)
            for n in self.nodes
        ):
            return {}
        stored: dict[Any, Any] = {}
        for _ in range(2):  # then what is kept for the states is known
            taken = self._cut(work, steady, kept)
            stored = {v: self.twin[v] for v in taken if v.owner is not None}
            kept = kept | {self._row_of(v) for v in taken if v.owner is None}
        return stored

    def _work(self, node: Apply) -> float:
        """Return the cost to compute a node again."""
        op = node.op
        size = sum(map(_size, node.outputs))
        if isinstance(op, DimShuffle | Subtensor | Reshape):
            return 0.0
        if all(self._is_fixed(v) for v in node.inputs):
            return 0.0  # it moves out of the loop
        if isinstance(op, Dot | Gemm):
            x: Any = node.inputs[0] if isinstance(op, Dot) else node.inputs[2]
            return ARITHMETIC * size * (x.type.shape[-1] or UNKNOWN_EXTENT)
        if isinstance(op, ALONG_AXES):
            return ARITHMETIC * sum(map(_size, node.inputs))
        if isinstance(op, LoopOp):
            return WHOLE_LOOP * size
        return (FUNCTION if is_costly(node) else ARITHMETIC) * size

    def _is_fixed(self, v: Variable) -> bool:
        op: Any = self.later.op
        first = 1 + op.states + op.sequences
        return isinstance(v, Constant) or v in op.graph.inputs[first:]

    def _row_of(self, v: Any) -> Any:
        """Return what the forward loop collects, so that a sequence is known."""
        op: Any = self.forward.op
        value = self.twin[v]
        states = op.graph.inputs[1 : 1 + op.states]
        return op.graph.outputs[states.index(value)] if value in states else value

    def _leaves(self) -> Iterator[Any]:
        """Yield the later loop's sequences that are there for it alone."""
        op: Any = self.later.op
        graph: Any = self.forward.op.graph  # type: ignore[attr-defined]
        k, q = self.forward.op.states, self.forward.op.sequences  # type: ignore[attr-defined]
        given = set(graph.inputs[1 + k : 1 + k + q])
        for v in op.graph.inputs[1 + op.states : 1 + op.states + op.sequences]:
            if v in self.twin and self.twin[v] not in given:
                yield v

    def _cut(
        self, work: dict[Apply, float], steady: set[Any], kept: set[Any]
    ) -> list[Any]:
        """Return the values that are cheapest to read from rows.

        In the network a value is past the cut if the later step has it, and a node if
        it computes it there.
        """
        net = Network("source", "sink")
        leaves = list(self._leaves())
        for v in leaves:
            cost = 0.0 if self._row_of(v) in kept else STORE * _size(v)
            net.add("source", v, cost)
        inside = set(self.nodes)
        made = {out for node in self.nodes for out in node.outputs}
        for node in self.nodes:
            net.add("source", node, work[node])
            for out in node.outputs:
                net.add(out, node)
                if self.twin[out] in steady:
                    cost = 0.0 if self.twin[out] in kept else STORE * _size(out)
                    net.add(node, out, cost + 1e-9)
                else:
                    net.add(node, out)
            for v in _read(node):
                if v in made or v in leaves:
                    net.add(v, node)
        graph: Any = self.later.op.graph  # type: ignore[attr-defined]
        needed = {v for n in graph.nodes if n not in inside for v in _read(n)}
        for v in needed.union(graph.outputs):
            if v in made or v in leaves:
                net.add(v, "sink")
        past = net.past()
        read = [v for v in leaves if v in past]
        read += [v for n in self.nodes if n not in past for v in n.outputs if v in past]
        return read


class _Elsewhere:
    """A value that the forward step doesn't make."""


def _results_of(graph: FrozenGraph) -> dict[Any, Sequence[Any]]:
    """Return what a step's nodes make, by their ops and inputs."""
    table: dict[Any, Sequence[Any]] = {}
    for node in graph.nodes:
        table[node.op, tuple(map(_key, node.inputs))] = node.outputs
        if not isinstance(node.op, Gemm):
            continue
        z, alpha, x, y, beta = node.inputs
        if is_one(alpha) and is_one(beta):  # z + dot(x, y), whose terms may be apart
            (product,) = table.setdefault((Dot(), (_key(x), _key(y))), [_Elsewhere()])
            table[add, (_key(z), product)] = node.outputs
            table[add, (product, _key(z))] = node.outputs
    return table


def _read(node: Apply) -> Sequence[Any]:
    """Return the inputs of which a node reads more than their shapes."""
    if isinstance(node.op, SumTo):
        return node.inputs[:1]
    if isinstance(node.op, Fill):
        return node.inputs[1:]
    return [] if isinstance(node.op, OfShape) else node.inputs


def _key(variable: Any) -> Any:
    return variable.signature() if isinstance(variable, Constant) else variable


def _is_pure(node: Apply) -> bool:
    return isinstance(node.op, NativeOp) and not isinstance(node.op, Print)


def _size(variable: Any) -> float:
    """Return about how many bytes a value has."""
    extents = [UNKNOWN_EXTENT if e is None else e for e in variable.type.shape]
    return float(prod(extents) * np.dtype(variable.type.dtype).itemsize)


def _steady(loop: Apply) -> set[Any]:
    """Return the values of a step whose shapes surely are the same in all steps."""
    op: Any = loop.op
    graph = op.graph
    fixed = set(graph.inputs[1 + op.states + op.sequences :])
    steady = set(graph.inputs)
    for node in graph.nodes:
        shaped = node.inputs
        indices: Sequence[Any] = ()
        if isinstance(node.op, Subtensor | Reshape):
            shaped, indices = node.inputs[:1], node.inputs[1:]
        elif not isinstance(node.op, (*POINTWISE, *ALONG_AXES, DimShuffle, Dot, Gemm)):
            steady.update(out for out in node.outputs if None not in out.type.shape)
            continue
        is_steady = all(isinstance(v, Constant) or v in steady for v in shaped)
        if is_steady and all(isinstance(v, Constant) or v in fixed for v in indices):
            steady.update(node.outputs)
    return steady.difference(graph.inputs)
