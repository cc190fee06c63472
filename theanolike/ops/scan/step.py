"""What the function given to `scan` returns: outputs, updates, and a condition."""

from collections.abc import ItemsView, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from theanolike.graph.variable import Variable
from theanolike.types.constants import as_tensor_variable, is_python_scalar
from theanolike.types.shared import SharedVariable
from theanolike.types.updates import OrderedUpdates


class until:  # noqa: N801 - Theano's name
    """Ends a `scan` after the step in which the condition holds; returned last by `fn`.

    Parameters
    ----------
    condition : 0-d tensor
    """

    def __init__(self, condition: Any) -> None:
        self.condition = as_tensor_variable(condition)
        if self.condition.ndim:
            raise ValueError(
                f"The condition of until must be a scalar, got {self.condition} of "
                f"type {self.condition.type}; reduce it with all() or any()."
            )


@dataclass
class Step:
    """What one step makes."""

    outputs: list[Any]
    updates: dict[Any, Any]
    condition: Any = None


def read_step(returned: Any) -> Step:
    """Tell outputs, updates and a condition apart, in any form that Theano takes.

    Raises
    ------
    ValueError
        Something else, or an `until` that isn't last.
    """
    if returned is None:
        return Step([], OrderedUpdates())
    if isinstance(returned, until):
        return Step([], OrderedUpdates(), returned.condition)
    if _are_updates(returned):
        return Step([], _updates(returned))
    if _are_outputs(returned):
        return Step(_outputs(returned), OrderedUpdates())
    if not isinstance(returned, list | tuple):
        _refuse(returned)
    condition, items = None, list(returned)
    if not items:
        return Step([], OrderedUpdates())
    if isinstance(items[-1], until):
        condition = items.pop().condition
    if any(isinstance(item, until) for item in items):
        raise ValueError(
            "The condition of a scan must be the last thing that the function returns; "
            "put until(...) at the end."
        )
    step = _read_pair(items, returned)
    step.condition = condition
    return step


def _read_pair(items: list[Any], returned: Any) -> Step:
    if len(items) == 1:
        return read_step(items[0])
    if items and _are_outputs(items):
        return Step(_outputs(items), OrderedUpdates())
    if len(items) == 2:
        for outputs, updates in (items, items[::-1]):
            if _are_updates(updates, empty=True) and _are_outputs(outputs, empty=True):
                return Step(_outputs(outputs), _updates(updates))
    _refuse(returned)
    raise AssertionError("refused")


def _is_value(item: Any) -> bool:
    return isinstance(item, Variable | np.ndarray | np.generic) or is_python_scalar(
        item
    )


def _are_outputs(item: Any, *, empty: bool = False) -> bool:
    if isinstance(item, list | tuple):
        return all(map(_is_value, item)) and (empty or bool(item))
    return (item is None and empty) or _is_value(item)


def _outputs(item: Any) -> list[Any]:
    if item is None:
        return []
    several = item if isinstance(item, list | tuple) else [item]
    return [as_tensor_variable(x) for x in several]


def _updates(item: Any) -> OrderedUpdates:
    """Return new values as variables of their shared variables' types."""
    updates = OrderedUpdates(item)
    for target, value in updates.items():
        updates[target] = target.filter_update(value)
    return updates


def _are_updates(item: Any, *, empty: bool = False) -> bool:
    if isinstance(item, Mapping):
        return True
    if not isinstance(item, list | tuple | ItemsView):
        return False
    pairs = all(
        isinstance(pair, list | tuple)
        and len(pair) == 2
        and isinstance(pair[0], SharedVariable)
        for pair in item
    )
    return pairs and (empty or len(item) > 0)


def _refuse(returned: Any) -> None:
    raise ValueError(
        "The return value of your scan lambda expression may only be made of lists, "
        "tuples, or dictionaries containing Theano variables (or `theano.scan_module."
        "until` objects for conditions). In particular if you need to use constant "
        "values, you can use `tensor.constant` to turn them into Theano variables. Got "
        f"{returned!r}."
    )
