"""Merging: nodes of equal ops over the same inputs, and equal constants, become one."""

from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.variable import Constant, Variable
from theanolike.ops.printing import Print
from theanolike.types.constants import TensorConstant

__all__ = ["Merger"]

# Larger constants are compared by identity only: their bytes aren't read.
MOST_BYTES = 1 << 20


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
        key = (node.op, *node.inputs)
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


def _reads_the_same(a: Apply, b: Apply) -> bool:
    return len(a.inputs) == len(b.inputs) and all(
        x is y for x, y in zip(a.inputs, b.inputs, strict=True)
    )


def _knows_as_much(a: Apply, b: Apply) -> bool:
    """Tell whether the outputs of `a` may stand for those of `b`."""
    return all(
        y.type.is_super(x.type) or y.type == x.type
        for x, y in zip(a.outputs, b.outputs, strict=True)
    )
