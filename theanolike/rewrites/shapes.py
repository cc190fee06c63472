"""Shapes by inference, and index maps composed: no value is computed for its shape."""

from collections.abc import Callable
from typing import Any

from theanolike.errors import MethodNotDefinedError
from theanolike.graph.apply import Apply
from theanolike.ops.arithmetic import int_div
from theanolike.ops.batched import Matmul
from theanolike.ops.broadcast import Fill, fill_like, shape_root
from theanolike.ops.cast import cast
from theanolike.ops.comparison import lt
from theanolike.ops.conditional import maximum, minimum, switch
from theanolike.ops.declare import Extent, NativeOp, Shape
from theanolike.ops.dimshuffle import DimShuffle
from theanolike.ops.extents import MakeVector, ShapeItem, ShapeOf, make_vector, shape_i
from theanolike.ops.indexing.advanced import AdvancedSubtensor
from theanolike.ops.indexing.basic import Subtensor
from theanolike.ops.indexing.getitem import getitem
from theanolike.ops.indexing.pattern import items_of
from theanolike.ops.known import known_int
from theanolike.ops.shape import Flatten, Rebroadcast, Reshape, SpecifyShape
from theanolike.rewrites.extents import covers
from theanolike.rewrites.phases import Phase
from theanolike.rewrites.registry import rewrite
from theanolike.types.constants import TensorConstant, constant
from theanolike.types.type import TensorType

__all__ = ["Known", "as_graph", "extent_key"]

CANONICALIZE = Phase.CANONICALIZE
# An extent is followed so far at once: a chain of layers gives it in few visits.
_MOST_STEPS = 256


class Known:
    """A variable as an op's `shape` sees its inputs: extents that name it."""

    def __init__(self, variable: Any) -> None:
        self.variable = variable
        self.shape: Shape = tuple(
            Extent("dim", variable, k) if known is None else known
            for k, known in enumerate(variable.type.shape)
        )

    def item(self, *index: int) -> int | Extent:
        """Return an element of an integer tensor as an extent."""
        if isinstance(self.variable, TensorConstant):
            return int(self.variable.data[index])
        scalar = getitem(self.variable, index) if index else self.variable
        return Extent("item", scalar)


def _where_negative(a: Any, b: Any, c: Any) -> Any:
    return switch(lt(a, 0), b, c)


_BY_NAME: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "floordiv": int_div,
    "mod": lambda a, b: a % b,
    "max": maximum,
    "min": minimum,
    "where_negative": _where_negative,
}


def as_graph(extent: int | Extent) -> Any:
    """Return an extent as an int64 scalar of the graph."""
    values: dict[Any, Any] = {}
    stack: list[Any] = [extent]
    while stack:
        part = stack[-1]
        if part in values:
            stack.pop()
        elif isinstance(part, int):
            values[stack.pop()] = constant(part, dtype="int64")
        elif part.op == "dim":
            values[stack.pop()] = shape_i(*part.args)
        elif part.op == "item":
            values[stack.pop()] = cast(part.args[0], "int64")
        else:
            missing = [arg for arg in part.args if arg not in values]
            if missing:
                stack += missing
                continue
            values[stack.pop()] = _BY_NAME[part.op](*(values[a] for a in part.args))
    return values[extent]


@rewrite(CANONICALIZE, ShapeItem, aliases=["local_shape_to_shape_i", "ShapeOpt"])
def inferred_extent(node: Apply) -> Any:
    """f(x).shape[k] = what f's op infers from the shapes of its inputs."""
    found = None
    for _ in range(_MOST_STEPS):
        further = _step_of_extent(node)
        if further is None:
            break
        found = further
        if found.owner is None or not isinstance(found.owner.op, ShapeItem):
            break
        node = found.owner
    return found


def extent_key(extent: Any) -> Any:
    """Return by what extents are compared: equal keys, equal extents."""
    node = extent.owner
    if node is not None and isinstance(node.op, ShapeItem):
        new = inferred_extent(node)
        extent, node = (extent, node) if new is None else (new, new.owner)
    if node is None:
        known = known_int(extent)
        return extent if known is None else known
    return node.op, *node.inputs


def _step_of_extent(node: Apply) -> Any:
    x: Any = node.inputs[0]
    axis: int = node.op.axis  # type: ignore[attr-defined]
    if x.type.shape[axis] is not None:
        return shape_i(x, axis)
    made = x.owner
    if made is None or not all(isinstance(v.type, TensorType) for v in made.inputs):
        return None
    if getattr(made.op, "keeps_shape", False):
        return _broadcast_extent(x, axis)
    if not isinstance(made.op, NativeOp):
        return _extent_of_user_op(x, axis)
    try:
        shapes = made.op.shape(*(Known(v) for v in made.inputs))
    except NotImplementedError:
        return None
    shape = shapes if len(made.outputs) == 1 else shapes[x.index]
    extent = shape[axis]
    if isinstance(extent, Extent) and not _knows_better(extent, x):
        return None
    if isinstance(extent, Extent) and _may_spread(extent, made):
        return None
    return as_graph(extent)


