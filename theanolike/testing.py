"""For tests of programs and of new ops: tolerances, random and edge inputs, layouts.

`reference_values` computes a graph by the reference of each op, without a compiler.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from theanolike.config import config
from theanolike.graph.traverse import toposort
from theanolike.graph.variable import Constant, Variable

__all__ = [
    "TOLERANCES",
    "assert_allclose",
    "close",
    "edges",
    "fetch_seed",
    "layouts",
    "random_array",
    "reference_values",
    "seed_rng",
]

Array = np.ndarray[Any, Any]

TOLERANCES: Final[Mapping[str, tuple[float, float]]] = {
    "float16": (5e-3, 1e-3),
    "float32": (1e-5, 1e-6),
    "float64": (1e-9, 1e-12),
    "complex64": (1e-5, 1e-6),
    "complex128": (1e-9, 1e-12),
}
"""For each dtype the relative and absolute difference that rounding may make."""

_EDGES: Final = (0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 3.0, 1e-3, 7.25)
_SPECIAL: Final = (np.inf, -np.inf, np.nan)


def close(a: Any, b: Any, rtol: float | None = None, atol: float | None = None) -> bool:
    """Tell whether two arrays are equal up to rounding.

    Parameters
    ----------
    a, b : array_like
        Of one shape. NaN is equal to NaN, an infinity only to itself; discrete
        values must be equal.
    rtol, atol : float, optional
        Relative and absolute tolerance; those of the coarser dtype in `TOLERANCES`.

    Examples
    --------
    >>> close(np.float32([1, np.nan]), np.float32([1.000001, np.nan]))
    True
    >>> close([1, 2], [1, 3])
    False
    """
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return False
    names = [x.dtype.name for x in (a, b) if x.dtype.name in TOLERANCES]
    if not names:
        return np.array_equal(a, b)
    relative = max(TOLERANCES[name][0] for name in names) if rtol is None else rtol
    absolute = max(TOLERANCES[name][1] for name in names) if atol is None else atol
    with np.errstate(all="ignore"):
        return np.allclose(a, b, rtol=relative, atol=absolute, equal_nan=True)


def assert_allclose(
    expected: Any, value: Any, rtol: float | None = None, atol: float | None = None
) -> None:
    """Raise AssertionError where two arrays differ more than `close` takes."""
    if not close(expected, value, rtol, atol):
        raise AssertionError(f"Expected {expected!r}, got {value!r}.")


def fetch_seed(pseed: int | None = None) -> int | None:
    """Return `pseed`, else the seed of `config.unittests.rseed`: None for "random"."""
    seed = config.unittests.rseed if pseed is None else pseed
    return None if seed == "random" else int(seed)


def seed_rng(pseed: int | None = None) -> int | None:
    """Seed NumPy's global generator by `fetch_seed`, and return the seed."""
    seed = fetch_seed(pseed)
    np.random.seed(seed)  # noqa: NPY002 - the one that old programs draw from
    return seed


def random_array(
    rng: "np.random.Generator",
    shape: Sequence[int],
    dtype: str = "float64",
    low: float = -3,
    high: float = 3,
) -> Array:
    """Return random numbers in [low, high); of unsigned dtypes, their absolute values.

    Parameters
    ----------
    rng : numpy.random.Generator
    shape : sequence of int
    dtype : str
        Complex numbers have both parts in the range; bools are fair coins.
    low, high : float
    """
    kind = np.dtype(dtype).kind
    if kind == "b":
        return rng.random(shape) < 0.5
    values = rng.uniform(low, high, shape)
    if kind == "c":
        values = values + 1j * rng.uniform(low, high, shape)
    if kind == "u":
        values = np.abs(values)
    return np.asarray(values).astype(dtype)


def edges(dtype: str) -> Array:
    """Return the values of `dtype` where functions go wrong: zeros, bounds, NaN..."""
    kind = np.dtype(dtype).kind
    if kind == "b":
        return np.array([False, True])
    if kind in "iu":
        info = np.iinfo(dtype)
        near = [v for v in (0, 1, 2, 3, 7, -1, -2, -7, 8, 63, 64) if v >= info.min]
        return np.array([*near, info.min, info.min + 1, info.max, info.max - 1], dtype)
    if kind == "c":
        return np.array([0, 1, -1, 1j, -1j, 3 - 4j, -0.5 + 2j, 1e-3j], dtype)
    bounds = np.finfo(dtype)
    extreme = bounds.max, bounds.min, bounds.tiny
    return np.array([*_EDGES, *_SPECIAL, *extreme], dtype)


def layouts(array: Array) -> Iterator[tuple[str, Array]]:
    """Yield the values of `array` laid out in memory in each way that may be met."""
    yield "C", np.array(array, order="C")
    yield "F", np.array(array, order="F")
    wide = np.zeros(tuple(2 * n for n in array.shape), array.dtype)
    second: Any = (..., *(slice(None, None, 2),) * array.ndim)
    every_other = wide[second]
    every_other[...] = array
    yield "strided", every_other
    backwards: Any = (..., *(slice(None, None, -1),) * array.ndim)
    yield "negative strides", array[backwards].copy()[backwards]
    frozen = array.copy()
    frozen.setflags(write=False)
    yield "read-only", frozen


def reference_values(
    outputs: Sequence[Variable], givens: Mapping[Any, Any]
) -> list[Array]:
    """Compute `outputs` by the reference of each op, from arrays for the inputs.

    Parameters
    ----------
    outputs : sequence of Variable
    givens : mapping
        From variables to arrays of their types.
    """
    values: dict[Variable, Any] = {
        variable: variable.type.filter(value) for variable, value in givens.items()
    }

    def value_of(variable: Variable) -> Any:
        return variable.data if isinstance(variable, Constant) else values[variable]

    for node in toposort(outputs, blockers=list(givens)):
        storage: list[list[Any]] = [[None] for _ in node.outputs]
        node.op.perform(node, [value_of(v) for v in node.inputs], storage)
        values.update(
            (out, cell[0]) for out, cell in zip(node.outputs, storage, strict=True)
        )
    return [value_of(variable) for variable in outputs]
