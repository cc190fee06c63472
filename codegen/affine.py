"""Index expressions as affine functions of the loop axes, where they are."""

from typing import NamedTuple

from theanolike.codegen.program import Axis, Call, Literal, Scalar, Size
from theanolike.codegen.shapes import Extent, Shape, add, mul


class Affine(NamedTuple):
    """`constant + sum(coefficient * axis)`, plus terms that aren't affine.

    `rest` holds (scalar, factor) pairs, such as a gathered index times a stride.
    """

    coefficients: tuple[tuple[int, "int | Extent"], ...]
    constant: int | Extent
    rest: tuple[tuple[Scalar, "int | Extent"], ...] = ()

    def coefficient(self, axis: int) -> int | Extent:
        """Return the factor of `axis`, 0 if absent."""
        for own, factor in self.coefficients:
            if own == axis:
                return factor
        return 0

    def plus(self, other: "Affine") -> "Affine":
        """Return the sum."""
        total = dict(self.coefficients)
        for axis, factor in other.coefficients:
            total[axis] = add(total.get(axis, 0), factor)
        kept = (
            tuple(sorted((a, f) for a, f in total.items() if f != 0))
            if all(isinstance(f, int) for f in total.values())
            else tuple((a, total[a]) for a in sorted(total) if total[a] != 0)
        )
        return Affine(kept, add(self.constant, other.constant), self.rest + other.rest)

    def times(self, factor: int | Extent) -> "Affine":
        """Return the product with an extent."""
        if factor == 0:
            return Affine((), 0)
        return Affine(
            tuple((axis, mul(f, factor)) for axis, f in self.coefficients),
            mul(self.constant, factor),
            tuple((scalar, mul(f, factor)) for scalar, f in self.rest),
        )


ZERO = Affine((), 0)


def affine(scalar: Scalar) -> Affine:
    """Return `scalar`, an int64, as an affine function of the axes."""
    if isinstance(scalar, Axis):
        return Affine(((scalar.axis, 1),), 0)
    if isinstance(scalar, Literal):
        return Affine((), int(scalar.value))
    if isinstance(scalar, Size):
        return Affine((), scalar.extent)
    found = None
    if isinstance(scalar, Call) and scalar.dtype == "int64":
        found = _affine_call(scalar)
    return found or Affine((), 0, ((scalar, 1),))


def _affine_call(call: Call) -> Affine | None:
    if call.name in ("add", "sub"):
        left, right = map(affine, call.args)
        return left.plus(right if call.name == "add" else right.times(-1))
    if call.name == "neg":
        return affine(call.args[0]).times(-1)
    if call.name == "mul":
        left, right = map(affine, call.args)
        for one, other in ((left, right), (right, left)):
            if not other.coefficients and not other.rest:
                return one.times(other.constant)
    if call.name == "cast" and call.args[0].dtype == "int64":
        return affine(call.args[0])
    return None


def strides(shape: Shape) -> tuple["int | Extent", ...]:
    """Return the element strides of a dense row-major array."""
    result: list[int | Extent] = []
    step: int | Extent = 1
    for extent in reversed(shape):
        result.append(step)
        step = mul(extent, step)
    return tuple(reversed(result))


def offset(index: tuple[Scalar, ...], shape: Shape) -> Affine:
    """Return where the element at `index` of a dense array lies, in elements."""
    plain = _plain_offset(index, shape)
    if plain is not None:
        return plain
    total = ZERO
    for scalar, step in zip(index, strides(shape), strict=True):
        total = total.plus(affine(scalar).times(step))
    return total


def _plain_offset(index: tuple[Scalar, ...], shape: Shape) -> Affine | None:
    """Return the offset where indices are distinct axes or constants."""
    found: dict[int, int | Extent] = {}
    constant: int | Extent = 0
    step: int | Extent = 1
    for scalar, extent in zip(reversed(index), reversed(shape), strict=True):
        if isinstance(scalar, Axis) and scalar.axis not in found:
            found[scalar.axis] = step
        elif isinstance(scalar, Literal):
            constant = add(constant, mul(step, int(scalar.value)))
        else:
            return None
        step = mul(extent, step)
    kept = tuple((a, found[a]) for a in sorted(found) if found[a] != 0)
    return Affine(kept, constant)
