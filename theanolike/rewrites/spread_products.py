"""Sums of products that are spread out against each other: products of matrices."""

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

from theanolike.graph.apply import Apply
from theanolike.graph.function_graph import FunctionGraph
from theanolike.ops.arithmetic import mul
from theanolike.ops.batched import BatchedDot
from theanolike.ops.broadcast import Fill, SumTo
from theanolike.ops.comparison import eq
from theanolike.ops.conditional import switch
from theanolike.ops.creation import Alloc
from theanolike.ops.dimshuffle import DimShuffle
from theanolike.ops.extents import ShapeItem, shape_i
from theanolike.ops.known import known_int
from theanolike.ops.products import BLAS, Dot
from theanolike.ops.reduction import Sum
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import rewrite
from theanolike.rewrites.shapes import extent_key

__all__: list[str] = []

# The ranks of products for which there is a product of matrices, and of stacks.
_RANKS = (3, 4)
# Products known to have fewer elements are quicker as a loop.
_FEW = 40_000


class Side(NamedTuple):
    """A factor: a tensor, and which of its dims stands at each of the product's."""

    source: Any
    dims: tuple[int | None, ...]

    def extent(self, place: int) -> Any:
        """Return the extent of the dim that stands at a place."""
        dim = self.dims[place]
        assert dim is not None, "asked for dims that are there"
        return shape_i(self.source, dim)

    def turned(self, places: Sequence[int]) -> Any:
        """Return the tensor with its dims in this order."""
        order = tuple(self.dims[k] for k in places)
        if order == tuple(range(self.source.ndim)):
            return self.source
        return DimShuffle(order)(self.source)


@rewrite(Phase.SPECIALIZE, Sum, grade=Grade.ROUNDING)
def sum_of_spread_product(node: Apply, fgraph: FunctionGraph) -> Any:
    """sum(x[:, :, None] * y[None, :, :], 1) = dot(x, y), batched_dot(x, y) of stacks.

    For any order of the dims, each of which has an extent of its own. Where a 1 may
    meet an n, the operands are brought to one extent: that is a copy of the smaller.
    """
    op: Any = node.op
    product: Any = node.inputs[0]
    made = product.owner
    rank: int = product.type.ndim
    if made is None or made.op != mul or len(made.inputs) != 2 or len(op.axes) != 1:
        return None
    if rank not in _RANKS or not _is_lone(product, fgraph):
        return None
    dtypes = {op.dtype, op.acc_dtype, *(v.type.dtype for v in made.inputs)}
    if len(dtypes) > 1 or op.dtype not in BLAS or _is_small(product):
        return None
    sides = [_side(v, rank) for v in made.inputs]
    shared = [k for k in range(rank) if all(s.dims[k] is not None for s in sides)]
    own = [
        [k for k in range(rank) if s.dims[k] is not None and k not in shared]
        for s in sides
    ]
    (inner,) = op.axes
    if [len(places) for places in own] != [1, 1] or len(shared) != rank - 2:
        return None
    if inner not in shared:
        return None
    if own[0] > own[1]:
        sides, own = sides[::-1], own[::-1]
    batch = [k for k in shared if k != inner]
    x, y = _fitted(sides, [*batch, *own[0], inner], [*batch, inner, *own[1]], shared)
    result: Any = (BatchedDot() if batch else Dot())(x, y)
    made_of = [*batch, *own[0], *own[1]]
    order = tuple(made_of.index(k) for k in range(rank) if k != inner)
    return result if order == tuple(range(rank - 1)) else DimShuffle(order)(result)


def _is_lone(variable: Any, fgraph: FunctionGraph) -> bool:
    """Tell whether the values are read once; gradients read the shape besides."""
    values = [
        client
        for client, place in fgraph.clients(variable)
        if isinstance(client, str)
        or not (
            isinstance(client.op, ShapeItem)
            or (isinstance(client.op, Fill) and place == 0)
            or (isinstance(client.op, SumTo) and place == 1)
        )
    ]
    return len(values) == 1


def _is_small(product: Any) -> bool:
    extents = product.type.shape
    return None not in extents and prod(extents) <= _FEW


def _side(variable: Any, rank: int) -> Side:
    node, shape = variable.owner, variable.type.shape
    source = variable
    order: tuple[int | None, ...] = tuple(range(variable.ndim))
    if node is not None and isinstance(node.op, DimShuffle):
        (source,), order = node.inputs, node.op.order
    # What stands nowhere is a 1.
    dims = [None if e == 1 else k for k, e in zip(order, shape, strict=True)]
    return Side(source, (*(None for _ in range(rank - len(dims))), *dims))


def _fitted(
    sides: Sequence[Side],
    left: Sequence[int],
    right: Sequence[int],
    shared: Sequence[int],
) -> tuple[Any, Any]:
    """Return the two factors, turned, with equal extents where they share a dim."""
    x, y = sides
    first: dict[int, Any] = {}
    second: dict[int, Any] = {}
    for k in shared:
        a, b = x.extent(k), y.extent(k)
        if extent_key(a) == extent_key(b):
            continue
        # A known extent isn't 1 here.
        if known_int(a) is None:
            first[k] = b if known_int(b) is not None else switch(eq(a, 1), b, a)
        if known_int(b) is None:
            second[k] = a if known_int(a) is not None else first[k]
    return _spread(x, left, first), _spread(y, right, second)


def _spread(side: Side, places: Sequence[int], extents: dict[int, Any]) -> Any:
    turned = side.turned(places)
    if not extents:
        return turned
    return Alloc()(turned, *(extents.get(k, side.extent(k)) for k in places))
