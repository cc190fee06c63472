"""Joins of joins, and index maps of what is padded or spread out."""

from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.function_graph import FunctionGraph
from theanolike.ops.broadcast import Fill, fill
from theanolike.ops.creation import Alloc
from theanolike.ops.dimshuffle import DimShuffle
from theanolike.ops.extents import ShapeItem
from theanolike.ops.joining import Join
from theanolike.ops.known import known_int
from theanolike.ops.shape import Reshape
from theanolike.rewrites.phases import Phase
from theanolike.rewrites.registry import rewrite
from theanolike.types.constants import constant

__all__: list[str] = []

CANONICALIZE = Phase.CANONICALIZE


def _made_by(variable: Any, kind: type) -> Any:
    """Return the node of a variable if its op is of a kind, else None."""
    node = variable.owner
    return node if node is not None and isinstance(node.op, kind) else None


@rewrite(CANONICALIZE, Join, aliases=["local_join_merge"])
def join_of_join(node: Apply, fgraph: FunctionGraph) -> Any:
    """join(axis, join(axis, x, y), z) = join(axis, x, y, z)."""
    dtype: str = node.outputs[0].type.dtype  # type: ignore[attr-defined]
    pieces: list[Any] = []
    for piece in node.inputs:
        made = _made_by(piece, Join)
        if made is None or made.op != node.op or not fgraph.has_one_client(piece):
            pieces.append(piece)
        elif all(v.type.dtype == dtype for v in made.inputs):
            pieces += made.inputs
        else:
            pieces.append(piece)
    return node.op(*pieces) if len(pieces) > len(node.inputs) else None


@rewrite(CANONICALIZE, Join, aliases=["local_join_empty"])
def join_with_nothing(node: Apply) -> Any:
    """join(axis, x, y) = x, where y is known to be empty along the axis."""
    axis: int = node.op.axis  # type: ignore[attr-defined]
    dtype: str = node.outputs[0].type.dtype  # type: ignore[attr-defined]
    left: list[Any] = [v for v in node.inputs if v.type.shape[axis] != 0]  # type: ignore[attr-defined]
    if not left or len(left) == len(node.inputs):
        return None
    if all(v.type.dtype != dtype for v in left):
        return None
    return left[0] if len(left) == 1 else node.op(*left)


@rewrite(CANONICALIZE, Reshape, aliases=["local_reshape_dimshuffle"])
def reshape_of_padded(node: Apply) -> Any:
    """x.dimshuffle(0, 'x', 1).reshape(shape) = x.reshape(shape)."""
    value, *extents = node.inputs
    made = _made_by(value, DimShuffle)
    if made is None:
        return None
    (source,) = made.inputs
    kept = [k for k in made.op.order if k is not None]
    return node.op(source, *extents) if kept == list(range(source.type.ndim)) else None


@rewrite(CANONICALIZE, Reshape)
def reshape_of_fill(node: Apply) -> Any:
    """fill(x, c).reshape(shape) = fill(x.reshape(shape), c), for a scalar c."""
    value, *extents = node.inputs
    made = _made_by(value, Fill)
    if made is None or made.inputs[1].type.ndim:
        return None
    return fill(node.op(made.inputs[0], *extents), made.inputs[1])


@rewrite(CANONICALIZE, DimShuffle, aliases=["local_dimshuffle_alloc"])
def dimshuffle_of_alloc(node: Apply) -> Any:
    """alloc(c, n, m).T = alloc(c, m, n), for a scalar c."""
    made = _made_by(node.inputs[0], Alloc)
    if made is None or made.inputs[0].type.ndim:
        return None
    value, *extents = made.inputs
    order: Any = node.op.order  # type: ignore[attr-defined]
    if len([k for k in order if k is not None]) != len(extents):
        return None
    one = constant(1, dtype="int64")
    return Alloc()(value, *(one if k is None else extents[k] for k in order))


@rewrite(CANONICALIZE, Reshape, aliases=["local_reshape_to_dimshuffle"])
def reshape_of_vector(node: Apply) -> Any:
    """x.reshape((-1, 1)) = x.dimshuffle(0, 'x'), for a vector x."""
    value, *extents = node.inputs
    rank: int = value.type.ndim  # type: ignore[attr-defined]
    wide = [k for k, extent in enumerate(extents) if known_int(extent) != 1]
    if rank != 1 or len(wide) != 1 or len(extents) < 2:
        return None
    extent: Any = extents[wide[0]]
    own = extent.owner is not None and extent.owner.op == ShapeItem(0)
    is_own = own and extent.owner.inputs[0] is value
    known = known_int(extent)
    if not is_own and known != -1 and (known is None or known != value.type.shape[0]):  # type: ignore[attr-defined]
        return None
    return DimShuffle(tuple(0 if k in wide else None for k in range(len(extents))))(
        value
    )
