"""What `scan` takes: sequences and initial states with taps, numbers of steps."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from theanolike.config import config
from theanolike.graph.record import record
from theanolike.graph.variable import Variable
from theanolike.ops.conditional import maximum, minimum
from theanolike.ops.known import known_int
from theanolike.ops.scan.counts import StepCount
from theanolike.ops.scan.loop import row_type
from theanolike.types.constants import (
    TensorConstant,
    as_tensor_variable,
    constant,
    is_python_scalar,
)
from theanolike.types.dtypes import is_continuous
from theanolike.types.shared import SharedVariable
from theanolike.types.type import TensorType


@record
class Tapped:
    """A sequence, and which of its rows a step sees: those at its number plus a tap."""

    variable: Any
    taps: tuple[int, ...]

    @property
    def first(self) -> int:
        """The row at which a step of number 0 is."""
        return max(0, -min(self.taps))

    @property
    def length(self) -> Any:
        """How many steps it has rows for."""
        reach = self.first + max(0, *self.taps)
        rows = self.variable.shape[0]
        return maximum(rows - reach, 0) if reach else rows

    def rows(self, tap: int, steps: Any, *, backwards: bool) -> Any:
        """Return the rows that the steps see at a tap, in the order of the steps."""
        start, x = self.first + tap, self.variable
        if not backwards:
            return x[start : steps + start]
        return x[start : start + self.length][::-1][:steps]

    def row(self, tap: int) -> Any:
        """Return the variable that stands for a row."""
        kind = row_type(self.variable.type)
        made = kind.make_variable(_at(self.variable.name, tap))
        lend(made, self.variable, self.first + tap)
        return made


@record
class Recurrence:
    """An output, its value before the first step, and which earlier ones a step sees.

    With the tap -1 alone `initial` is one value, else the earliest ones in order.
    """

    initial: Any
    taps: tuple[int, ...]
    weak: bool = False  # a Python number, which takes another dtype

    @property
    def depth(self) -> int:
        """How many earlier values are kept."""
        return -min(self.taps, default=0)

    def starts(self) -> list[Any]:
        """Return the values before the first step, the latest first."""
        if self.taps == (-1,):
            return [self.initial]
        rows = range(self.depth - 1, -1, -1)
        if isinstance(self.initial, TensorConstant):
            return [constant(self.initial.data[k]) for k in rows]
        return [self.initial[k] for k in rows]

    def state(self, tap: int) -> Any:
        """Return the variable that stands for an earlier value."""
        kind = self.initial.type
        if self.taps not in {(), (-1,)}:
            kind = row_type(kind)
        return kind.make_variable(_at(self.initial.name, tap))


def _at(name: str | None, tap: int) -> str | None:
    return f"{name}[t{tap:+d}]" if name and tap else name and f"{name}[t]"


def lend(inside: Any, outside: Any, row: int | None = None) -> None:
    """Give a step's variable the test value of what it stands for, or of a row."""
    if config.compute_test_value == "off":
        return
    if isinstance(outside, SharedVariable):
        value = outside.get_value(borrow=True)
    elif isinstance(outside, TensorConstant):
        value = outside.data
    else:
        value = getattr(outside.tag, "test_value", None)
    if value is None:
        return
    if row is not None:
        if row >= len(value):
            return
        value = np.asarray(value)[row]
    inside.tag.test_value = np.asarray(value, inside.type.dtype)


def as_list(given: Any) -> list[Any]:
    """Return what may be None, one thing or a sequence of them as a list."""
    if given is None:
        return []
    return list(given) if isinstance(given, list | tuple) else [given]


def as_sequences(given: Any) -> list[Tapped]:
    """Return the sequences that `scan` was given."""
    return [_as_sequence(item) for item in as_list(given)]


def _as_sequence(item: Any) -> Tapped:
    taps: Any = [0]
    if isinstance(item, Mapping):
        _check_keys(item, {"input", "taps"}, "A sequence")
        if "input" not in item:
            raise ValueError(f"A sequence given as a dict needs an 'input': {item}.")
        given = item.get("taps")
        taps = [0] if given is None else _as_tap_list(given)
        item = item["input"]
    variable = as_tensor_variable(item)
    if not variable.ndim:
        raise ValueError(
            f"A sequence needs a first axis to walk along, got {variable} of type "
            f"{variable.type}; pass it as a non_sequence."
        )
    return Tapped(variable, _as_taps(taps))


