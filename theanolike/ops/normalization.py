"""Batch normalisation, written in other ops: its gradients follow from theirs."""

from collections.abc import Sequence
from typing import Any

from theanolike.ops.dimshuffle import dimshuffle
from theanolike.ops.extents import shape_i
from theanolike.ops.shape import addbroadcast
from theanolike.ops.statistics import mean as mean_of
from theanolike.types.constants import as_tensor_variable
from theanolike.types.variable import functions

Axes = str | Sequence[int]

_LEAST_EPSILON = 1e-5


def batch_normalization(
    inputs: Any, gamma: Any, beta: Any, mean: Any, std: Any, mode: str = "low_mem"
) -> Any:
    """Return `(inputs - mean) * gamma / std + beta`.

    Parameters
    ----------
    inputs, gamma, beta, mean, std : tensors that broadcast together
    mode : {"low_mem", "high_mem"}
        Whether `gamma / std` is computed apart; memory is planned in both cases.
    """
    x, g, b, m, s = map(as_tensor_variable, (inputs, gamma, beta, mean, std))
    if mode == "low_mem":
        return (x - m) * g / s + b
    if mode == "high_mem":
        return (x - m) * (g / s) + b
    raise ValueError(f'mode must be "low_mem" or "high_mem", got {mode!r}.')


def batch_normalization_train(  # noqa: PLR0913, PLR0917 - Theano's signature
    inputs: Any,
    gamma: Any,
    beta: Any,
    axes: Axes = "per-activation",
    epsilon: float = 1e-4,
    running_average_factor: float = 0.1,
    running_mean: Any = None,
    running_var: Any = None,
) -> tuple[Any, ...]:
    """Normalise `inputs` by their own mean and variance.

    Parameters
    ----------
    inputs : tensor
    gamma, beta : tensor
        Scale and offset: of the rank of `inputs`, with extents 1 along `axes`, or of
        the other dims only.
    axes : {"per-activation", "spatial"} or sequence of int
        What is averaged over: the first dim; all but the second; or these.
    epsilon : float
        Added to the variance, at least 1e-5.
    running_average_factor : float
        The weight of this batch in the running averages.
    running_mean, running_var : tensor, optional
        Both or neither, of the shape of `gamma`.

    Returns
    -------
    out, mean, invstd : tensors
        The last two of the shape of `gamma`. With running averages, also their new
        values, for `updates`; the variance there is the unbiased one.
    """
    x = as_tensor_variable(inputs)
    over = _as_axes(axes, x.ndim)
    _check_epsilon(epsilon)
    if (running_mean is None) != (running_var is None):
        raise ValueError(
            "running_mean and running_var go together: pass both or neither."
        )
    rank, (g, b) = _aligned(x, over, gamma, beta)
    center = mean_of(x, axis=over, keepdims=True)
    variance = mean_of(functions().sqr(x - center), axis=over, keepdims=True)
    invstd = 1 / functions().sqrt(variance + epsilon)
    out = (x - center) * (g * invstd) + b
    results = [center, invstd]
    if running_mean is not None:
        _, (old_mean, old_var) = _aligned(x, over, running_mean, running_var)
        f = running_average_factor
        results.append(old_mean * (1 - f) + center * f)
        results.append(old_var * (1 - f) + _unbiased(x, over, variance) * f)
    if rank != x.ndim:
        kept = [k for k in range(x.ndim) if k not in over]
        results = [dimshuffle(value, kept) for value in results]
    return out, *results


def batch_normalization_test(  # noqa: PLR0913, PLR0917 - Theano's signature
    inputs: Any,
    gamma: Any,
    beta: Any,
    mean: Any,
    var: Any,
    axes: Axes = "per-activation",
    epsilon: float = 1e-4,
) -> Any:
    """Normalise `inputs` by a given mean and variance; see the `_train` function."""
    x = as_tensor_variable(inputs)
    over = _as_axes(axes, x.ndim)
    _check_epsilon(epsilon)
    _, (g, b, m, v) = _aligned(x, over, gamma, beta, mean, var)
    return (x - m) * (g / functions().sqrt(v + epsilon)) + b


def _as_axes(axes: Axes, ndim: int) -> tuple[int, ...]:
    if axes == "per-activation":
        return (0,)
    if axes == "spatial":
        return (0, *range(2, ndim))
    if isinstance(axes, str):
        raise ValueError(
            f'axes must be "per-activation", "spatial" or ints, got {axes!r}.'
        )
    over = tuple(int(axis) for axis in axes)
    if not over or min(over) < 0 or max(over) >= ndim:
        raise ValueError(
            f"axes must be one or more dims from 0 to {ndim - 1}, got {over}."
        )
    return over


def _check_epsilon(epsilon: float) -> None:
    if epsilon < _LEAST_EPSILON:
        raise ValueError(f"epsilon must be at least {_LEAST_EPSILON}, got {epsilon}.")


def _aligned(
    x: Any, over: tuple[int, ...], *parameters: Any
) -> tuple[int, tuple[Any, ...]]:
    """Return the parameters' rank, and them with extents of 1 along `over`."""
    kept = [k for k in range(x.ndim) if k not in over]
    given = [as_tensor_variable(p) for p in parameters]
    ranks = {p.ndim for p in given}
    if ranks == {x.ndim}:
        return x.ndim, tuple(addbroadcast(p, *over) for p in given)
    if ranks == {len(kept)}:
        pattern = [kept.index(k) if k in kept else "x" for k in range(x.ndim)]
        return len(kept), tuple(dimshuffle(p, pattern) for p in given)
    raise ValueError(
        f"The parameters must all have rank {x.ndim}, as inputs, or "
        f"{len(kept)}, for the dims that aren't averaged over; got {sorted(ranks)}."
    )


def _unbiased(x: Any, over: tuple[int, ...], variance: Any) -> Any:
    count: Any = 1
    for axis in over:
        count = count * shape_i(x, axis)
    count = functions().cast(count, x.type.dtype)
    return variance * (count / (count - 1))
