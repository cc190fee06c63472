"""`LoopOp`: a graph repeated, with states that go from step to step.

It is one node of the loop program. `for_each` makes one out of a formula that contains
an index.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from theanolike.codegen.lowering import ViewDim, lower_nodes, maximum
from theanolike.errors import UnsupportedError
from theanolike.graph.apply import Apply
from theanolike.graph.frozen import FrozenGraph
from theanolike.graph.traverse import toposort
from theanolike.graph.variable import Constant, Variable
from theanolike.ops.cotangent import Cotangent, Pulled, Tangent, disconnected
from theanolike.ops.declare import Builder, Extent, NativeOp, Shape, Shaped, Value
from theanolike.types.constants import as_tensor_variable
from theanolike.types.dtypes import is_continuous
from theanolike.types.type import TensorType
from theanolike.types.variable import functions

# The walks over an inner graph: "back" is `pull_back`, "forward" `push_forward`. The
# gradients stand above the ops, so they enter them here.
walks: dict[str, Callable[..., Any]] = {}


@dataclass(frozen=True)
class LoopOp(NativeOp):
    """`graph` repeated.

    The node's inputs are the number of steps, the states before the first step and
    what the graph reads besides; its outputs the states after the last step, the
    collected values of all steps along a new first axis and, with `until`, the number
    of steps done.

    Attributes
    ----------
    graph : FrozenGraph
        From the step number (0-d int64), the states and the captured variables to the
        next states, the collected values and, with `until`, a 0-d bool that stops the
        loop after this step.
    states, collected : int
        How many of each.
    until : bool
    """

    graph: FrozenGraph
    states: int
    collected: int
    until: bool = False

    def make_node(self, *inputs: Any) -> Apply:
        """Return a node; inputs must have the types that the graph declares."""
        variables = [as_tensor_variable(x) for x in inputs]
        declared = self.graph.inputs
        if len(variables) != len(declared):
            raise TypeError(
                f"{self} takes {len(declared)} inputs, got {len(variables)}."
            )
        for i, (given, own) in enumerate(zip(variables, declared, strict=True)):
            if i and not own.type.is_super(given.type):
                raise TypeError(
                    f"Input {i} of {self} must have type {own.type}, got {given} of "
                    f"type {given.type}; cast it."
                )
        steps = variables[0].type
        if steps.ndim or is_continuous(steps.dtype):
            raise TypeError(
                f"The number of steps must be a 0-d integer, got type {steps}."
            )
        types = self.result(*(v.type for v in variables))
        return Apply(self, variables, [kind.make_variable() for kind in types])

    def result(self, steps: TensorType, *types: TensorType) -> tuple[TensorType, ...]:  # type: ignore[override]
        outputs = [out.type for out in self.graph.outputs]
        results = []
        for before, after in zip(types, outputs[: self.states], strict=False):
            if before.dtype != after.dtype or before.ndim != after.ndim:  # type: ignore[attr-defined]
                raise TypeError(
                    f"A state starts with type {before} but a step makes type {after}; "
                    "cast or reshape one of them."
                )
            results.append(_common(before, after))  # type: ignore[arg-type]
        results += [
            TensorType(kind.dtype, (None, *kind.shape))  # type: ignore[attr-defined]
            for kind in outputs[self.states : self.states + self.collected]
        ]
        if self.until:
            results.append(TensorType("int64", ()))
        return tuple(results)

    def shape(self, steps: Shaped, *inputs: Shaped) -> list[Shape]:  # type: ignore[override]
        if self.until and self.collected:
            raise UnsupportedError(
                f"How many rows {self} collects is known only after it ran."
            )
        known: dict[Variable, Any] = dict(
            zip(self.graph.inputs, (steps, *inputs), strict=True)
        )
        known[self.graph.inputs[0]] = _Inner(())
        for node in self.graph.nodes:
            seen = [_shaped(known, v) for v in node.inputs]
            found = node.op.shape(*seen)  # type: ignore[attr-defined]
            shapes = found if len(node.outputs) > 1 else [found]
            for out, shape in zip(node.outputs, shapes, strict=True):
                known[out] = _Inner(shape)
        rows = self.graph.outputs[self.states : self.states + self.collected]
        shapes = [x.shape for x in inputs[: self.states]]
        first = steps.item()
        shapes += [(first, *_shaped(known, row).shape) for row in rows]
        return [*shapes, ()] if self.until else shapes

    def reference(self, steps: Any, *arrays: Any) -> Any:
        state, captured = list(arrays[: self.states]), arrays[self.states :]
        rows: list[list[Any]] = [[] for _ in range(self.collected)]
        done = 0
        for step in range(max(int(steps), 0)):
            values = self.graph.run([np.asarray(step, "int64"), *state, *captured])
            state = values[: self.states]
            for row, value in zip(rows, values[self.states :], strict=False):
                row.append(value)
            done += 1
            if self.until and values[-1]:
                break
        kinds = self.graph.outputs[self.states : self.states + self.collected]
        stacked = [
            np.stack(row) if row else _no_rows(kind.type)
            for row, kind in zip(rows, kinds, strict=True)
        ]
        results = [*state, *stacked, *([np.asarray(done)] if self.until else [])]
        return results[0] if len(results) == 1 else tuple(results)

    def lower(self, b: Builder, *inputs: Value) -> Value | tuple[Value, ...]:
        steps, inputs = inputs[0], inputs[1:]

        def body(inner: Builder, *arguments: Value) -> list[Value]:
            values = dict(zip(self.graph.inputs, arguments, strict=True))
            lower_nodes(inner, self.graph.nodes, values)
            return [
                inner.constant(v.data) if isinstance(v, Constant) else values[v]
                for v in self.graph.outputs
            ]

        results = b.loop(
            maximum(b.item(steps), 0),
            inputs[: self.states],
            inputs[self.states :],
            body,
            collect=self.collected,
            until=self.until,
        )
        if self.until:
            results = self._cut(b, results)
        return results[0] if len(results) == 1 else tuple(results)

    def _cut(self, b: Builder, results: tuple[Value, ...]) -> tuple[Value, ...]:
        """Return the results with only the rows of the steps done."""
        done = b.item(results[-1])
        cut = list(results)
        for k in range(self.states, self.states + self.collected):
            shape = (done, *results[k].shape[1:])
            dims = [ViewDim(axis) for axis in range(len(shape))]
            cut[k] = b.view(results[k], shape, dims)
        return tuple(cut)

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        rows = [[is_continuous(out.type.dtype) for out in node.outputs]]  # type: ignore[attr-defined]
        return [[False] * len(node.outputs), *(rows * (len(node.inputs) - 1))]

    def pullback(
        self, node: Apply, cotangents: Sequence[Cotangent | None]
    ) -> Sequence[Pulled]:
        """Walk the steps in reverse, over the states that a second loop keeps."""
        return _Backward(self, node, cotangents).pull()

    def pushforward(
        self, node: Apply, tangents: Sequence[Tangent | None]
    ) -> Sequence[Tangent | None]:
        """Carry the states' tangents along with the states."""
        return _forward(self, node, tangents)

    def __str__(self) -> str:
        return f"Loop{{states={self.states}, collected={self.collected}}}"


