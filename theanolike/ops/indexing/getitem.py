"""`x[index]` by NumPy's rules: integers, slices, new dims, arrays and masks."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from theanolike.errors import IndexOutOfBoundsError
from theanolike.graph.variable import Variable
from theanolike.ops.dimshuffle import dimshuffle
from theanolike.ops.elementwise import Elementwise
from theanolike.ops.extents import shape_i
from theanolike.ops.indexing.advanced import AdvancedSubtensor
from theanolike.ops.indexing.basic import Subtensor
from theanolike.ops.indexing.boolean import FitsMask, nonzero
from theanolike.ops.indexing.pattern import FULL, check_rank, entry_of, numbers_of
from theanolike.types.constants import TensorConstant, as_tensor_variable, constant
from theanolike.types.dtypes import INTEGERS

ALL = slice(None)


def getitem(x: Any, index: Any) -> Any:
    """Return the elements of `x` at an index.

    Parameters
    ----------
    x : tensor
    index : int, slice, None, Ellipsis, integer or bool array, or a tuple of them
        Integers, the bounds of slices and arrays may be symbolic.

    Raises
    ------
    IndexError
        Too many indices; an index out of bounds, now where that is known, else at run
        time.
    TypeError
        Something that isn't an index.
    """
    x = as_tensor_variable(x)
    given = index if isinstance(index, tuple) else (index,)
    x, items = _expand(x, [_as_item(item) for item in given])
    if any(_is_array(item) for item in items):
        return _take_arrays(x, items)
    return _add_dims(_take_basic(x, items), items)


def _as_item(item: Any) -> Any:
    """Return an item as an int or 0-d variable, slice, None, ... or array variable."""
    if item is None or item is Ellipsis:
        return item
    if isinstance(item, slice):
        bounds = (item.start, item.stop, item.step)
        return slice(*(None if b is None else _bound(b) for b in bounds))
    if _holds_python_bool(item):
        raise TypeError(
            "TensorType does not support Python bools for indexing, such as "
            "tensor[[True, False]]. To use a boolean mask, convert the mask to a NumPy "
            "array first, e.g., tensor[numpy.array([True, False])]."
        )
    return _integers(item)


def _holds_python_bool(item: Any) -> bool:
    stack = [item]
    while stack:
        part = stack.pop()
        if isinstance(part, bool):
            return True
        if isinstance(part, list | tuple):
            stack.extend(part)
    return False


def _bound(bound: Any) -> Any:
    found = _integers(bound)
    if found.ndim or found.type.dtype == "bool":
        raise TypeError(
            f"The bounds of a slice must be integer scalars, got {bound} of type "
            f"{found.type}."
        )
    return found


def _integers(item: Any) -> Any:
    if isinstance(item, int | np.integer):
        return constant(np.int64(item))
    if isinstance(item, list | tuple) and not item:
        return constant(np.zeros(0, "int64"))
    try:
        found = as_tensor_variable(item)
    except (TypeError, ValueError) as error:
        raise TypeError(
            "Expected integers, slices, None, ... or arrays of integers or bools as an "
            f"index, got {item!r} of {type(item).__name__}."
        ) from error
    if found.type.dtype not in INTEGERS and (
        found.type.dtype != "bool" or not found.ndim
    ):
        raise TypeError(
            f"Expected integers as an index, got {item} of type {found.type}; cast it."
        )
    return found


def _is_array(item: Any) -> bool:
    return isinstance(item, Variable) and item.ndim > 0  # type: ignore[attr-defined]


def _expand(x: Any, items: Sequence[Any]) -> tuple[Any, list[Any]]:
    """Replace the ellipsis by slices and masks by the places where they hold.

    Returns `x` too, with the extents that masks of known shapes require of it.
    """
    used = sum(_dims_used(item) for item in items)
    check_rank(used, x.ndim, x)
    holes = [k for k, item in enumerate(items) if item is Ellipsis]
    if len(holes) > 1:
        raise IndexError("an index can only have a single ellipsis ('...').")
    missing = [ALL] * (x.ndim - used)
    expanded: list[Any] = []
    axis = 0
    for item in items:
        if item is Ellipsis:
            expanded += missing
            axis += len(missing)
            continue
        if _is_array(item) and item.type.dtype == "bool":
            x, places = _places(x, item, axis)
            expanded += places
        else:
            expanded.append(item)
        axis += _dims_used(item)
    return x, expanded if holes else expanded + missing


def _dims_used(item: Any) -> int:
    if item is None or item is Ellipsis:
        return 0
    if _is_array(item) and item.type.dtype == "bool":
        return item.ndim  # type: ignore[no-any-return]
    return 1


def _places(x: Any, mask: Any, axis: int) -> tuple[Any, list[Any]]:
    """Return where a mask holds, an index array for each of its dims; and `x`."""
    own = x.type.shape[axis : axis + mask.ndim]
    for k, (extent, wanted) in enumerate(zip(mask.type.shape, own, strict=True)):
        if None not in (extent, wanted) and extent != wanted:
            raise IndexOutOfBoundsError(
                f"boolean index did not match indexed array along axis {axis + k}: "
                f"{x} has size {wanted}, the mask {extent}."
            )
    known = zip(mask.type.shape, own, strict=True)
    open_axes = [k for k, (m, n) in enumerate(known) if m is None or n is None]
    if isinstance(mask, TensorConstant):
        extents = [np.int64(mask.data.shape[k]) for k in open_axes]
        x = _fitting(x, [axis + k for k in open_axes], extents)
        return x, [constant(np.asarray(p, "int64")) for p in np.nonzero(mask.data)]
    if not _is_of(mask, x):
        mask = _fitting(mask, open_axes, [shape_i(x, axis + k) for k in open_axes])
    return x, list(nonzero(mask))


def _fitting(array: Any, axes: Sequence[int], extents: Sequence[Any]) -> Any:
    """Return `array`, with these extents required of it along `axes`."""
    if not axes:
        return array
    array = FitsMask(tuple(axes))(array, *extents)
    array.owner.tag.written_as = "AdvancedSubtensor"
    return array


def _is_of(mask: Any, x: Any) -> bool:
    """Tell whether a mask compares the elements of `x` with scalars."""
    node = mask.owner
    if node is None or not isinstance(node.op, Elementwise):
        return False
    return x in node.inputs and all(v is x or not v.ndim for v in node.inputs)


def _take_basic(x: Any, items: Sequence[Any]) -> Any:
    """Take integers and slices; nothing else stands in `items` but None."""
    own = [item for item in items if item is not None]
    pattern = [entry_of(item) for item in own]
    if None in items and all(entry == FULL for entry in pattern):
        return x
    while len(pattern) > 1 and pattern[-1] == FULL:
        pattern.pop()
    return Subtensor(tuple(pattern))(x, *numbers_of(own))


def _add_dims(taken: Any, items: Sequence[Any]) -> Any:
    """Give the result a dim of 1 for each None."""
    if None not in items:
        return taken
    own = iter(range(taken.ndim))
    order = [
        "x" if item is None else next(own)
        for item in items
        if item is None or isinstance(item, slice)
    ]
    return dimshuffle(taken, order)


def _take_arrays(x: Any, items: Sequence[Any]) -> Any:
    """Take slices first, then make new dims, then take integers and arrays at once."""
    layers = 0
    slices = [i if isinstance(i, slice) else ALL for i in items if i is not None]
    if any(item != ALL for item in slices):
        x = _take_basic(x, slices)
        layers += 1
    if None in items:
        x = _add_dims(x, [None if item is None else ALL for item in items])
        layers += 1
    axes = tuple(
        k for k, i in enumerate(items) if i is not None and not isinstance(i, slice)
    )
    return AdvancedSubtensor(axes, layers)(x, *(items[k] for k in axes))
