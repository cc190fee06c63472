"""A scalar in C++: the type of each dtype, conversions, literals, loads and stores."""

import math
from typing import Any, Final

import numpy as np

CTYPE: Final[dict[str, str]] = {
    "bool": "u8",
    "int8": "i8",
    "int16": "i16",
    "int32": "i32",
    "int64": "i64",
    "uint8": "u8",
    "uint16": "u16",
    "uint32": "u32",
    "uint64": "u64",
    "float16": "_Float16",
    "float32": "float",
    "float64": "double",
    "complex64": "c64",
    "complex128": "c128",
}
"""The C++ type of an element in memory."""

ARITHMETIC: Final[dict[str, str]] = CTYPE | {"bool": "bool", "float16": "float"}
"""The C++ type of a local. A float16 is computed in float and rounded after each op."""

INTEGERS: Final = tuple(name for name in CTYPE if "int" in name)
COMPLEX: Final = ("complex64", "complex128")
SUFFIX: Final = {"float16": "f32", "float32": "f32", "float64": "f64"}


def cast(text: str, from_: str, to: str) -> str:
    """Return `text`, a value of dtype `from_`, converted to dtype `to`.

    Floats are truncated to integers; NaN and what int64 can't hold are INT64_MIN, and
    narrower integers wrap. A complex number loses its imaginary part.
    """
    if from_ == to:
        return text
    kind = ARITHMETIC[to]
    if from_ in COMPLEX:
        return _cast_complex(text, from_, to)
    if to in COMPLEX:
        part = "float" if to == "complex64" else "double"
        return f"{kind}{{({part}){text}, 0}}"
    if to == "bool":
        return f"({text} != 0)"
    if to == "float16":
        if from_ == "float64":
            return f"(float)(_Float16)to_odd_float({text})"
        return f"(float)(_Float16)(float){text}"
    if from_ in SUFFIX and to in INTEGERS:
        return _truncate(text, from_, to)
    return f"({kind}){text}" if kind != ARITHMETIC[from_] else text


def literal(value: object, dtype: str) -> str:
    """Return the C++ text of a number, of exactly its value and its dtype's type."""
    with np.errstate(over="ignore"):
        number: Any = np.asarray(value).astype(dtype)[()]
    if dtype == "bool":
        return "true" if number else "false"
    if dtype in COMPLEX:
        part = "float32" if dtype == "complex64" else "float64"
        parts = literal(number.real, part), literal(number.imag, part)
        return f"{ARITHMETIC[dtype]}{{{', '.join(parts)}}}"
    if dtype in SUFFIX:
        return _float_literal(number, dtype)
    return _integer_literal(int(number), dtype)


def loaded(text: str, dtype: str) -> str:
    """Return the local value of an element in memory."""
    if dtype == "bool":
        return f"({text} != 0)"
    return f"(float){text}" if dtype == "float16" else text


def stored(text: str, dtype: str) -> str:
    """Return what is to be stored for a local value."""
    return f"({CTYPE[dtype]}){text}" if dtype in {"bool", "float16"} else text


def _truncate(text: str, from_: str, to: str) -> str:
    value = text if from_ == "float64" else f"(double){text}"
    if to == "uint64":
        return f"to_u64({value})"
    return f"to_i64({value})" if to == "int64" else f"({CTYPE[to]})to_i64({value})"


def _cast_complex(text: str, from_: str, to: str) -> str:
    if to in COMPLEX:
        return f"to_complex<{ARITHMETIC[to]}>({text})"
    if to == "bool":
        return f"(!eq_complex({text}, {ARITHMETIC[from_]}{{0, 0}}))"
    part = "float32" if from_ == "complex64" else "float64"
    return cast(f"{text}.re", part, to)


def _float_literal(number: Any, dtype: str) -> str:
    suffix = "" if dtype == "float64" else "f"
    if math.isnan(number):
        return f'__builtin_nan{suffix}("")'
    if math.isinf(number):
        text = f"__builtin_inf{suffix}()"
        return text if number > 0 else f"(-{text})"
    # the shortest decimal that reads back as the same number of this width
    wide = np.float32(number) if suffix else np.float64(number)
    text = str(wide) + suffix
    return f"({text})" if text.startswith("-") else text


def _integer_literal(number: int, dtype: str) -> str:
    kind = CTYPE[dtype]
    if dtype == "int32" and number != np.iinfo(np.int32).min:
        return str(number) if number >= 0 else f"({number})"
    if number == np.iinfo(np.int64).min:
        return f"({kind})(-9223372036854775807 - 1)"
    unsigned = "u" if dtype in {"uint32", "uint64"} else ""
    return f"({kind}){number}{unsigned}"