def as_recurrences(given: Any) -> list[Recurrence | None]:
    """Return for each output its recurrence, None if it has none."""
    return [_as_recurrence(item) for item in as_list(given)]


def _as_recurrence(item: Any) -> Recurrence | None:
    taps: Any = [-1]
    if isinstance(item, Mapping):
        _check_keys(item, {"initial", "taps", "steps", "return_steps"}, "An output")
        given = item.get("taps")
        taps = [-1] if given is None else _as_tap_list(given)
        item = item.get("initial")
        if item is None and given is not None and taps:
            raise ValueError(f"An output with taps {taps} needs an 'initial' value.")
        if item is not None and not taps:
            raise ValueError(
                "An output with an 'initial' value needs taps, such as [-1]; leave "
                "'initial' out where no step reads it."
            )
    if item is None:
        return None
    taps = _as_taps(taps)
    if max(taps) >= 0:
        raise ValueError(
            f"Can not use future taps of outputs: {list(taps)} of {item}; the taps of "
            "an output are negative."
        )
    variable = as_tensor_variable(item)
    if taps != (-1,) and not variable.ndim:
        raise ValueError(
            f"The initial values of an output with taps {list(taps)} stand along a "
            f"first axis, got {variable} of type {variable.type}."
        )
    rows = variable.type.shape[0] if taps != (-1,) else None
    if rows is not None and rows < -min(taps):
        raise ValueError(
            f"An output with taps {list(taps)} begins with {-min(taps)} values along a "
            f"first axis, got {variable} of shape {variable.type.shape}."
        )
    return Recurrence(variable, taps, is_python_scalar(item))


def _check_keys(item: Mapping[str, Any], known: set[str], what: str) -> None:
    unknown = set(item) - known
    if unknown:
        raise ValueError(
            f"{what} given as a dict has no {sorted(unknown)}; the keys are "
            f"{sorted(known)}."
        )


def _as_tap_list(given: Any) -> list[Any]:
    """Return taps given one by one, or in anything that has an order."""
    if isinstance(given, range | np.ndarray) and np.ndim(given) == 1:
        return list(given)
    return as_list(given)


def _as_taps(taps: Sequence[Any]) -> tuple[int, ...]:
    for tap in taps:
        if isinstance(tap, bool) or not isinstance(tap, int | np.integer):
            raise ValueError(f"A tap must be an int, got {tap!r}.")
    if not taps:
        raise ValueError("A sequence needs a tap; leave 'taps' out for [0].")
    return tuple(int(tap) for tap in taps)


def count_steps(n_steps: Any, sequences: Sequence[Tapped], name: str = "") -> Any:
    """Return the number of steps, an int64 scalar; `name` is the scan's."""
    if n_steps is not None:
        return _given_steps(n_steps, name)
    if not sequences:
        raise ValueError(
            "No information about the number of steps provided. Either provide a value "
            "for n_steps argument of scan or provide an input sequence"
        )
    steps = sequences[0].length
    for sequence in sequences[1:]:
        steps = minimum(steps, sequence.length)
    return steps


def _given_steps(n_steps: Any, name: str) -> Any:
    dtype = getattr(n_steps, "dtype", type(n_steps).__name__)
    steps: Any = n_steps if isinstance(n_steps, Variable) else np.asarray(n_steps)
    kind = getattr(steps, "type", None)
    if kind is None:
        if steps.ndim or steps.dtype.kind not in "iu":
            raise ValueError(f" n_steps must be an int. dtype provided is {dtype}")
        return as_tensor_variable(np.int64(_not_negative(steps)))
    if not isinstance(kind, TensorType) or kind.ndim or is_continuous(kind.dtype):
        raise ValueError(
            f" n_steps must be an int. dtype provided is {dtype}, of type {kind}"
        )
    known = known_int(n_steps)
    if known is not None:
        return as_tensor_variable(np.int64(_not_negative(known)))
    return StepCount(name)(n_steps)


def _not_negative(steps: Any) -> Any:
    if steps < 0:
        raise ValueError(f"n_steps must not be negative, got {steps}.")
    return steps


def as_truncation(given: Any) -> int:
    """Return how many steps a gradient goes back through, -1 for all."""
    is_number = isinstance(given, int | np.integer | TensorConstant)
    steps = known_int(given) if is_number and not isinstance(given, bool) else None
    if steps is None or steps < -1:
        raise ValueError(
            "truncate_gradient must be an int, the number of steps to go back through, "
            f"or -1 for all; got {given!r}."
        )
    return steps
