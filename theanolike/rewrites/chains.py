"""Products of several matrices: the cheapest order, and sums over what they make."""

from collections.abc import Sequence
from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.function_graph import FunctionGraph
from theanolike.ops.arithmetic import mul, neg
from theanolike.ops.batched import BatchedDot
from theanolike.ops.diagonal import Diagonal
from theanolike.ops.dimshuffle import DimShuffle
from theanolike.ops.products import Dot
from theanolike.ops.reduction import Sum
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import rewrite
from theanolike.rewrites.stable_logs import rows_that_meet
from theanolike.types.dtypes import is_discrete

__all__: list[str] = []

SPECIALIZE = Phase.SPECIALIZE
TRANSPOSED = DimShuffle((1, 0))
# Longer chains keep their order: finding the best takes the cube of the length.
MOST_FACTORS = 16
# What a new order must save, as a part of the operations, so that ties stay.
WORTH = 0.9


def _product(variable: Any, dtype: str) -> Apply | None:
    """Return the node if a variable is a product of `dtype`, all of whose parts are."""
    node: Apply | None = variable.owner
    if node is None or not isinstance(node.op, Dot):
        return None
    kinds = {v.type.dtype for v in (*node.inputs, variable)}
    return node if kinds == {dtype} else None


def _lone_matrix(variable: Any, dtype: str, fgraph: FunctionGraph) -> Apply | None:
    """Return the same where it is a matrix that nothing else reads."""
    node = _product(variable, dtype)
    if node is None or variable.type.ndim != 2 or not fgraph.has_one_client(variable):
        return None
    return node


@rewrite(SPECIALIZE, Dot, grade=Grade.ROUNDING)
def product_with_vector_first(node: Apply, fgraph: FunctionGraph) -> Any:
    """dot(dot(x, y), v) = dot(x, dot(y, v)), for a vector v, on either side."""
    out: Any = node.outputs[0]
    if out.type.ndim != 1 or _product(out, out.type.dtype) is None:
        return None
    for place in (0, 1):
        matrix: Any = node.inputs[place]
        turned = matrix.owner is not None and matrix.owner.op == TRANSPOSED
        if turned and fgraph.has_one_client(matrix):
            matrix = matrix.owner.inputs[0]
        inner = _lone_matrix(matrix, out.type.dtype, fgraph)
        if inner is None:
            continue
        x, y = inner.inputs
        if matrix is not node.inputs[place]:
            x, y = TRANSPOSED(y), TRANSPOSED(x)
        if place == 0:
            return node.op(x, node.op(y, node.inputs[1]))
        return node.op(node.op(node.inputs[0], x), y)
    return None


@rewrite(SPECIALIZE, Dot, grade=Grade.ROUNDING)
def cheapest_order(node: Apply, fgraph: FunctionGraph) -> Any:
    """dot(dot(x, y), z) = dot(x, dot(y, z)), in the order of fewest operations.

    Where all shapes are known, and nothing else reads the products inside.
    """
    out: Any = node.outputs[0]
    dtype: str = out.type.dtype
    if out.type.ndim != 2 or None in out.type.shape or _product(out, dtype) is None:
        return None
    if _is_inside(out, dtype, fgraph):
        return None
    found = _factors(node, dtype, fgraph)
    if found is None:
        return None
    factors, cost = found
    extents = [factors[0].type.shape[0], *(v.type.shape[1] for v in factors)]
    best, splits = _order(extents)
    if best > WORTH * cost:
        return None
    return _multiplied(factors, splits)


def _is_inside(out: Any, dtype: str, fgraph: FunctionGraph) -> bool:
    """Tell whether a product is a factor of another, which is to be asked instead."""
    clients = fgraph.clients(out)
    if len(clients) != 1 or isinstance(clients[0][0], str):
        return False
    result: Any = clients[0][0].outputs[0]
    product = _product(result, dtype)
    return product is not None and result.type.ndim == 2


def _factors(
    node: Apply, dtype: str, fgraph: FunctionGraph
) -> tuple[list[Any], int] | None:
    """Return the factors of a chain of more than two, and what it costs as it is."""
    factors: list[Any] = []
    cost = 0
    stack: list[Any] = [node.outputs[0]]
    while stack:
        variable = stack.pop()
        inner = node if variable is node.outputs[0] else None
        inner = inner or _lone_matrix(variable, dtype, fgraph)
        if inner is None:
            factors.append(variable)
        else:
            x, y = inner.inputs
            shapes: Any = (x.type.shape, y.type.shape)  # type: ignore[attr-defined]
            if any(len(shape) != 2 or None in shape for shape in shapes):
                return None
            cost += shapes[0][0] * shapes[0][1] * shapes[1][1]
            stack += [y, x]
        if len(factors) > MOST_FACTORS:
            return None
    return (factors, cost) if len(factors) > 2 else None


