"""Rounding to whole numbers. The dtype is kept: floats stay floats."""

from typing import Any

import numpy as np

from theanolike.ops.arithmetic import flat, is_real
from theanolike.ops.elementwise import Unary, same, unary
from theanolike.types.variable import functions


def _half_away(x: Any) -> Any:
    if x.dtype.kind != "f":
        return x
    whole = np.trunc(x)
    return np.where(np.abs(x - whole) >= 0.5, whole + np.copysign(1, x), whole)


def _half_to_even(x: Any) -> Any:
    return np.rint(x) if x.dtype.kind == "f" else x


ceil: Unary = unary(
    "ceil",
    np.ceil,
    rule=same,
    accepts=is_real,
    pullback=flat,
    doc="The least integer not below x.",
)
floor: Unary = unary(
    "floor",
    np.floor,
    rule=same,
    accepts=is_real,
    pullback=flat,
    doc="The greatest integer not above x.",
)
trunc: Unary = unary(
    "trunc",
    np.trunc,
    rule=same,
    accepts=is_real,
    pullback=flat,
    doc="x without its fraction.",
)
round_half_to_even: Unary = unary(
    "round_half_to_even",
    _half_to_even,
    rule=same,
    primitive="rint",
    accepts=is_real,
    pullback=flat,
    doc="The nearest integer; of two, the even one.",
)
round_half_away_from_zero: Unary = unary(
    "round_half_away_from_zero",
    _half_away,
    rule=same,
    primitive="round_away",
    accepts=is_real,
    pullback=flat,
    doc="The nearest integer; of two, the one farther from 0.",
)

_MODES = {
    None: round_half_to_even,
    "half_to_even": round_half_to_even,
    "half_away_from_zero": round_half_away_from_zero,
}


def round(a: Any, mode: str | None = None) -> Any:
    """Return `a` rounded to the nearest integers.

    Parameters
    ----------
    a : tensor_like
    mode : {"half_to_even", "half_away_from_zero"}, optional
        What halves are rounded to; "half_to_even" by default.
    """
    if mode not in _MODES:
        raise ValueError(
            f"round mode {mode} is not implemented; use 'half_to_even' or "
            "'half_away_from_zero'."
        )
    return _MODES[mode](a)


def iround(a: Any, mode: str | None = None) -> Any:
    """Return `round(a, mode)` as int64."""
    return functions().cast(round(a, mode), "int64")
