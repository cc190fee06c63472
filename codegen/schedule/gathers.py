"""Elements that are looked up or put together, in loops apart from dear work on them.

A loop that checks an index at each element runs one element at a time, on one thread,
and so does one that chooses among slices. So an exponential of what is looked up takes
four times as long as lookups and a loop over exponentials in vectors.
"""

from collections.abc import Sequence

from theanolike.codegen.program import (
    Axis,
    Call,
    Checked,
    Load,
    Scalar,
    children,
    scalar_order,
    with_children,
)
from theanolike.codegen.segments import body_cost, is_wide, segments, varies
from theanolike.codegen.shapes import Shape

ELEMENTARY_COST = 15  # operations of an element from which vectors pay another loop
FEW = 16  # elements that are left in one loop


def gathered(body: Scalar, shape: Shape) -> tuple[list[Scalar], int]:
    """Return what of a body keeps its loop from vectors, and what the rest costs."""
    if not shape or (isinstance(shape[-1], int) and shape[-1] <= FEW):
        return [], 0
    inner = len(shape) - 1
    found: list[Scalar] = []
    rest: list[Scalar] = []
    stack, seen = [body], {id(body)}
    while stack:
        scalar = stack.pop()
        if _is_looked_up(scalar, inner) or _is_put_together(scalar, inner):
            found.append(scalar)
            continue
        rest.append(scalar)
        new = [part for part in children(scalar) if id(part) not in seen]
        seen.update(map(id, new))
        stack.extend(new)
    return found, body_cost(rest)


def _is_looked_up(scalar: Scalar, inner: int) -> bool:
    """Tell whether a load's index is checked at each step of the loop `inner`."""
    return isinstance(scalar, Load) and any(
        isinstance(part, Checked)
        and any(isinstance(s, Axis) and s.axis == inner for s in scalar_order(part))
        for part in scalar_order(*scalar.index)
    )


def _is_put_together(scalar: Scalar, inner: int) -> bool:
    """Tell whether a scalar is chosen among slices, and not by long runs."""
    return (
        isinstance(scalar, Call)
        and scalar.name == "guard"
        and varies(scalar, inner)
        and not is_wide(segments([scalar], inner) or [0])
    )


def replaced(scalars: Sequence[Scalar], instead: dict[int, Scalar]) -> Scalar:
    """Return the last of `scalars`, given in order, with others in place of some.

    Parameters
    ----------
    instead : dict
        By the id of what is replaced.
    """
    memo: dict[int, Scalar] = {}
    for part in scalars:
        made = instead.get(id(part), part)
        if made is part and isinstance(part, Call):
            made = with_children(part, tuple(memo[id(a)] for a in part.args))
        memo[id(part)] = made
    return memo[id(scalars[-1])]
