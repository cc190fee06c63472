"""Boxes: sets of places that are a range of indices along each axis."""

from collections.abc import Sequence

from theanolike.codegen.affine import affine
from theanolike.codegen.program import Scalar
from theanolike.codegen.shapes import Extent, Shape, add, minimum

__all__ = ["Box", "box_of"]

Box = list[tuple["int | Extent", "int | Extent"]]


def box_of(place: Sequence[Scalar], domain: Shape, shape: Shape) -> Box | None:
    """Return the box, first index and end of each axis, that `place` runs over.

    `place` is said in terms of the axes of `domain` and lies in an array of `shape`. It
    is None for another set of places, or if some are met twice.
    """
    if not place:
        return None
    box: Box = []
    used: set[int] = set()
    for scalar, extent in zip(place, shape, strict=True):
        where = affine(scalar)
        if where.rest or len(where.coefficients) > 1:
            return None
        length: int | Extent = 1
        for axis, factor in where.coefficients:
            if factor != 1 or axis in used:
                return None
            used.add(axis)
            length = domain[axis]
        first = minimum(where.constant, extent)
        box.append((first, minimum(add(where.constant, length), extent)))
    return box if len(used) == len(domain) else None
