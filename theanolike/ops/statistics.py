"""Mean, variance and standard deviation, made of sums."""

from typing import Any

from theanolike.ops.extents import shape_i
from theanolike.ops.reduction import normalize_axes, sum
from theanolike.types.constants import as_tensor_variable, constant
from theanolike.types.dtypes import as_dtype, is_complex, is_discrete, real_dtype
from theanolike.types.variable import functions


def mean(
    input: Any,
    axis: Any = None,
    dtype: Any = None,
    op: bool = False,  # noqa: ARG001 - Theano takes it
    keepdims: bool = False,
    acc_dtype: Any = None,
) -> Any:
    """Return the mean of the elements along `axis`.

    Parameters
    ----------
    input : tensor
    axis : int or sequence of int, optional
        All axes by default.
    dtype : dtype, optional
        Of the sum: float64 for integers, else the operand's.
    op : bool
        No effect.
    keepdims : bool
        Keep the axes with an extent of 1.
    acc_dtype : dtype, optional
        In which the sum runs.

    Returns
    -------
    tensor
        Of no elements, NaN.
    """
    f = functions()
    x = as_tensor_variable(input)
    own = x.type.dtype
    wanted = "float64" if is_discrete(own) else own
    if dtype is not None:
        wanted = as_dtype(dtype)
    running = "float32" if wanted == "float16" else wanted
    total = sum(x, axis, running, keepdims, acc_dtype)
    quotient = total / f.cast(count(x, axis), _count_dtype(total))
    return f.cast(quotient, wanted) if running != wanted else quotient


def count(x: Any, axis: Any = None) -> Any:
    """Return how many elements a reduction along `axis` combines, an int64 scalar."""
    axes = normalize_axes(x, axis)
    if not axes:
        return constant(1)
    extents = [shape_i(x, k) for k in axes]
    return functions().mul(*extents) if len(extents) > 1 else extents[0]


def _count_dtype(total: Any) -> str:
    dtype = real_dtype(total.type.dtype)
    return "float64" if is_discrete(dtype) else dtype


def var(
    input: Any,
    axis: Any = None,
    ddof: int = 0,
    keepdims: bool = False,
    corrected: bool = False,
) -> Any:
    """Return the variance of the elements along `axis`, in two passes.

    Parameters
    ----------
    input : tensor
    axis : int or sequence of int, optional
        All axes by default.
    ddof : int
        The divisor is the number of elements minus this.
    keepdims : bool
        Keep the axes with an extent of 1.
    corrected : bool
        Take off the square of the rounding error of the mean.
    """
    f = functions()
    x = as_tensor_variable(input)
    centered = x - mean(x, axis, keepdims=True)
    if is_complex(centered.type.dtype):
        squares = f.sqr(f.real(centered)) + f.sqr(f.imag(centered))
    else:
        squares = f.sqr(centered)
    if corrected:
        squares = squares - f.sqr(mean(centered, axis, keepdims=True))
    if ddof == 0:
        return mean(squares, axis, keepdims=keepdims)
    total = sum(squares, axis, None, keepdims)
    left = count(x, axis) - ddof
    return total / f.cast(left, _count_dtype(total))


def std(
    input: Any,
    axis: Any = None,
    ddof: int = 0,
    keepdims: bool = False,
    corrected: bool = False,
) -> Any:
    """Return the square root of `var`."""
    return functions().sqrt(var(input, axis, ddof, keepdims, corrected))
