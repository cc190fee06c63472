"""Joining arrays and taking them apart: concatenate, stack, split."""

import operator
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from theanolike.codegen import lowering
from theanolike.errors import NotScalarConstantError, ShapeError
from theanolike.graph.apply import Apply
from theanolike.graph.record import record
from theanolike.graph.variable import Variable
from theanolike.ops.cotangent import Cotangent, Pulled, Tangent, disconnected
from theanolike.ops.declare import (
    Builder,
    Extent,
    NativeOp,
    Scalar,
    Shape,
    Shaped,
    Value,
    register,
)
from theanolike.ops.dimshuffle import shape_padaxis
from theanolike.ops.elementwise import cast_scalar
from theanolike.ops.extents import (
    make_vector,
    require_nonnegative,
    shape_i,
)
from theanolike.ops.known import get_scalar_constant_value, known_ints
from theanolike.ops.operands import as_operands
from theanolike.ops.shape import merged, spread_support
from theanolike.types.constants import as_tensor_variable
from theanolike.types.dtypes import INTEGERS, is_continuous, promote
from theanolike.types.type import TensorType
from theanolike.types.variable import functions

# Up to this many pieces an element is chosen by comparing its place with each end;
# more are written one after the other.
MOST_CHOSEN = 16
_SMALL = 64


@record
class Join(NativeOp):
    """Arrays one after the other along `axis`."""

    axis: int

    def make_node(self, *inputs: Any) -> Apply:
        variables = as_operands(inputs)
        kind = self.result(*(v.type for v in variables))
        return Apply(self, variables, [kind.make_variable()])

    def result(self, *types: TensorType) -> TensorType:
        static: list[int | None] = []
        for axis in range(types[0].ndim):
            extents = [t.shape[axis] for t in types]
            known = [e for e in extents if e is not None]
            if axis == self.axis:
                static.append(sum(known) if len(known) == len(types) else None)
                continue
            if len(set(known)) > 1:
                raise ValueError(
                    f"Join along axis {self.axis} needs equal extents elsewhere, "
                    f"got {known} in dimension {axis}."
                )
            static.append(known[0] if known else None)
        return TensorType(promote(*(t.dtype for t in types)), tuple(static))

    def shape(self, *inputs: Shaped) -> Shape:
        extents = list(inputs[0].shape)
        for x in inputs[1:]:
            extents[self.axis] = lowering.add(extents[self.axis], x.shape[self.axis])
        return tuple(extents)

    def reference(self, *arrays: Any) -> Any:
        return np.concatenate(arrays, self.axis)

    def pullback(
        self, node: Apply, cotangents: Sequence[Cotangent | None]
    ) -> Sequence[Pulled]:
        (g,) = cotangents
        if g is None:
            return [disconnected] * len(node.inputs)
        lengths = make_vector([shape_i(x, self.axis) for x in node.inputs])
        op = Split(self.axis, len(node.inputs))
        spread = spread_support(g)
        values = op(spread.value, lengths, return_list=True)
        supports: list[Any] = [None] * len(values)
        if spread.support is not None:
            supports = op(spread.support, lengths, return_list=True)
        return [
            g.like(functions().cast(value, x.type.dtype), support)  # type: ignore[attr-defined]
            if is_continuous(x.type.dtype)  # type: ignore[attr-defined]
            else disconnected
            for x, value, support in zip(node.inputs, values, supports, strict=True)
        ]

    def pushforward(
        self, node: Apply, tangents: Sequence[Tangent | None]
    ) -> Sequence[Tangent | None]:
        if all(t is None for t in tangents):
            return [None]
        f = functions()
        parts = [
            f.zeros_like(x, node.outputs[0].type.dtype) if t is None else t.value  # type: ignore[attr-defined]
            for x, t in zip(node.inputs, tangents, strict=True)
        ]
        return [Tangent(self(*parts))]

    def lower(self, b: Builder, *inputs: Value) -> Value:
        dtype = b.outputs[0].dtype
        extents = list(inputs[0].shape)
        for axis in range(len(extents)):
            for x in inputs[1:]:
                if axis != self.axis:
                    extents[axis] = b.require_equal(extents[axis], x.shape[axis], axis)
        ends = _running_sum([x.shape[self.axis] for x in inputs])
        extents[self.axis] = ends[-1]
        whole = merged(extents, b.outputs[0].shape)
        size = lowering.product(whole)
        small = isinstance(size, int) and size <= _SMALL
        if len(inputs) <= MOST_CHOSEN or small:
            return self._chosen(b, inputs, ends, whole, small=small)
        return self._written(b, inputs, ends, whole, dtype)

    def _chosen(
        self,
        b: Builder,
        inputs: Sequence[Value],
        ends: Sequence[int | Extent],
        extents: Shape,
        *,
        small: bool,
    ) -> Value:
        dtype = b.outputs[0].dtype

        def element(*axes: Scalar) -> Scalar:
            def piece(k: int) -> Scalar:
                place = list(axes)
                if k:
                    place[self.axis] = axes[self.axis] - lowering.Size(ends[k - 1])
                if self.axis < len(axes) - 1 or (len(axes) == 1 and not small):
                    place[self.axis] = lowering.kept_inside(
                        place[self.axis], inputs[k], self.axis
                    )
                return cast_scalar(inputs[k].at(*place), dtype)

            chosen = piece(len(inputs) - 1)
            for k in range(len(inputs) - 2, -1, -1):
                before = axes[self.axis] < lowering.Size(ends[k])
                chosen = lowering.guard(before, piece(k), chosen)
            return chosen

        return b.map(extents, dtype, element)

    def _written(
        self,
        b: Builder,
        inputs: Sequence[Value],
        ends: Sequence[int | Extent],
        extents: Shape,
        dtype: str,
    ) -> Value:
        whole = b.map(extents, dtype, lambda *_: lowering.Literal(0, dtype))
        for k, x in enumerate(inputs):
            start = ends[k - 1] if k else 0

            def write(
                *axes: Scalar, x: Value = x, start: int | Extent = start
            ) -> tuple[list[Any], Scalar]:
                place = list(axes)
                if start != 0:
                    place[self.axis] = axes[self.axis] + lowering.Size(start)
                return place, cast_scalar(x.at(*axes), dtype)

            whole = b.scatter("set", whole, x.shape, write, unique=True)
        return whole


