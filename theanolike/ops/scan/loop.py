"""`LoopOp`: a graph repeated, with states that go from step to step.

It is one node of the loop program. `for_each` makes one out of a formula that contains
an index; its derivatives are in `derivatives`, Theano's `scan` in `scan`.
"""

from collections.abc import Sequence
from dataclasses import field
from typing import Any

import numpy as np

from theanolike.codegen.lowering import ViewDim, lower_nodes, maximum
from theanolike.errors import ShapeError, UnsupportedError
from theanolike.graph.apply import Apply
from theanolike.graph.frozen import FrozenGraph
from theanolike.graph.record import record
from theanolike.graph.traverse import toposort
from theanolike.graph.variable import Constant, Variable
from theanolike.ops.cotangent import Cotangent, Pulled, Tangent
from theanolike.ops.creation import check_count
from theanolike.ops.declare import Builder, Extent, NativeOp, Shape, Shaped, Value
from theanolike.ops.scan.counts import named
from theanolike.ops.scan.derivatives import Backward, push, walks
from theanolike.ops.scan.inside import Inside, shapes_inside
from theanolike.ops.scan.measured import first_extents, held_to
from theanolike.types.constants import as_tensor_variable
from theanolike.types.dtypes import is_continuous
from theanolike.types.type import TensorType

__all__ = [
    "LoopOp",
    "common_type",
    "find_captured",
    "for_each",
    "row_type",
    "walks",
]


