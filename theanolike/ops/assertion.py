"""Identities that can fail at run time: `Assert` where a condition fails, `Raise`."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from theanolike.errors import AssertionFailedError
from theanolike.graph.apply import Apply
from theanolike.graph.record import record
from theanolike.ops.comparison import neq
from theanolike.ops.cotangent import Cotangent, Pulled, Tangent, disconnected
from theanolike.ops.declare import Builder, NativeOp, Shape, Shaped, Value, register
from theanolike.ops.elementwise import cast_scalar
from theanolike.types.constants import as_tensor_variable
from theanolike.types.type import TensorType

__all__ = ["Assert", "Raise", "assert_"]


class Guard(NativeOp):
    """The identity of its first operand, where nothing forbids it."""

    keeps_shape: ClassVar[bool] = False

    def result(self, *types: TensorType) -> TensorType:
        return types[0]

    def shape(self, *inputs: Shaped) -> Shape:
        return inputs[0].shape

    def pullback(
        self, node: Apply, cotangents: Sequence[Cotangent | None]
    ) -> Sequence[Pulled]:
        others = [disconnected] * (len(node.inputs) - 1)
        return [cotangents[0] or disconnected, *others]

    def pushforward(
        self, node: Apply, tangents: Sequence[Tangent | None]
    ) -> Sequence[Tangent | None]:
        return [tangents[0]]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True]] + [[False]] * (len(node.inputs) - 1)

    def do_constant_folding(self, node: Apply) -> bool:
        return False


@record
class Assert(Guard):
    """Return the first operand; the others are conditions that must hold.

    Parameters
    ----------
    msg : str
        Leads the text of the AssertionError.

    Examples
    --------
    >>> import theanolike.tensor as T
    >>> x = T.dvector("x")
    >>> Assert("x is empty")(x, x.shape[0] > 0).sum().eval({x: [1.0, 2.0]})
    array(3.)
    """

    msg: str = "Theano Assert failed!"

    def make_node(self, *inputs: Any) -> Apply:
        value, *conditions = inputs
        x = as_tensor_variable(value)
        held = [_as_condition(condition) for condition in conditions]
        return Apply(self, [x, *held], [x.type.make_variable()])

    def reference(self, *arrays: Any) -> Any:
        if not all(arrays[1:]):
            raise AssertionFailedError(self.msg)
        return arrays[0]

    def lower(self, b: Builder, *inputs: Value) -> Value:
        for condition in inputs[1:]:
            _require(b, condition)
        return inputs[0]

    def __str__(self) -> str:
        return f"Assert{{msg={self.msg!r}}}"


@record
class Raise(Guard):
    """Return the operand never: raise `exc(msg)` when it is computed.

    Parameters
    ----------
    msg : str
    exc : type of Exception
    """

    msg: str = ""
    exc: type[Exception] = NotImplementedError

    def reference(self, *arrays: Any) -> Any:
        raise self.exc(self.msg)

    def lower(self, b: Builder, *inputs: Value) -> Value:
        _require(b, b.constant(np.zeros((), "bool")))
        return inputs[0]

    def __str__(self) -> str:
        return f"Raise{{{self.exc.__name__}({self.msg!r})}}"


assert_: Assert = register(Assert(), "assert")


def _as_condition(condition: Any) -> Any:
    found = as_tensor_variable(
        np.bool_(condition) if isinstance(condition, bool) else condition
    )
    if found.ndim:
        raise TypeError(
            f"Expected scalars as conditions, got {found} of type {found.type}; take "
            "its all()."
        )
    return found if found.type.dtype == "bool" else neq(found, 0)


def _require(b: Builder, condition: Value) -> None:
    """Stop the run unless a 0-d bool holds."""
    held = b.map((), "int64", lambda: cast_scalar(condition.at(), "int64"))
    b.require_equal(b.item(held), 1)