def _running_sum(lengths: Sequence[int | Extent]) -> list[int | Extent]:
    ends: list[int | Extent] = []
    total: int | Extent = 0
    for length in lengths:
        total = lowering.add(total, length)
        ends.append(total)
    return ends


@record
class Split(NativeOp):
    """An array cut along `axis` into `n` pieces; operand 1 is their lengths."""

    axis: int
    n: int

    def make_node(self, *inputs: Any) -> Apply:
        x, lengths = (as_tensor_variable(v) for v in inputs)
        if lengths.ndim != 1 or lengths.type.dtype not in INTEGERS:
            raise TypeError(
                f"split takes a vector of integer lengths, got {lengths} of type "
                f"{lengths.type}."
            )
        if lengths.type.shape[0] not in (None, self.n):
            raise ValueError(
                f"split into {self.n} pieces needs {self.n} lengths, "
                f"got {lengths.type.shape[0]}."
            )
        known: Sequence[int | None] = [None] * self.n
        if lengths.type.shape[0] is not None:
            known = known_ints(lengths)
        self._check_known(known, x.type.shape[self.axis])
        kinds = [
            TensorType(
                x.type.dtype,
                (*x.type.shape[: self.axis], k, *x.type.shape[self.axis + 1 :]),
            )
            for k in known
        ]
        return Apply(self, [x, lengths], [kind.make_variable() for kind in kinds])

    def _check_known(self, lengths: Sequence[int | None], extent: int | None) -> None:
        known = [length for length in lengths if length is not None]
        if any(length < 0 for length in known):
            raise ShapeError(
                f"Split needs {self.n} lengths that aren't negative, got {lengths}."
            )
        total = sum(known)
        if (
            extent is None
            or total == extent
            or (len(known) < self.n and total < extent)
        ):
            return
        raise ShapeError(
            f"The splits sum to {total}, expected {extent}; change the lengths."
        )

    def shape(self, *inputs: Shaped) -> list[Shape]:
        x, lengths = inputs
        before, after = x.shape[: self.axis], x.shape[self.axis + 1 :]
        shapes = [(*before, lengths.item(k), *after) for k in range(self.n)]
        return shapes if self.n > 1 else shapes[0]  # type: ignore[return-value]

    def reference(self, *arrays: Any) -> Any:
        x, lengths = arrays
        if len(lengths) != self.n or np.any(np.asarray(lengths) < 0):
            raise ValueError(
                f"Split needs {self.n} lengths that aren't negative, got {lengths}."
            )
        if np.sum(lengths) != x.shape[self.axis]:
            raise ValueError(
                f"The splits sum to {np.sum(lengths)}, expected {x.shape[self.axis]}."
            )
        pieces = np.split(x, np.cumsum(lengths)[:-1], self.axis)
        return tuple(pieces) if self.n > 1 else pieces[0]

    def pullback(
        self, node: Apply, cotangents: Sequence[Cotangent | None]
    ) -> Sequence[Pulled]:
        if all(g is None for g in cotangents):
            return [disconnected, disconnected]
        f = functions()
        spread = [None if g is None else spread_support(g) for g in cotangents]
        pieces = [
            f.zeros_like(out) if g is None else g.value
            for g, out in zip(spread, node.outputs, strict=True)
        ]
        support = None
        if any(g is None or g.support is not None for g in spread):
            masks = [
                f.zeros_like(out, "bool")
                if g is None
                else f.ones_like(out, "bool")
                if g.support is None
                else g.support
                for g, out in zip(spread, node.outputs, strict=True)
            ]
            support = join(self.axis, *masks)
        is_guard = any(
            g is not None and g.support is not None and g.is_guard for g in spread
        )
        return [
            Cotangent(join(self.axis, *pieces), support, is_guard),
            disconnected,
        ]

    def pushforward(
        self, node: Apply, tangents: Sequence[Tangent | None]
    ) -> Sequence[Tangent | None]:
        t = tangents[0]
        if t is None:
            return [None] * self.n
        return [Tangent(v) for v in self(t.value, node.inputs[1], return_list=True)]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True] * self.n, [False] * self.n]

    def lower(self, b: Builder, *inputs: Value) -> Any:
        x, lengths = inputs
        b.require_equal(lengths.shape[0], self.n)
        items = [b.item(lengths, k) for k in range(self.n)]
        ends = _running_sum(items)
        require_nonnegative(b, [e for e in items if not lowering.is_nonnegative(e)])
        for e in items:
            b.make_room((e,))
        b.require_equal(x.shape[self.axis], ends[-1], self.axis)
        pieces = []
        for k, length in enumerate(items):
            start = ends[k - 1] if k else 0
            dims = [
                lowering.ViewDim(axis, start if axis == self.axis else 0)
                for axis in range(x.ndim)
            ]
            extents = list(x.shape)
            extents[self.axis] = length
            static = b.outputs[k].shape
            pieces.append(b.view(x, merged(extents, static), dims))
        return tuple(pieces)