def _knows_better(extent: Extent, x: Any) -> bool:
    """Tell whether an extent isn't stated in terms of `x` itself."""
    return not (extent.op in ("dim", "item") and extent.args[0] is x)


def _may_spread(extent: Extent, made: Apply) -> bool:
    """Tell whether an extent may be 1 that is broadcast against another operand's n.

    So are index arrays with each other, and stacks of matrices.
    """
    arrays: list[Any] = list(made.inputs)
    if isinstance(made.op, AdvancedSubtensor):
        arrays = arrays[1:]
    elif not isinstance(made.op, Matmul):
        return False
    if extent.op != "dim" or not any(v is extent.args[0] for v in arrays):
        return False
    first: Any = extent.args[0]
    place = extent.args[1] - first.type.ndim
    if isinstance(made.op, Matmul) and place >= -2:
        return False
    return any(
        v.type.ndim >= -place
        and v.type.shape[place] != 1
        and not _has_shape_of(v, first)
        for v in arrays
    )


def _broadcast_extent(x: Any, axis: int) -> Any:
    """Return an extent of an elementwise result.

    Where several operands have it, one of them may turn out to be 1; then a `fill`,
    whose elements nobody reads, stands for the result.
    """
    rank = x.type.ndim
    operands = []
    for v in x.owner.inputs:
        place = axis - rank + v.type.ndim
        extent = v.type.shape[place] if place >= 0 else 1
        if extent not in (None, 1):
            return constant(extent, dtype="int64")
        if extent is None:
            operands.append(shape_root(v))
    first: Any = operands[0]
    if all(v is first or _has_shape_of(v, first) for v in operands):
        return ShapeItem(axis - rank + first.type.ndim)(first)
    if isinstance(x.owner.op, Fill):
        return None
    spread: Any = first
    for v in operands[1:]:
        spread = spread if covers(spread, v) else fill_like(spread, v)
    return ShapeItem(axis - rank + spread.type.ndim)(spread)


def _has_shape_of(a: Any, b: Any) -> bool:
    return a.type.ndim == b.type.ndim and covers(a, b) and covers(b, a)


def _extent_of_user_op(x: Any, axis: int) -> Any:
    node = x.owner
    shapes = [tuple(shape_i(v, k) for k in range(v.type.ndim)) for v in node.inputs]
    try:
        found = node.op.infer_shape(node, shapes)
    except (MethodNotDefinedError, NotImplementedError):
        return None
    shape = found[x.index] if len(found) == len(node.outputs) else ()
    if shape is None:
        return None
    if isinstance(shape, list | tuple) and len(shape) != x.type.ndim:
        raise ValueError(
            f"infer_shape of {node.op} must return a shape for each output, of as many "
            f"extents as it has dims ({x.type.ndim} of output {x.index}), got {found}."
        )
    return cast(shape[axis], "int64")


@rewrite(CANONICALIZE, ShapeOf, aliases=["local_shape_to_shape_i", "ShapeOpt"])
def shape_by_extents(node: Apply) -> Any:
    """f(x).shape = [f(x).shape[0], ...]."""
    x: Any = node.inputs[0]
    if x.owner is None and None in x.type.shape:
        return None
    return make_vector([shape_i(x, k) for k in range(x.type.ndim)])


@rewrite(CANONICALIZE, Subtensor, aliases=["local_subtensor_make_vector"])
def item_of_vector(node: Apply) -> Any:
    """[x, y, ...][k] = the item, x.shape[k] = the extent."""
    vector, *index = node.inputs
    if node.op.idx_list != ("int64",) or vector.owner is None:  # type: ignore[attr-defined]
        return None
    place = known_int(index[0])
    inner = vector.owner
    if place is None or not isinstance(inner.op, MakeVector | ShapeOf):
        return None
    length: int = vector.type.shape[0]  # type: ignore[attr-defined]
    if not -length <= place < length:
        return None
    if isinstance(inner.op, ShapeOf):
        return shape_i(inner.inputs[0], place % length)
    return cast(inner.inputs[place], inner.op.dtype)


