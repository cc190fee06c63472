"""NumPy's functions applied to symbolic tensors: `np.exp(x)`, `np.concatenate([x, y])`.

Two tables by NumPy's names; what they don't hold is a TypeError that says so.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from theanolike.errors import InputTypeError
from theanolike.types.constants import as_tensor_variable
from theanolike.types.variable import functions

# NumPy's ufunc: our function. Names that are the same stand in `_SAME_UFUNCS`.
_UFUNCS: Mapping[str, str] = {
    "absolute": "abs_",
    "bitwise_and": "and_",
    "bitwise_or": "or_",
    "bitwise_xor": "xor",
    "conjugate": "conj",
    "divide": "true_div",
    "equal": "eq",
    "floor_divide": "int_div",
    "greater": "gt",
    "greater_equal": "ge",
    "less": "lt",
    "less_equal": "le",
    "multiply": "mul",
    "negative": "neg",
    "not_equal": "neq",
    "positive": "tensor_copy",
    "power": "pow",
    "radians": "deg2rad",
    "degrees": "rad2deg",
    "reciprocal": "inv",
    "remainder": "mod",
    "rint": "round_half_to_even",
    "sign": "sgn",
    "square": "sqr",
    "subtract": "sub",
}
_SAME_UFUNCS = frozenset(
    [
        *("add", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2"),
        *("arctanh", "cbrt", "ceil", "cos", "cosh", "deg2rad", "divmod", "exp"),
        *("exp2", "expm1", "floor", "hypot", "invert", "isfinite", "isinf", "isnan"),
        *("left_shift", "log", "log10", "log1p", "log2", "logaddexp", "matmul"),
        *("maximum", "minimum", "rad2deg", "right_shift", "sin", "sinh", "sqrt"),
        *("tan", "tanh", "trunc"),
    ]
)
_LOGICAL: Mapping[str, str] = {
    "logical_and": "and_",
    "logical_not": "invert",
    "logical_or": "or_",
    "logical_xor": "xor",
}


def from_ufunc(
    ufunc: np.ufunc, method: str, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Any:
    """Return the graph of a NumPy ufunc applied to `args`.

    Raises
    ------
    InputTypeError
        A ufunc that has no counterpart here, a method such as `reduce`, or a keyword
        such as `out`.
    """
    name = ufunc.__name__
    if method != "__call__":
        _refuse(f"numpy.{name}.{method}", "apply the function of the reduction itself")
    given = sorted(k for k, v in kwargs.items() if not (k == "where" and v is True))
    if given:
        _refuse(f"numpy.{name} with {', '.join(given)}", "leave the keywords out")
    if name in _LOGICAL:
        truths = [functions().cast(as_tensor_variable(x), "bool") for x in args]
        return getattr(functions(), _LOGICAL[name])(*truths)
    ours = name if name in _SAME_UFUNCS else _UFUNCS.get(name, "")
    if not ours:
        _refuse(f"numpy.{name}", "build it from functions of theanolike.tensor")
    return getattr(functions(), ours)(*args)


def from_array_function(
    func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Any:
    """Return the graph of another NumPy function applied to `args`.

    Raises
    ------
    InputTypeError
        A function that has no counterpart here, or arguments that it doesn't take.
    """
    name = func.__name__
    handler = _HANDLERS.get(name)
    if handler is None or not (func.__module__ or "").startswith("numpy"):
        _refuse(
            f"{func.__module__}.{name}",
            "build it from functions of theanolike.tensor",
        )
    return handler(*args, **kwargs)


def _refuse(what: str, instead: str) -> NoReturn:
    raise InputTypeError(
        f"Expected a NumPy function that symbolic tensors know, got {what}; {instead}."
    )


def _forward(name: str) -> Callable[..., Any]:
    """Pass the arguments on to our function of this name."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return getattr(functions(), name)(*args, **kwargs)

    return call


def _reduction(name: str, *extra: str) -> Callable[..., Any]:
    """Pass on the arguments that the reduction has here; refuse others."""

    def call(
        a: Any, axis: Any = None, *rest: Any, out: Any = None, **kwargs: Any
    ) -> Any:
        known = {"axis", "keepdims", *extra}
        given = sorted(set(kwargs) - known)
        if rest or out is not None or given:
            what = ", ".join(given) or "out"
            _refuse(f"numpy.{name} with {what}", "give only axis and keepdims")
        if kwargs.get("dtype", 0) is None:
            del kwargs["dtype"]
        return getattr(functions(), name)(a, axis=axis, **kwargs)

    return call


