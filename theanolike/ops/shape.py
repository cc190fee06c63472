"""Reshaping, flattening, and saying more or less about a shape."""

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from theanolike.codegen import lowering
from theanolike.errors import AssertionFailedError, ShapeError
from theanolike.graph.apply import Apply
from theanolike.graph.record import record
from theanolike.ops.cotangent import Cotangent, Pulled, Tangent, disconnected
from theanolike.ops.declare import (
    Builder,
    Extent,
    NativeOp,
    Shape,
    Shaped,
    Value,
    register,
)
from theanolike.ops.extents import require_nonnegative, shape_i
from theanolike.ops.known import as_extents, known_int
from theanolike.types.broadcasting import StaticShape
from theanolike.types.constants import as_tensor_variable
from theanolike.types.type import TensorType
from theanolike.types.variable import functions


def spread_support(g: Any) -> Any:
    """Return `g` with a support of its value's own shape, fit to move with it."""
    if g.support is None:
        return g
    return g.like(g.value, functions().fill_like(g.support, g.value))


class Movement(NativeOp):
    """Moves elements of its first operand; the others say how, as integers."""

    def pushforward(
        self, node: Apply, tangents: Sequence[Tangent | None]
    ) -> Sequence[Tangent | None]:
        t = tangents[0]
        if t is None:
            return [None]
        return [spread_support(t).through(lambda v: self(v, *node.inputs[1:]))]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True]] + [[False]] * (len(node.inputs) - 1)


class Rearrangement(Movement):
    """A movement with a way back: `back` says where a cotangent goes."""

    leaves_out: ClassVar[bool] = False  # whether elements are lost

    def back(self, node: Apply, value: Any) -> Any:
        """Bring a value of the output's shape to the first input's."""
        raise NotImplementedError

    def pullback(
        self, node: Apply, cotangents: Sequence[Cotangent | None]
    ) -> Sequence[Pulled]:
        (g,) = cotangents
        others: list[Pulled] = [disconnected] * (len(node.inputs) - 1)
        if g is None:
            return [disconnected, *others]
        if g.support is None and self.leaves_out:
            g = type(g)(g.value, functions().ones_like(g.value, "bool"), False)
        return [spread_support(g).through(lambda v: self.back(node, v)), *others]


@record
class Reshape(Rearrangement):
    """The elements in row-major order under another shape, one extent an operand.

    One of the extents may be -1: what the others leave.
    """

    ndim: int

    def __init__(self, ndim: int, name: str | None = None) -> None:
        """Take the rank, and as Theano a name, which nothing shows."""
        self.__dict__["ndim"] = ndim

    def make_node(self, *inputs: Any) -> Apply:
        x = as_tensor_variable(inputs[0])
        extents = inputs[1:]
        if len(extents) != self.ndim or any(getattr(e, "ndim", 0) for e in extents):
            extents = tuple(as_extents(extents[0], self.ndim, "reshape"))
        variables = [as_tensor_variable(e) for e in extents]
        known = _known_shape(x, variables)
        return Apply(
            self, [x, *variables], [TensorType(x.type.dtype, known).make_variable()]
        )

    def shape(self, *inputs: Shaped) -> Shape:
        total = lowering.product(inputs[0].shape)
        return _fill_in(total, [e.item() for e in inputs[1:]])

    def reference(self, *arrays: Any) -> Any:
        extents = tuple(int(e) for e in arrays[1:])
        if min(extents, default=0) < -1:
            raise ShapeError(
                f"reshape needs extents that aren't negative, or one -1, got {extents}."
            )
        return np.reshape(arrays[0], extents)

    def back(self, node: Apply, value: Any) -> Any:
        x = node.inputs[0]
        return Reshape(x.ndim)(value, *(shape_i(x, k) for k in range(x.ndim)))  # type: ignore[attr-defined]

    def lower(self, b: Builder, *inputs: Value) -> Value:
        x = inputs[0]
        total = lowering.product(x.shape)
        given = [b.item(e) for e in inputs[1:]]
        extents = _fill_in(total, given)
        require_nonnegative(b, extents)
        if -1 in given:
            # Beside an extent of 0 it could be anything.
            others = lowering.product(e for e in given if e != -1)
            b.require_equal(lowering.minimum(others, 1), 1)
        b.make_room(extents)
        b.require_equal(total, lowering.product(extents))
        return b.reshape(x, merged(extents, b.outputs[0].shape))

    def __str__(self) -> str:
        return f"Reshape{{{self.ndim}}}"


