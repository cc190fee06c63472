"""Elements at checked indices, in loops apart from elementary functions of them.

A loop that checks an index at each element runs one element at a time, on one thread.
So an exponential of what is looked up takes four times as long as lookups and a
loop over exponentials in vectors.
"""

from collections.abc import Iterable, Sequence

from theanolike.codegen.program import Axis, Call, Checked, Load, Scalar, scalar_order
from theanolike.codegen.shapes import Shape

ELEMENTARY_COST = 15  # operations of an element from which vectors pay another loop
FEW = 16  # elements that are left in one loop


def looked_up(scalars: Iterable[Scalar], shape: Shape) -> list[Load]:
    """Return the loads whose indices the innermost loop over `shape` checks."""
    if not shape or (isinstance(shape[-1], int) and shape[-1] <= FEW):
        return []
    inner = len(shape) - 1
    return [
        s
        for s in scalars
        if isinstance(s, Load) and any(_is_checked(i, inner) for i in s.index)
    ]


def _is_checked(index: Scalar, inner: int) -> bool:
    """Tell whether a checked part of an index differs along the loop `inner`."""
    return any(
        isinstance(part, Checked)
        and any(isinstance(s, Axis) and s.axis == inner for s in scalar_order(part))
        for part in scalar_order(index)
    )


def replaced(scalars: Sequence[Scalar], loads: dict[int, Scalar]) -> Scalar:
    """Return the last of `scalars`, given in order, with loads (by id) replaced."""
    memo: dict[int, Scalar] = {}
    for part in scalars:
        made = loads.get(id(part), part)
        if isinstance(part, Call):
            args = tuple(memo[id(a)] for a in part.args)
            if any(a is not b for a, b in zip(args, part.args, strict=True)):
                made = Call(part.name, part.dtype, args)
        memo[id(part)] = made
    return memo[id(scalars[-1])]
