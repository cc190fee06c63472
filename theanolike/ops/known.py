"""What is known of a value before anything runs: constants, lengths, extents."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from theanolike.codegen import lowering
from theanolike.errors import EmptyConstantError, NotScalarConstantError
from theanolike.graph.apply import Apply
from theanolike.graph.variable import Variable
from theanolike.ops.broadcast import Fill
from theanolike.ops.declare import Builder, NativeOp
from theanolike.ops.extents import MakeVector, OfShape, ShapeOf, shape_i
from theanolike.types.constants import TensorConstant, as_tensor_variable, constant
from theanolike.types.dtypes import INTEGERS, is_discrete
from theanolike.types.type import TensorType
from theanolike.types.variable import functions

# How many nodes behind a value are looked at to find out what it is.
MOST_NODES = 64
_MOST_ELEMENTS = 1024


def known_int(x: Any) -> int | None:
    """Return the value of an integer scalar if it is known, else None."""
    if isinstance(x, int | np.integer):
        return int(x)
    if isinstance(x, TensorConstant):
        return int(x.data) if x.ndim == 0 else None
    if x.owner is None or x.ndim or not is_discrete(x.type.dtype):
        return None
    return _fold(x, [()])[0]


def known_ints(vector: Any) -> tuple[int | None, ...]:
    """Return the items of an integer vector of known length, None if unknown."""
    length: int = vector.type.shape[0]
    if isinstance(vector, TensorConstant):
        return tuple(int(i) for i in vector.data)
    if vector.owner is None:
        return (None,) * length
    return tuple(_fold(vector, [(k,) for k in range(length)]))


def _fold(x: Any, places: Sequence[tuple[int, ...]]) -> list[int | None]:
    """Lower the integer arithmetic behind `x` and see which elements are constant."""
    nodes, leaves = _integer_ancestry(x)
    if not nodes:
        return [None] * len(places)
    b = Builder()
    values = {v: b.input(v.type.dtype, v.type.shape) for v in leaves}
    lowering.lower_nodes(b, nodes, values)
    items = [b.item(values[x], *place) for place in places]
    return [i if isinstance(i, int) else None for i in items]


def _integer_ancestry(x: Any) -> tuple[list[Apply], list[Any]]:
    """Return the nodes behind `x` that compute small integers, and what they read."""
    order: list[Apply] = []
    leaves: dict[Any, None] = {}
    seen: set[Apply] = set()
    stack: list[tuple[Any, bool]] = [(x, False)]
    while stack:
        variable, ready = stack.pop()
        if ready:
            order.append(variable.owner)
        elif isinstance(variable, TensorConstant):
            continue
        elif not _is_small_integer(variable) or len(seen) >= MOST_NODES:
            leaves[variable] = None
        elif variable.owner not in seen:
            seen.add(variable.owner)
            stack.append((variable, True))
            if isinstance(variable.owner.op, OfShape):
                leaves[variable.owner.inputs[0]] = None
            else:
                stack.extend((v, False) for v in variable.owner.inputs)
    made = {out for node in order for out in node.outputs}
    return order, [v for v in leaves if v not in made]


def _is_small_integer(variable: Any) -> bool:
    return (
        variable.owner is not None
        and isinstance(variable.owner.op, NativeOp)
        and len(variable.owner.outputs) == 1
        and variable.ndim <= 1
        and is_discrete(variable.type.dtype)
        and all(isinstance(v.type, TensorType) for v in variable.owner.inputs)
    )


def find_constant(x: Any) -> Any:
    """Return the array that `x` is if it depends on constants only, else None."""
    nodes = _constant_ancestry(x)
    if nodes is None:
        return None
    values: dict[Variable, Any] = {}
    for node in nodes:
        given = [
            v.data if isinstance(v, TensorConstant) else values[v] for v in node.inputs
        ]
        storage: list[list[Any]] = [[None] for _ in node.outputs]
        node.op.perform(node, given, storage)
        for out, (array,) in zip(node.outputs, storage, strict=True):
            if array.size > _MOST_ELEMENTS:
                return None
            values[out] = array
    return values.get(x, getattr(x, "data", None))


def _constant_ancestry(x: Any) -> list[Apply] | None:
    """Return the nodes behind `x` if they read small constants only, else None."""
    order: list[Apply] = []
    seen: set[Apply] = set()
    stack: list[tuple[Any, bool]] = [(x, False)]
    while stack:
        variable, ready = stack.pop()
        if ready:
            order.append(variable.owner)
        elif isinstance(variable, TensorConstant):
            if variable.data.size > _MOST_ELEMENTS:
                return None
        elif variable.owner is None or not isinstance(variable.owner.op, NativeOp):
            return None
        elif variable.owner not in seen:
            if len(seen) >= MOST_NODES:
                return None
            seen.add(variable.owner)
            stack.append((variable, True))
            stack.extend((v, False) for v in variable.owner.inputs)
    return order


def get_scalar_constant_value(
    v: Any,
    elemwise: bool = True,
    only_process_constants: bool = False,
    max_recur: int = 10,  # noqa: ARG001 - Theano takes it
) -> Any:
    """Return the value of a variable that is a constant scalar, as a 0-d array.

    Parameters
    ----------
    v : variable or number
        Of rank 0, or an array whose elements are all equal.
    elemwise : bool
        Compute the arithmetic behind `v` too.
    only_process_constants : bool
        Accept nothing but constants.
    max_recur : int
        No effect: a bounded number of nodes is looked at.

    Raises
    ------
    NotScalarConstantError
        The value isn't known before the function runs.
    EmptyConstantError
        It is an array without elements.
    """
    if v is None:
        raise NotScalarConstantError("Expected a scalar constant, got None.")
    if not isinstance(v, Variable):
        return _single(np.asarray(v), v)
    if isinstance(v, TensorConstant):
        return _single(v.data, v)
    if only_process_constants or not isinstance(v.type, TensorType):
        raise NotScalarConstantError(f"Expected a scalar constant, got {v}.")
    inside = v
    while inside.owner is not None and isinstance(inside.owner.op, Fill):
        inside = inside.owner.inputs[1]
    if isinstance(inside, TensorConstant):
        return _single(inside.data, v)
    if elemwise:
        number = known_int(inside)
        if number is not None:
            return np.asarray(number, dtype=v.type.dtype)
        array = find_constant(inside)
        if array is not None:
            return _single(array, v)
    raise NotScalarConstantError(
        f"Expected a scalar whose value is known now, got {v}; compute it in Python."
    )


def _single(array: Any, what: Any) -> Any:
    if array.size == 0:
        raise EmptyConstantError(f"Expected a scalar constant, got {what}: it's empty.")
    if array.size != 1 and not (array == array.flat[0]).all():
        raise NotScalarConstantError(
            f"Expected a scalar constant, got {what} of shape {array.shape}."
        )
    return np.asarray(array.flat[0])


def extract_constant(
    x: Any, elemwise: bool = True, only_process_constants: bool = False
) -> Any:
    """Return the constant value of `x` if it has one, else `x` itself."""
    try:
        return get_scalar_constant_value(x, elemwise, only_process_constants)
    except NotScalarConstantError:
        return x


def find_vector_length(v: Any) -> int | None:
    """Return how many elements a vector has, if that is known."""
    return v.type.shape[0] if v.ndim == 1 else None


def get_vector_length(v: Any) -> int:
    """Return how many elements a vector has, or raise ValueError."""
    v = as_tensor_variable(v)
    if v.ndim != 1:
        raise TypeError(f"Expected a symbolic vector, got {v} of rank {v.ndim}.")
    length = find_vector_length(v)
    if length is None:
        raise ValueError(f"length not known: {v} is a vector of type {v.type}.")
    return length


def as_extents(given: Any, ndim: int | None = None, what: str = "Alloc") -> list[Any]:
    """Return the items of a shape as integer scalars.

    Parameters
    ----------
    given : int, sequence of ints and scalars, or integer vector
    ndim : int, optional
        How many items a vector of unknown length has.
    what : str
        Who asks, for messages.
    """
    if isinstance(given, Variable) or (isinstance(given, np.ndarray) and given.ndim):
        given = as_tensor_variable(given)
        items = [given] if given.ndim == 0 else _items_of_vector(given, ndim, what)
    elif isinstance(given, list | tuple):
        items = [as_tensor_variable(item) for item in given]
    else:
        items = [as_tensor_variable(given)]
    for item in items:
        if item.ndim or item.type.dtype not in INTEGERS:
            raise TypeError(
                f"Shape arguments to {what} must be integers, but argument {item} is "
                f"not: it is of type {item.type}."
            )
    return items


def _items_of_vector(vector: Any, ndim: int | None, what: str) -> list[Any]:
    if vector.ndim != 1:
        raise TypeError(
            f"Shape arguments to {what} must be integers or one vector of them, "
            f"got {vector} of type {vector.type}."
        )
    length = find_vector_length(vector) if ndim is None else ndim
    if length is None:
        raise ValueError(
            f"The length of the provided shape ({vector}) cannot be automatically "
            "determined, so the rank of the result isn't known; pass ndim, or a list "
            "of scalars."
        )
    if isinstance(vector, TensorConstant):
        return [constant(item) for item in vector.data]
    if vector.owner is not None and isinstance(vector.owner.op, MakeVector):
        return list(vector.owner.inputs)
    if vector.owner is not None and isinstance(vector.owner.op, ShapeOf):
        return [shape_i(vector.owner.inputs[0], k) for k in range(length)]
    return [functions().getitem(vector, k) for k in range(length)]
