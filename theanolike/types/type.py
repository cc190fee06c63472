"""TensorType: the dtype, rank and known extents of an array."""

import sys
from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from theanolike.config import config
from theanolike.errors import AllocationError, InputTypeError
from theanolike.graph.type import Type
from theanolike.graph.variable import Variable
from theanolike.types.broadcasting import StaticShape, as_static_shape
from theanolike.types.dtypes import as_dtype

if TYPE_CHECKING:
    from theanolike.types.constants import TensorConstant
    from theanolike.types.variable import TensorVariable

_SHAPE_NAMES = {
    (): "scalar",
    (False,): "vector",
    (False, False): "matrix",
    (True, False): "row",
    (False, True): "col",
    (False, False, False): "3D",
    (False, False, False, False): "4D",
    (False, False, False, False, False): "5D",
}


LONG = 1 << 6  # fewer such extents than an array has dims make no large one
MOST_BYTES = 1 << 56  # that memory could ever hold
LONGEST_SHOWN = 80  # characters of a value that a message shows
NO_MASKS = (
    "has no masks, got a masked array; pass x.filled(value), or x.data and the mask "
    "as two arrays."
)


def _check_size(shape: StaticShape, itemsize: int) -> None:
    """Refuse a type that no array can have; unknown extents may be 1."""
    size = prod(dim or 1 for dim in shape) * itemsize
    if size > MOST_BYTES:
        raise AllocationError(
            f"Unable to allocate {size} bytes for an array with shape {shape}; take "
            "smaller extents."
        )


