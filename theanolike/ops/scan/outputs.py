"""A recurrent output of a scan while it is built: its states and first values."""

from typing import Any

import numpy as np

from theanolike.graph.clone import clone_graph
from theanolike.ops.cast import cast
from theanolike.ops.scan.arguments import (
    Recurrence,
    lend,
)
from theanolike.ops.scan.loop import common_type
from theanolike.types.constants import TensorConstant, constant
from theanolike.types.type import TensorType
from theanolike.types.variable import functions


class RecurrentOutput:
    """A recurrent output: its states, the latest first, and their first values."""

    def __init__(self, place: int, recurrence: Recurrence) -> None:
        self.place = place
        self.recurrence = recurrence
        self.starts = recurrence.starts()
        self.states: list[Any] = [
            recurrence.state(-1 - k) for k in range(len(self.starts))
        ]
        self._lend()

    def arguments(self) -> list[Any]:
        """Return what the function gets, in the order of the taps."""
        return [self.states[-1 - tap] for tap in self.recurrence.taps]

    def fit(self, new: Any, name: str) -> Any:
        """Bring states and first values to the type of `new`; return `new` so, too.

        Nothing may be lost: a Python number or a constant takes the dtype of the
        step where that holds its value; a narrower step is widened.
        """
        old, kind = self.states[0].type, new.type
        if kind.ndim != old.ndim:
            self._refuse(new, name)
        if kind.dtype != old.dtype:
            if all(self._can_become(start, kind.dtype) for start in self.starts):
                self._become(TensorType(kind.dtype, old.shape))
            elif np.can_cast(kind.dtype, old.dtype, "safe"):
                new = cast(new, old.dtype)
            else:
                self._refuse(new, name)
        old = self.states[0].type
        both = new.type
        for start in (*self.starts, *self.states):
            both = common_type(start.type, both)
        for known, wanted in zip(old.shape, new.type.shape, strict=True):
            if None not in (known, wanted) and known != wanted:
                self._refuse(new, name)
        if not both.same(old):
            self._become(both)
        return new

    def spread(self, new: Any, standing: dict[Any, Any]) -> Any:
        """Return a number to begin with as an array of the step's shape.

        None if it is no number, or the step makes one, too. `standing` for what a step
        reads are arrays outside of the loop of the same shapes.
        """
        (start,) = self.starts[:1]
        if self.recurrence.taps != (-1,) or start.ndim or not new.ndim:
            return None
        dims, _ = clone_graph(
            [new.shape[axis] for axis in range(new.ndim)], standing, copy_all=False
        )
        if start.dtype != new.dtype and self._can_become(start, new.dtype):
            start = constant(start.data.astype(new.dtype))
        return functions().alloc(start, *dims)

    def _can_become(self, start: Any, dtype: str) -> bool:
        if not isinstance(start, TensorConstant):
            return False
        with np.errstate(all="ignore"):
            converted = start.data.astype(dtype)
        if self.recurrence.weak and np.dtype(dtype).kind in "fc":
            return bool(np.isfinite(converted).all() == np.isfinite(start.data).all())
        return np.array_equal(converted, start.data, equal_nan=True)

    def _become(self, kind: TensorType) -> None:
        self.starts = [
            start
            if start.type.dtype == kind.dtype
            else constant(start.data.astype(kind.dtype))
            for start in self.starts
        ]
        self.states = [kind.make_variable(state.name) for state in self.states]
        self._lend()

    def _lend(self) -> None:
        for state, start in zip(self.states, self.starts, strict=True):
            lend(state, start)

    def _refuse(self, new: Any, name: str) -> None:
        old, kind = self.states[0].type, new.type
        initial = self.recurrence.initial
        if kind.dtype != old.dtype:
            has, results = f"dtype {old.dtype}", f"dtype {kind.dtype}"
            fix = (
                "results in an upcast or downcast; cast the initial state, as in "
                f"{initial.name or 'initial'}.astype('{kind.dtype}'), or the result, "
                f"as in result.astype('{old.dtype}')"
            )
        elif kind.ndim != old.ndim:
            has = f"type {old} and {old.ndim} dimension(s)"
            results = f"type {kind} and {kind.ndim} dimension(s)"
            fix = (
                "adds or drops dimensions; give an initial state of the result's "
                f"shape, with {kind.ndim} dimension(s)"
            )
        else:
            has, results = f"shape {old.shape}", f"shape {kind.shape}"
            fix = (
                "changes the shape; give an initial state of the result's shape, or "
                "keep the state's"
            )
        where = f"scan {name}" if name else "scan"
        raise ValueError(
            f"When compiling the inner function of {where} the following error "
            "has been encountered: The initial state (`outputs_info` in scan "
            f"nomenclature) of variable {initial} (argument number {self.place}) has "
            f"{has}, while the result of the inner function (`fn`) has {results}. This "
            f"can happen if the inner function of scan {fix}."
        )
