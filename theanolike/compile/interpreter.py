"""The interpreter: each node by its `perform`, in order. No compiler is needed.

It is the body of FAST_COMPILE, of functions over non-tensor types, and what DebugMode
and the error messages of compiled functions compute with.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from theanolike.compile.errors import node_error
from theanolike.graph.apply import Apply
from theanolike.graph.variable import Constant, Variable
from theanolike.ops.declare import NativeOp
from theanolike.types.type import TensorType

__all__ = ["Interpreter", "Step", "Thunk"]


class Step(NamedTuple):
    """One node with the slots of its values."""

    node: Apply
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    dead: tuple[int, ...]
    overwrites: tuple[int, ...]


class Thunk:
    """A node about to run, as the callbacks of MonitorMode see it.

    Attributes
    ----------
    inputs, outputs : list of [value]
        Lists of one item each, the outputs' None until the thunk was called.
    """

    def __init__(self, node: Apply, inputs: Sequence[Any]) -> None:
        self.node = node
        self.inputs = [[value] for value in inputs]
        self.outputs: list[list[Any]] = [[None] for _ in node.outputs]

    def __call__(self) -> None:
        run_node(self.node, [cell[0] for cell in self.inputs], self.outputs)


Watch = Callable[[int, Apply, Thunk], None]


class Interpreter:
    """Computes `outputs` from arrays for `inputs`, node by node.

    Parameters
    ----------
    inputs, outputs : sequence of Variable
    nodes : sequence of Apply
        In order of dependence.
    n_outputs : int, optional
        The first so many results are outputs, the rest updates; all by default.
    watch : callable, optional
        Called with (number, node, thunk) instead of running the node; it is to call
        the thunk.
    """

    def __init__(
        self,
        inputs: Sequence[Variable],
        nodes: Sequence[Apply],
        outputs: Sequence[Variable],
        *,
        n_outputs: int | None = None,
        watch: Watch | None = None,
    ) -> None:
        self.n_outputs = len(outputs) if n_outputs is None else n_outputs
        self.watch = watch
        self._slots: dict[Variable, int] = {}
        self._values: list[Any] = []
        for variable in inputs:
            self._slots[variable] = len(self._values)
            self._values.append(None)
        self._filters = [
            (i, v.type)
            for i, v in enumerate(inputs)
            if not isinstance(v.type, TensorType)
        ]
        self.steps = self._plan(nodes, outputs)
        self._results = [self._slot(variable) for variable in outputs]

    def _slot(self, variable: Variable) -> int:
        slot = self._slots.get(variable)
        if slot is None:
            slot = self._slots[variable] = len(self._values)
            data = variable.data if isinstance(variable, Constant) else None
            self._values.append(data)
        return slot

    def _plan(self, nodes: Sequence[Apply], outputs: Sequence[Variable]) -> list[Step]:
        kept = set(outputs)
        last: dict[Variable, int] = {}
        for number, node in enumerate(nodes):
            for variable in (*node.outputs, *node.inputs):
                last[variable] = number
        dying: list[list[int]] = [[] for _ in nodes]
        for variable, number in last.items():
            if variable not in kept and not isinstance(variable, Constant):
                dying[number].append(self._slot(variable))
        return [
            Step(
                node,
                tuple(self._slot(v) for v in node.inputs),
                tuple(self._slot(v) for v in node.outputs),
                tuple(dying[number]),
                _overwritten(node),
            )
            for number, node in enumerate(nodes)
        ]

    def compute(self, arrays: Sequence[Any]) -> list[Any]:
        """Return the values of the outputs."""
        values = list(self._values)
        values[: len(arrays)] = arrays
        for slot, kind in self._filters:
            values[slot] = kind.filter(values[slot])
        for number, step in enumerate(self.steps):
            given = [values[slot] for slot in step.inputs]
            for i in step.overwrites:
                given[i] = np.array(given[i], copy=True)
            for slot, cell in zip(
                step.outputs, self._run(number, step.node, given), strict=True
            ):
                values[slot] = cell[0]
            for slot in step.dead:
                values[slot] = None
        return [values[slot] for slot in self._results]

    def _run(self, number: int, node: Apply, given: list[Any]) -> list[list[Any]]:
        if self.watch is not None:
            thunk = Thunk(node, given)
            self.watch(number, node, thunk)
            return thunk.outputs
        storage: list[list[Any]] = [[None] for _ in node.outputs]
        run_node(node, given, storage)
        return storage

    def __call__(self, arrays: list[Any]) -> tuple[list[Any], list[Any]]:
        results = self.compute(arrays)
        return results[: self.n_outputs], results[self.n_outputs :]


def _overwritten(node: Apply) -> tuple[int, ...]:
    """Return the inputs that the op may write to."""
    found = (i for indices in node.op.destroy_map.values() for i in indices)
    return tuple(sorted(set(found)))


def run_node(node: Apply, given: Sequence[Any], storage: list[list[Any]]) -> None:
    """Compute one node into `storage`.

    Raises
    ------
    Exception
        What `perform` raised, its message extended by the op, its inputs and the
        user's line.
    """
    try:
        node.op.perform(node, given, storage)
        if not isinstance(node.op, NativeOp):
            check_results(node, storage)
    except Exception as error:
        explained = node_error(node, given, error)
        if explained is error:
            raise
        raise explained from error


def check_results(node: Apply, storage: list[list[Any]]) -> None:
    """Bring what a user's op computed to the declared types, or raise TypeError."""
    for output, cell in zip(node.outputs, storage, strict=True):
        if cell[0] is None and isinstance(output.type, TensorType):
            raise TypeError(
                f"perform of {node.op} must set output_storage[{output.index}][0]; it "
                "left None."
            )
        cell[0] = output.type.filter(cell[0])
