"""The ops, a family a file; importing this package registers all of them in `OPS`."""

from types import ModuleType
from typing import Any

from theanolike.ops import (
    arithmetic,
    exponential,
)
from theanolike.ops.declare import OPS

__all__ = ["FAMILIES", "OPS", "find"]

FAMILIES: tuple[ModuleType, ...] = (
    arithmetic,
    exponential,
)


def find(name: str) -> Any:
    """Return the function `name` of the family that defines it, or None."""
    for family in FAMILIES:
        function = family.__dict__.get(name)
        if function is not None and not isinstance(function, ModuleType):
            return function
    return None