def merged(extents: Sequence[int | Extent], static: StaticShape) -> Shape:
    """Return `extents`, those that the type knows as ints."""
    return tuple(
        e if known is None else known for e, known in zip(extents, static, strict=True)
    )


def _known_shape(x: Any, extents: Sequence[Any]) -> StaticShape:
    """Return the static shape of a reshape, the -1 resolved where all is known."""
    known = [known_int(e) for e in extents]
    if known.count(-1) > 1:
        raise ValueError(f"reshape takes one -1 at most, got {tuple(known)}.")
    wrong = [e for e in known if e is not None and e < -1]
    if wrong:
        raise ValueError(f"reshape got the negative extent {wrong[0]}; use -1 or more.")
    if None in x.type.shape or None in known:
        return tuple(None if e == -1 else e for e in known)
    total = math.prod(x.type.shape)
    others = math.prod(e for e in known if e not in (None, -1))
    left = total // others if -1 in known and others else 1
    if left * others != total or (-1 in known and not others):
        raise ValueError(
            f"cannot reshape {x} of shape {x.type.shape} into {tuple(known)}: it has "
            f"{total} elements."
        )
    return tuple(left if e == -1 else e for e in known)


def _fill_in(total: int | Extent, given: Sequence[int | Extent]) -> Shape:
    """Return the extents with the -1 replaced, also one known only in the run."""
    if -1 in given:
        left = lowering.floordiv(total, lowering.product(e for e in given if e != -1))
        return tuple(left if e == -1 else e for e in given)
    unsure = [e for e in given if not lowering.is_nonnegative(e)]
    if not unsure:
        return tuple(given)
    left = lowering.floordiv(total, lowering.sub(0, lowering.product(given)))
    return tuple(
        lowering.where_negative(e, left, e) if e in unsure else e for e in given
    )


