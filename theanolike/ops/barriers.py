"""Identities that change or stop the gradient."""

from collections.abc import Sequence
from typing import Any, ClassVar

from theanolike.graph.apply import Apply
from theanolike.graph.record import record
from theanolike.ops.arithmetic import flat
from theanolike.ops.conditional import clip, masked
from theanolike.ops.cotangent import (
    Cotangent,
    Pulled,
    Tangent,
    disconnected,
    undefined,
)
from theanolike.ops.declare import Builder, NativeOp, Shape, Shaped, Value, register
from theanolike.types.type import TensorType


@record
class Barrier(NativeOp):
    """The identity, with a gradient of its own."""

    keeps_shape: ClassVar[bool] = True

    def result(self, x: TensorType) -> TensorType:  # type: ignore[override]
        return x

    def shape(self, *inputs: Shaped) -> Shape:
        return inputs[0].shape

    def reference(self, x: Any) -> Any:
        return x

    def lower(self, b: Builder, *inputs: Value) -> Value:
        return inputs[0]

    def pullback(
        self, node: Apply, cotangents: Sequence[Cotangent | None]
    ) -> Sequence[Pulled]:
        (g,) = cotangents
        return [disconnected if g is None else self.pull(g)]

    def pull(self, g: Cotangent) -> Pulled:
        """Return the input's cotangent, given the output's."""
        return g

    def pushforward(
        self, node: Apply, tangents: Sequence[Tangent | None]
    ) -> Sequence[Tangent | None]:
        return list(tangents)


@record
class DisconnectedGrad(Barrier):
    """No gradient flows through it: the input counts as disconnected."""

    support: ClassVar[str] = ""

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[False]]

    def pull(self, g: Cotangent) -> Pulled:
        return disconnected

    def pushforward(
        self, node: Apply, tangents: Sequence[Tangent | None]
    ) -> Sequence[Tangent | None]:
        return [None]


@record
class ZeroGrad(Barrier):
    """The gradient through it is zero."""

    support: ClassVar[str] = "narrows it"

    def pull(self, g: Cotangent) -> Pulled:
        return flat(g)

    def pushforward(
        self, node: Apply, tangents: Sequence[Tangent | None]
    ) -> Sequence[Tangent | None]:
        return [None]


@record
class ConsiderConstant(ZeroGrad):
    """The gradient through it is zero; the old name of ZeroGrad."""


@record
class UndefinedGrad(Barrier):
    """The gradient through it is undefined: asking for it is an error."""

    support: ClassVar[str] = ""

    def pull(self, g: Cotangent) -> Pulled:
        return undefined("undefined_grad(x) was put there to forbid it")

    def pushforward(
        self, node: Apply, tangents: Sequence[Tangent | None]
    ) -> Sequence[Tangent | None]:
        return [None]


@record
class GradClip(Barrier):
    """The gradient through it is clipped to [clip_lower_bound, clip_upper_bound]."""

    clip_lower_bound: float
    clip_upper_bound: float

    def pull(self, g: Cotangent) -> Pulled:
        low, high = self.clip_lower_bound, self.clip_upper_bound
        clipped = clip(g.value, low, high)
        if low <= 0 <= high:
            return type(g)(masked(g.support, clipped), g.support)
        return type(g)(clipped)


@record
class GradScale(Barrier):
    """The gradient through it is multiplied by `multiplier`."""

    multiplier: float

    def pull(self, g: Cotangent) -> Pulled:
        return g * self.multiplier


_disconnected: DisconnectedGrad = register(DisconnectedGrad())
_zero: ZeroGrad = register(ZeroGrad())
_constant: ConsiderConstant = register(ConsiderConstant())
_undefined: UndefinedGrad = register(UndefinedGrad())
register(GradClip(-1.0, 1.0))
register(GradScale(2.0))


def disconnected_grad(x: Any) -> Any:
    """Return `x`, through which no gradient flows; the cost counts as disconnected."""
    return _disconnected(x)


def zero_grad(x: Any) -> Any:
    """Return `x`, through which the gradient is zero."""
    return _zero(x)


def consider_constant(x: Any) -> Any:
    """Return `x`, through which the gradient is zero; an old name of `zero_grad`."""
    return _constant(x)


def undefined_grad(x: Any) -> Any:
    """Return `x`, through which asking for a gradient is an error."""
    return _undefined(x)


def grad_clip(x: Any, lower_bound: float, upper_bound: float) -> Any:
    """Return `x`, whose gradient is clipped to [lower_bound, upper_bound].

    Parameters
    ----------
    x : tensor_like
    lower_bound, upper_bound : float

    Raises
    ------
    ValueError
        The lower bound is above the upper one.
    """
    if not lower_bound <= upper_bound:
        raise ValueError(
            "Expected lower_bound <= upper_bound, got "
            f"{lower_bound} and {upper_bound}; swap them."
        )
    return GradClip(float(lower_bound), float(upper_bound))(x)


def grad_scale(x: Any, multiplier: float) -> Any:
    """Return `x`, whose gradient is multiplied by `multiplier`."""
    return GradScale(float(multiplier))(x)
