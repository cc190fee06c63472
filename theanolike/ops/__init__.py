"""The ops, a family a file; importing this package registers all of them in `OPS`."""

from types import ModuleType
from typing import Any

from theanolike.ops import (
    activation,
    arithmetic,
    assertion,
    barriers,
    batched,
    broadcast,
    cast,
    comparison,
    complex,
    conditional,
    creation,
    crossentropy,
    diagonal,
    dimshuffle,
    exponential,
    extents,
    extrema,
    indexing,
    joining,
    known,
    logic,
    numpy_protocols,
    picking,
    printing,
    products,
    reduction,
    repetition,
    rounding,
    shape,
    softmax,
    statistics,
    tensordot,
    trigonometric,
)
from theanolike.ops.declare import OPS

__all__ = ["FAMILIES", "OPS", "find"]

FAMILIES: tuple[ModuleType, ...] = (
    activation,
    arithmetic,
    assertion,
    barriers,
    batched,
    broadcast,
    cast,
    comparison,
    complex,
    conditional,
    creation,
    crossentropy,
    diagonal,
    dimshuffle,
    exponential,
    extents,
    extrema,
    indexing,
    joining,
    known,
    logic,
    numpy_protocols,
    picking,
    printing,
    products,
    reduction,
    repetition,
    rounding,
    shape,
    softmax,
    statistics,
    tensordot,
    trigonometric,
)


def find(name: str) -> Any:
    """Return the function `name` of the family that defines it, or None."""
    for family in FAMILIES:
        function = family.__dict__.get(name)
        if function is not None and _is_op_function(function):
            return function
    return None


def _is_op_function(function: Any) -> bool:
    """Tell a family's function from a module or the extent algebra, imported there."""
    module = getattr(function, "__module__", "")
    return not isinstance(function, ModuleType) and ".codegen." not in module
