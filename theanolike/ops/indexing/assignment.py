"""`set_subtensor` and `inc_subtensor`: a copy of x with some elements changed."""

from typing import Any

import numpy as np

from theanolike.ops.broadcast import fill_like
from theanolike.ops.cast import cast
from theanolike.ops.conditional import switch
from theanolike.ops.dimshuffle import DimShuffle, insert_dims
from theanolike.ops.indexing.advanced import AdvancedSubtensor
from theanolike.ops.indexing.basic import Subtensor
from theanolike.ops.indexing.boolean import mask_of
from theanolike.ops.indexing.region import Take
from theanolike.ops.operands import as_operands
from theanolike.ops.shape import Flatten, Reshape, addbroadcast, specify_static
from theanolike.types.constants import as_tensor_variable, constant
from theanolike.types.dtypes import is_complex


def set_subtensor(
    x: Any,
    y: Any,
    inplace: bool = False,
    tolerate_inplace_aliasing: bool = False,
) -> Any:
    """Return the array that `x` is indexed from, with `y` in the place of `x`.

    Parameters
    ----------
    x : tensor
        The result of indexing, such as ``r[10:]``; it may be reshaped or have its dims
        shuffled.
    y : tensor_like
        What to put there, broadcast to the shape of `x`, cast to its dtype.
    inplace, tolerate_inplace_aliasing : bool
        No effect: whether memory is reused isn't the program's business.

    Raises
    ------
    TypeError
        `x` isn't the result of indexing, or `y` has more dims.
    """
    return inc_subtensor(x, y, inplace, True, tolerate_inplace_aliasing)


def inc_subtensor(
    x: Any,
    y: Any,
    inplace: bool = False,  # noqa: ARG001 - Theano takes it
    set_instead_of_inc: bool = False,
    tolerate_inplace_aliasing: bool = False,  # noqa: ARG001 - Theano takes it
) -> Any:
    """Return the array that `x` is indexed from, with `y` added in the place of `x`.

    An element that is indexed several times gets all that is added to it. The
    parameters are those of `set_subtensor`.
    """
    x = as_tensor_variable(x)
    value = _as_value(x, y)
    chosen = _chosen_by_mask(x, value, is_set=set_instead_of_inc)
    if chosen is not None:
        return chosen
    value = fill_like(value, x)
    if value.owner is not None and value.owner.inputs[0] is x:  # of fill_like
        value.owner.tag.written_as = (
            "set_subtensor" if set_instead_of_inc else "inc_subtensor"
        )
    while x.owner is not None and isinstance(
        x.owner.op, DimShuffle | Reshape | Flatten
    ):
        value = x.owner.op.back(x.owner, value)
        x = x.owner.inputs[0]
    node = x.owner
    if node is None or not isinstance(node.op, Subtensor | AdvancedSubtensor):
        raise TypeError(
            "x must be the result of a subtensor operation, such as r[10:]; got "
            f"{x} of type {x.type}."
        )
    changed = _put(node, value, is_set=set_instead_of_inc)
    for _ in range(getattr(node.op, "layers", 0)):
        node = node.inputs[0].owner
        if isinstance(node.op, DimShuffle):
            changed = node.op.back(node, changed)
        else:
            changed = _put(node, changed, is_set=True)
    return changed


def _put(node: Any, value: Any, *, is_set: bool) -> Any:
    """Put `value` where `node` takes its result from."""
    op: Take = node.op
    base, *index = node.inputs
    return op.put(is_set=is_set)(base, value, *index)


def _as_value(x: Any, y: Any) -> Any:
    """Return `y` in the dtype of the region `x`, with its dims of 1."""
    _, y = as_operands([x, y])
    if y.ndim > x.ndim:
        raise TypeError(
            f"Trying to increment a {x.ndim}-dimensional subtensor with a "
            f"{y.ndim}-dimensional value."
        )
    if is_complex(y.type.dtype) and not is_complex(x.type.dtype):
        raise TypeError(
            f"Expected a value that fits dtype {x.type.dtype}, got {y.type}; take its "
            "real or imaginary part."
        )
    own = x.broadcastable[x.ndim - y.ndim :]
    ones = [k for k, one in enumerate(own) if one and not y.broadcastable[k]]
    if ones:
        y = addbroadcast(y, *ones)
    return cast(y, x.type.dtype)


def _chosen_by_mask(x: Any, value: Any, *, is_set: bool) -> Any:
    """Return the result of writing one value where a mask holds, or None."""
    node = x.owner
    if node is None or not isinstance(node.op, AdvancedSubtensor) or value.ndim:
        return None
    base, *indices = node.inputs
    mask = mask_of(indices)
    if mask is None or node.op.layers or node.op.axes != tuple(range(mask.ndim)):
        return None
    mask = specify_static(mask, base.type.shape[: mask.ndim])
    mask = insert_dims(mask, range(mask.ndim, base.ndim))
    if is_set:
        return switch(mask, value, base)
    return base + switch(mask, value, constant(np.zeros((), base.type.dtype)))