@rewrite(CANONICALIZE, Subtensor, aliases=["local_useless_subtensor"])
def whole_subtensor(node: Apply) -> Any:
    """x[:] = x."""
    whole = all(entry == "::" for entry in node.op.idx_list)  # type: ignore[attr-defined]
    return node.inputs[0] if whole else None


@rewrite(CANONICALIZE, Subtensor, aliases=["local_useless_slice"])
def spelled_out_slice(node: Apply) -> Any:
    """x[0:n:1] = x[:], x[0:k] = x[:k], for the extent n of x."""
    x: Any = node.inputs[0]
    items = items_of(node.op.idx_list, node.inputs[1:])  # type: ignore[attr-defined]
    plain = [_plain(item, x, k) for k, item in enumerate(items)]
    return getitem(x, tuple(plain)) if plain != items else None


def _plain(item: Any, x: Any, axis: int) -> Any:
    """Return an item of an index without what a slice says needlessly."""
    if not isinstance(item, slice):
        return item
    start, stop, step = item.start, item.stop, item.step
    if step is not None and known_int(step) != 1:
        return item
    if start is not None and known_int(start) == 0:
        start = None
    made = None if stop is None else stop.owner
    if made is not None and made.op == ShapeItem(axis) and made.inputs[0] is x:
        stop = None
    extent, known = x.type.shape[axis], None if stop is None else known_int(stop)
    if None not in (extent, known) and known >= extent:
        stop = None
    return slice(start, stop, None)


@rewrite(CANONICALIZE, DimShuffle, aliases=["local_dimshuffle_lift"])
def useless_dimshuffle(node: Apply) -> Any:
    """x.dimshuffle(0, 1, ...) = x."""
    x: Any = node.inputs[0]
    same = node.op.order == tuple(range(x.type.ndim))  # type: ignore[attr-defined]
    return x if same else None


@rewrite(CANONICALIZE, DimShuffle, aliases=["local_dimshuffle_lift"])
def dimshuffle_of_dimshuffle(node: Apply) -> Any:
    """x.dimshuffle(a).dimshuffle(b) = x.dimshuffle(a[b])."""
    inner = node.inputs[0].owner
    if inner is None or not isinstance(inner.op, DimShuffle):
        return None
    order: Any = node.op.order  # type: ignore[attr-defined]
    composed = tuple(None if k is None else inner.op.order[k] for k in order)
    return DimShuffle(composed)(inner.inputs[0])


@rewrite(CANONICALIZE, Reshape, aliases=["local_useless_reshape"])
def useless_reshape(node: Apply) -> Any:
    """x.reshape(x.shape) = x; a vector's reshape(-1) too."""
    x, *extents = node.inputs
    if x.type.ndim != len(extents):  # type: ignore[attr-defined]
        return None
    if len(extents) == 1 and known_int(extents[0]) == -1:
        return x
    same = all(_is_extent(e, x, k) for k, e in enumerate(extents))
    return x if same else None


def _is_extent(extent: Any, x: Any, axis: int) -> Any:
    own = x.type.shape[axis]
    if own is not None:
        return known_int(extent) == own
    made = extent.owner
    if made is None or not isinstance(made.op, ShapeItem) or made.op.axis != axis:
        return False
    source = made.inputs[0]
    return source is x or (
        source.type.ndim == x.type.ndim and shape_root(source) is shape_root(x)
    )


@rewrite(CANONICALIZE, Reshape, aliases=["local_reshape_chain"])
def reshape_of_reshape(node: Apply) -> Any:
    """x.reshape(...).reshape(shape) = x.reshape(shape)."""
    value, *extents = node.inputs
    inner = value.owner
    if inner is None or not isinstance(inner.op, Reshape | Flatten):
        return None
    return node.op(inner.inputs[0], *extents)


@rewrite(CANONICALIZE, Flatten)
def useless_flatten(node: Apply) -> Any:
    """x.flatten(x.ndim) = x."""
    x: Any = node.inputs[0]
    return x if node.op.ndim == x.type.ndim else None  # type: ignore[attr-defined]


@rewrite(CANONICALIZE, SpecifyShape, Rebroadcast, aliases=["local_useless_rebroadcast"])
def known_already(node: Apply) -> Any:
    """specify_shape(x, shape) = x, where the type of x says so."""
    x: Any = node.inputs[0]
    if isinstance(node.op, Rebroadcast):
        said = all(on == (x.type.shape[k] == 1) for k, on in node.op.axes)
        return x if said else None
    pairs = zip(node.op.axes, node.inputs[1:], strict=True)  # type: ignore[attr-defined]
    known = ((x.type.shape[k], known_int(e)) for k, e in pairs)
    return x if all(own is not None and own == e for own, e in known) else None
