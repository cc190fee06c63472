"""Products of matrices and vectors that share an operand, or carry a scalar."""

from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.function_graph import FunctionGraph
from theanolike.ops.arithmetic import add, sub
from theanolike.ops.products import Dot
from theanolike.rewrites.extents import covers
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import rewrite
from theanolike.types.dtypes import is_discrete

__all__: list[str] = []


@rewrite(Phase.CANONICALIZE, *(add, sub), grade=Grade.ROUNDING)
def products_of_one_operand(node: Apply, fgraph: FunctionGraph) -> Any:
    """dot(x, y) + dot(x, z) = dot(x, y + z), dot(x, z) + dot(y, z) = dot(x + y, z).

    For y and z of one shape: one product is saved, and one pass over x.
    """
    if len(node.inputs) != 2:
        return None
    first, second = (_lone_product(v, fgraph) for v in node.inputs)
    if first is None or second is None or is_discrete(node.outputs[0].type.dtype):  # type: ignore[attr-defined]
        return None
    for shared, other in ((0, 1), (1, 0)):
        y, z = first.inputs[other], second.inputs[other]
        if first.inputs[shared] is not second.inputs[shared]:
            continue
        if covers(y, z) and covers(z, y):
            operands = list(first.inputs)
            operands[other] = node.op(y, z)
            return Dot()(*operands)
    return None


def _lone_product(variable: Any, fgraph: FunctionGraph) -> Apply | None:
    """Return the node of a product that nothing else reads, or None."""
    node: Apply | None = variable.owner
    if node is None or not isinstance(node.op, Dot):
        return None
    return node if fgraph.has_one_client(variable) else None