@record
class LoopOp(NativeOp):
    """`graph` repeated.

    The node's inputs are the number of steps, the states before the first step, the
    sequences, which have a row for each step, and what the graph reads besides. Its
    outputs are the states after the last step, the collected values of all steps along
    a new first axis and, with `until`, the number of steps done.

    Attributes
    ----------
    graph : FrozenGraph
        From the step number (0-d int64), the states, the sequences' rows and the
        captured variables to the next states, the collected values and, with `until`,
        a 0-d bool that stops the loop after this step.
    states, collected : int
        How many of each.
    until : bool
    sequences : int
        How many.
    reverse : bool
        Count the steps down to 0; rows are read and kept at the step's number.
    truncate : int
        How many steps, the last ones, the gradient goes back through; -1 for all.
    in_pieces : bool
        What a state adds up may be added in another order.
    name : str
        For messages; loops of other names are equal.
    """

    graph: FrozenGraph
    states: int
    collected: int
    until: bool = False
    sequences: int = 0
    reverse: bool = False
    truncate: int = -1
    in_pieces: bool = False
    name: str = field(default="", compare=False)

    @property
    def inputs(self) -> tuple[Variable, ...]:
        """What a step reads, as Theano's `Scan` has it."""
        return self.graph.inputs

    @property
    def outputs(self) -> tuple[Variable, ...]:
        """What a step makes."""
        return self.graph.outputs

    def make_node(self, *inputs: Any) -> Apply:
        """Return a node; inputs must have the types that the graph declares."""
        if self.until and self.reverse:
            raise UnsupportedError("A loop that may stop counts its steps upward.")
        variables = [as_tensor_variable(x) for x in inputs]
        declared = self.graph.inputs
        if len(variables) != len(declared):
            raise TypeError(
                f"{self} takes {len(declared)} inputs, got {len(variables)}."
            )
        rows = range(1 + self.states, 1 + self.states + self.sequences)
        for i, (given, own) in enumerate(zip(variables, declared, strict=True)):
            kind = row_type(given.type) if i in rows else given.type
            if i and not own.type.is_super(kind):
                what = "Each row of input" if i in rows else "Input"
                raise TypeError(
                    f"{what} {i} of {self} must have type {own.type}, got {given} of "
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
            results.append(common_type(before, after))  # type: ignore[arg-type]
        results += [
            TensorType(kind.dtype, (None, *kind.shape))  # type: ignore[attr-defined]
            for kind in outputs[self.states : self.states + self.collected]
        ]
        if self.until:
            results.append(TensorType("int64", ()))
        return tuple(results)

    def shape(self, steps: Shaped, *inputs: Shaped) -> Any:  # type: ignore[override]
        if self.until and self.collected:
            raise UnsupportedError(
                f"How many rows {self} collects is known only after it ran."
            )
        return self._shapes(maximum(steps.item(), 0), steps, *inputs)

    def shape_of_no_steps(self, *inputs: Shaped) -> Any:
        """Return the shapes of the results of no steps, as far as they are known."""
        return self._shapes(0, *inputs, guess=True)

    def _shapes(
        self, count: int | Extent, steps: Shaped, *inputs: Shaped, guess: bool = False
    ) -> Any:
        rows = self._row_shapes(steps, *inputs, guess=guess)
        shapes: list[Shape] = [x.shape for x in inputs[: self.states]]
        shapes += [(count, *row) for row in rows]
        shapes += [()] * self.until
        return shapes if len(shapes) > 1 else shapes[0]

    def _row_shapes(
        self, steps: Shaped, *inputs: Shaped, guess: bool = False
    ) -> list[Shape]:
        """Return the shapes of what one step collects."""
        first = 1 + self.states
        seen_inside: list[Any] = [steps, *inputs]
        for k in range(1, first):  # a state's value changes, its shape doesn't
            seen_inside[k] = Inside(seen_inside[k].shape)
        for k in range(first, first + self.sequences):
            seen_inside[k] = Inside(seen_inside[k].shape[1:])
        known: dict[Variable, Any] = dict(
            zip(self.graph.inputs, seen_inside, strict=True)
        )
        known[self.graph.inputs[0]] = Inside(())
        rows = self.graph.outputs[self.states : self.states + self.collected]
        return shapes_inside(self.graph, known, rows, guess=guess)

    def do_constant_folding(self, node: Apply) -> bool:
        return False  # the interpreter would take all the steps

    def reference(self, steps: Any, *arrays: Any) -> Any:
        steps = max(int(steps), 0)
        state, rest = list(arrays[: self.states]), arrays[self.states :]
        sequences, captured = rest[: self.sequences], rest[self.sequences :]
        for sequence in sequences:
            if len(sequence) != steps:
                _refuse_length(self.name, steps, len(sequence))
        if self.collected and not self.until:
            check_count(steps)
        rows: list[list[Any]] = [[] for _ in range(self.collected)]
        done = 0
        for step in range(steps - 1, -1, -1) if self.reverse else range(steps):
            given = [s[step] for s in sequences]
            inputs = [np.asarray(step, "int64"), *state, *given, *captured]
            try:
                values = self.graph.run(inputs)
            except Exception as error:
                noted = (*getattr(error, "steps", ()), step)
                error.steps = noted  # type: ignore[attr-defined]
                raise
            self._check_shapes(step, state, values, rows)
            state = values[: self.states]
            for row, value in zip(rows, values[self.states :], strict=False):
                row.append(value)
            done += 1
            if self.until and values[-1]:
                break
        if done:
            stacked = [np.stack(row[::-1] if self.reverse else row) for row in rows]
        else:
            stacked = self._no_rows(steps, arrays)
        results = [*state, *stacked, *([np.asarray(done)] if self.until else [])]
        return results[0] if len(results) == 1 else tuple(results)

    def _check_shapes(
        self,
        step: int,
        before: Sequence[Any],
        values: Sequence[Any],
        rows: Sequence[Sequence[Any]],
    ) -> None:
        """Hold a step's values to the shapes of the states and of earlier rows."""
        for at, (old, new) in enumerate(zip(before, values, strict=False)):
            if np.shape(old) != np.shape(new):
                called = self.graph.inputs[1 + at].name
                raise ShapeError(
                    f"A state must keep its shape: {called or f'state {at}'} of "
                    f"{named(self.name)} had shape {np.shape(old)} before step {step} "
                    f"and has {np.shape(new)} after it; give an initial state of the "
                    "step's shape."
                )
        for at, (row, new) in enumerate(zip(rows, values[self.states :], strict=False)):
            if row and np.shape(row[0]) != np.shape(new):
                raise ShapeError(
                    f"The rows of an output must have one shape: output {at} of "
                    f"{named(self.name)} has shape {np.shape(new)} at step {step}, and "
                    f"{np.shape(row[0])} at steps before; pad them to one shape."
                )

    def _no_rows(self, steps: int, arrays: Sequence[Any]) -> list[Any]:
        """Return what no steps collect, of the shapes that a step would give."""
        kinds: list[Any] = [out.type for out in self.graph.outputs[self.states :]]
        given = [Inside(np.shape(x), np.asarray(x)) for x in (steps, *arrays)]
        shapes: list[Any] = self._row_shapes(*given, guess=True)
        return [
            np.zeros((0, *shape), kind.dtype)
            for shape, kind in zip(shapes, kinds, strict=False)
        ]

    def lower(self, b: Builder, *inputs: Value) -> Value | tuple[Value, ...]:
        steps = maximum(b.item(inputs[0]), 0)
        inputs = inputs[1:]
        first = self.states
        for sequence in inputs[first : first + self.sequences]:
            b.require_equal(steps, sequence.shape[0])

        def body(inner: Builder, step: Value, *arguments: Value) -> list[Value]:
            at = inner.item(step)
            given = list(arguments)
            for k in range(first, first + self.sequences):
                given[k] = _row(inner, given[k], at)
            values = dict(zip(self.graph.inputs, (step, *given), strict=True))
            site = inner.site
            lower_nodes(inner, self.graph.nodes, values)
            inner.site = site
            results = [
                inner.constant(v.data) if isinstance(v, Constant) else values[v]
                for v in self.graph.outputs
            ]
            for before, after in zip(arguments[:first], results, strict=False):
                for axis, extent in enumerate(before.shape):
                    inner.require_equal(extent, after.shape[axis], axis)
            return results

        options: dict[str, Any] = {
            "collect": self.collected,
            "until": self.until,
            "reverse": self.reverse,
            "in_pieces": self.in_pieces,
        }
        try:
            results = b.loop(steps, inputs[:first], inputs[first:], body, **options)
        except UnsupportedError:
            rows = slice(first, first + self.collected)
            static = [out.type.shape for out in self.graph.outputs[rows]]  # type: ignore[attr-defined]
            extents = first_extents(
                b,
                steps,
                inputs,
                lambda *given: body(*given)[rows],
                static,
                reverse=self.reverse,
            )
            held = held_to(extents, body, first)
            results = b.loop(steps, inputs[:first], inputs[first:], held, **options)
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
        """Walk the steps in reverse, over the states that were kept."""
        return Backward(self, node, cotangents).pull()

    def pushforward(
        self, node: Apply, tangents: Sequence[Tangent | None]
    ) -> Sequence[Tangent | None]:
        """Carry the states' tangents along with the states."""
        return push(self, node, tangents)

    def __str__(self) -> str:
        return f"Loop{{states={self.states}, collected={self.collected}}}"


def _row(b: Builder, sequence: Value, at: int | Extent) -> Value:
    """Return the row of a sequence at a step that it is known to have."""
    dims = [ViewDim(None, at), *(ViewDim(k) for k in range(sequence.ndim - 1))]
    return b.view(sequence, sequence.shape[1:], dims)


def _refuse_length(name: str, steps: int, length: int) -> None:
    raise ShapeError(
        f"A sequence of {named(name)} must have a row for each of {steps} steps, got "
        f"{length}; take fewer steps."
    )


def row_type(kind: TensorType) -> TensorType:
    """Return the type of a sequence's rows."""
    return TensorType(kind.dtype, kind.shape[1:])


def common_type(first: TensorType, second: TensorType) -> TensorType:
    """Return the type that says what is known of both."""
    pairs = zip(first.shape, second.shape, strict=True)
    return TensorType(first.dtype, [a if a == b else None for a, b in pairs])


def find_captured(inside: set[Variable], outputs: Sequence[Variable]) -> list[Variable]:
    """Return what `outputs` read besides `inside`, computed once outside of a loop.

    `inside` grows by what depends on it.
    """
    captured: dict[Variable, None] = {}
    for node in toposort(outputs, blockers=list(inside)):
        if inside.isdisjoint(node.inputs):
            continue
        inside.update(node.outputs)
        for x in node.inputs:
            if x not in inside and not isinstance(x, Constant):
                captured[x] = None
    captured.update(
        (out, None)
        for out in outputs
        if out not in inside and not isinstance(out, Constant)
    )
    return list(captured)


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
    captured = find_captured({index}, rows)
    graph = FrozenGraph([index, *captured], rows)
    loop = LoopOp(graph, 0, len(rows))
    return list(loop(steps, *captured, return_list=True))
