"""What taking a region of an array and putting one back have in common.

A `Take` op moves the elements at an index to the result; a `Put` op sets them in a copy
of its first operand, or adds to them. Each is the other's derivative.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, NoReturn

from theanolike.codegen.lowering import is_uniform
from theanolike.errors import ShapeError
from theanolike.graph.apply import Apply
from theanolike.ops.cotangent import Cotangent, Pulled, Tangent, disconnected
from theanolike.ops.declare import NativeOp, Shape, Shaped
from theanolike.ops.shape import Movement, spread_support
from theanolike.types.broadcasting import StaticShape
from theanolike.types.constants import as_tensor_variable
from theanolike.types.type import TensorType
from theanolike.types.variable import functions

__all__ = ["Put", "Take", "is_uniform"]


class Take(Movement):
    """Takes the elements of its first operand at the index that the others say."""

    support: ClassVar[str] = "narrows it"

    def put(self, *, is_set: bool) -> "Put":
        """Return the op that writes where this one reads."""
        raise NotImplementedError

    def support_back(self, x: Any, support: Any, index: Sequence[Any]) -> Any:
        """Return where in x there is an element that was taken and is in `support`."""
        nowhere = functions().zeros_like(x, "bool")
        return self.put(is_set=True)(nowhere, support, *index)

    def pullback(
        self, node: Apply, cotangents: Sequence[Cotangent | None]
    ) -> Sequence[Pulled]:
        (g,) = cotangents
        x, *index = node.inputs
        others: list[Pulled] = [disconnected] * len(index)
        if g is None:
            return [disconnected, *others]
        f = functions()
        spread = spread_support(g)
        support = spread.support
        if support is None:
            support = f.ones_like(spread.value, "bool")
        value = self.put(is_set=self.is_injective)(
            f.zeros_like(x), spread.value, *index
        )
        kept = self.support_back(x, support, index)
        is_guard = g.support is not None and g.is_guard
        return [type(g)(value, kept, is_guard), *others]

    is_injective = True  # no element is taken twice


class Put(NativeOp):
    """Operand 0 with operand 1 set at, or added to, an index of the others."""

    set_instead_of_inc: bool
    keeps_first_shape: ClassVar[bool] = True

    @property
    def support(self) -> str:  # type: ignore[override]
        """What the gradient does to a support."""
        return "narrows it" if self.set_instead_of_inc else "keeps it"

    def take(self) -> Take:
        """Return the op that reads where this one writes."""
        raise NotImplementedError

    def operands(self, inputs: Sequence[Any]) -> tuple[Any, Any]:
        """Return x and y as tensors of one dtype, or raise TypeError."""
        x, y = (as_tensor_variable(v) for v in inputs[:2])
        if x.type.dtype != y.type.dtype:
            raise TypeError(
                f"{self} needs a value of dtype {x.type.dtype}, got {y.type}; cast it."
            )
        return x, y

    def check_region(self, x: Any, y: Any, region: StaticShape) -> None:
        """Refuse a value whose shape can't be that of the region."""
        if y.ndim != len(region):
            raise TypeError(
                f"Trying to increment a {len(region)}-dimensional subtensor with a "
                f"{y.ndim}-dimensional value."
            )
        pairs = zip(region, y.type.shape, strict=True)
        if any(None not in (a, b) and a != b for a, b in pairs):
            self.refuse_region(region, y.type.shape)

    def refuse_region(self, region: Any, given: Any) -> NoReturn:
        """Say that a value doesn't fit."""
        raise ShapeError(
            f"Expected a value of shape {tuple(region)} for the indexed region, got "
            f"{tuple(given)}; the value must broadcast to the region."
        )

    def result(self, *types: TensorType) -> TensorType:
        return types[0]

    def shape(self, *inputs: Shaped) -> Shape:
        return inputs[0].shape

    def pullback(
        self, node: Apply, cotangents: Sequence[Cotangent | None]
    ) -> Sequence[Pulled]:
        (g,) = cotangents
        y, index = node.inputs[1], node.inputs[2:]
        others: list[Pulled] = [disconnected] * len(index)
        if g is None:
            return [disconnected, disconnected, *others]
        f = functions()
        spread = spread_support(g)
        taken = spread.through(lambda v: self.take()(v, *index))
        kept: Cotangent = g
        if self.set_instead_of_inc:
            support = spread.support
            if support is None:
                support = f.ones_like(spread.value, "bool")
            kept = type(g)(
                self(spread.value, f.zeros_like(y), *index),
                self(support, f.zeros_like(y, "bool"), *index),
                g.support is not None and g.is_guard,
            )
        return [kept, taken, *others]

    def pushforward(
        self, node: Apply, tangents: Sequence[Tangent | None]
    ) -> Sequence[Tangent | None]:
        moved = tangents[:2]
        if all(t is None for t in moved):
            return [None]
        f = functions()
        parts = [
            f.zeros_like(v) if t is None else t.value
            for v, t in zip(node.inputs[:2], moved, strict=True)
        ]
        return [Tangent(self(*parts, *node.inputs[2:]))]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [True]] + [[False]] * (len(node.inputs) - 2)
