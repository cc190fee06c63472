"""Functions made of indexing: `to_one_hot`, `compress`, `diff`, and transfers."""

from typing import Any

from theanolike.config import config
from theanolike.errors import UnsupportedError
from theanolike.ops.arithmetic import sub
from theanolike.ops.creation import arange, zeros, zeros_like
from theanolike.ops.dimshuffle import dimshuffle
from theanolike.ops.extents import shape_i
from theanolike.ops.indexing.assignment import set_subtensor
from theanolike.ops.indexing.boolean import flatnonzero
from theanolike.ops.indexing.taking import take
from theanolike.ops.logic import xor
from theanolike.types.constants import as_tensor_variable
from theanolike.types.dtypes import INTEGERS

__all__ = [
    "compress",
    "diff",
    "inverse_permutation",
    "scalar_from_tensor",
    "tensor_from_scalar",
    "to_one_hot",
    "transfer",
]


def to_one_hot(y: Any, nb_class: Any, dtype: Any = None) -> Any:
    """Return a row for each element of the integer vector `y`, 1 at its place.

    Parameters
    ----------
    y : integer vector
        Columns, which count from the end where they are negative.
    nb_class : int or scalar
        The number of columns.
    dtype : dtype, optional
        floatX if missing.

    Examples
    --------
    >>> to_one_hot([1, 0], 3).eval()
    array([[0., 1., 0.],
           [1., 0., 0.]])
    """
    y = _integers(y, "to_one_hot", 1)
    rows = shape_i(y, 0)
    nothing = zeros((rows, nb_class), config.floatX if dtype is None else dtype)
    return set_subtensor(nothing[arange(rows), y], 1)


def diff(x: Any, n: int = 1, axis: int = -1) -> Any:
    """Return the differences of neighbours along `axis`, taken `n` times."""
    x = as_tensor_variable(x)
    if not -x.ndim <= axis < x.ndim:
        raise ValueError(f"axis {axis} is out of range for {x} of rank {x.ndim}.")
    if n < 0:
        raise ValueError(f"diff: expected n of 0 or more, got {n}.")
    before = (slice(None),) * (axis % x.ndim)
    for _ in range(n):
        later, earlier = x[(*before, slice(1, None))], x[(*before, slice(None, -1))]
        x = (xor if x.type.dtype == "bool" else sub)(later, earlier)
    return x


def compress(condition: Any, x: Any, axis: int | None = None) -> Any:
    """Return the slices of `x` along `axis` where the vector `condition` is true.

    Without an axis, `x` is flattened.
    """
    return take(x, flatnonzero(condition), axis)


def inverse_permutation(perm: Any) -> Any:
    """Return the inverse of a permutation of 0, 1..., or of each row of them."""
    perm = _integers(perm, "inverse_permutation", 1, 2)
    places = arange(shape_i(perm, perm.ndim - 1)).astype(perm.type.dtype)
    if perm.ndim == 1:
        return set_subtensor(zeros_like(perm)[perm], places)
    rows = dimshuffle(arange(shape_i(perm, 0)), (0, "x"))
    return set_subtensor(zeros_like(perm)[rows, perm], places)


def transfer(var: Any, target: str) -> Any:
    """Return `var` on a device; "cpu" is the one there is."""
    if target != "cpu":
        raise UnsupportedError(
            f"There is no device {target!r} here; functions run on the CPU, target "
            "'cpu'."
        )
    return as_tensor_variable(var)


def tensor_from_scalar(s: Any) -> Any:
    """Return a scalar as a tensor, which it is here."""
    return _scalar(s)


def scalar_from_tensor(t: Any) -> Any:
    """Return a tensor of rank 0 as a scalar, which it is here."""
    return _scalar(t)


def _scalar(x: Any) -> Any:
    x = as_tensor_variable(x)
    if x.ndim:
        raise TypeError(f"Expected a scalar, got {x} of type {x.type}.")
    return x


def _integers(x: Any, name: str, *ranks: int) -> Any:
    x = as_tensor_variable(x)
    if x.ndim not in ranks or x.type.dtype not in INTEGERS:
        wanted = " or ".join(str(rank) for rank in ranks)
        raise TypeError(
            f"{name}: expected integers of rank {wanted}, got {x} of type {x.type}."
        )
    return x
