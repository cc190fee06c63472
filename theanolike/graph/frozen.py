"""A graph that is a value: what a loop or another op holds as its body."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from theanolike.errors import MissingInputError
from theanolike.graph.clone import clone_graph
from theanolike.graph.digest import graph_digest
from theanolike.graph.traverse import toposort
from theanolike.graph.variable import Constant, Variable

if TYPE_CHECKING:
    from theanolike.graph.apply import Apply


class FrozenGraph:
    """A copy of the graph from `inputs` to `outputs`, equal to others by content.

    Parameters
    ----------
    inputs, outputs : sequence of Variable
        The inputs are replaced by copies, so the user's graph stays apart.

    Attributes
    ----------
    nodes : tuple of Apply
        In order of dependence.
    digest : bytes
        Equal for equal graphs.
    """

    __slots__ = ("digest", "inputs", "nodes", "outputs")

    def __init__(self, inputs: Sequence[Variable], outputs: Sequence[Variable]) -> None:
        fresh: dict[Variable, Variable] = {v: v.clone() for v in inputs}
        copies, _ = clone_graph(outputs, fresh)
        self.inputs: tuple[Variable, ...] = tuple(fresh[v] for v in inputs)
        self.outputs: tuple[Variable, ...] = tuple(copies)
        self.nodes: tuple[Apply, ...] = tuple(toposort(copies))
        self._check()
        self.digest: bytes = graph_digest(self.inputs, self.outputs, self.nodes)

    def _check(self) -> None:
        known = set(self.inputs)
        for node in self.nodes:
            known.update(node.outputs)
        read = [v for node in self.nodes for v in node.inputs]
        for variable in (*read, *self.outputs):
            if variable not in known and not isinstance(variable, Constant):
                raise MissingInputError(
                    f"The inner graph reads {variable} of type {variable.type}, which "
                    "is not among its inputs."
                )

    def copy(self, inputs: Sequence[Variable]) -> list[Variable]:
        """Return the outputs as computed from other inputs, in a graph of the user."""
        replace = dict(zip(self.inputs, inputs, strict=True))
        copies, _ = clone_graph(self.outputs, replace)
        return copies

    def run(self, values: Sequence[Any]) -> list[Any]:
        """Compute the outputs with the ops' `perform`."""
        held: dict[Variable, Any] = dict(zip(self.inputs, values, strict=True))
        for node in self.nodes:
            arguments = [_value(held, v) for v in node.inputs]
            storage: list[list[Any]] = [[None] for _ in node.outputs]
            try:
                node.op.perform(node, arguments, storage)
            except Exception as error:
                # For the message: the node that failed, not the one that holds it.
                if not hasattr(error, "inside"):
                    error.inside = node, arguments  # type: ignore[attr-defined]
                raise
            held.update(zip(node.outputs, (cell[0] for cell in storage), strict=True))
        return [_value(held, v) for v in self.outputs]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FrozenGraph) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __reduce__(self) -> Any:
        return FrozenGraph, (self.inputs, self.outputs)

    def __repr__(self) -> str:
        return f"<graph of {len(self.nodes)} nodes>"


def _value(held: dict[Variable, Any], variable: Variable) -> Any:
    return variable.data if isinstance(variable, Constant) else held[variable]
