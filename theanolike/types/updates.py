"""`OrderedUpdates`: new values of shared variables, by variable."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

from theanolike.types.shared import SharedVariable

__all__ = ["OrderedUpdates"]


class OrderedUpdates(OrderedDict[Any, Any]):
    """A dict from shared variables to their new values, in order of insertion.

    `+` merges two of them and refuses two new values for one variable.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for key in self:
            _check_key(key)

    def __setitem__(self, key: Any, value: Any) -> None:
        _check_key(key)
        super().__setitem__(key, value)

    def update(self, other: Any = None, /, **kwargs: Any) -> None:
        """Take in the entries of a mapping or of pairs."""
        if other is None:
            other = ()
        for key, value in (*_pairs(other), *kwargs.items()):
            self[key] = value

    def __add__(self, other: Any) -> "OrderedUpdates":
        merged = OrderedUpdates(self)
        for key, value in _pairs(other):
            if key in merged and merged[key] is not value:
                raise KeyError("Collision", key)
            merged[key] = value
        return merged

    def __radd__(self, other: Any) -> "OrderedUpdates":
        return OrderedUpdates(other) + self

    def __copy__(self) -> "OrderedUpdates":
        return OrderedUpdates(self)


def _pairs(updates: Any) -> Iterable[tuple[Any, Any]]:
    return updates.items() if isinstance(updates, Mapping) else updates


def _check_key(key: Any) -> None:
    if not isinstance(key, SharedVariable):
        raise TypeError("OrderedUpdates keys must inherit from SharedVariable", key)