register(Join(0), "join")
register(Split(0, 2), "split")


def join(axis: Any, *tensors_list: Any) -> Any:
    """Return the tensors one after the other along `axis`, which must be known.

    Raises
    ------
    TypeError
        Scalars, or tensors of different ranks.
    ValueError
        No tensor at all, or an axis that they don't have.
    """
    if not tensors_list:
        raise ValueError("Cannot join an empty list of tensors.")
    variables = [as_tensor_variable(x) for x in tensors_list]
    ranks = {x.ndim for x in variables}
    if 0 in ranks:
        raise TypeError(
            "Join cannot handle arguments of dimension 0; join scalars by stack."
        )
    if len(ranks) > 1:
        raise TypeError(
            "Join() can only join tensors with the same number of dimensions."
        )
    (rank,) = ranks
    try:
        place = operator.index(get_scalar_constant_value(axis)[()])
    except (NotScalarConstantError, TypeError) as error:
        raise TypeError(f"join needs an axis known early, got {axis}.") from error
    if not -rank <= place < rank:
        raise ValueError(
            f"Join axis {place} is out of range for tensors of rank {rank}."
        )
    return variables[0] if len(variables) == 1 else Join(place % rank)(*variables)


def concatenate(tensor_list: Any, axis: Any = 0) -> Any:
    """Return the tensors of a list one after the other along `axis`."""
    if not isinstance(tensor_list, list | tuple):
        raise TypeError(
            "The 'tensors' argument must be either a tuple or a list, make sure you "
            f"did not forget () or [] around arguments of concatenate: got "
            f"{tensor_list}."
        )
    return join(axis, *tensor_list)


