"""What reaches a variable on the way back: cotangents, zeros and missing gradients.

Several contributions are joined by one n-ary sum whose support is their union.
"""

from collections.abc import Sequence
from typing import Final

from theanolike.graph.variable import Variable
from theanolike.ops.cotangent import Cotangent, Missing, disconnected
from theanolike.types.variable import functions


class Zero:
    """The gradient by, or through, something discrete: zero, in floatX."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "zero"


ZERO: Final = Zero()
Part = Cotangent | Missing | Zero


def is_undefined(part: Part) -> bool:
    """Tell whether `part` says that there is no gradient, and why."""
    return isinstance(part, Missing) and part is not disconnected


def union(supports: Sequence[Variable | None]) -> Variable | None:
    """Return where any of `supports` holds; None means everywhere."""
    if any(support is None for support in supports):
        return None
    level = [s for s in dict.fromkeys(supports) if s is not None]
    or_ = functions().or_
    while len(level) > 1:  # a tree, since a chain of 10 000 would be deep
        pairs = [or_(a, b) for a, b in zip(level[::2], level[1::2], strict=False)]
        level = pairs + level[len(level) - len(level) % 2 :]
    return level[0]


def join(cotangents: Sequence[Cotangent]) -> Cotangent:
    """Return the sum of cotangents as one node."""
    if len(cotangents) == 1:
        return cotangents[0]
    value = functions().add(*(c.value for c in cotangents))
    support = union([c.support for c in cotangents])
    return type(cotangents[0])(value, support, any(c.is_guard for c in cotangents))


class Tally:
    """The contributions to each variable while a walk is under way."""

    def __init__(self) -> None:
        self._cotangents: dict[Variable, list[Cotangent]] = {}
        self._others: dict[Variable, Missing | Zero] = {}

    def add(self, variable: Variable, part: Part) -> None:
        """Take in a contribution; an undefined one spoils the sum."""
        if isinstance(part, Cotangent):
            self._cotangents.setdefault(variable, []).append(part)
        elif is_undefined(part):
            self._others[variable] = part
        elif part is ZERO:
            self._others.setdefault(variable, ZERO)

    def total(self, variable: Variable) -> Part:
        """Return the sum of what came in, made once."""
        other = self._others.get(variable, disconnected)
        if is_undefined(other):
            return other
        cotangents = self._cotangents.get(variable)
        if not cotangents:
            return other
        if len(cotangents) > 1:
            cotangents[:] = [join(cotangents)]
        return cotangents[0]
