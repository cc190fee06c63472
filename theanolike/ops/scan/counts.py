"""Ops that hold a loop to its number of steps."""

from collections.abc import Sequence
from dataclasses import field
from typing import Any

import numpy as np

from theanolike.codegen.lowering import Size, maximum
from theanolike.errors import IndexOutOfBoundsError, ShapeError
from theanolike.graph.apply import Apply
from theanolike.graph.record import record
from theanolike.ops.cotangent import Cotangent, Pulled, Tangent, disconnected
from theanolike.ops.declare import (
    Builder,
    NativeOp,
    Shape,
    Shaped,
    Value,
    WithoutGradient,
)
from theanolike.types.type import TensorType


def named(name: str) -> str:
    """Return what messages call a scan.

    Examples
    --------
    >>> named("walk"), named("")
    ('scan walk', 'a scan')
    """
    return f"scan {name}" if name else "a scan"


@record
class StepCount(WithoutGradient):
    """An integer as a number of steps, which must not be negative."""

    name: str = field(default="", compare=False)  # of the scan, for messages

    def result(self, *types: TensorType) -> TensorType:
        return TensorType("int64", ())

    def shape(self, *inputs: Shaped) -> Shape:
        return ()

    def reference(self, *arrays: Any) -> Any:
        if arrays[0] < 0:
            raise ShapeError(
                f"The number of steps of {named(self.name)} must not be negative, got "
                f"{arrays[0]}; clip n_steps, as by T.maximum(n_steps, 0)."
            )
        return np.asarray(arrays[0], "int64")

    def lower(self, b: Builder, *inputs: Value) -> Value:
        steps = b.item(inputs[0])
        b.require_equal(maximum(steps, 0), steps)
        return b.map((), "int64", lambda: Size(steps))

    def __str__(self) -> str:
        return "StepCount"


@record
class LastRow(NativeOp):
    """A loop's last state as the last of its rows; without a step there is none."""

    def result(self, *types: TensorType) -> TensorType:
        return types[0]

    def shape(self, *inputs: Shaped) -> Shape:
        return inputs[0].shape

    def reference(self, *arrays: Any) -> Any:
        if arrays[1] <= 0:
            raise IndexOutOfBoundsError(
                "index -1 is out of bounds for axis 0 with size 0: the loop made no "
                "step, so there is no last row"
            )
        return arrays[0]

    def lower(self, b: Builder, *inputs: Value) -> Value:
        steps = b.item(inputs[1])
        b.require_equal(maximum(steps, 1), steps)
        return inputs[0]

    def pullback(
        self, node: Apply, cotangents: Sequence[Cotangent | None]
    ) -> Sequence[Pulled]:
        return [cotangents[0] or disconnected, disconnected]

    def pushforward(
        self, node: Apply, tangents: Sequence[Tangent | None]
    ) -> Sequence[Tangent | None]:
        return [tangents[0]]
