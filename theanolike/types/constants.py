"""Constants, and how values become variables."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from theanolike.errors import AsTensorError
from theanolike.graph.apply import Apply
from theanolike.graph.variable import Constant, Variable
from theanolike.types.dtypes import ALL, as_dtype, scalar_dtype
from theanolike.types.type import NO_MASKS, TensorType, brief, is_masked
from theanolike.types.variable import TensorOperators, functions

_LONGEST = 20  # characters of a value that is printed in full


class TensorConstant(TensorOperators, Constant):
    """An array that is part of the graph. Its data are read-only.

    Attributes
    ----------
    weak : bool
        Made of a Python number alone: beside tensors it promotes as that number does.
    """

    __slots__ = ("_signature", "weak")

    type: TensorType
    weak: bool

    def __init__(self, type: TensorType, data: Any, name: str | None = None) -> None:
        super().__init__(type, data, name)
        if self.data.flags.writeable or not self.data.flags.c_contiguous:
            self.data = np.array(self.data, order="C", copy=True)
            self.data.setflags(write=False)
        self._signature: Any = None
        self.weak = False

    def signature(self) -> Any:
        """Return type and bytes: equal for constants equal in every bit."""
        if self._signature is None:
            self._signature = (self.type.dtype, self.type.shape, self.data.tobytes())
        return self._signature

    def __str__(self) -> str:
        if self.name is not None:
            return self.name
        data = self.data
        if data.ndim and data.size and (data == data.flat[0]).all():
            shown = f"{data.shape} of {data.flat[0]}"
        else:
            shown = str(data)
        if len(shown) > _LONGEST:
            shown = f"{shown[:10]}..{shown[-10:]}"
        return f"TensorConstant{{{shown}}}"

    def __deepcopy__(self, memo: dict[int, Any]) -> "TensorConstant":
        return self


Number = bool | int | float | complex
_PYTHON_SCALARS = (bool, int, float, complex)


def is_python_scalar(value: object) -> bool:
    """Tell whether `value` is a Python number and not a NumPy one."""
    return type(value) in _PYTHON_SCALARS


def constant(
    x: Any, name: str | None = None, ndim: int | None = None, dtype: Any = None
) -> TensorConstant:
    """Return `x` as a constant.

    Parameters
    ----------
    x : array_like
        A Python int becomes int64, a float floatX, a NumPy value keeps its dtype.
        Beside a tensor, a constant made of a Python number promotes as the number.
    name : str, optional
    ndim : int, optional
        Pad the shape with ones on the left up to this rank.
    dtype : dtype, optional
        Cast to it.

    Returns
    -------
    TensorConstant
        Its type knows the whole shape.
    """
    if isinstance(x, TensorConstant):
        return x
    array = _as_array(x, dtype)
    if ndim is not None:
        if array.ndim > ndim:
            raise ValueError(
                f"Expected rank {ndim}, got an array of rank {array.ndim}."
            )
        array = array.reshape((1,) * (ndim - array.ndim) + array.shape)
    result = TensorConstant(TensorType(array.dtype.name, array.shape), array, name)
    result.weak = dtype is None and not ndim and is_python_scalar(x)
    return result


def _as_array(x: Any, dtype: Any) -> np.ndarray[Any, Any]:
    if isinstance(x, Variable):
        raise AsTensorError(
            f"Expected a value, got the variable {x}, whose value isn't known before "
            "the function runs; use it as it is, or as_tensor_variable."
        )
    if is_masked(x):
        raise AsTensorError(f"A constant {NO_MASKS}")
    if dtype is not None:
        array = np.asarray(x, dtype=as_dtype(dtype))
    elif is_python_scalar(x):
        array = np.asarray(x, dtype=scalar_dtype(x))
    elif isinstance(x, np.ndarray | np.generic):
        array = np.asarray(x)
    else:
        array = _from_sequence(x)
    if array.dtype.kind in "OUS":
        raise AsTensorError(
            f"Cannot convert {brief(x)} to TensorType: expected a number, an array of "
            f"numbers or a variable, got {type(x).__name__}."
        )
    if array.dtype.name not in ALL:
        raise AsTensorError(
            f"Cannot convert {brief(x)} to TensorType: dtype {array.dtype} isn't one "
            f"of {', '.join(ALL)}."
        )
    return array


def _from_sequence(x: Any) -> np.ndarray[Any, Any]:
    """Return nested Python numbers as an array; floats are floatX."""
    try:
        array = np.asarray(x)
    except (ValueError, TypeError) as error:
        raise AsTensorError(
            f"Cannot convert {brief(x)} to TensorType: {error}"
        ) from error
    if array.dtype.kind == "f" and _holds_python_numbers(x):
        array = array.astype(scalar_dtype(0.0))
    return array


def _holds_python_numbers(x: Any) -> bool:
    while isinstance(x, list | tuple) and x:
        x = x[0]
    return is_python_scalar(x) or (isinstance(x, list | tuple))


def as_tensor_variable(x: Any, name: str | None = None, ndim: int | None = None) -> Any:
    """Return `x` as a tensor variable.

    A variable stays as it is, a sequence that holds variables is stacked, anything
    else becomes a `constant`.

    Raises
    ------
    AsTensorError
        A value that is no tensor.
    """
    if isinstance(x, Apply):
        x = x.default_output()
    if isinstance(x, Variable):
        if not isinstance(x.type, TensorType):
            convert = getattr(x, "_as_tensor_variable", None)
            if convert is not None:
                return as_tensor_variable(convert(), name, ndim)
            raise AsTensorError(
                f"Variable type field must be a TensorType: {x} {x.type}"
            )
        return x if ndim is None or x.type.ndim == ndim else _of_rank(x, ndim)
    convert = getattr(x, "_as_tensor_variable", None)
    if convert is not None:
        return convert()
    if isinstance(x, bool):
        raise AsTensorError(
            "Cannot cast True or False as a tensor variable. Please use "
            "numpy.array(True) or numpy.array(False) if you need these constants. "
            "This error might be caused by using the == operator on Variables. "
            "v == w does not do what you think it does, use theano.tensor.eq(v, w)."
        )
    if isinstance(x, list | tuple) and _holds_variable(x):
        return functions().stack([as_tensor_variable(item) for item in x])
    return constant(x, name, ndim)


def _holds_variable(x: Sequence[Any]) -> bool:
    stack: list[Any] = list(x)
    while stack:
        item = stack.pop()
        if isinstance(item, Variable | Apply):
            return True
        if isinstance(item, list | tuple):
            stack.extend(item)
    return False


def _of_rank(x: Any, ndim: int) -> Any:
    surplus = x.type.ndim - ndim
    if surplus > 0:
        if not all(x.type.broadcastable[:surplus]):
            raise ValueError(f"Expected rank {ndim}, got {x} of rank {x.type.ndim}.")
        return functions().dimshuffle(x, range(surplus, x.type.ndim))
    pattern = ["x"] * (ndim - x.type.ndim) + list(range(x.type.ndim))
    return functions().dimshuffle(x, pattern)