class _Inner:
    """A value inside of the body, as an op's `shape` sees it."""

    __slots__ = ("data", "shape")

    def __init__(self, shape: Shape, data: Any = None) -> None:
        self.shape = shape
        self.data = data

    def item(self, *index: int) -> int | Extent:
        """Return an element, which only a constant has before the loop runs."""
        if self.data is None:
            raise UnsupportedError(
                "A shape inside of the loop depends on values computed there."
            )
        return int(self.data[index])


def _shaped(known: dict[Variable, Any], variable: Variable) -> Any:
    if isinstance(variable, Constant):
        return _Inner(variable.data.shape, variable.data)
    return known[variable]


def _common(first: TensorType, second: TensorType) -> TensorType:
    """Return the type that says what is known of both."""
    pairs = zip(first.shape, second.shape, strict=True)
    return TensorType(first.dtype, [a if a == b else None for a, b in pairs])


def _no_rows(kind: Any) -> Any:
    return np.zeros((0, *(extent or 0 for extent in kind.shape)), kind.dtype)


def _forward(
    op: LoopOp, node: Apply, tangents: Sequence[Tangent | None]
) -> list[Tangent | None]:
    """Return the outputs' tangents, from a loop over states and tangents together."""
    f, k = functions(), op.states
    inner = [_like(v) for v in op.graph.inputs]
    after = op.graph.copy(inner)
    carried = [s for s in range(k) if _flows(node.inputs[1 + s])]
    moving = [
        i for i, t in enumerate(tangents) if i > k and t is not None
    ]  # captured ones with a tangent
    given = [tangents[1 + s] for s in carried]
    initial = [
        f.zeros_like(node.inputs[1 + s]) if t is None else t.value
        for s, t in zip(carried, given, strict=True)
    ]
    outer = [tangents[i].value for i in moving]  # type: ignore[union-attr]
    dstates, dcaptured = [_like(v) for v in initial], [_like(v) for v in outer]
    known = {inner[1 + s]: Tangent(d) for s, d in zip(carried, dstates, strict=True)}
    known |= {inner[i]: Tangent(d) for i, d in zip(moving, dcaptured, strict=True)}
    walks["forward"]([out for out in after if _flows(out)], known)
    following = [
        known[after[s]].value if after[s] in known else f.zeros_like(after[s])
        for s in carried
    ]
    rows = [r for r in range(k, k + op.collected) if after[r] in known]
    condition = after[-1:] if op.until else []
    body = [*after[:k], *following, *(known[after[r]].value for r in rows), *condition]
    arguments = [*inner[: 1 + k], *dstates, *inner[1 + k :], *dcaptured]
    graph = FrozenGraph(arguments, body)
    loop = LoopOp(graph, k + len(carried), len(rows), op.until)
    starts = [*node.inputs[: 1 + k], *initial, *node.inputs[1 + k :], *outer]
    made = loop(*starts, return_list=True)
    results: list[Tangent | None] = [None] * len(node.outputs)
    places = [*carried, *rows]
    for place, value in zip(places, made[k : k + len(places)], strict=True):
        results[place] = Tangent(value)
    return results


