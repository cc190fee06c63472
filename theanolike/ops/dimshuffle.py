"""Permuting, adding and dropping dims: index maps, no data move."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from theanolike.graph.apply import Apply
from theanolike.graph.record import record
from theanolike.ops.cotangent import Cotangent, Pulled, disconnected
from theanolike.ops.declare import Builder, Shape, Shaped, Value, register
from theanolike.ops.shape import Rearrangement, specify_static
from theanolike.types.constants import as_tensor_variable
from theanolike.types.type import TensorType

Order = tuple[int | None, ...]


@record
class DimShuffle(Rearrangement):
    """Dims in a new order; None is a new dim of 1, those left out must be 1."""

    order: Order

    def __init__(self, order: Any, new_order: Any = None) -> None:
        """Take the order, or in Theano's form the input's pattern and then the order.

        With a pattern the order holds "x" for new dims and leaves out none.
        """
        if new_order is not None:
            pattern = order
            order = tuple(None if k == "x" else int(k) for k in new_order)
            if sorted(k for k in order if k is not None) != [*range(len(pattern))]:
                raise ValueError(
                    f"DimShuffle{(pattern, new_order)} must name each of the input's "
                    "dims once; drop dims with x.dimshuffle(...)."
                )
        self.__dict__["order"] = order

    def result(self, *types: TensorType) -> TensorType:
        (x,) = types
        return TensorType(
            x.dtype, tuple(1 if k is None else x.shape[k] for k in self.order)
        )

    def shape(self, *inputs: Shaped) -> Shape:
        return tuple(1 if k is None else inputs[0].shape[k] for k in self.order)

    def reference(self, *arrays: Any) -> Any:
        x = np.asarray(arrays[0])
        dropped = [k for k in range(x.ndim) if k not in self.order]
        kept = [k for k in self.order if k is not None]
        moved = np.transpose(x, (*kept, *dropped))
        return moved.reshape([1 if k is None else x.shape[k] for k in self.order])

    def back(self, node: Apply, value: Any) -> Any:
        rank = node.inputs[0].ndim  # type: ignore[attr-defined]
        order = tuple(
            self.order.index(k) if k in self.order else None for k in range(rank)
        )
        dropped = [k for k in range(value.ndim) if k not in order]
        static = tuple(
            1 if k in dropped else extent for k, extent in enumerate(value.type.shape)
        )
        return DimShuffle(order)(specify_static(value, static))

    def pullback(
        self, node: Apply, cotangents: Sequence[Cotangent | None]
    ) -> Sequence[Pulled]:
        (g,) = cotangents
        if g is None:
            return [disconnected]
        rank = len(self.order)
        return [
            g.through(
                lambda v: self.back(node, v),
                lambda s: self.back(node, as_tensor_variable(s, ndim=rank)),
            )
        ]

    def lower(self, b: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        return x if self.order == tuple(range(x.ndim)) else b.transpose(x, self.order)

    def __str__(self) -> str:
        shown = ",".join("x" if k is None else str(k) for k in self.order)
        return f"DimShuffle{{{shown}}}"


register(DimShuffle((1, None, 0)), "dimshuffle")


def dimshuffle(x: Any, pattern: Sequence[Any]) -> Any:
    """Return `x` with its dims in the order of `pattern`; 'x' is a new dim of 1.

    Raises
    ------
    ValueError
        A dim that doesn't exist, comes twice, or is dropped without being known to
        be 1.
    """
    x = as_tensor_variable(x)
    order: list[int | None] = []
    for place in pattern:
        if isinstance(place, str):
            if place != "x":
                raise ValueError(
                    f"A dimshuffle pattern holds ints and 'x', got {place!r}."
                )
            order.append(None)
            continue
        axis = int(place) + x.ndim if place < 0 else int(place)
        if not 0 <= axis < x.ndim:
            raise ValueError(
                f"You asked for dim {place} of {x}, which has rank {x.ndim}: "
                f"new_order {tuple(pattern)} is out of range."
            )
        if axis in order:
            raise ValueError(
                f"The same input dimension may not appear twice in the list of output "
                f"dimensions: got {tuple(pattern)}."
            )
        order.append(axis)
    for axis in range(x.ndim):
        if axis not in order and not x.broadcastable[axis]:
            raise ValueError(
                "You cannot drop a non-broadcastable dimension.",
                (x.broadcastable, tuple(pattern)),
            )
    return DimShuffle(tuple(order))(x)


def transpose(x: Any, axes: Sequence[int] | None = None) -> Any:
    """Return `x` with its axes permuted, by default reversed."""
    x = as_tensor_variable(x)
    order = tuple(reversed(range(x.ndim))) if axes is None else tuple(axes)
    if len(order) != x.ndim:
        raise ValueError(f"axes {order} don't permute the {x.ndim} dims of {x}.")
    moved = dimshuffle(x, order)
    if x.name and moved.name is None:
        moved.name = x.name + ".T"
    return moved


def swapaxes(y: Any, axis1: int, axis2: int) -> Any:
    """Return `y` with two axes exchanged."""
    y = as_tensor_variable(y)
    order = list(range(y.ndim))
    first, second = _axis(y, axis1), _axis(y, axis2)
    order[first], order[second] = second, first
    return dimshuffle(y, order)


def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    """Return `a` with the axes `source` moved to `destination`."""
    a = as_tensor_variable(a)
    sources = [_axis(a, k) for k in _as_list(source)]
    places = [_axis(a, k) for k in _as_list(destination)]
    if len(sources) != len(places):
        raise ValueError(
            f"moveaxis needs as many destinations as sources, got {source} and "
            f"{destination}."
        )
    order = [k for k in range(a.ndim) if k not in sources]
    for place, axis in sorted(zip(places, sources, strict=True)):
        order.insert(place, axis)
    return dimshuffle(a, order)


def _as_list(axes: Any) -> list[int]:
    return [int(k) for k in np.atleast_1d(axes)]


def _axis(x: Any, axis: int) -> int:
    if not -x.ndim <= axis < x.ndim:
        raise ValueError(f"axis {axis} is out of bounds for {x} of rank {x.ndim}.")
    return int(axis % x.ndim)


def shape_padleft(t: Any, n_ones: int = 1) -> Any:
    """Return `t` with `n_ones` dims of 1 before its own."""
    t = as_tensor_variable(t)
    return dimshuffle(t, ["x"] * n_ones + list(range(t.ndim)))


def shape_padright(t: Any, n_ones: int = 1) -> Any:
    """Return `t` with `n_ones` dims of 1 after its own."""
    t = as_tensor_variable(t)
    return dimshuffle(t, list(range(t.ndim)) + ["x"] * n_ones)


def shape_padaxis(t: Any, axis: int) -> Any:
    """Return `t` with a dim of 1 that becomes axis `axis` of the result."""
    t = as_tensor_variable(t)
    rank = t.ndim + 1
    if not -rank <= axis < rank:
        raise IndexError(
            f"axis {axis} is out of bounds [-{rank}, {rank}) for shape_padaxis of {t}."
        )
    order: list[Any] = list(range(t.ndim))
    order.insert(axis % rank, "x")
    return dimshuffle(t, order)


def squeeze(x: Any, axis: Any = None) -> Any:
    """Return `x` without the dims that are known to be 1.

    Parameters
    ----------
    x : tensor
    axis : int or sequence of int, optional
        Only these; each must be known to be 1.
    """
    x = as_tensor_variable(x)
    if axis is None:
        dropped = [k for k in range(x.ndim) if x.broadcastable[k]]
    else:
        dropped = [_axis(x, k) for k in _as_list(axis)]
    return dimshuffle(x, [k for k in range(x.ndim) if k not in dropped])


def expand_dims(x: Any, axis: int) -> Any:
    """Return `x` with a dim of 1 that becomes axis `axis` of the result."""
    return shape_padaxis(x, axis)


def insert_dims(x: Any, axes: Sequence[int]) -> Any:
    """Return `x` with dims of 1 at `axes` of the result."""
    rank = x.ndim + len(axes)
    own = iter(range(x.ndim))
    return dimshuffle(x, ["x" if k in axes else next(own) for k in range(rank)])