@record
class Flatten(Rearrangement):
    """The first dims kept, all the others as one: a result of rank `ndim`."""

    ndim: int

    def __init__(self, ndim: int = 1, outdim: int | None = None) -> None:
        """Take the rank, which Theano calls `outdim`."""
        self.__dict__["ndim"] = ndim if outdim is None else outdim

    def result(self, *types: TensorType) -> TensorType:
        (x,) = types
        kept = self.ndim - 1
        rest = x.shape[kept:]
        last = None if None in rest else int(np.prod(rest, dtype=np.int64))  # type: ignore[arg-type]
        return TensorType(x.dtype, (*x.shape[:kept], last))

    def shape(self, *inputs: Shaped) -> Shape:
        extents = inputs[0].shape
        kept = self.ndim - 1
        return (*extents[:kept], lowering.product(extents[kept:]))

    def reference(self, *arrays: Any) -> Any:
        x = np.asarray(arrays[0])
        kept = x.shape[: self.ndim - 1]
        return x.reshape((*kept, int(np.prod(x.shape[self.ndim - 1 :]))))

    def back(self, node: Apply, value: Any) -> Any:
        x = node.inputs[0]
        return Reshape(x.ndim)(value, *(shape_i(x, k) for k in range(x.ndim)))  # type: ignore[attr-defined]

    def lower(self, b: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        return x if x.ndim == 1 else b.reshape(x, self.shape(x))  # type: ignore[arg-type]

    def __str__(self) -> str:
        return f"Flatten{{{self.ndim}}}"


@record
class SpecifyShape(Rearrangement):
    """Requires extents: operand k + 1 is that of `axes[k]`. A wrong one is an error."""

    axes: tuple[int, ...]

    failure: ClassVar[type[Exception]] = AssertionFailedError

    def make_node(self, *inputs: Any) -> Apply:
        x, *extents = (as_tensor_variable(v) for v in inputs)
        static = list(x.type.shape)
        for axis, extent in zip(self.axes, extents, strict=True):
            known = known_int(extent)
            if known is None:
                continue
            if static[axis] not in (None, known):
                raise AssertionFailedError(
                    f"specify_shape: dim {axis} of {x} should be {known}, its type "
                    f"says {static[axis]}."
                )
            static[axis] = known
        kind = TensorType(x.type.dtype, tuple(static))
        return Apply(self, [x, *extents], [kind.make_variable()])

    def shape(self, *inputs: Shaped) -> Shape:
        return inputs[0].shape

    def reference(self, *arrays: Any) -> Any:
        x = np.asarray(arrays[0])
        for axis, extent in zip(self.axes, arrays[1:], strict=True):
            if x.shape[axis] != extent:
                raise AssertionFailedError(
                    f"SpecifyShape: dim {axis} of input has shape {x.shape[axis]}, "
                    f"expected {int(extent)}."
                )
        return x

    def back(self, node: Apply, value: Any) -> Any:
        return self(value, *node.inputs[1:])

    def lower(self, b: Builder, *inputs: Value) -> Value:
        x, *extents = inputs
        found = list(x.shape)
        for axis, extent in zip(self.axes, extents, strict=True):
            found[axis] = b.require_equal(b.item(extent), found[axis], axis)
        return as_shaped(b, x, merged(found, b.outputs[0].shape))


def as_shaped(b: Builder, x: Value, extents: Shape) -> Value:
    """Return `x` under extents that are equal to its own but known better."""
    if extents == x.shape:
        return x
    return b.view(x, extents, [lowering.ViewDim(k) for k in range(x.ndim)])


def _is_pairs(value: Any) -> bool:
    return all(isinstance(item, tuple | list) for item in value)


@record
class Rebroadcast(Rearrangement):
    """For each (axis, pattern), require the extent 1 (True) or forget that it is."""

    axes: tuple[tuple[int, bool], ...]

    def __init__(self, *pairs: Any, axes: Any = None) -> None:
        """Take the pairs one by one, as Theano, or all in one tuple."""
        if axes is None:
            axes = pairs[0] if len(pairs) == 1 and _is_pairs(pairs[0]) else pairs
        self.__dict__["axes"] = tuple((int(axis), bool(one)) for axis, one in axes)

    def result(self, *types: TensorType) -> TensorType:
        (x,) = types
        static = list(x.shape)
        for axis, broadcastable in self.axes:
            if not 0 <= axis < len(static):
                raise ValueError(
                    f"Trying to rebroadcast non-existent dimension {axis}."
                )
            if broadcastable and static[axis] not in (None, 1):
                raise ValueError(
                    f"Dimension {axis} in Rebroadcast's input was supposed to be 1 "
                    f"(got {static[axis]} instead)."
                )
            if broadcastable or static[axis] == 1:
                static[axis] = 1 if broadcastable else None
        return TensorType(x.dtype, tuple(static))

    def shape(self, *inputs: Shaped) -> Shape:
        wanted = {axis for axis, broadcastable in self.axes if broadcastable}
        return tuple(1 if k in wanted else e for k, e in enumerate(inputs[0].shape))

    def reference(self, *arrays: Any) -> Any:
        x = np.asarray(arrays[0])
        for axis, broadcastable in self.axes:
            if broadcastable and x.shape[axis] != 1:
                raise ValueError(
                    f"Dimension {axis} in Rebroadcast's input was supposed to be 1 "
                    f"(got {x.shape[axis]} instead)."
                )
        return x

    def back(self, node: Apply, value: Any) -> Any:
        return specify_static(value, node.inputs[0].type.shape)  # type: ignore[attr-defined]

    def lower(self, b: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        for axis, broadcastable in self.axes:
            if broadcastable:
                b.require_equal(1, x.shape[axis], axis)
        return as_shaped(b, x, self.shape(x))  # type: ignore[arg-type]


register(Reshape(2), "reshape")
register(Flatten(1), "flatten")
register(SpecifyShape((0,)), "specify_shape")
register(Rebroadcast(((0, True),)), "Rebroadcast")


def reshape(x: Any, newshape: Any, ndim: int | None = None) -> Any:
    """Return the elements of `x` in row-major order under another shape.

    Parameters
    ----------
    x : tensor
    newshape : int, sequence of ints and scalars, or integer vector
        One of the extents may be -1: what the others leave.
    ndim : int, optional
        The rank of the result, where the length of `newshape` isn't known.

    Raises
    ------
    ValueError
        The rank can't be told; at run time, when the number of elements differs.
    """
    x = as_tensor_variable(x)
    extents = as_extents(newshape, ndim, "reshape")
    if ndim is not None and len(extents) != ndim:
        raise ValueError(
            f"The length of newshape, {len(extents)}, doesn't match ndim, {ndim}."
        )
    return Reshape(len(extents))(x, *extents)


def flatten(x: Any, ndim: int | None = None, outdim: int | None = None) -> Any:
    """Return `x` with the dims from `ndim - 1` on as one; `outdim` is the old name."""
    rank = (1 if outdim is None else outdim) if ndim is None else ndim
    x = as_tensor_variable(x)
    if rank < 1 or (rank > 1 and rank > x.ndim):
        raise ValueError(f"ndim {rank} out of bound [1, {x.ndim + 1}) for {x}.")
    return Flatten(rank)(x)


def is_flat(var: Any, ndim: int | None = None, outdim: int | None = None) -> bool:
    """Tell whether `var` has the rank that `flatten` would give it."""
    rank = (1 if outdim is None else outdim) if ndim is None else ndim
    return bool(var.ndim == rank)


def specify_shape(x: Any, shape: Any) -> Any:
    """Return `x`, of which `shape` is known to be the shape.

    Parameters
    ----------
    x : tensor
    shape : sequence of int, scalar or None, or integer vector
        None leaves an extent open.

    Raises
    ------
    AssertionError
        At run time, when `x` has another shape.
    """
    x = as_tensor_variable(x)
    if isinstance(shape, list | tuple):
        axes = tuple(k for k, e in enumerate(shape) if e is not None)
        length = len(shape)
        extents = as_extents([shape[k] for k in axes], what="specify_shape")
    else:
        extents = as_extents(shape, x.ndim, "specify_shape")
        length = len(extents)
        axes = tuple(range(length))
    if length != x.ndim:
        raise ValueError(
            f"specify_shape: expected {x.ndim} extents for {x}, got {length}."
        )
    return SpecifyShape(axes)(x, *extents)


def specify_static(var: Any, static: StaticShape) -> Any:
    """Return `var` with the extents that `static` knows and its type doesn't."""
    axes = tuple(
        k
        for k, (known, wanted) in enumerate(zip(var.type.shape, static, strict=True))
        if wanted is not None and known != wanted
    )
    if not axes:
        return var
    return SpecifyShape(axes)(var, *(np.int64(static[k]) for k in axes))  # type: ignore[arg-type]


def addbroadcast(x: Any, *axes: int) -> Any:
    """Return `x` with these axes known to be 1; a ValueError at run time otherwise."""
    return _rebroadcast(x, dict.fromkeys(axes, True))


def unbroadcast(x: Any, *axes: int) -> Any:
    """Return `x` with these axes not known to be 1."""
    return _rebroadcast(x, dict.fromkeys(axes, False))


def patternbroadcast(x: Any, broadcastable: Sequence[bool]) -> Any:
    """Return `x` with this broadcast pattern."""
    return _rebroadcast(x, dict(enumerate(broadcastable)))


def _rebroadcast(x: Any, pattern: dict[int, bool]) -> Any:
    x = as_tensor_variable(x)
    for axis in pattern:
        if not 0 <= axis < x.ndim:
            raise ValueError(f"Trying to rebroadcast non-existent dimension {axis}.")
    changed = tuple(
        (k, bool(on)) for k, on in pattern.items() if x.broadcastable[k] != bool(on)
    )
    return Rebroadcast(changed)(x) if changed else x
