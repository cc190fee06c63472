"""Products of matrices and vectors that share an operand, or carry a scalar."""

from collections.abc import Sequence
from functools import reduce
from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.function_graph import FunctionGraph
from theanolike.ops.arithmetic import add, mul, neg, sub, true_div
from theanolike.ops.cast import cast
from theanolike.ops.products import BLAS, Dot
from theanolike.rewrites.extents import covers
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import rewrite
from theanolike.types.constants import constant
from theanolike.types.dtypes import is_discrete

__all__ = ["is_term"]

# Scalings are followed so far down.
MOST_SCALINGS = 8
MOST_TERMS = 16


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


@rewrite(Phase.BLAS, *(mul, true_div, neg), grade=Grade.ROUNDING)
def scalars_of_product(node: Apply, fgraph: FunctionGraph) -> Any:
    """a * dot(x, y) / b = (a / b) * dot(x, y), for scalars a and b.

    So that a sum with it is one call.
    """
    out: Any = node.outputs[0]
    if out.type.ndim != 2 or out.type.dtype not in BLAS:
        return None
    steps: list[Any] = []
    variable = out
    while len(steps) < MOST_SCALINGS:
        found = _scaling(variable)
        if found is None:
            break
        if steps and not fgraph.has_one_client(variable):
            return None
        variable, *step = found
        steps.append(step)
    is_done = len(steps) == 1 and node.op != true_div
    if not steps or is_done or _lone_product(variable, fgraph) is None:
        return None
    return mul(_scale_of(steps, out.type.dtype), variable)


def _scaling(variable: Any) -> tuple[Any, Any, Any] | None:
    """Return (x, op, s) if a variable is a matrix x times or over a scalar s."""
    node = variable.owner
    if node is None or node.op not in (mul, true_div, neg) or len(node.inputs) > 2:
        return None
    if node.op == neg:
        return node.inputs[0], neg, None
    pairs = [node.inputs] if node.op == true_div else [node.inputs, node.inputs[::-1]]
    for x, scalar in pairs:
        if scalar.type.ndim == 0 and x.type.dtype == variable.type.dtype:
            return x, node.op, scalar
    return None


def _scale_of(steps: Sequence[Any], dtype: str) -> Any:
    """Return scalings, pairs of an op and a scalar, as one scalar.

    It has one constant at most if they had: else gathering constants would undo it.
    """
    above = [cast(scalar, dtype) for op, scalar in steps if op == mul]
    below = [cast(scalar, dtype) for op, scalar in steps if op == true_div]
    scale = reduce(mul, above) if above else constant(1, dtype=dtype)
    if below:
        scale = true_div(scale, reduce(mul, below))
    n_signs = sum(op == neg for op, _ in steps)
    return neg(scale) if n_signs % 2 else scale


@rewrite(Phase.BLAS, Dot, grade=Grade.ROUNDING, aliases=["local_dot22_to_dot22scalar"])
def scalar_out_of_product(node: Apply, fgraph: FunctionGraph) -> Any:
    """dot(a * x, y) = a * dot(x, y), for a scalar a, where a sum reads the product."""
    out: Any = node.outputs[0]
    if out.type.ndim != 2 or out.type.dtype not in BLAS or not is_term(out, fgraph):
        return None
    for i, operand in enumerate(node.inputs):
        found = _scaling(operand) if fgraph.has_one_client(operand) else None
        if found is None:
            continue
        operands = list(node.inputs)
        operands[i] = found[0]
        scale = _scale_of([found[1:]], out.type.dtype)
        return mul(scale, node.op(*operands))
    return None


def is_term(variable: Any, fgraph: FunctionGraph) -> bool:
    """Tell whether a sum of two is all that reads a variable."""
    clients = fgraph.clients(variable)
    if len(clients) != 1 or isinstance(clients[0][0], str):
        return False
    client = clients[0][0]
    return client.op in (add, sub) and len(client.inputs) == 2


@rewrite(Phase.BLAS, add, grade=Grade.ROUNDING)
def product_apart(node: Apply, fgraph: FunctionGraph) -> Any:
    """x + dot(y, z) + w = (x + w) + dot(y, z), in a sum of many."""
    out: Any = node.outputs[0]
    if not 2 < len(node.inputs) <= MOST_TERMS or out.type.ndim != 2:
        return None
    for i, term in enumerate(node.inputs):
        others = [v for k, v in enumerate(node.inputs) if k != i]
        if _lone_product(term, fgraph) is None or term.type.dtype not in BLAS:  # type: ignore[attr-defined]
            continue
        if all(v.type == out.type for v in (term, *others)):
            return add(add(*others), term)
    return None
