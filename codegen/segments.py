"""Runs of an axis along which the guards of scalars are decided.

What is put together from slices, as the gradients of an LSTM's gates are, is guarded:
`i < 128 ? a : 0` and so on. In a loop over one slice only its own arm is left.
"""

from collections.abc import Sequence

from theanolike.codegen.program import Axis, Call, Literal, Scalar, scalar_order

SHORTEST = 16  # elements of a run, at least
MOST = 8  # runs, at most


def segments(bodies: Sequence[Scalar], axis: int) -> list[int]:
    """Return where to cut an axis, in order; nowhere if that doesn't pay."""
    found: set[int] = set()
    for scalar in scalar_order(*bodies):
        if isinstance(scalar, Call) and scalar.name == "guard":
            for part in scalar_order(scalar.args[0]):
                where = _threshold(part, axis)
                if where is not None:
                    found.add(where[0])
    cuts = sorted(cut for cut in found if cut > 0)
    wide = all(b - a >= SHORTEST for a, b in zip([0, *cuts], cuts, strict=False))
    return cuts if wide and len(cuts) < MOST else []


def within(body: Scalar, axis: int, low: int, high: int | None) -> Scalar:
    """Return a scalar for low <= axis < high, guards that are decided there gone."""
    known: dict[int, Scalar] = {}
    for scalar in scalar_order(body):
        new = scalar
        if isinstance(scalar, Call):
            args = tuple(known[id(a)] for a in scalar.args)
            if scalar.name == "guard":
                held = _holds(scalar.args[0], axis, low, high)
                if held is not None:
                    known[id(scalar)] = args[1] if held else args[2]
                    continue
            if any(a is not b for a, b in zip(args, scalar.args, strict=True)):
                new = Call(scalar.name, scalar.dtype, args)
        known[id(scalar)] = new
    return known[id(body)]


def _holds(condition: Scalar, axis: int, low: int, high: int | None) -> bool | None:
    """Tell whether a condition holds for all, or for none, of a run; else None."""
    held: dict[int, bool | None] = {}
    for part in scalar_order(condition):
        where = _threshold(part, axis)
        value: bool | None = None
        if where is not None:
            cut, below = where
            if low >= cut:
                value = not below
            elif high is not None and high <= cut:
                value = below
        elif isinstance(part, Call) and part.name == "and":
            sides = [held[id(a)] for a in part.args]
            value = False if False in sides else (None if None in sides else True)
        held[id(part)] = value
    return held[id(condition)]


def _threshold(scalar: Scalar, axis: int) -> tuple[int, bool] | None:
    """Return (c, True) for axis < c and (c, False) for axis >= c, else None."""
    if not isinstance(scalar, Call) or scalar.name not in ("lt", "le", "gt", "ge"):
        return None
    left, right = scalar.args
    shift = _shift(left, axis)
    if shift is None or not isinstance(right, Literal) or right.dtype != "int64":
        return None
    cut = int(right.value) - shift + (scalar.name in ("le", "gt"))
    return cut, scalar.name in ("lt", "le")


def _shift(scalar: Scalar, axis: int) -> int | None:
    """Return k if a scalar is axis + k."""
    total = 0
    while isinstance(scalar, Call) and scalar.name in ("add", "sub"):
        first, second = scalar.args
        if not isinstance(second, Literal) or second.dtype != "int64":
            return None
        total += int(second.value) * (1 if scalar.name == "add" else -1)
        scalar = first
    return total if isinstance(scalar, Axis) and scalar.axis == axis else None