class _Backward:
    """The gradient of one loop: a loop that runs the steps in reverse."""

    def __init__(
        self, op: LoopOp, node: Apply, cotangents: Sequence[Cotangent | None]
    ) -> None:
        self.op = op
        self.node = node
        k, graph = op.states, op.graph
        self.starts = list(node.inputs[1 : 1 + k])
        self.captured = list(node.inputs[1 + k :])
        self.of_states = [c.value if c else None for c in cotangents[:k]]
        self.of_rows = [c.value if c else None for c in cotangents[k:]][: op.collected]
        self.inner_states = graph.inputs[1 : 1 + k]
        self.inner_captured = graph.inputs[1 + k :]

    def pull(self) -> list[Pulled]:
        carried = [s for s in range(self.op.states) if _flows(self.starts[s])]
        shared = [c for c, x in enumerate(self.captured) if _flows(x)]
        results = self._run(carried, shared) if carried or shared else []
        pulled: list[Pulled] = [disconnected] * len(self.node.inputs)
        for place, value in zip(carried, results, strict=False):
            pulled[1 + place] = Cotangent(value)
        for place, value in zip(shared, results[len(carried) :], strict=True):
            pulled[1 + self.op.states + place] = Cotangent(value)
        return pulled

    def _run(self, carried: list[int], shared: list[int]) -> list[Variable]:
        f = functions()
        history, steps = self._history()
        rows = [g for g in self.of_rows if g is not None]
        initial = [
            f.zeros_like(self.starts[s]) if given is None else given
            for s, given in ((s, self.of_states[s]) for s in carried)
        ]
        initial += [f.zeros_like(self.captured[c]) for c in shared]
        outer = [steps, *history, *self.captured, *rows]
        step = TensorType("int64", ()).make_variable()
        states = [_like(v) for v in initial]
        inner = [_like(v) for v in outer]
        body = self._body(step, states, inner, carried, shared)
        graph = FrozenGraph([step, *states, *inner], body)
        loop = LoopOp(graph, len(states), 0)
        return list(loop(steps, *initial, *outer, return_list=True))

    def _history(self) -> tuple[list[Variable], Variable]:
        """Return the states before each step, and the number of steps done."""
        op, graph = self.op, self.op.graph
        steps = functions().cast(self.node.inputs[0], "int64")
        if op.until:
            steps = self.node.outputs[-1]
        if not op.states:
            return [], steps
        following = graph.outputs[: op.states]
        keeping = FrozenGraph(graph.inputs, [*following, *self.inner_states])
        loop = LoopOp(keeping, op.states, op.states)
        outputs = loop(steps, *self.node.inputs[1:], return_list=True)
        return list(outputs[op.states :]), steps

    def _body(
        self,
        step: Any,
        states: Sequence[Variable],
        inner: Sequence[Variable],
        carried: list[int],
        shared: list[int],
    ) -> list[Variable]:
        """Return the next cotangents of the states and sums of the captured ones."""
        k = self.op.states
        steps, history = inner[0], inner[1 : 1 + k]
        captured = inner[1 + k : 1 + k + len(self.captured)]
        rows = iter(inner[1 + k + len(self.captured) :])
        at = steps - 1 - step  # type: ignore[operator]
        before = [kept[at] for kept in history]  # type: ignore[index]
        after = self.op.graph.copy([at, *before, *captured])
        starts = [
            (after[s], Cotangent(g)) for s, g in zip(carried, states, strict=False)
        ]
        starts += [
            (after[k + r], Cotangent(next(rows)[at]))  # type: ignore[index]
            for r, g in enumerate(self.of_rows)
            if g is not None
        ]
        wrt = [before[s] for s in carried] + [captured[c] for c in shared]
        parts = walks["back"](starts, wrt, [*before, *captured])
        values = [p.value if isinstance(p, Cotangent) else None for p in parts]
        f = functions()
        following = [
            f.zeros_like(x) if v is None else v
            for v, x in zip(values[: len(carried)], wrt, strict=False)
        ]
        sums = [
            total if v is None else total + v
            for v, total in zip(
                values[len(carried) :], states[len(carried) :], strict=True
            )
        ]
        return following + sums


def _flows(variable: Variable) -> bool:
    return is_continuous(variable.type.dtype)  # type: ignore[attr-defined]


def _like(variable: Variable) -> Variable:
    return variable.type.make_variable(variable.name)


def for_each(index: Variable, steps: Any, rows: Sequence[Variable]) -> list[Variable]:
    """Return `rows` for each value of `index` from 0 on, along a new first axis.

    Parameters
    ----------
    index : 0-d int64 variable
        What the rows contain, without an owner.
    steps : 0-d int
        How many rows.
    rows : sequence of Variable

    Notes
    -----
    What does not contain the index is computed once, outside of the loop.
    """
    inside: set[Variable] = {index}
    captured: dict[Variable, None] = {}
    for node in toposort(rows):
        if inside.isdisjoint(node.inputs):
            continue
        inside.update(node.outputs)
        for x in node.inputs:
            if x not in inside and not isinstance(x, Constant):
                captured[x] = None
    captured.update(
        (row, None)
        for row in rows
        if row not in inside and not isinstance(row, Constant)
    )
    graph = FrozenGraph([index, *captured], rows)
    loop = LoopOp(graph, 0, len(rows))
    return list(loop(steps, *captured, return_list=True))
