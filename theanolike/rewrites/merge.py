"""Merging: nodes of equal ops over the same inputs, and equal constants, become one."""

from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.variable import Constant, Variable
from theanolike.ops.elementwise import Elementwise
from theanolike.ops.printing import Print
from theanolike.types.constants import TensorConstant

__all__ = ["Merger"]

# Larger constants are compared by identity only: their bytes aren't read.
MOST_BYTES = 1 << 20
# Of two operands; the larger of 0 and -0 depends on their order.
COMMUTATIVE = frozenset({"add", "mul", "eq", "neq", "and_", "or_", "xor"})


class Merger:
    """Remembers the nodes and constants seen, to find those that are equal to one.

    Nodes are to come in order of dependence, so that equal inputs are merged already.
    Nodes with effects are never merged.
    """

    def __init__(self) -> None:
        self._nodes: dict[Any, Apply] = {}
        self._constants: dict[Any, Constant] = {}

    def twin(self, fgraph: FunctionGraph, node: Apply) -> Apply | None:
        """Return a node of the graph that computes the same, or None.

        Equal constants among the node's inputs become one on the way.
        """
        for i, variable in enumerate(node.inputs):
            if isinstance(variable, TensorConstant):
                fgraph.change_input(node, i, self.representative(variable), "merge")
        if isinstance(node.op, Print):
            return None
        key = (node.op, *_ordered(node))
        try:
            other = self._nodes.setdefault(key, node)
        except TypeError:  # a user's op without a hash
            return None
        if other is node:
            return None
        if other not in fgraph.apply_nodes or not _reads_the_same(other, node):
            self._nodes[key] = node
            return None
        return other if _knows_as_much(other, node) else None

    def representative(self, variable: TensorConstant) -> Variable:
        """Return the first constant seen that is equal to this one in every bit."""
        if variable.data.nbytes > MOST_BYTES:
            return variable
        return self._constants.setdefault(variable.signature(), variable)


def _ordered(node: Apply) -> list[Variable]:
    """Return the inputs, in an order of ours where theirs doesn't matter."""
    op = node.op
    if type(op) is Elementwise and op.name in COMMUTATIVE and len(node.inputs) == 2:
        return sorted(node.inputs, key=_number)
    return node.inputs


def _number(variable: Variable) -> int:
    return variable._auto  # noqa: SLF001 - the order in which variables were made


def _reads_the_same(a: Apply, b: Apply) -> bool:
    return len(a.inputs) == len(b.inputs) and all(
        x is y for x, y in zip(_ordered(a), _ordered(b), strict=True)
    )


def _knows_as_much(a: Apply, b: Apply) -> bool:
    """Tell whether the outputs of `a` may stand for those of `b`."""
    return all(
        y.type.is_super(x.type) or y.type == x.type
        for x, y in zip(a.outputs, b.outputs, strict=True)
    )
