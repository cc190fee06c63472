"""Cotangents and tangents: a value and where it is structurally not zero.

The support is None for "everywhere", else a bool variable. Outside its support a
cotangent is zero whatever it is multiplied by: that is how the gradient of
`switch(x > 0, log(x), 0)` stays finite at 0 (Notes of `theanolike.gradient`). Under
`config.nan_semantics = "ieee"` no support is kept: 0 times infinity is NaN.
"""

from collections.abc import Callable
from typing import Any
from weakref import WeakSet

from theanolike.config import config
from theanolike.graph.variable import Variable
from theanolike.types.constants import is_python_scalar
from theanolike.types.dtypes import is_complex
from theanolike.types.variable import functions

# Supports that no guard has made; a clone of one counts as a guard again.
_loose: WeakSet[Variable] = WeakSet()


def is_guarding(support: Variable) -> bool:
    """Tell whether a guard of the user's has part in `support`."""
    return support not in _loose


class Cotangent:
    """The derivative of the cost by a variable.

    Attributes
    ----------
    value : Variable
        Zero outside the support.
    support : Variable or None
        Bool, of the shape of `value`; None means everywhere.
    is_guard : bool
        A choice by a condition (`switch`, `where`, `ifelse`) has part in the support.
        Products of matrices keep only such ones; those of indexing and of choices by
        value (`maximum`, `clip`, `max`...) end there.
    """

    __slots__ = ("is_guard", "support", "value")

    def __init__(
        self, value: Any, support: Variable | None = None, is_guard: bool = True
    ) -> None:
        if support is not None and config.nan_semantics == "ieee":
            support = None
        self.value = value
        self.support = support
        self.is_guard = is_guard
        if support is not None and not is_guard:
            _loose.add(support)

    def like(self, value: Any, support: Variable | None) -> "Cotangent":
        """Return another cotangent whose support is made of this one's."""
        return type(self)(value, support, self.is_guard)

    def _make(self, value: Any) -> "Cotangent":
        return self.like(functions().masked(self.support, value), self.support)

    def _factor(self, factor: Any) -> Any:
        if isinstance(factor, Variable) and is_complex(factor.type.dtype):  # type: ignore[attr-defined]
            return functions().conj(factor)
        return factor

    def __mul__(self, factor: Any) -> "Cotangent":
        """Multiply by a derivative, which may be infinite outside the support."""
        if is_python_scalar(factor):
            return self.like(self.value * factor, self.support)
        return self._make(self.value * self._factor(factor))

    def __truediv__(self, factor: Any) -> "Cotangent":
        """Divide, where the derivative is a reciprocal."""
        if is_python_scalar(factor):
            return self.like(self.value / factor, self.support)
        return self._make(self.value / self._factor(factor))

    def __neg__(self) -> "Cotangent":
        return self.like(-self.value, self.support)

    def __add__(self, other: "Cotangent") -> "Cotangent":
        """Sum, whose support is the union; missing means everywhere."""
        support = None
        if self.support is not None and other.support is not None:
            support = functions().or_(self.support, other.support)
        is_guard = self.is_guard or other.is_guard
        return type(self)(self.value + other.value, support, is_guard)

    def __sub__(self, other: "Cotangent") -> "Cotangent":
        """Subtract, where the support is again the union."""
        total = self + other
        return total.like(self.value - other.value, total.support)

    def where(
        self, condition: Any, *, negate: bool = False, is_guard: bool = True
    ) -> "Cotangent":
        """Restrict to where `condition` holds (or doesn't, with `negate`)."""
        f = functions()
        mask = f.neq(condition, 0) if condition.type.dtype != "bool" else condition
        mask = f.fill_like(f.invert(mask) if negate else mask, self.value)
        if self.support is None:
            return type(self)(f.masked(mask, self.value), mask, is_guard)
        support = f.and_(self.support, mask)
        is_guard = is_guard or self.is_guard
        return type(self)(f.masked(mask, self.value), support, is_guard)

    def through(
        self, f: Callable[[Any], Any], on_support: Callable[[Any], Any] | None = None
    ) -> "Cotangent":
        """Map value and support by a linear function that only moves elements."""
        support = self.support
        if support is not None:
            support = (on_support or f)(support)
        return self.like(f(self.value), support)


class Tangent(Cotangent):
    """A directional derivative: as a cotangent, without complex conjugation."""

    __slots__ = ()

    def _factor(self, factor: Any) -> Any:
        return factor


class Missing:
    """Why an input has no gradient: it is disconnected, or the gradient undefined."""

    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __repr__(self) -> str:
        return f"undefined({self.reason!r})" if self.reason else "disconnected"


disconnected = Missing("")


def undefined(reason: str) -> Missing:
    """Say that the function has no gradient here, and why."""
    return Missing(reason)


Pulled = Cotangent | Missing
