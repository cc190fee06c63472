"""Products with matrices that have one 1 in each row: rows taken, and rows added."""

from typing import Any

from theanolike.graph.apply import Apply
from theanolike.ops.arithmetic import mul
from theanolike.ops.broadcast import Fill
from theanolike.ops.cast import Cast
from theanolike.ops.comparison import eq, ge, lt
from theanolike.ops.conditional import maximum, minimum, switch
from theanolike.ops.creation import Alloc, ARange
from theanolike.ops.dimshuffle import DimShuffle, insert_dims
from theanolike.ops.extents import shape_i
from theanolike.ops.indexing.advanced import AdvancedIncSubtensor
from theanolike.ops.indexing.getitem import getitem
from theanolike.ops.known import known_int
from theanolike.ops.logic import and_
from theanolike.ops.products import Dot
from theanolike.ops.reduction import Sum
from theanolike.ops.shape import SpecifyShape
from theanolike.rewrites.extents import covers
from theanolike.rewrites.pattern import uniform
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import rewrite
from theanolike.rewrites.scatters import filled_up, is_zero
from theanolike.types.constants import TensorConstant, constant
from theanolike.types.dtypes import is_discrete

__all__: list[str] = []

_SCATTERS = (AdvancedIncSubtensor((0, 1), True), AdvancedIncSubtensor((0, 1)))


@rewrite(Phase.SPECIALIZE, Dot, grade=Grade.DOMAIN)
def rows_of_one_hot(node: Apply) -> Any:
    """dot(one_hot(i, n), w) = w[i], rows of zeros where i isn't below n.

    For the two ways to write it: a comparison with arange(n), for an n that is known,
    and ones set into zeros.
    """
    w: Any = node.inputs[1]
    found = _one_hot(node.inputs[0])
    if found is None or w.type.dtype != _dtype(node) or w.type.ndim != 2:
        return None
    place, length, inside = found
    rows = getitem(SpecifyShape((0,))(w, length), place)
    if inside is None:
        return rows
    return switch(insert_dims(inside, [1]), rows, constant(0, dtype=_dtype(node)))


@rewrite(Phase.SPECIALIZE, Dot, grade=Grade.DOMAIN)
def rows_added_by_one_hot(node: Apply) -> Any:
    """dot(one_hot(i, n).T, g) = g added to the rows i of zeros, as in gradients."""
    turned, g = node.inputs
    made = turned.owner
    if made is None or made.op != DimShuffle((1, 0)):
        return None
    found = _one_hot(made.inputs[0])
    if found is None or g.type.dtype != _dtype(node) or g.type.ndim != 2:  # type: ignore[attr-defined]
        return None
    place, length, inside = found
    zero = constant(0, dtype=_dtype(node))
    value: Any = SpecifyShape((0,))(g, shape_i(place, 0))
    if inside is not None:
        value = switch(insert_dims(inside, [1]), value, zero)
    zeros = Alloc()(zero, length, shape_i(g, 1))
    return AdvancedIncSubtensor((0,))(zeros, value, place)


@rewrite(Phase.SPECIALIZE, Sum, grade=Grade.DOMAIN)
def sum_of_one_hot_rows(node: Apply) -> Any:
    """sum(one_hot(i) * x, 1) = x[arange(m), i], 0 from row m on.

    For ones, or other values, set into zeros that surely have the shape of x.
    """
    op: Any = node.op
    made = node.inputs[0].owner
    if made is None or made.op != mul or len(made.inputs) != 2 or op.axes != (1,):
        return None
    for hot, x in (made.inputs, made.inputs[::-1]):
        scatter = hot.owner
        if scatter is None or scatter.op not in _SCATTERS or x.type.ndim != 2:  # type: ignore[attr-defined]
            continue
        zeros, value, rows, place = scatter.inputs
        n_rows = _count(rows)
        if n_rows is None or not is_zero(zeros) or not _is_index(place):
            continue
        dtypes = {v.type.dtype for v in (value, zeros, x)} | {op.dtype, op.acc_dtype}  # type: ignore[attr-defined]
        fits = value.type.ndim < 2 and covers(x, zeros) and covers(zeros, x)  # type: ignore[attr-defined]
        if fits and dtypes == {_dtype(node)}:
            picked = getitem(x, (rows, place))
            return filled_up(mul(value, picked), n_rows, x)
    return None


def _dtype(node: Apply) -> str:
    dtype: str = node.outputs[0].type.dtype  # type: ignore[attr-defined]
    return dtype


def _one_hot(hot: Any) -> tuple[Any, Any, Any] | None:
    """Return (i, n, where i counts, None for everywhere) of one_hot(i, n), or None."""
    found = _classes_set(hot)
    if found is not None:
        return (*found, None)
    found = _classes_compared(hot)
    n = None if found is None else known_int(found[1])
    if found is None or n is None or n < 1:
        return None
    place, length = found
    inside = and_(ge(place, 0), lt(place, n))
    return maximum(minimum(place, n - 1), 0), length, inside


def _uncast(variable: Any) -> Any:
    node = variable.owner
    return (
        node.inputs[0] if node is not None and isinstance(node.op, Cast) else variable
    )


def _classes_compared(hot: Any) -> tuple[Any, Any] | None:
    """Return (i, n) if a variable is eq(arange(n), i.dimshuffle(0, 'x'))."""
    node = _uncast(hot).owner
    if node is None or node.op != eq or hot.type.ndim != 2:
        return None
    for row, column in (node.inputs, node.inputs[::-1]):
        length = _count(row)
        made = column.owner
        if length is None or made is None or not isinstance(made.op, DimShuffle):
            continue
        (place,) = made.inputs
        if made.op.order == (0, None) and _is_index(place):
            return place, length
    return None


def _count(row: Any) -> Any:
    """Return n if a variable is arange(n), perhaps as a row, else None."""
    made = row.owner
    if made is not None and isinstance(made.op, DimShuffle):
        if made.op.order != (None, 0):
            return None
        made = made.inputs[0].owner
    if made is None:
        return _length_of_range(row)
    if not isinstance(made.op, ARange):
        return None
    start, stop, step = made.inputs
    return stop if known_int(start) == 0 and known_int(step) == 1 else None


def _length_of_range(row: Any) -> int | None:
    """Return n if a constant holds 0, 1, ... n - 1, else None."""
    if not isinstance(row, TensorConstant) or row.type.ndim != 1:
        return None
    n = len(row.data)
    return n if is_discrete(row.type.dtype) and (row.data == range(n)).all() else None


def _is_index(place: Any) -> bool:
    return bool(place.type.ndim == 1) and place.type.dtype.startswith("int")


def _classes_set(hot: Any) -> tuple[Any, Any] | None:
    """Return (i, n) if a variable is zeros with 1 set at (arange, i), as many rows."""
    node = _uncast(hot).owner
    if node is None or node.op != AdvancedIncSubtensor((0, 1), True):
        return None
    zeros, one, rows, place = node.inputs
    made = zeros.owner
    n_rows = _count(rows)
    if not is_zero(zeros) or made is None or n_rows is None or not _is_index(place):
        return None
    value = uniform(_spread(one))
    if value != 1 or zeros.type.ndim != 2 or len(made.inputs) != 3:
        return None
    own, length = made.inputs[1:]
    same = own is n_rows or (
        known_int(own) is not None and known_int(own) == known_int(n_rows)
    )
    return (place, length) if same else None


def _spread(variable: Any) -> Any:
    """Return the value that is spread out, or the variable."""
    node = variable.owner
    is_fill = node is not None and isinstance(node.op, Fill)
    return node.inputs[1] if is_fill else variable