def _where(condition: Any, *arms: Any) -> Any:
    return functions().where(condition, *arms)


def _clip(
    a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None
) -> Any:
    low, high = (min if a_min is None else a_min), (max if a_max is None else a_max)
    return functions().clip(a, low, high)


def _round(a: Any, decimals: int = 0) -> Any:
    if decimals:
        _refuse("numpy.round with decimals", "scale the tensor before and after")
    return functions().round(a, mode="half_to_even")


def _transpose(a: Any, axes: Any = None) -> Any:
    return functions().transpose(a, axes)


def _reshape(a: Any, shape: Any = None, order: str = "C") -> Any:
    if order != "C":
        _refuse(f"numpy.reshape with order {order!r}", "transpose the tensor first")
    return functions().reshape(a, (shape,) if np.ndim(shape) == 0 else shape)


def _ravel(a: Any) -> Any:
    return functions().flatten(a, 1)


def _like(name: str) -> Callable[..., Any]:
    def call(a: Any, dtype: Any = None) -> Any:
        return getattr(functions(), name)(a, dtype=dtype)

    return call


def _full_like(a: Any, fill_value: Any, dtype: Any = None) -> Any:
    a = as_tensor_variable(a)
    value = functions().cast(fill_value, a.type.dtype if dtype is None else dtype)
    return functions().fill(a, value)


def _hstack(tup: Sequence[Any]) -> Any:
    parts = [as_tensor_variable(x) for x in tup]
    return functions().concatenate(parts, axis=0 if parts[0].ndim == 1 else 1)


def _ndim(a: Any) -> int:
    return int(as_tensor_variable(a).ndim)


def _size(a: Any, axis: int | None = None) -> Any:
    a = as_tensor_variable(a)
    return a.size if axis is None else a.shape[axis]


def _expand_dims(a: Any, axis: int) -> Any:
    a = as_tensor_variable(a)
    pattern: list[Any] = list(range(a.ndim))
    pattern.insert(axis if axis >= 0 else a.ndim + 1 + axis, "x")
    return functions().dimshuffle(a, pattern)


_HANDLERS: Mapping[str, Callable[..., Any]] = {
    "all": _reduction("all"),
    "allclose": _forward("allclose"),
    "amax": _reduction("max"),
    "amin": _reduction("min"),
    "angle": _forward("angle"),
    "any": _reduction("any"),
    "argmax": _reduction("argmax"),
    "argmin": _reduction("argmin"),
    "argsort": _forward("argsort"),
    "around": _round,
    "clip": _clip,
    "concatenate": _forward("concatenate"),
    "cumprod": _reduction("cumprod"),
    "cumsum": _reduction("cumsum"),
    "diag": _forward("diag"),
    "diagonal": _forward("diagonal"),
    "dot": _forward("dot"),
    "expand_dims": _expand_dims,
    "fix": _forward("trunc"),
    "full_like": _full_like,
    "hstack": _hstack,
    "imag": _forward("imag"),
    "isclose": _forward("isclose"),
    "max": _reduction("max"),
    "mean": _reduction("mean", "dtype"),
    "min": _reduction("min"),
    "ndim": _ndim,
    "nonzero": _forward("nonzero"),
    "ones_like": _like("ones_like"),
    "outer": _forward("outer"),
    "prod": _reduction("prod", "dtype"),
    "ptp": _reduction("ptp"),
    "ravel": _ravel,
    "real": _forward("real"),
    "repeat": _forward("repeat"),
    "reshape": _reshape,
    "roll": _forward("roll"),
    "round": _round,
    "searchsorted": _forward("searchsorted"),
    "shape": _forward("shape"),
    "size": _size,
    "sort": _forward("sort"),
    "split": _forward("split"),
    "squeeze": _forward("squeeze"),
    "stack": _forward("stack"),
    "std": _reduction("std", "ddof"),
    "sum": _reduction("sum", "dtype"),
    "swapaxes": _forward("swapaxes"),
    "take": _forward("take"),
    "tensordot": _forward("tensordot"),
    "tile": _forward("tile"),
    "trace": _forward("trace"),
    "transpose": _transpose,
    "tril": _forward("tril"),
    "triu": _forward("triu"),
    "var": _reduction("var", "ddof"),
    "vstack": _forward("vertical_stack"),
    "where": _where,
    "zeros_like": _like("zeros_like"),
}
