"""Slices of slices, and of what is spread out, joined or reduced."""

from dataclasses import replace
from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.function_graph import FunctionGraph
from theanolike.ops.arithmetic import add
from theanolike.ops.broadcast import Fill, fill
from theanolike.ops.creation import Alloc
from theanolike.ops.extents import ShapeItem
from theanolike.ops.indexing.basic import IncSubtensor, Subtensor
from theanolike.ops.indexing.getitem import getitem
from theanolike.ops.indexing.pattern import FULL, INTEGER, items_of
from theanolike.ops.joining import Join
from theanolike.ops.known import known_int
from theanolike.ops.reduction import Reduction
from theanolike.ops.softmax import LogSoftmax, LogSumExp, Softmax
from theanolike.rewrites.extents import covers
from theanolike.rewrites.pattern import conform
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import rewrite
from theanolike.rewrites.scatters import is_zero
from theanolike.rewrites.shapes import Known, as_graph
from theanolike.types.constants import constant

__all__: list[str] = []

CANONICALIZE, SPECIALIZE = Phase.CANONICALIZE, Phase.SPECIALIZE
ALL = slice(None)


def _made_by(variable: Any, *kinds: type) -> Any:
    """Return the node of a variable if its op is of these kinds, else None."""
    node = variable.owner
    return node if node is not None and isinstance(node.op, kinds) else None


def _items(node: Apply) -> list[Any]:
    return items_of(node.op.idx_list, node.inputs[1:])  # type: ignore[attr-defined]


def _entries(node: Apply) -> tuple[str, ...]:
    entries: tuple[str, ...] = node.op.idx_list  # type: ignore[attr-defined]
    return entries


@rewrite(CANONICALIZE, Subtensor, aliases=["local_subtensor_merge"])
def slice_of_slice(node: Apply) -> Any:
    """x[a:][b:] = x[a + b:], x[a:][k] = x[a + k], x[::-1][::-1] = x, and such.

    For bounds that are known.
    """
    inner = _made_by(node.inputs[0], Subtensor)
    if inner is None:
        return None
    outer = _items(node)
    composed: list[Any] = []
    for item in _items(inner):
        if not isinstance(item, slice):
            composed.append(item)
            continue
        after = outer.pop(0) if outer else ALL
        found = _composed(item, after)
        if found is None:
            return None
        composed.append(found)
    return getitem(inner.inputs[0], (*composed, *outer))


def _composed(first: slice, then: Any) -> Any:
    """Return the item that takes `then` of what `first` takes, or None."""
    if first == ALL:
        return then
    if then == ALL:
        return first
    a, b = _bounds(first), _bounds(then) if isinstance(then, slice) else None
    if a is None:
        return None
    start, stop, step = a
    if not isinstance(then, slice):
        return _place(start, stop, step, known_int(then))
    if b is None:
        return None
    if step == -1 and b == (None, None, -1) and (start, stop) == (None, None):
        return ALL
    if step != 1 or b[2] != 1:
        return None
    return _span(start, stop, b[0], b[1])


def _bounds(item: slice) -> tuple[int | None, int | None, int] | None:
    """Return a slice's bounds and step where all of them are known."""
    parts = (item.start, item.stop, item.step)
    known = [None if part is None else known_int(part) for part in parts]
    if any(
        k is None and part is not None for k, part in zip(known, parts, strict=True)
    ):
        return None
    return known[0], known[1], 1 if known[2] is None else known[2]


def _place(start: int | None, stop: int | None, step: int, k: int | None) -> Any:
    """Return where element k of a slice is, or None."""
    if k is None:
        return None
    if step == -1 and start is None and stop is None:
        return constant(-1 - k)
    if step != 1 or (start is not None and start < 0):
        return None
    if k >= 0 and (stop is None or (stop >= 0 and k < stop - (start or 0))):
        return constant((start or 0) + k)
    if k < 0 and start is None and stop is not None and stop < 0:
        return constant(stop + k)
    return None


def _span(
    start: int | None, stop: int | None, first: int | None, end: int | None
) -> Any:
    """Return the slice [start:stop][first:end], or None."""
    if start is None and first is None and _are_negative(stop, end):
        return slice(None, constant(stop + end))  # type: ignore[operator]
    a, c = start or 0, first or 0
    if stop is None and first is None and a >= 0 and _are_negative(end):
        return slice(constant(a), constant(end))
    if start is None and end is None and c >= 0 and _are_negative(stop):
        return slice(constant(c), constant(stop))
    if a < 0 or c < 0 or any(v is not None and v < 0 for v in (stop, end)):
        return None
    ends = [v for v in (stop, None if end is None else a + end) if v is not None]
    return slice(constant(a + c), constant(max(min(ends), 0)) if ends else None)


def _are_negative(*bounds: int | None) -> bool:
    return all(b is not None and b < 0 for b in bounds)


@rewrite(CANONICALIZE, Subtensor, aliases=["local_subtensor_of_alloc"])
def slice_of_fill(node: Apply) -> Any:
    """fill(x, c)[i] = fill(x[i], c), for a scalar c."""
    spread = _made_by(node.inputs[0], Fill)
    if spread is None or spread.inputs[1].type.ndim:
        return None
    like, value = spread.inputs
    return fill(node.op(like, *node.inputs[1:]), value)


