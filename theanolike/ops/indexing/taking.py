"""`take`: elements along an axis, with a choice of what out of bounds means."""

from typing import Any

from theanolike.ops.extents import shape_i
from theanolike.ops.indexing.getitem import ALL, getitem
from theanolike.types.constants import as_tensor_variable
from theanolike.types.variable import functions


def take(a: Any, indices: Any, axis: int | None = None, mode: str = "raise") -> Any:
    """Return the elements, or slices along `axis`, of `a` at `indices`.

    Parameters
    ----------
    a : tensor
    indices : integer array
        Of any rank; its dims take the place of the axis.
    axis : int, optional
        The elements of the flattened array if missing.
    mode : {"raise", "wrap", "clip"}
        What an index out of bounds is: an error, counted around the end, or the first
        or last place.
    """
    a, indices = as_tensor_variable(a), as_tensor_variable(indices)
    if axis is None:
        a, axis = functions().flatten(a), 0
    if not -a.ndim <= axis < a.ndim:
        raise ValueError(f"axis {axis} is out of range for {a} of rank {a.ndim}.")
    axis %= a.ndim
    extent = shape_i(a, axis)
    if mode == "clip":
        indices = functions().clip(indices, 0, extent - 1)
    elif mode == "wrap":
        indices = functions().mod(indices, extent)
    elif mode != "raise":
        raise ValueError(f"Expected mode raise, wrap or clip, got {mode!r}.")
    return getitem(a, (*(ALL,) * axis, indices))
