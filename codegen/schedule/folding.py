"""Scalar expressions at one point of their domain: indices and choices folded."""

import itertools
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from theanolike.codegen.program import (
    Axis,
    Call,
    Checked,
    Literal,
    Load,
    Scalar,
    Size,
    as_index,
)
from theanolike.codegen.shapes import Extent, Shape

Known = Callable[["int | Extent"], "int | Extent"]
Read = Callable[[Load, tuple[Scalar, ...]], Scalar]

_FOLDS: Mapping[str, Callable[..., Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "maximum": max,
    "minimum": min,
}


def number(scalar: Scalar) -> int | None:
    """Return the integer or truth value that a scalar is, if it is a literal one."""
    if isinstance(scalar, Literal) and scalar.dtype in ("int64", "bool"):
        return int(scalar.value)
    return None


def points(shape: Shape) -> Iterator[tuple[int, ...]]:
    """Return the indices of an array of known shape, in row-major order."""
    return itertools.product(*(range(e) for e in shape if isinstance(e, int)))


def folded(
    scalars: Sequence[Scalar],
    point: Sequence[int],
    known: Known = lambda extent: extent,
    read: Read = lambda load, index: Load(load.source, index),
) -> Scalar:
    """Return the last of `scalars`, given in order, with its axes at `point`.

    Parameters
    ----------
    known : callable
        Gives an extent as an int, where it is one.
    read : callable
        Gives a load at folded indices as a scalar.
    """
    memo: dict[int, Scalar] = {}
    for part in scalars:
        memo[id(part)] = _one(part, point, known, read, memo)
    return memo[id(scalars[-1])]


def _one(
    part: Scalar,
    point: Sequence[int],
    known: Known,
    read: Read,
    memo: Mapping[int, Scalar],
) -> Scalar:
    if isinstance(part, Axis):
        return Literal(point[part.axis], "int64")
    if isinstance(part, Size):
        return as_index(known(part.extent))
    if isinstance(part, Load):
        return read(part, tuple(memo[id(i)] for i in part.index))
    if isinstance(part, Checked):
        return _checked(part, memo[id(part.index)], memo[id(part.extent)])
    if isinstance(part, Call):
        return fold_call(part, tuple(memo[id(a)] for a in part.args))
    return part


def _checked(part: Checked, index: Scalar, extent: Scalar) -> Scalar:
    at, n = number(index), number(extent)
    if at is not None and n is not None and -n <= at < n:
        return Literal(at + n if at < 0 else at, "int64")
    return Checked(index, extent, part.site)


def fold_call(call: Call, args: tuple[Scalar, ...]) -> Scalar:
    """Return a call with other arguments, as what it is where these are known."""
    if call.name in ("select", "guard"):
        chosen = number(args[0])
        if chosen is not None:
            return args[1] if chosen else args[2]
    elif call.dtype in ("int64", "bool") and call.name in _FOLDS:
        numbers = [number(a) for a in args]
        if all(n is not None for n in numbers):
            found = _FOLDS[call.name](*numbers)
            if -(2**63) <= found < 2**63:
                value = bool(found) if call.dtype == "bool" else found
                return Literal(value, call.dtype)
    return Call(call.name, call.dtype, args)