@rewrite(CANONICALIZE, Subtensor, aliases=["local_subtensor_of_alloc"])
def slice_of_alloc(node: Apply) -> Any:
    """alloc(x, n, m)[i:j] = alloc(x, j - i, m), where x doesn't have the dim."""
    spread = _made_by(node.inputs[0], Alloc)
    if spread is None:
        return None
    value, *extents = spread.inputs
    entries = _entries(node)
    extra = len(extents) - value.type.ndim
    if any(entry != FULL and k >= extra for k, entry in enumerate(entries)):
        return None
    pairs = zip(_items(node), extents, strict=False)
    if not all(isinstance(i, slice) or _is_inside(i, e) for i, e in pairs):
        return None
    kept = node.op.shape(*map(Known, node.inputs))  # type: ignore[attr-defined]
    return Alloc()(value, *map(as_graph, kept))


def _is_inside(place: Any, extent: Any) -> bool:
    k, n = known_int(place), known_int(extent)
    return k is not None and n is not None and -n <= k < n


@rewrite(CANONICALIZE, Subtensor, aliases=["local_subtensor_of_join"])
def slice_of_join(node: Apply) -> Any:
    """join(axis, x, y)[:n] = x and [n:] = y, where n is the extent of x.

    And slices inside of a piece, where the extents of what comes before are known.
    """
    joined = _made_by(node.inputs[0], Join)
    if joined is None:
        return None
    axis: int = joined.op.axis
    items = _items(node)
    if len(items) <= axis or not isinstance(items[axis], slice):
        return None
    item = items[axis]
    if item.step is not None and known_int(item.step) != 1:
        return None
    dtype: str = node.outputs[0].type.dtype  # type: ignore[attr-defined]
    if any(piece.type.dtype != dtype for piece in joined.inputs):
        return None
    found = _piece_of(joined, axis, item)
    if found is None:
        return None
    piece, items[axis] = found
    return getitem(piece, tuple(items))


def _piece_of(joined: Apply, axis: int, item: slice) -> tuple[Any, slice] | None:
    """Return the piece, or the join of pieces, and the slice of it that is meant."""
    pieces: list[Any] = list(joined.inputs)
    start = 0
    for k, piece in enumerate(pieces):
        extent = piece.type.shape[axis]
        first = None if item.start is None else known_int(item.start)
        starts = first == start or (item.start is None and k == 0)
        if k == 0 and starts and _is_extent(item.stop, piece, axis):
            return piece, ALL
        if k == 0 and item.stop is None and _is_extent(item.start, piece, axis):
            return _rest(joined, pieces[1:]), ALL
        if starts and item.stop is None and k:
            return _rest(joined, pieces[k:]), ALL
        if extent is None:
            return None
        inside = _inside(item, start, extent)
        if inside is not None:
            return piece, inside
        start += extent
    return None


def _rest(joined: Apply, pieces: list[Any]) -> Any:
    return pieces[0] if len(pieces) == 1 else joined.op(*pieces)


def _is_extent(bound: Any, piece: Any, axis: int) -> bool:
    """Tell whether a bound of a slice is the extent of a piece."""
    if bound is None:
        return False
    own = piece.type.shape[axis]
    if own is not None:
        return bool(known_int(bound) == own)
    made = _made_by(bound, ShapeItem)
    return bool(made and made.op.axis == axis and made.inputs[0] is piece)


def _inside(item: slice, start: int, extent: int) -> slice | None:
    """Return a slice with known bounds as one of the piece that begins at `start`."""
    first = 0 if item.start is None else known_int(item.start)
    end = None if item.stop is None else known_int(item.stop)
    if first is None or end is None or not start <= first <= end <= start + extent:
        return None
    return slice(constant(first - start), constant(end - start))


@rewrite(
    SPECIALIZE,
    Subtensor,
    grade=Grade.ROUNDING,
    aliases=["local_subtensor_lift", "local_subtensor_of_reduction"],
)
def part_of_reduction(node: Apply, fgraph: FunctionGraph) -> Any:
    """sum(x, 1)[i] = sum(x[i], 0), and so for max, softmax, logsumexp and the like.

    For dims that stay, where nothing else reads the whole result.
    """
    whole = node.inputs[0]
    made = _made_by(whole, Reduction, Softmax, LogSoftmax, LogSumExp)
    if made is None or not fgraph.has_one_client(whole):
        return None
    source: Any = made.inputs[0]
    axes: tuple[int, ...] = made.op.axes
    keeps = isinstance(made.op, Softmax | LogSoftmax)
    own = [k for k in range(source.type.ndim) if keeps or k not in axes]
    index: list[Any] = [ALL] * source.type.ndim
    gone: set[int] = set()
    for k, item, entry in zip(own, _items(node), _entries(node), strict=False):
        if entry != FULL and k in axes:
            return None
        index[k] = item
        if entry == INTEGER:
            gone.add(k)
    if not axes or all(item == ALL for item in index):
        return None
    moved = tuple(k - sum(g < k for g in gone) for k in axes)
    return replace(made.op, axes=moved)(getitem(source, tuple(index)))


@rewrite(CANONICALIZE, IncSubtensor, aliases=["local_useless_inc_subtensor"])
def whole_written(node: Apply) -> Any:
    """set_subtensor(x[:], y) = y, inc_subtensor(x[:], y) = x + y; y no wider than x.

    A wider y is an error, also where it meets an extent of 1.
    """
    if any(entry != FULL for entry in _entries(node)):
        return None
    x, y = node.inputs[:2]
    if not covers(x, y):
        return None
    if node.op.set_instead_of_inc:  # type: ignore[attr-defined]
        return conform(node, y, [x])
    return conform(node, add(x, y), [x])


@rewrite(
    CANONICALIZE,
    IncSubtensor,
    grade=Grade.ROUNDING,
    aliases=["local_useless_inc_subtensor"],
)
def nothing_added(node: Apply) -> Any:
    """inc_subtensor(x[i], 0) = x."""
    if node.op.set_instead_of_inc:  # type: ignore[attr-defined]
        return None
    return node.inputs[0] if is_zero(node.inputs[1]) else None
