"""Constant folding: what depends on constants only is computed while compiling."""

import math
from typing import Any

import numpy as np

from theanolike.graph.apply import Apply
from theanolike.graph.variable import Constant
from theanolike.ops.broadcast import Fill
from theanolike.ops.creation import Alloc
from theanolike.ops.declare import NativeOp
from theanolike.rewrites.phases import Phase
from theanolike.rewrites.registry import rewrite
from theanolike.types.constants import TensorConstant, constant
from theanolike.types.type import TensorType

__all__ = ["MOST_BYTES", "fold_constants"]

MOST_BYTES = 1 << 20
# A tensor of one value is kept as what it is: it costs nothing, as a constant it does.
_MOST_REPEATED = 64


@rewrite(Phase.CANONICALIZE, NativeOp, aliases=["constant_folding"])
def fold_constants(node: Apply) -> Any:
    """f(constants) = its value, at most 1 MiB of it.

    Ops with effects and ops that would fail are left to the run.
    """
    if not node.inputs or not all(isinstance(v, Constant) for v in node.inputs):
        return None
    if not node.op.do_constant_folding(node):
        return None
    kinds = _known_types(node)
    if kinds is None or sum(map(_bytes, kinds)) > MOST_BYTES:
        return None
    if isinstance(node.op, Alloc | Fill) and math.prod(kinds[0].shape) > _MOST_REPEATED:  # type: ignore[arg-type]
        return None
    storage: list[list[Any]] = [[None] for _ in node.outputs]
    try:
        node.op.perform(node, [v.data for v in node.inputs], storage)  # type: ignore[attr-defined]
    except Exception:  # noqa: BLE001 - the user is to see it when the function runs
        return None
    return [
        constant(np.asarray(value, kind.dtype))
        for (value,), kind in zip(storage, kinds, strict=True)
    ]


def _known_types(node: Apply) -> list[TensorType] | None:
    """Return the results' types if they are tensors of known shapes."""
    kinds: list[Any] = [out.type for out in node.outputs]
    if not all(isinstance(kind, TensorType) for kind in kinds):
        return None
    if any(None in kind.shape for kind in kinds):
        # The inputs may have become constants after the node was made.
        if not all(isinstance(v, TensorConstant) for v in node.inputs):
            return None
        try:
            kinds = [out.type for out in node.op.make_node(*node.inputs).outputs]
        except Exception:  # noqa: BLE001 - as above
            return None
    return None if any(None in kind.shape for kind in kinds) else kinds


def _bytes(kind: TensorType) -> int:
    return math.prod(kind.shape) * kind.numpy_dtype.itemsize  # type: ignore[arg-type]
