"""Updates and givens: what `function` takes for them, checked and in order."""

from collections.abc import Iterable, Mapping
from typing import Any

from theanolike.graph.variable import Constant, Variable
from theanolike.types.shared import SharedVariable
from theanolike.types.updates import OrderedUpdates

__all__ = ["OrderedUpdates", "check_givens", "check_updates"]


def _as_pairs(given: Any, refusal: Exception) -> list[tuple[Any, Any]]:
    """Return the pairs of a mapping, or of an iterable of lists or tuples of 2."""
    if given is None:
        return []
    if isinstance(given, Mapping):
        return list(given.items())
    if not isinstance(given, Iterable):
        raise refusal
    pairs = list(given)
    if len(pairs) == 2 and isinstance(pairs[0], Variable):
        raise refusal  # a bare pair instead of a list of pairs
    for pair in pairs:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise refusal
    return [(first, second) for first, second in pairs]


def check_updates(updates: Any) -> dict[SharedVariable, Variable]:
    """Return the updates as a dict, each value a variable of its target's type.

    Raises
    ------
    ValueError
        Something else than pairs, or two updates of one variable.
    TypeError
        A target that isn't shared, or an update of another type.
    """
    refusal = ValueError(
        "The updates parameter must be an OrderedDict/dict or a list of lists/tuples "
        f"with 2 elements, got {updates!r}."
    )
    checked: dict[SharedVariable, Variable] = {}
    for target, update in _as_pairs(updates, refusal):
        if not isinstance(target, SharedVariable):
            raise TypeError("update target must be a SharedVariable", target)
        if target in checked:
            raise ValueError(
                "this shared variable already has an update expression",
                (target, checked[target]),
            )
        checked[target] = target.filter_update(update)
    return checked


def check_givens(givens: Any, *, strict: bool) -> list[tuple[Variable, Variable]]:
    """Return (variable, replacement) pairs of the same types.

    Parameters
    ----------
    givens : mapping or iterable of pairs
        A replacement that is no variable becomes a constant.
    strict : bool
        Refuse a replacement of another type; otherwise types are inferred again.

    Raises
    ------
    TypeError
        What is replaced isn't a variable, or its replacement has another type.
    """
    refusal = ValueError(
        "The givens parameter must be a dict or a list of lists/tuples with 2 "
        f"elements, got {givens!r}."
    )
    pairs = []
    for old, new in _as_pairs(givens, refusal):
        if not isinstance(old, Variable):
            raise TypeError("given keys must be Variable", old)
        pairs.append((old, _replacement(old, new, strict)))
    return pairs


def _replacement(old: Variable, new: Any, strict: bool) -> Variable:
    if not isinstance(new, Variable):
        return old.type.make_constant(old.type.filter(new))
    if not strict and not isinstance(new, Constant):
        return new
    try:
        return old.type.filter_variable(new)
    except TypeError as error:
        if not strict:
            return new
        raise TypeError(
            f"The given replacement of {old} must have its type {old.type}, got {new} "
            f"of type {new.type}. {error}"
        ) from error
