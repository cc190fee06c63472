"""Where an array isn't zero: `nonzero`, and indexing by masks through it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from theanolike.codegen import lowering
from theanolike.codegen.lowering import product
from theanolike.errors import IndexOutOfBoundsError
from theanolike.graph.apply import Apply
from theanolike.graph.record import record
from theanolike.ops.declare import (
    Builder,
    Extent,
    Scalar,
    Shape,
    Shaped,
    Value,
    WithoutGradient,
    register,
)
from theanolike.ops.elementwise import cast_scalar
from theanolike.ops.shape import SpecifyShape
from theanolike.types.constants import as_tensor_variable
from theanolike.types.type import TensorType
from theanolike.types.variable import functions


@record
class Nonzero(WithoutGradient):
    """The places where a bool array holds, a vector for each of its dims.

    Operand 1 says how many there are.
    """

    def make_node(self, *inputs: Any) -> Apply:
        mask, count = (as_tensor_variable(v) for v in inputs)
        if mask.type.dtype != "bool" or not mask.ndim or count.type.dtype != "int64":
            raise TypeError(
                f"Nonzero takes a bool array and an int64, got {mask.type} and "
                f"{count.type}."
            )
        kind = TensorType("int64", (None,))
        return Apply(self, [mask, count], [kind() for _ in range(mask.ndim)])

    def shape(self, *inputs: Shaped) -> Any:
        mask, count = inputs
        shapes: list[Shape] = [(count.item(),) for _ in mask.shape]
        return shapes if len(shapes) > 1 else shapes[0]

    def reference(self, *arrays: Any) -> Any:
        places = np.nonzero(arrays[0])
        return places if len(places) > 1 else places[0]

    def lower(self, b: Builder, *inputs: Value) -> tuple[Value, ...]:
        mask, count = inputs
        found = b.item(count)
        flat = mask if mask.ndim == 1 else b.reshape(mask, (product(mask.shape),))
        places = _places(b, flat, found)
        outputs = []
        for axis, extent in enumerate(mask.shape):
            step = lowering.Size(product(mask.shape[axis + 1 :]))
            size = lowering.Size(extent)

            def coordinate(
                i: Scalar,
                axis: int = axis,
                step: Scalar = step,
                size: Scalar = size,
            ) -> Scalar:
                place: Scalar = places.at(i)
                place = place if axis == mask.ndim - 1 else place // step
                return place if axis == 0 else place % size

            outputs.append(b.map((found,), "int64", coordinate))
        return tuple(outputs)


def _places(b: Builder, mask: Value, found: int | Extent) -> Value:
    """Return where a bool vector holds, `found` places."""

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
    _, counts = b.loop(mask.shape[0], [zero], [mask], body, collect=1)

    # Places where the mask fails are written to one more element, cut off after.
    spare = lowering.Size(found)

    def write(i: Scalar) -> tuple[list[Any], Scalar]:
        return [lowering.select(mask.at(i), counts.at(i) - 1, spare)], i

    base = b.map(
        (lowering.add(found, 1),), "int64", lambda _: lowering.Literal(0, "int64")
    )
    places = b.scatter("set", base, mask.shape, write)
    return b.view(places, (found,), [lowering.ViewDim(0)])


def mask_of(indices: Sequence[Any]) -> Any:
    """Return the mask whose places the index arrays are, or None."""
    node = indices[0].owner
    if node is None or not isinstance(node.op, Nonzero):
        return None
    return node.inputs[0] if node.outputs == list(indices) else None


register(Nonzero(), "nonzero")


@record
class FitsMask(SpecifyShape):
    """Requires the extents of a mask and of what it chooses from to be equal."""

    def reference(self, *arrays: Any) -> Any:
        x = np.asarray(arrays[0])
        for axis, extent in zip(self.axes, arrays[1:], strict=True):
            if x.shape[axis] != extent:
                raise IndexOutOfBoundsError(
                    f"boolean index did not match indexed array along axis {axis}; "
                    f"their sizes are {x.shape[axis]} and {int(extent)}"
                )
        return x


register(FitsMask((0,)), "fits_mask")


def flatnonzero(a: Any) -> Any:
    """Return the places in row-major order where `a` isn't zero."""
    return nonzero(functions().flatten(_with_dims(a)))[0]


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
    a = _with_dims(a)
    mask = a if a.type.dtype == "bool" else f.neq(a, 0)
    places = Nonzero()(mask, f.sum(mask, dtype="int64"), return_list=True)
    return f.stack(places) if return_matrix else tuple(places)


def _with_dims(a: Any) -> Any:
    a = as_tensor_variable(a)
    if a.ndim == 0:
        raise ValueError("Nonzero only supports non-scalar arrays.")
    return a


def nonzero_values(a: Any) -> Any:
    """Return the elements of `a` that aren't zero, as a vector."""
    a = as_tensor_variable(a)
    return functions().getitem(functions().flatten(a), flatnonzero(a))
