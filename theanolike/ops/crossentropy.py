"""Cross-entropies between distributions, and between a distribution and classes."""

from typing import Any

from theanolike.errors import ShapeError
from theanolike.ops.creation import arange
from theanolike.ops.extents import shape_i
from theanolike.ops.extrema import argmax, max
from theanolike.ops.reduction import sum
from theanolike.ops.softmax import LogSoftmax, Softmax, logsoftmax, softmax
from theanolike.types.constants import as_tensor_variable
from theanolike.types.dtypes import is_discrete
from theanolike.types.variable import functions


def binary_crossentropy(output: Any, target: Any) -> Any:
    """Return -(t log y + (1 - t) log(1 - y)), element by element."""
    f = functions()
    y, t = as_tensor_variable(output), as_tensor_variable(target)
    return -(t * f.log(y) + (1.0 - t) * f.log(1.0 - y))


def sigmoid_binary_crossentropy(output: Any, target: Any) -> Any:
    """Return the binary cross-entropy of sigmoid(output), finite for any output."""
    f = functions()
    x, t = as_tensor_variable(output), as_tensor_variable(target)
    return t * f.softplus(-x) + (1.0 - t) * f.softplus(x)


def categorical_crossentropy(coding_dist: Any, true_dist: Any) -> Any:
    """Return the cross-entropy of each row of `coding_dist` with `true_dist`.

    Parameters
    ----------
    coding_dist : (n, k) float
        A distribution a row. Of a softmax, its logarithm is computed without
        underflow.
    true_dist : (n, k) float or (n,) int
        A distribution a row, or a class.

    Returns
    -------
    (n,)
    """
    p, t = as_tensor_variable(coding_dist), as_tensor_variable(true_dist)
    if t.ndim == p.ndim:
        return -sum(t * _log(p), axis=p.ndim - 1)
    if t.ndim == p.ndim - 1:
        return crossentropy_categorical_1hot(p, t)
    raise TypeError(
        f"rank mismatch between coding and true distributions: {p.ndim} and {t.ndim}."
    )


def _log(p: Any) -> Any:
    if p.owner is not None and isinstance(p.owner.op, Softmax):
        return LogSoftmax(p.owner.op.axes)(p.owner.inputs[0])
    return functions().log(p)


def _pick(rows: Any, y_idx: Any) -> Any:
    y = as_tensor_variable(y_idx)
    if not is_discrete(y.type.dtype) or y.ndim != 1 or rows.ndim != 2:
        raise TypeError(
            f"Expected a matrix and a vector of integer classes, got {rows.type} and "
            f"{y.type}."
        )
    here, there = rows.type.shape[0], y.type.shape[0]
    if None not in (here, there) and here != there:
        raise ShapeError(
            f"Expected a class for each of {here} rows, got {there} classes in {y}; "
            "pass one for each row."
        )
    return functions().getitem(rows, (arange(shape_i(y, 0)), y))


def crossentropy_categorical_1hot(coding_dist: Any, true_one_of_n: Any) -> Any:
    """Return minus the logarithm of the probability of each row's class."""
    return -_pick(_log(as_tensor_variable(coding_dist)), true_one_of_n)


def softmax_with_bias(x: Any, b: Any) -> Any:
    """Return softmax(x + b), a row of `x` at a time."""
    return softmax(as_tensor_variable(x) + b)


def crossentropy_softmax_1hot(x: Any, y_idx: Any) -> tuple[Any, Any]:
    """Return the cross-entropy of softmax(x) with the classes `y_idx`, and softmax(x).

    Parameters
    ----------
    x : (n, k) float
    y_idx : (n,) int

    Returns
    -------
    (n,), (n, k)
    """
    return -_pick(logsoftmax(x), y_idx), softmax(x)


def crossentropy_softmax_1hot_with_bias(x: Any, b: Any, y_idx: Any) -> tuple[Any, Any]:
    """Return the same of `x + b`."""
    return crossentropy_softmax_1hot(as_tensor_variable(x) + b, y_idx)


def crossentropy_softmax_argmax_1hot_with_bias(
    x: Any, b: Any, y_idx: Any
) -> tuple[Any, Any, Any]:
    """Return cross-entropy, softmax and most likely class of each row of x + b."""
    z = as_tensor_variable(x) + b
    return *crossentropy_softmax_1hot(z, y_idx), argmax(z, axis=1)


def crossentropy_softmax_max_and_argmax_1hot_with_bias(
    x: Any, b: Any, y_idx: Any
) -> tuple[Any, Any, Any, Any]:
    """Return cross-entropy, softmax, its largest entry and the place of that."""
    cost, p = crossentropy_softmax_1hot(as_tensor_variable(x) + b, y_idx)
    return cost, p, max(p, axis=1), argmax(p, axis=1)


def crossentropy_softmax_max_and_argmax_1hot(
    x: Any, y_idx: Any
) -> tuple[Any, Any, Any, Any]:
    """Return cross-entropy, softmax, its largest entry and the place of that."""
    return crossentropy_softmax_max_and_argmax_1hot_with_bias(x, 0.0, y_idx)
