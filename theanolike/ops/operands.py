"""Operands of an op: tensors, and Python scalars in the dtype of what they meet."""

from collections.abc import Sequence
from typing import Any

from theanolike.graph.variable import Variable
from theanolike.types.constants import (
    TensorConstant,
    as_tensor_variable,
    constant,
    is_python_scalar,
)
from theanolike.types.dtypes import is_discrete, promote, scalar_dtype, weak_dtype


def as_operands(inputs: Sequence[Any]) -> list[Any]:
    """Return tensor variables; Python scalars take the dtype of what they meet.

    A small int beside floats stays an int8 constant: it promotes to any float dtype
    and prints as it was written (`x ** TensorConstant{2}`).
    """
    variables = [x if is_python_scalar(x) else as_tensor_variable(x) for x in inputs]
    weak = {i: _number(x) for i, x in enumerate(variables) if _is_weak(x)}
    if not weak:
        return variables
    strong = [x.type.dtype for i, x in enumerate(variables) if i not in weak]
    if not strong:
        strong = [scalar_dtype(max(weak.values(), key=_kind))]
    for i, value in weak.items():
        variables[i] = _beside(variables[i], value, promote(*strong))
    return variables


def _is_weak(x: Any) -> bool:
    return x.weak if isinstance(x, TensorConstant) else not isinstance(x, Variable)


def _number(x: Any) -> Any:
    return x.data.item() if isinstance(x, TensorConstant) else x


def _kind(number: Any) -> int:
    return (bool, int, float, complex).index(type(number))


def _beside(x: Any, value: Any, strong: str) -> Any:
    given = x.type.dtype if isinstance(x, TensorConstant) else None
    try:
        dtype = weak_dtype(value, [strong])
    except OverflowError:
        if given is None:
            raise
        return x
    if type(value) is int and not is_discrete(dtype) and -128 <= value < 128:
        dtype = "int8"
    if given is None:
        return constant(value, dtype=dtype)
    if promote(strong, given) == promote(strong, dtype):
        return x
    return constant(value, x.name, dtype=dtype)