def _order(extents: Sequence[int]) -> tuple[int, dict[tuple[int, int], int]]:
    """Return the least cost of a chain, and where to split factors i to j."""
    n = len(extents) - 1
    cost = {(i, i): 0 for i in range(n)}
    splits: dict[tuple[int, int], int] = {}
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            costs = {
                k: cost[i, k]
                + cost[k + 1, j]
                + extents[i] * extents[k + 1] * extents[j + 1]
                for k in range(i, j)
            }
            splits[i, j] = min(costs, key=lambda k: costs[k])
            cost[i, j] = costs[splits[i, j]]
    return cost[0, n - 1], splits


def _multiplied(factors: Sequence[Any], splits: dict[tuple[int, int], int]) -> Any:
    """Return the product of factors in the order of `splits`, at most 16 deep."""

    def build(i: int, j: int) -> Any:
        if i == j:
            return factors[i]
        k = splits[i, j]
        return Dot()(build(i, k), build(k + 1, j))

    return build(0, len(factors) - 1)


@rewrite(SPECIALIZE, Sum, grade=Grade.ROUNDING)
def sum_of_product(node: Apply, fgraph: FunctionGraph) -> Any:
    """sum(dot(x, y), 0) = dot(sum(x, 0), y), sum(dot(x, y), 1) = dot(x, sum(y, 1)).

    Over both axes both: then no matrix is multiplied by one.
    """
    op: Any = node.op
    dtype: str = op.dtype
    inner = _lone_matrix(node.inputs[0], dtype, fgraph)
    if inner is None or op.acc_dtype != dtype or not op.axes or is_discrete(dtype):
        return None
    x, y = inner.inputs
    if 0 in op.axes:
        x = Sum((0,), dtype, dtype)(x)
    if 1 in op.axes:
        y = Sum((1,), dtype, dtype)(y)
    return inner.op(x, y)


@rewrite(SPECIALIZE, Dot, grade=Grade.ROUNDING)
def outer_product_with_vector(node: Apply, fgraph: FunctionGraph) -> Any:
    """dot(outer(x, y), v) = x * dot(y, v), dot(v, outer(x, y)) = dot(v, x) * y."""
    out: Any = node.outputs[0]
    dtype: str = out.type.dtype
    if out.type.ndim != 1 or {v.type.dtype for v in node.inputs} != {dtype}:  # type: ignore[attr-defined]
        return None
    for place in (0, 1):
        found = _outer(node.inputs[place], dtype, fgraph)
        if found is not None and place == 0:
            return mul(found[0], node.op(found[1], node.inputs[1]))
        if found is not None:
            return mul(node.op(node.inputs[0], found[0]), found[1])
    return None


def _outer(variable: Any, dtype: str, fgraph: FunctionGraph) -> tuple[Any, Any] | None:
    """Return (x, y) if a variable is x.dimshuffle(0, 'x') * y, for vectors."""
    node = variable.owner
    if node is None or node.op != mul or len(node.inputs) != 2:
        return None
    if variable.type.ndim != 2 or not fgraph.has_one_client(variable):
        return None
    for column, row in (node.inputs, node.inputs[::-1]):
        x, y = _vector(column, (0, None)), _vector(row, (None, 0))
        if x is not None and y is not None and {x.type.dtype, y.type.dtype} == {dtype}:
            return x, y
    return None


def _vector(variable: Any, order: tuple[int | None, ...]) -> Any:
    """Return the vector that a variable stands for beside a matrix, or None."""
    if variable.type.ndim == 1:
        return variable if order == (None, 0) else None
    node = variable.owner
    if node is None or not isinstance(node.op, DimShuffle) or node.op.order != order:
        return None
    return node.inputs[0] if node.inputs[0].type.ndim == 1 else None


@rewrite(SPECIALIZE, Dot)
def signs_of_product(node: Apply) -> Any:
    """dot(-x, -y) = dot(x, y)."""
    made = [v.owner for v in node.inputs]
    if not all(one is not None and one.op == neg for one in made):
        return None
    return node.op(*(one.inputs[0] for one in made))  # type: ignore[union-attr]


@rewrite(SPECIALIZE, Diagonal, grade=Grade.ROUNDING)
def diagonal_of_product(node: Apply, fgraph: FunctionGraph) -> Any:
    """diagonal(dot(x, y)) = sum(x * y.T, axis=1), which is trace(dot(x, y)) too."""
    dtype: str = node.outputs[0].type.dtype  # type: ignore[attr-defined]
    if _lone_matrix(node.inputs[0], dtype, fgraph) is None:
        return None
    pair = rows_that_meet(node)
    return None if pair is None else BatchedDot()(*pair)
