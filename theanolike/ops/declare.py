"""How the library's ops are declared: `NativeOp`; rows of scalar ops are `elementwise`.

An op states its facts side by side: the type and shape of its result, what it means in
NumPy (`reference`), its gradient (`pullback`) and its loop program (`lower`). The
methods of Theano's contract are derived from them here, once.
"""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from typing import Any, ClassVar

import numpy as np

from theanolike.codegen.lowering import (
    Builder,
    Call,
    Extent,
    Scalar,
    Shape,
    Shaped,
    Value,
)
from theanolike.graph.apply import Apply
from theanolike.graph.op import Op
from theanolike.graph.variable import Variable
from theanolike.ops.cotangent import Cotangent, Missing, Pulled, Tangent, disconnected
from theanolike.types.constants import (
    TensorConstant,
    as_tensor_variable,
)
from theanolike.types.dtypes import (
    is_continuous,
)
from theanolike.types.type import TensorType

__all__ = [
    "Builder",
    "Call",
    "Cotangent",
    "Extent",
    "Missing",
    "NativeOp",
    "Pulled",
    "Scalar",
    "Shape",
    "Shaped",
    "Tangent",
    "Value",
    "WithoutGradient",
    "disconnected",
    "register",
]


class NativeOp(Op):
    """An op of the library: a frozen dataclass whose fields are its parameters.

    Subclasses define `result`, `shape`, `reference`, `lower` and `pullback`.
    """

    is_comparison: ClassVar[bool] = False
    # What the gradient does to a support; a test holds each op to it.
    support: ClassVar[str] = "keeps it"
    keeps_shape: ClassVar[bool] = (
        False  # the result's is that of the operands, broadcast
    )

    def result(self, *types: TensorType) -> TensorType | tuple[TensorType, ...]:
        """Return the type of the result (or results) for inputs of `types`."""
        raise NotImplementedError(f"{type(self).__name__}.result")

    def shape(self, *inputs: Shaped) -> Any:
        """Return the result's shape (a list of shapes for several results)."""
        raise NotImplementedError(f"{type(self).__name__}.shape")

    def reference(self, *arrays: Any) -> Any:
        """Compute with NumPy: what the op means."""
        raise NotImplementedError(f"{type(self).__name__}.reference")

    def pullback(
        self, node: Apply, cotangents: Sequence[Cotangent | None]
    ) -> Sequence[Pulled]:
        """Return the cotangent of each input, given those of the outputs."""
        raise NotImplementedError(f"{type(self).__name__}.pullback")

    def pushforward(
        self, node: Apply, tangents: Sequence[Tangent | None]
    ) -> Sequence[Tangent | None]:
        """Return the tangent of each output, given those of the inputs."""
        raise NotImplementedError(
            f"The directional derivative (Rop) of {self} isn't defined."
        )

    def lower(self, b: Builder, *inputs: Value) -> Value | tuple[Value, ...]:
        """Say what the result is, in the loop program."""
        raise NotImplementedError(f"{type(self).__name__}.lower")

    def make_node(self, *inputs: Any) -> Apply:
        """Return a node over `inputs`, converted to tensors."""
        variables = [as_tensor_variable(x) for x in inputs]
        types = self.result(*(v.type for v in variables))
        results = types if isinstance(types, tuple) else (types,)
        return Apply(self, variables, [t.make_variable() for t in results])

    def perform(
        self, node: Apply, inputs: Sequence[Any], output_storage: Any, *params: Any
    ) -> None:
        """Compute with `reference`, into arrays of the declared dtypes."""
        with np.errstate(all="ignore"):
            results = self.reference(*inputs)
        if len(node.outputs) == 1:
            results = (results,)
        for storage, output, value in zip(
            output_storage, node.outputs, results, strict=True
        ):
            storage[0] = np.asarray(value, dtype=output.type.dtype)  # type: ignore[attr-defined]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Tell where gradients can flow: between continuous inputs and outputs."""
        outs = [is_continuous(out.type.dtype) for out in node.outputs]  # type: ignore[attr-defined]
        return [outs for _ in node.inputs]

    def __str__(self) -> str:
        name = type(self).__name__
        named: list[str] = []
        if is_dataclass(self):
            named = [field.name for field in fields(self)]
        shown = [f"{k}={getattr(self, k)!r}" for k in named]
        return f"{name}{{{', '.join(shown)}}}" if shown else name


class WithoutGradient(NativeOp):
    """An op that no gradient flows through."""

    support: ClassVar[str] = ""

    def pullback(
        self, node: Apply, cotangents: Sequence[Cotangent | None]
    ) -> Sequence[Pulled]:
        return [disconnected] * len(node.inputs)

    def pushforward(
        self, node: Apply, tangents: Sequence[Tangent | None]
    ) -> Sequence[Tangent | None]:
        return [None] * len(node.outputs)

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[False] * len(node.outputs)] * len(node.inputs)


OPS: dict[str, NativeOp] = {}


def register(op: NativeOp, name: str = "") -> Any:
    """Enter a sample of an op in the registry that the law tests walk."""
    OPS[name or str(op)] = op
    return op


def is_constant(x: Variable) -> bool:
    """Tell whether `x` is a constant tensor."""
    return isinstance(x, TensorConstant)