class TensorType(Type):
    """Arrays of one dtype and rank, some of whose extents are known.

    Parameters
    ----------
    dtype : str or dtype
        One of bool, (u)int8 to 64, float16 to 64, complex64, complex128, or "floatX".
    shape : sequence of int, None or bool
        An extent per dimension, None where unknown. All bools: a broadcast pattern,
        in which True means 1.
    name : str, optional
        For printing.

    Notes
    -----
    Two types are equal when dtype, rank and the dims known to be 1 are; `same` also
    compares the other known extents.
    """

    __slots__ = ("_hash", "broadcastable", "dtype", "name", "shape", "sparse_grad")

    def __init__(
        self,
        dtype: Any,
        shape: Sequence[bool | int | None] | None = None,
        name: str | None = None,
        sparse_grad: bool = False,
        broadcastable: Sequence[bool] | None = None,
    ) -> None:
        pattern = broadcastable if shape is None else shape
        if pattern is None:
            raise TypeError("TensorType needs a shape or a broadcastable pattern.")
        self.dtype: str = as_dtype(dtype)
        self.shape: StaticShape = as_static_shape(pattern)
        if any(dim is not None and dim > LONG for dim in self.shape):
            _check_size(self.shape, self.numpy_dtype.itemsize)
        self.broadcastable = tuple(dim == 1 for dim in self.shape)
        self.name = name
        self.sparse_grad = sparse_grad
        self._hash = hash((self.dtype, self.broadcastable))

    @property
    def ndim(self) -> int:
        """The rank."""
        return len(self.shape)

    @property
    def numpy_dtype(self) -> np.dtype[Any]:
        """The dtype as NumPy's object."""
        return np.dtype(self.dtype)

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, TensorType)
            and self.dtype == other.dtype
            and self.broadcastable == other.broadcastable
        )

    def __hash__(self) -> int:
        return self._hash

    def same(self, other: object) -> bool:
        """Tell whether dtype and static shape are the same."""
        return self is other or (
            isinstance(other, TensorType)
            and self.dtype == other.dtype
            and self.shape == other.shape
        )

    def is_super(self, other: Type) -> bool:
        """Tell whether `other` has this dtype, this rank and the extents known here."""
        return (
            isinstance(other, TensorType)
            and self.dtype == other.dtype
            and len(self.shape) == len(other.shape)
            and all(
                a is None or a == b
                for a, b in zip(self.shape, other.shape, strict=True)
            )
        )

    def clone(
        self,
        dtype: Any = None,
        broadcastable: Sequence[bool | int | None] | None = None,
        shape: Sequence[bool | int | None] | None = None,
    ) -> "TensorType":
        """Return this type with another dtype or shape."""
        pattern = shape if shape is not None else broadcastable
        return TensorType(
            self.dtype if dtype is None else dtype,
            self.shape if pattern is None else pattern,
        )

    def make_variable(self, name: str | None = None) -> "TensorVariable":
        """Return a new variable of this type."""
        from theanolike.types.variable import TensorVariable

        return TensorVariable(self, None, None, name)

    def __call__(self, name: str | None = None) -> "TensorVariable":
        return self.make_variable(name)

    def make_constant(self, value: Any, name: str | None = None) -> "TensorConstant":
        """Return a constant of this type."""
        from theanolike.types.constants import TensorConstant

        return TensorConstant(self, value, name)

    def filter(
        self, value: Any, strict: bool = False, allow_downcast: bool | None = None
    ) -> np.ndarray[Any, Any]:
        """Return `value` as an array of this type.

        Raises
        ------
        InputTypeError
            Another rank, another extent, or a dtype that would lose precision; with
            `allow_downcast` None only a Python float may lose some, to floatX.
        """
        if isinstance(value, Variable):
            raise InputTypeError(
                "Expected an array-like object, but found a Variable: maybe you are "
                "trying to call a function on a (possibly shared) variable instead of "
                "a numeric array?"
            )
        if strict:
            array = self._filter_strict(value)
        else:
            array = self._filter_lenient(value, allow_downcast)
        if array.ndim != self.ndim:
            raise InputTypeError(
                f"Wrong number of dimensions: expected {self.ndim}, got {array.ndim} "
                f"with shape {array.shape}."
            )
        for axis, (known, real) in enumerate(zip(self.shape, array.shape, strict=True)):
            if known is not None and known != real:
                raise InputTypeError(
                    "Non-unit value on shape on a broadcastable dimension."
                    f" Dimension {axis} of shape {array.shape} must be 1."
                    if known == 1
                    else f"Wrong extent: dimension {axis} must be {known}, got shape "
                    f"{array.shape}."
                )
        if not (array.flags.aligned and array.dtype.isnative):
            raise InputTypeError(
                f"Expected an aligned array of native byte order, got dtype "
                f"{array.dtype.str}; copy it with numpy.array(x, dtype='{self.dtype}')."
            )
        return array

    def _filter_strict(self, value: Any) -> np.ndarray[Any, Any]:
        if not isinstance(value, np.ndarray):
            raise InputTypeError(
                f"{self} expected a ndarray object, got {brief(value)} of type "
                f"{type(value).__name__}; pass an array, or drop strict=True."
            )
        if value.dtype.name != self.dtype:
            raise InputTypeError(
                f"{self} expected a ndarray object with dtype = {self.dtype} (got "
                f"{value.dtype}); cast it, or drop strict=True."
            )
        return np.asarray(value)

    def _filter_lenient(
        self, value: Any, allow_downcast: bool | None
    ) -> np.ndarray[Any, Any]:
        dtype = self.numpy_dtype
        if is_masked(value):
            raise InputTypeError(f"{self} {NO_MASKS}")
        if isinstance(value, np.ndarray):
            given: np.ndarray[Any, Any] = np.asarray(value)  # no matrix, no memmap
        else:
            given = self._as_array(value)
        if given.dtype == dtype:
            return given
        if allow_downcast or np.can_cast(given.dtype, dtype, "safe"):
            return given.astype(dtype)
        if isinstance(value, np.ndarray):
            raise InputTypeError(
                f"{self} cannot store a value of dtype {given.dtype} without risking "
                "loss of precision. If you do not mind this loss, you can: 1) "
                f"explicitly cast your data to {self.dtype}, or 2) set "
                '"allow_input_downcast=True" when calling "function".'
            )
        return self._from_python(value, given, allow_downcast)

    def _from_python(
        self, value: Any, given: np.ndarray[Any, Any], allow_downcast: bool | None
    ) -> np.ndarray[Any, Any]:
        """Take numbers, Python's and NumPy's, whose values this dtype holds."""
        kept = given.real if self.numpy_dtype.kind != "c" else given
        with np.errstate(all="ignore"):
            converted = kept.astype(self.numpy_dtype)
            back = converted.astype(given.dtype)
        # A float of NumPy's is a float, too, but says its precision.
        python_float = type(value) is float and self.dtype == str(config.floatX)
        if allow_downcast is None and python_float:
            return converted
        if np.array_equal(given, back, equal_nan=given.dtype.kind in "fc"):
            return converted
        raise InputTypeError(
            f"{self} cannot store accurately value {brief(value)}, it would be "
            f"represented as {brief(converted)}. If you do not mind this precision "
            "loss, you can: 1) explicitly convert your data to a numpy array of dtype "
            f'{self.dtype}, or 2) set "allow_input_downcast=True" when calling '
            '"function".'
        )

    def _as_array(self, value: Any) -> np.ndarray[Any, Any]:
        try:
            array = np.asarray(value)
        except ValueError as error:
            raise InputTypeError(
                f"{self} expected an array-like object, got {brief(value)}: {error}"
            ) from error
        if array.dtype.kind not in "biufc":
            raise InputTypeError(
                f"{self} expected numbers, got {brief(value)} of type "
                f"{type(value).__name__}."
            )
        return array

    def convert_variable(self, var: Variable) -> Variable | None:
        """Return `var` as this type by asserting what it doesn't say, else None."""
        if self.is_super(var.type):
            return var
        same_kind = (
            isinstance(var.type, TensorType)
            and var.type.dtype == self.dtype
            and var.type.ndim == self.ndim
        )
        if same_kind:
            from theanolike.types.variable import functions

            return functions().specify_static(var, self.shape)  # type: ignore[no-any-return]
        return None

    def values_eq(self, a: Any, b: Any) -> bool:
        """Tell whether two arrays are equal, NaN being equal to NaN."""
        a, b = np.asarray(a), np.asarray(b)
        return a.dtype == b.dtype and np.array_equal(
            a, b, equal_nan=a.dtype.kind in "fc"
        )

    def values_eq_approx(
        self,
        a: Any,
        b: Any,
        allow_remove_inf: bool = False,
        allow_remove_nan: bool = False,
        rtol: float | None = None,
        atol: float | None = None,
    ) -> bool:
        """Tell whether two arrays are equal up to the tolerance of their dtype.

        Parameters
        ----------
        a, b : array_like
        allow_remove_inf, allow_remove_nan : bool
            Accept anything in `b` where `a` is infinite or NaN.
        rtol, atol : float, optional
            Relative and absolute tolerance.
        """
        from theanolike.testing import close

        a, b = np.asarray(a), np.asarray(b)
        if a.shape != b.shape:
            return False
        removed = np.zeros(a.shape, bool)
        if allow_remove_inf:
            removed |= np.isinf(a)
        if allow_remove_nan:
            removed |= np.isnan(a)
        return close(a[~removed], b[~removed], rtol=rtol, atol=atol)

    def may_share_memory(self, a: Any, b: Any) -> bool:
        """Tell whether two arrays may overlap."""
        return bool(np.may_share_memory(a, b))

    def value_validity_msg(self, a: Any) -> str:
        """Return why an array is no value of this type, or that it is one."""
        try:
            self.filter(a, strict=True)
        except InputTypeError as error:
            return str(error)
        return "value is valid"

    def dtype_specs(self) -> tuple[type, str, str]:
        """Return Python's type of an element, the name of NumPy's in C, its number."""
        python = {"b": bool, "c": complex, "f": float}
        scalar = python.get(self.numpy_dtype.kind, int)
        return scalar, f"npy_{self.dtype}", f"NPY_{self.dtype.upper()}"

    def get_shape_info(self, obj: Any) -> tuple[int, ...]:
        """Return the shape of a value."""
        return np.shape(obj)

    def get_size(self, shape_info: Sequence[int]) -> int:
        """Return the bytes of a value of that shape."""
        return prod(shape_info) * self.numpy_dtype.itemsize

    def value_zeros(self, shape: Sequence[int]) -> np.ndarray[Any, Any]:
        """Return zeros of this dtype."""
        return np.zeros(shape, self.dtype)

    def __str__(self) -> str:
        if self.name:
            return self.name
        shape: object = _SHAPE_NAMES.get(self.broadcastable, self.broadcastable)
        return f"TensorType({self.dtype}, {shape})"

    def __repr__(self) -> str:
        return str(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return TensorType, (self.dtype, self.shape, self.name, self.sparse_grad)


def brief(value: Any) -> str:
    """Return what a message shows of a value: the beginning of it, if it is long."""
    numpys = isinstance(value, np.ndarray | np.generic)
    shown = f"{value}" if numpys else repr(value)
    return shown if len(shown) <= LONGEST_SHOWN else f"{shown[:LONGEST_SHOWN]}(...)"


def is_masked(value: Any) -> bool:
    """Tell whether a value is a masked array, without importing what makes them."""
    masked = sys.modules.get("numpy.ma")
    return masked is not None and isinstance(value, masked.MaskedArray)
