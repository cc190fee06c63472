"""Dtypes and how they promote.

Promotion is NumPy 2's (NEP 50): operands with a dtype promote by `numpy.result_type`;
a Python scalar that meets one is weak and takes its dtype, or the default dtype of its
kind where the kinds differ: a float beside integers is `config.floatX`. The exceptions,
all of them:

- standing alone a Python int is int64, a float is `config.floatX`, a bool is bool;
- int / int is `config.floatX`;
- float functions of bool and 8-bit ints are float32 (NumPy's float16 is never chosen).
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from theanolike.config import config

BOOL: Final = "bool"
SIGNED: Final = ("int8", "int16", "int32", "int64")
UNSIGNED: Final = ("uint8", "uint16", "uint32", "uint64")
FLOATS: Final = ("float16", "float32", "float64")
COMPLEX: Final = ("complex64", "complex128")
INTEGERS: Final = SIGNED + UNSIGNED
DISCRETE: Final = (BOOL, *INTEGERS)
CONTINUOUS: Final = FLOATS + COMPLEX
ALL: Final = (BOOL, *INTEGERS, *FLOATS, *COMPLEX)

_DISCRETE = frozenset(DISCRETE)
_FLOATS = frozenset(FLOATS)
_COMPLEX = frozenset(COMPLEX)
_ALL = frozenset(ALL)


def is_discrete(dtype: str) -> bool:
    """Tell whether `dtype` is bool or an integer."""
    return dtype in _DISCRETE


def is_float(dtype: str) -> bool:
    """Tell whether `dtype` is a real floating one."""
    return dtype in _FLOATS


def is_complex(dtype: str) -> bool:
    """Tell whether `dtype` is complex."""
    return dtype in _COMPLEX


def is_continuous(dtype: str) -> bool:
    """Tell whether a gradient can flow through `dtype`."""
    return dtype in _FLOATS or dtype in _COMPLEX


def floatX() -> str:
    """Return the default floating dtype of the configuration."""
    return str(config.floatX)


def as_dtype(dtype: Any) -> str:
    """Return the canonical name of `dtype`; "floatX" is the configuration's.

    Raises
    ------
    TypeError
        A dtype that tensors can't have.
    """
    if type(dtype) is str and dtype in _ALL:  # a numpy.str_ is made a str
        return dtype
    if isinstance(dtype, str) and dtype == "floatX":
        return floatX()
    try:
        name = np.dtype(dtype).name
    except TypeError as error:
        raise TypeError(f"Expected a dtype, got {dtype!r}.") from error
    if name not in _ALL:
        raise TypeError(
            f"Tensors can't have dtype {name}; use one of {', '.join(ALL)}."
        )
    return str(name)


def promote(*dtypes: str) -> str:
    """Return the dtype that operands of `dtypes` are brought to."""
    first = dtypes[0]
    if all(dtype == first for dtype in dtypes):
        return first
    return np.result_type(*dtypes).name


upcast = promote


def float_dtype(dtype: str) -> str:
    """Return the dtype of a float function (`exp`, `sqrt`...) of a `dtype` operand."""
    if not is_discrete(dtype):
        return dtype
    return "float32" if np.dtype(dtype).itemsize <= 2 else "float64"


def divide_dtype(*dtypes: str) -> str:
    """Return the dtype of a true division."""
    promoted = promote(*dtypes)
    return floatX() if is_discrete(promoted) else promoted


def sum_dtype(dtype: str) -> str:
    """Return the dtype of a sum or product over `dtype` elements."""
    if dtype == BOOL or dtype in SIGNED:
        return "int64"
    return "uint64" if dtype in UNSIGNED else dtype


def real_dtype(dtype: str) -> str:
    """Return the dtype of the real part."""
    return {"complex64": "float32", "complex128": "float64"}.get(dtype, dtype)


def scalar_dtype(value: bool | complex) -> str:
    """Return the dtype of a Python scalar that stands alone."""
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, int):
        return "int64" if -(2**63) <= value < 2**63 else "uint64"
    if isinstance(value, float):
        return floatX()
    return "complex64" if floatX() == "float32" else "complex128"


def weak_dtype(value: bool | complex, dtypes: Sequence[str]) -> str:
    """Return the dtype that a Python scalar takes beside operands of `dtypes`.

    Raises
    ------
    OverflowError
        An int that the operands' integer dtype can't hold.
    """
    if not dtypes:
        return scalar_dtype(value)
    strong = promote(*dtypes)
    if isinstance(value, bool):
        return BOOL if strong == BOOL else strong
    if isinstance(value, int):
        dtype = np.result_type(strong, 0).name
        if is_discrete(dtype):
            info = np.iinfo(dtype)
            if not info.min <= value <= info.max:
                raise OverflowError(
                    f"The Python int {value} doesn't fit in the dtype {dtype} of the "
                    f"tensor that it meets; cast the tensor first, "
                    f"as in x.astype('int64')."
                )
        return dtype
    if isinstance(value, float) and is_discrete(strong):
        return floatX()
    return np.result_type(strong, 0.0 if isinstance(value, float) else 0j).name
