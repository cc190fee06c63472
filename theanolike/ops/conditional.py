"""Element by element choices: switch, masked values, extremes and clipping.

They are what gives cotangents a support: the arm not chosen gets a structural zero.
"""

from typing import Any

import numpy as np

from theanolike.codegen.lowering import Builder, Call, Literal, Scalar, select
from theanolike.ops.arithmetic import is_real
from theanolike.ops.cotangent import is_guarding
from theanolike.ops.elementwise import Binary, Ternary, binary, ternary
from theanolike.types.constants import as_tensor_variable
from theanolike.types.variable import functions


def _masked(support: Any, value: Any) -> Any:
    return np.where(support, value, np.zeros((), value.dtype))


def _lower_masked(_: Builder, support: Scalar, value: Scalar) -> Scalar:
    return select(support, value, Literal(0, value.dtype))


def _guards(condition: Any, *arms: Any) -> bool:
    """Tell whether a choice keeps away from an arm what may be wrong with it.

    Where the condition compares one of the arms itself it is a `maximum` in other
    words: a rectifier, not a guard.
    """
    node = condition.owner
    if node is None or not getattr(node.op, "is_comparison", False):
        return True
    return not any(arm in node.inputs for arm in arms if arm.owner is not None)


_switch: Ternary = ternary(
    "switch",
    np.where,
    primitive="select",
    selector=True,
    pullback=(
        None,
        lambda c, x, y, z, g: g.where(c, is_guard=_guards(c, x, y)),
        lambda c, x, y, z, g: g.where(c, negate=True, is_guard=_guards(c, x, y)),
    ),
)
_masked_op: Binary = binary(
    "masked",
    _masked,
    selector=True,
    lower=_lower_masked,
    pullback=(None, lambda s, x, z, g: g.where(s, is_guard=is_guarding(s))),
    doc="The value where the support holds, else zero, whatever the value is there.",
)
maximum: Binary = binary(
    "maximum",
    np.maximum,
    accepts=is_real,
    pullback=(
        lambda x, y, z, g: g.where(functions().eq(z, x), is_guard=False),
        lambda x, y, z, g: g.where(functions().eq(z, x), negate=True, is_guard=False),
    ),
    doc="The larger of two elements; NaN if either is.",
)
minimum: Binary = binary(
    "minimum",
    np.minimum,
    accepts=is_real,
    pullback=(
        lambda x, y, z, g: g.where(functions().eq(z, x), is_guard=False),
        lambda x, y, z, g: g.where(functions().eq(z, x), negate=True, is_guard=False),
    ),
    doc="The smaller of two elements; NaN if either is.",
)


def _is_float(dtype: str) -> bool:
    return np.dtype(dtype).kind == "f"


# For a loop's step that waits for the one before; rewrites alone make them.
_guessed_maximum: Binary = binary(
    "guessed_maximum",
    np.maximum,
    accepts=_is_float,
    pullback=maximum.row.pullback,
    doc="The `maximum`, computed by a branch.",
)
_guessed_minimum: Binary = binary(
    "guessed_minimum",
    np.minimum,
    accepts=_is_float,
    pullback=minimum.row.pullback,
    doc="The `minimum`, computed by a branch.",
)


def _clip(x: Any, low: Any, high: Any) -> Any:
    return np.minimum(np.maximum(x, low), high)


def _lower_clip(_: Builder, x: Scalar, low: Scalar, high: Scalar) -> Scalar:
    raised = Call("maximum", x.dtype, (x, low))
    return Call("minimum", x.dtype, (raised, high))


def _inside(x: Any, low: Any, high: Any) -> Any:
    f = functions()
    return f.and_(f.ge(x, low), f.le(x, high))


def _at_low(x: Any, low: Any, high: Any) -> Any:
    f = functions()
    return f.and_(f.lt(x, low), f.le(low, high))


def _at_high(x: Any, low: Any, high: Any) -> Any:
    f = functions()
    return f.or_(f.gt(x, high), f.gt(low, high))


_clip_op: Ternary = ternary(
    "clip",
    _clip,
    lower=_lower_clip,
    accepts=is_real,
    pullback=(
        lambda x, low, high, z, g: g.where(_inside(x, low, high), is_guard=False),
        lambda x, low, high, z, g: g.where(_at_low(x, low, high), is_guard=False),
        lambda x, low, high, z, g: g.where(_at_high(x, low, high), is_guard=False),
    ),
    doc="x limited to [low, high], each in turn, so high wins where they cross.",
)


def switch(cond: Any, ift: Any, iff: Any) -> Any:
    """Return `ift` where `cond` is not 0, else `iff`, element by element.

    Parameters
    ----------
    cond : tensor_like
        Any dtype.
    ift, iff : tensor_like
        Both are computed; the result has the dtype that they promote to.
    """
    cond = as_tensor_variable(cond)
    if cond.type.dtype != "bool":
        cond = functions().neq(cond, 0)
    return _switch(cond, ift, iff)


_MISSING = object()


def where(cond: Any, ift: Any = _MISSING, iff: Any = _MISSING) -> Any:
    """Return `switch(cond, ift, iff)`, or the indices where `cond` holds."""
    if ift is _MISSING and iff is _MISSING:
        return functions().nonzero(cond)
    if ift is _MISSING or iff is _MISSING:
        raise TypeError("where takes a condition alone, or with both ift and iff.")
    return switch(cond, ift, iff)


def masked(support: Any, value: Any) -> Any:
    """Return `value` where `support` holds, else 0; None holds everywhere."""
    return value if support is None else _masked_op(support, value)


def clip(x: Any, min: Any = None, max: Any = None) -> Any:
    """Return `x` limited to [min, max], element by element.

    Parameters
    ----------
    x : tensor_like
    min, max : tensor_like or None
        None is no limit. Where min > max the result is max.
    """
    if min is None:
        return as_tensor_variable(x) if max is None else minimum(x, max)
    return maximum(x, min) if max is None else _clip_op(x, min, max)


def largest(*args: Any) -> Any:
    """Return the largest of the arguments, element by element."""
    return _fold(maximum, args)


def smallest(*args: Any) -> Any:
    """Return the smallest of the arguments, element by element."""
    return _fold(minimum, args)


def _fold(op: Any, args: tuple[Any, ...]) -> Any:
    if not args:
        raise TypeError("Expected one argument or more, got none.")
    total = as_tensor_variable(args[0])
    for other in args[1:]:
        total = op(total, other)
    return total