def stack(*args: Any, tensors: Any = None, axis: Any = None) -> Any:
    """Return tensors of equal shape along a new axis.

    Parameters
    ----------
    *args : list of tensors, or tensors
        A list, which an axis may follow; several tensors are the old form, which
        warns.
    tensors : list of tensors, optional
        The list by name.
    axis : int
        Where the new axis stands in the result, 0 by default.
    """
    if tensors is not None:
        if args:
            raise TypeError("stack got tensors twice.")
        args = (tensors,)
    if not args:
        raise ValueError("No tensor arguments given to stack.")
    if isinstance(args[0], list | tuple):
        if len(args) > 1 and axis is not None:
            raise TypeError("stack got axis twice.")
        given: Sequence[Any] = args[0]
        place = args[1] if len(args) > 1 else (axis or 0)
    elif isinstance(args[0], np.ndarray) and len(args) == 1:
        given, place = list(args[0]), axis or 0
    else:
        warnings.warn(
            "stack(*tensors) is deprecated, use stack([tensors], axis=0).",
            DeprecationWarning,
            stacklevel=2,
        )
        given, place = args, axis or 0
    return _stack(given, int(place))


def _stack(given: Sequence[Any], place: int) -> Any:
    if not given:
        raise ValueError("Cannot join an empty list of tensors.")
    variables = as_operands(given)
    if all(x.ndim == 0 for x in variables):
        if place not in (0, -1):
            raise ValueError(f"stack of scalars has axis 0 only, got {place}.")
        return make_vector(given)
    if len({x.ndim for x in variables}) > 1:
        return join(place, *variables)  # which says what is wrong
    return join(place, *(shape_padaxis(x, place) for x in variables))


def stacklists(arg: Any) -> Any:
    """Return nested lists of tensors as one tensor, a dim per level of nesting."""
    if isinstance(arg, list | tuple):
        return stack([stacklists(item) for item in arg])
    return arg if isinstance(arg, Variable) else as_tensor_variable(arg)


def horizontal_stack(*args: Any) -> Any:
    """Return matrices side by side."""
    return _of_matrices(1, args)


def vertical_stack(*args: Any) -> Any:
    """Return matrices one above the other."""
    return _of_matrices(0, args)


def _of_matrices(axis: int, args: Sequence[Any]) -> Any:
    variables = [as_tensor_variable(x) for x in args]
    if len(variables) < 2 or any(x.ndim != 2 for x in variables):
        raise ValueError(
            f"Expected two matrices or more, got {', '.join(map(str, variables))}."
        )
    return join(axis, *variables)


def split(x: Any, splits_size: Any, n_splits: int, axis: int = 0) -> list[Any]:
    """Return `x` cut along `axis` into `n_splits` pieces of lengths `splits_size`.

    Raises
    ------
    ValueError
        At run time, when the lengths don't sum to the extent, or one is negative.
    """
    x = as_tensor_variable(x)
    place = int(get_scalar_constant_value(axis))
    if not -x.ndim <= place < x.ndim:
        raise ValueError(f"axis {place} is out of range for {x} of rank {x.ndim}.")
    if isinstance(splits_size, list | tuple):
        splits_size = make_vector(splits_size)
    return Split(place % x.ndim, n_splits)(x, splits_size, return_list=True)  # type: ignore[no-any-return]
