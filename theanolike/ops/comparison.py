"""Relations, and tests for NaN and infinity. Their results are bool."""

from typing import Any

import numpy as np

from theanolike.ops.arithmetic import is_real
from theanolike.ops.cotangent import disconnected
from theanolike.ops.elementwise import Binary, Unary, binary, comparing, unary
from theanolike.types.constants import as_tensor_variable
from theanolike.types.dtypes import is_discrete
from theanolike.types.variable import functions


def _relation(
    name: str, reference: Any, symbol: str, primitive: str, accepts: Any = is_real
) -> Binary:
    return binary(
        name,
        reference,
        rule=comparing,
        symbol=symbol,
        primitive=primitive,
        accepts=accepts,
        comparison=True,
        pullback=disconnected,
        doc=f"x {symbol} y, element by element.",
    )


lt: Binary = _relation("lt", np.less, "<", "lt")
le: Binary = _relation("le", np.less_equal, "<=", "le")
gt: Binary = _relation("gt", np.greater, ">", "gt")
ge: Binary = _relation("ge", np.greater_equal, ">=", "ge")
eq: Binary = _relation("eq", np.equal, "==", "eq", None)
neq: Binary = _relation("neq", np.not_equal, "!=", "ne", None)
isnan: Unary = unary(
    "isnan",
    np.isnan,
    rule=comparing,
    pullback=disconnected,
    doc="Whether an element is NaN.",
)
isinf: Unary = unary(
    "isinf",
    np.isinf,
    rule=comparing,
    pullback=disconnected,
    doc="Whether an element is infinite.",
)
isfinite: Unary = unary(
    "isfinite",
    np.isfinite,
    rule=comparing,
    pullback=disconnected,
    doc="Whether an element is neither infinite nor NaN.",
)


def isclose(
    a: Any, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> Any:
    """Return whether elements are equal up to `atol + rtol * abs(b)`.

    Parameters
    ----------
    a, b : tensor_like
    rtol, atol : float
        Relative and absolute tolerance.
    equal_nan : bool
        Whether NaN is close to NaN.
    """
    f = functions()
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    if is_discrete(a.type.dtype) and is_discrete(b.type.dtype):
        b = f.cast(b, "float64")
    apart = f.abs_(f.sub(a, b))
    near = f.and_(le(apart, f.add(atol, f.mul(rtol, f.abs_(b)))), isfinite(b))
    # Infinite differences are within no tolerance, equal infinities are equal.
    close = f.or_(near, eq(a, b))
    if equal_nan:
        close = f.or_(close, f.and_(isnan(a), isnan(b)))
    return close


def allclose(
    a: Any, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> Any:
    """Return whether all elements are close, a 0-d bool; see `isclose`."""
    return functions().all(isclose(a, b, rtol, atol, equal_nan))


isinf_ = isinf
isnan_ = isnan
