"""Runs of an axis along which the guards of scalars are decided.

What is put together from slices, as the gradients of an LSTM's gates are, is guarded:
`i < 128 ? a : 0` and so on. In a loop over one slice only its own arm is left.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from theanolike.codegen.primitives import cost
from theanolike.codegen.program import (
    Axis,
    Call,
    Literal,
    Scalar,
    Size,
    children,
    scalar_order,
    with_children,
)
from theanolike.codegen.shapes import Extent, add, is_nonnegative

SHORTEST = 16  # elements of a run that pays whatever is written twice for it
MOST, MOST_CHEAP = 8, 16  # runs, at most; and where little is written twice
SPARE = 12  # operations that may be written twice, for all runs together

Cut = int | Extent


def segments(bodies: Sequence[Scalar], axis: int) -> list[Cut]:
    """Return where to cut an axis, in order; nowhere if that doesn't pay."""
    found = dict.fromkeys(
        where[0]
        for scalar in scalar_order(*bodies)
        if isinstance(scalar, Call) and scalar.name == "guard"
        for part in scalar_order(scalar.args[0])
        if (where := _threshold(part, axis)) is not None
    )
    numbers: list[Cut] = []
    numbers += sorted(cut for cut in found if isinstance(cut, int) and cut > 0)
    cuts = _in_order(numbers, [cut for cut in found if isinstance(cut, Extent)])
    if is_wide(cuts):
        return cuts
    if len(cuts) >= MOST_CHEAP or _written_twice(bodies, axis, cuts) > SPARE:
        return numbers if is_wide(numbers) else []
    return cuts


def is_wide(cuts: Sequence[Cut]) -> bool:
    """Tell whether all runs are known to be long, and few."""
    return len(cuts) < MOST and all(
        isinstance(a, int) and isinstance(b, int) and b - a >= SHORTEST
        for a, b in zip([0, *cuts], cuts, strict=False)
    )


def varies(guard: Scalar, axis: int) -> bool:
    """Tell whether a guard's condition is decided by where along the axis it is."""
    return any(_threshold(s, axis) is not None for s in scalar_order(guard.args[0]))  # type: ignore[attr-defined]


def body_cost(scalars: Iterable[Scalar]) -> int:
    """Return the operations that computing `scalars` takes."""
    return sum(
        cost("select" if s.name == "guard" else s.name, s.dtype)
        for s in scalars
        if isinstance(s, Call)
    )


def within(body: Scalar, axis: int, low: Cut, high: Cut | None) -> Scalar:
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
            new = with_children(scalar, args)
        known[id(scalar)] = new
    made = known[id(body)]
    scalars = scalar_order(made)
    guarded = any(isinstance(s, Call) and s.name == "guard" for s in scalars)
    return made if guarded else _unclamped(scalars)


def _unclamped(scalars: Sequence[Scalar]) -> Scalar:
    """Return the last of `scalars`, indices as they are now that no arm is idle."""
    known: dict[int, Scalar] = {}
    for s in scalars:
        new = with_children(s, tuple(known[id(part)] for part in children(s)))
        if isinstance(s, Call) and s.name == "inside":
            new = known[id(s.args[0])]
        known[id(s)] = new
    return known[id(scalars[-1])]


def _in_order(numbers: Sequence[Cut], extents: Iterable[Extent]) -> list[Cut]:
    """Return cuts of which each is known to be at least the one before it."""
    cuts: list[Cut] = list(numbers)
    for extent in extents:
        at = sum(_at_most(cut, extent) for cut in cuts)
        before, after = cuts[:at], cuts[at:]
        follows = all(_at_most(cut, extent) for cut in before)
        if follows and all(_at_most(extent, cut) for cut in after):
            cuts.insert(at, extent)
    return cuts


def _at_most(a: Cut, b: Cut) -> bool:
    """Tell whether a <= b is known, as of sums with terms in common."""
    ours, theirs = _terms(a), _terms(b)
    more = Counter(theirs)
    more.subtract(ours)
    number = more.pop(1, 0)
    return number >= 0 and all(
        n >= 0 and (n == 0 or is_nonnegative(term)) for term, n in more.items()
    )


def _terms(extent: Cut) -> "Counter[Cut]":
    """Return how often each term is in a sum; the number 1 stands for the constant."""
    found: Counter[Cut] = Counter()
    stack = [(extent, 1)]
    while stack:
        part, times = stack.pop()
        if isinstance(part, int):
            found[1] += part * times
        elif part.op == "add":
            stack += [(term, times) for term in part.args]
        elif part.op == "mul" and isinstance(part.args[1], int):
            stack.append((part.args[0], part.args[1] * times))
        else:
            found[part] += times
    return found


def _written_twice(bodies: Sequence[Scalar], axis: int, cuts: Sequence[Cut]) -> int:
    """Return the operations that a loop for each run has more than one loop."""
    runs = sum(
        body_cost(_along(axis, within(body, axis, low, high)))
        for low, high in zip([0, *cuts], [*cuts, None], strict=True)
        for body in bodies
    )
    return runs - sum(body_cost(_along(axis, body)) for body in bodies)


def _along(axis: int, body: Scalar) -> list[Scalar]:
    """Return what of a body isn't the same all along an axis."""
    varying: dict[int, Scalar] = {}
    for s in scalar_order(body):
        moves = isinstance(s, Axis) and s.axis == axis
        if moves or any(id(part) in varying for part in children(s)):
            varying[id(s)] = s
    return list(varying.values())


def _holds(condition: Scalar, axis: int, low: Cut, high: Cut | None) -> bool | None:
    """Tell whether a condition holds for all, or for none, of a run; else None."""
    held: dict[int, bool | None] = {}
    for part in scalar_order(condition):
        where = _threshold(part, axis)
        value: bool | None = None
        if where is not None:
            cut, below = where
            if _at_most(cut, low):
                value = not below
            elif high is not None and _at_most(high, cut):
                value = below
        elif isinstance(part, Call) and part.name == "and":
            sides = [held[id(a)] for a in part.args]
            value = False if False in sides else (None if None in sides else True)
        held[id(part)] = value
    return held[id(condition)]


def _threshold(scalar: Scalar, axis: int) -> tuple[Cut, bool] | None:
    """Return (c, True) for axis < c and (c, False) for axis >= c, else None."""
    if not isinstance(scalar, Call) or scalar.name not in ("lt", "le", "gt", "ge"):
        return None
    left, right = scalar.args
    shift = _shift(left, axis)
    if shift is None or not isinstance(right, Literal | Size) or right.dtype != "int64":
        return None
    end = right.extent if isinstance(right, Size) else int(right.value)
    cut = add(end, (scalar.name in ("le", "gt")) - shift)
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
