"""Where an array isn't zero: `nonzero`, and indexing by masks through it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from theanolike.codegen import lowering
from theanolike.graph.apply import Apply
from theanolike.graph.record import record
from theanolike.ops.cotangent import Cotangent, Pulled, Tangent, disconnected
from theanolike.ops.declare import (
    Builder,
    NativeOp,
    Scalar,
    Shape,
    Shaped,
    Value,
    cast_scalar,
    register,
)
from theanolike.ops.extents import shape_i
from theanolike.types.constants import as_tensor_variable
from theanolike.types.type import TensorType
from theanolike.types.variable import functions


@record
class FlatNonzero(NativeOp):
    """The places where a bool vector holds; operand 1 says how many there are."""

    def make_node(self, *inputs: Any) -> Apply:
        mask, count = (as_tensor_variable(v) for v in inputs)
        if mask.type.dtype != "bool" or mask.ndim != 1 or count.type.dtype != "int64":
            raise TypeError(
                f"FlatNonzero takes a bool vector and an int64, got {mask.type} and "
                f"{count.type}."
            )
        kind = TensorType("int64", (None,))
        return Apply(self, [mask, count], [kind.make_variable()])

    def shape(self, *inputs: Shaped) -> Shape:
        return (inputs[1].item(),)

    def reference(self, *arrays: Any) -> Any:
        return np.flatnonzero(arrays[0])

    def pullback(
        self, node: Apply, cotangents: Sequence[Cotangent | None]
    ) -> Sequence[Pulled]:
        return [disconnected, disconnected]

    def pushforward(
        self, node: Apply, tangents: Sequence[Tangent | None]
    ) -> Sequence[Tangent | None]:
        return [None]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[False], [False]]

    def lower(self, b: Builder, *inputs: Value) -> Value:
        mask, count = inputs
        length, found = mask.shape[0], b.item(count)

        def body(
            inner: Builder, step: Value, so_far: Value, mask: Value
        ) -> Sequence[Value]:
            more = inner.map(
                (),
                "int64",
                lambda: so_far.at() + cast_scalar(mask.at(step.at()), "int64"),
            )
            return [more, more]

        zero = b.constant(np.zeros((), "int64"))
        _, counts = b.loop(length, [zero], [mask], body, collect=1)

        # Places where the mask fails are written to one more element, cut off after.
        spare = lowering.Size(found)

        def write(i: Scalar) -> tuple[list[Any], Scalar]:
            place = counts.at(i) - 1
            return [lowering.select(mask.at(i), place, spare)], i

        base = b.map(
            (lowering.add(found, 1),), "int64", lambda _: lowering.Literal(0, "int64")
        )
        places = b.scatter("set", base, (length,), write)
        return b.view(places, (found,), [lowering.ViewDim(0)])


register(FlatNonzero(), "FlatNonzero")


def flatnonzero(a: Any) -> Any:
    """Return the places in row-major order where `a` isn't zero."""
    f = functions()
    a = as_tensor_variable(a)
    if a.ndim == 0:
        raise ValueError("Nonzero only supports non-scalar arrays.")
    flat = a if a.ndim == 1 else f.flatten(a)
    mask = flat if flat.type.dtype == "bool" else f.neq(flat, 0)
    return FlatNonzero()(mask, f.sum(mask, dtype="int64"))


def nonzero(a: Any, return_matrix: bool = False) -> Any:
    """Return where `a` isn't zero: for each dim, a vector of places.

    Parameters
    ----------
    a : tensor
        Of rank 1 at least.
    return_matrix : bool
        Return the vectors as the rows of a matrix, instead of a tuple.
    """
    f = functions()
    a = as_tensor_variable(a)
    flat = flatnonzero(a)
    places = [flat]
    for axis in range(a.ndim - 1, 0, -1):
        extent = shape_i(a, axis)
        places[:1] = [f.int_div(places[0], extent), f.mod(places[0], extent)]
    return f.stack(places) if return_matrix else tuple(places)


def nonzero_values(a: Any) -> Any:
    """Return the elements of `a` that aren't zero, as a vector."""
    a = as_tensor_variable(a)
    return functions().getitem(functions().flatten(a), flatnonzero(a))
