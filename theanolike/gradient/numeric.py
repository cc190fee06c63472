"""Gradients by finite differences, and `verify_grad` which compares with them."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final

import numpy as np

from theanolike.errors import GradientError as GradientErrorBase
from theanolike.gradient.reverse import grad
from theanolike.testing import fetch_seed
from theanolike.types.dtypes import is_float
from theanolike.types.type import TensorType
from theanolike.types.variable import functions

# Where rounding and truncation of a one-sided difference meet, by dtype.
STEP: Final = {"float64": 1e-7, "float32": 3e-4, "float16": 1e-1}
TOLERANCE: Final = {"float64": 1e-4, "float32": 1e-2, "float16": 5e-2}


class GradientError(GradientErrorBase):
    """A symbolic gradient and a numeric one differ by more than the tolerances.

    Attributes
    ----------
    arg : int
        Which of the function's arguments.
    err_pos, shape
        The flat position of the worst element, and the argument's shape.
    val1, val2 : float
        The numeric and the symbolic value there.
    abs_err, rel_err, abs_tol, rel_tol : float
    """

    def __init__(self, arg: int, err_pos: int, shape: Any, **found: float) -> None:
        super().__init__(arg, err_pos, shape, found)
        self.arg = arg
        self.err_pos = err_pos
        self.shape = shape
        self.__dict__.update(found)
        self._found = found

    def __str__(self) -> str:
        f = self._found
        return (
            f"GradientError: numeric gradient and symbolic gradient differ at position "
            f"{self.err_pos} of argument {self.arg} with shape {self.shape}: "
            f"{f['val1']:g} by differences, {f['val2']:g} by the graph; absolute error "
            f"{f['abs_err']:g} (tolerance {f['abs_tol']:g}), relative error "
            f"{f['rel_err']:g} (tolerance {f['rel_tol']:g})."
        )


class numeric_grad:  # noqa: N801 - Theano's name
    """The gradient of a scalar function by one-sided differences.

    Parameters
    ----------
    f : callable
        Of as many arrays as `pt` has; returns a number.
    pt : array, or list or tuple of arrays
    eps : float, optional
        The step; by default the one for the least precise dtype in `pt`.
    out_type : str, optional
        The dtype that `f` computes in, where it is less precise than those of `pt`.

    Attributes
    ----------
    gf : array, or list of arrays
        The gradient, shaped as `pt`.
    """

    type_eps: ClassVar[dict[Any, float]] = dict(STEP)

    def __init__(
        self,
        f: Callable[..., Any],
        pt: Any,
        eps: float | None = None,
        out_type: Any = None,
    ) -> None:
        packed = isinstance(pt, list | tuple)
        points = [np.array(p) for p in (pt if packed else [pt])]
        dtypes = {p.dtype.name for p in points} | (
            {str(out_type)} if out_type else set()
        )
        step = eps if eps is not None else max(STEP.get(d, 0.0) for d in dtypes)
        if not step:
            raise TypeError(
                f"numeric_grad needs float arrays, got {', '.join(sorted(dtypes))}."
            )
        base = np.asarray(f(*points))
        grads = [np.zeros_like(p) for p in points]
        for point, gradient in zip(points, grads, strict=True):
            for index in np.ndindex(point.shape):
                kept = point[index]
                point[index] = kept + step
                change = np.asarray(f(*points)) - base
                gradient[index] = change / (point[index] - kept)
                point[index] = kept
        self.gf: Any = grads if packed else grads[0]

    @staticmethod
    def abs_rel_err(a: Any, b: Any) -> tuple[Any, Any]:
        """Return the absolute and the relative error between two arrays."""
        absolute = np.abs(np.asarray(a) - np.asarray(b))
        scale = np.maximum(np.abs(a) + np.abs(b), 1e-8)
        return absolute, absolute / scale

    def abs_rel_errors(self, g_pt: Sequence[Any]) -> list[tuple[Any, Any]]:
        """Return the errors of `g_pt` against this gradient, an argument at a time."""
        mine = self.gf if isinstance(self.gf, list) else [self.gf]
        if len(g_pt) != len(mine):
            raise ValueError(f"Expected {len(mine)} gradients, got {len(g_pt)}.")
        for own, other in zip(mine, g_pt, strict=True):
            if own.shape != np.shape(other):
                raise ValueError(
                    f"Expected a gradient of shape {own.shape}, got {np.shape(other)}."
                )
        return [self.abs_rel_err(a, b) for a, b in zip(mine, g_pt, strict=True)]

    def max_err(
        self, g_pt: Sequence[Any], abs_tol: float, rel_tol: float
    ) -> tuple[int, int, float, float]:
        """Return where the error most exceeds both tolerances.

        Returns
        -------
        (int, int, float, float)
            Argument, flat position, absolute and relative error there.
        """
        worst: tuple[float, int, int, float, float] | None = None
        for arg, (absolute, relative) in enumerate(self.abs_rel_errors(g_pt)):
            if not absolute.size:
                continue
            excess = np.minimum(absolute / abs_tol, relative / rel_tol)
            excess = np.where(np.isnan(excess), np.inf, excess)
            at = int(np.argmax(excess))
            if worst is None or excess.flat[at] > worst[0]:
                worst = (
                    float(excess.flat[at]),
                    arg,
                    at,
                    float(absolute.flat[at]),
                    float(relative.flat[at]),
                )
        return (0, 0, 0.0, 0.0) if worst is None else worst[1:]


def verify_grad(  # noqa: PLR0913, PLR0917 - Theano's signature
    fun: Callable[..., Any],
    pt: Sequence[Any],
    n_tests: int = 2,
    rng: Any = None,
    eps: float | None = None,
    out_type: Any = None,
    abs_tol: float | None = None,
    rel_tol: float | None = None,
    mode: Any = None,
    cast_to_output_type: bool = False,
    no_debug_ref: bool = True,  # noqa: ARG001 - Theano's
) -> None:
    """Compare the gradient of `fun` with finite differences at `pt`.

    Parameters
    ----------
    fun : callable
        Takes tensor variables, one per element of `pt`, returns one tensor variable.
    pt : list of array_like
        Float arrays; where to compare.
    n_tests : int
        How many random directions the output is projected on.
    rng : numpy.random.RandomState or Generator
        Where the directions come from.
    eps : float, optional
        The step of the differences.
    out_type : str, optional
        The dtype of the output, where it is less precise than the input.
    abs_tol, rel_tol : float, optional
        An element is wrong when it exceeds both.
    mode
        How the functions are compiled.
    cast_to_output_type : bool
        Cast the points to the output's dtype first.
    no_debug_ref : bool
        Don't use a debugging mode for the differences; accepted, no effect.

    Raises
    ------
    GradientError
        The gradients differ.
    """
    if rng is None:
        raise TypeError(
            "rng should be a valid instance of numpy.random.RandomState; pass "
            "numpy.random.RandomState(seed)."
        )
    points = [np.array(p) for p in pt]
    for position, point in enumerate(points):
        if not is_float(point.dtype.name):
            raise TypeError(
                "verify_grad can work only with floating point inputs, but input "
                f"{position} has dtype {point.dtype}."
            )
    dtypes = {p.dtype.name for p in points} | ({str(out_type)} if out_type else set())
    tolerance = max(TOLERANCE[dtype] for dtype in dtypes)
    abs_tol = tolerance if abs_tol is None else abs_tol
    rel_tol = tolerance if rel_tol is None else rel_tol
    check = _Check(fun, points, mode, cast_to_output_type)
    for _ in range(n_tests):
        direction = _direction(rng, check.shape, check.dtype)
        numeric = numeric_grad(
            lambda *args, d=direction: check.cost(*args, d), points, eps, out_type
        )
        symbolic = check.gradient(*points, direction)
        _compare(numeric, symbolic, abs_tol, rel_tol)


verify_grad.E_grad = GradientError  # type: ignore[attr-defined]


class _Check:
    """The function projected on a direction, and its gradient, both compiled."""

    def __init__(
        self, fun: Callable[..., Any], points: Sequence[Any], mode: Any, cast: bool
    ) -> None:
        from theanolike.compile.function import function

        inputs = [
            TensorType(p.dtype.name, [n == 1 for n in p.shape] or ())(f"input {i}")
            for i, p in enumerate(points)
        ]
        output = fun(*inputs)
        if isinstance(output, list | tuple):
            raise NotImplementedError(
                "verify_grad checks one output; sum several, or check each by itself."
            )
        options = {"allow_input_downcast": True, "mode": mode}
        options["on_unused_input"] = "ignore"
        values = function(inputs, output, **options)(*points)
        self.shape, self.dtype = np.shape(values), str(output.type.dtype)
        kind = TensorType(self.dtype, output.type.broadcastable)
        direction = kind("direction")
        f = functions()
        cost = f.sum(output * direction)
        if cast:
            cost = f.cast(cost, self.dtype)
        gradients = grad(cost, list(inputs), disconnected_inputs="ignore")
        arguments = [*inputs, direction]
        self.cost = function(arguments, cost, **options)
        self.gradient = function(arguments, gradients, **options)


def seeded_verify_grad(
    op: Callable[..., Any],
    pt: Sequence[Any],
    n_tests: int = 2,
    rng: Any = None,
    *args: Any,
    **kwargs: Any,
) -> None:
    """Do as `verify_grad`, drawing by default from a generator of the test's seed."""
    drawn = np.random.RandomState(fetch_seed()) if rng is None else rng
    verify_grad(op, pt, n_tests, drawn, *args, **kwargs)


def _direction(rng: Any, shape: tuple[int, ...], dtype: str) -> Any:
    """Return random weights, none near zero, so that no element goes unseen."""
    draw = rng.random(shape) if hasattr(rng, "random") else rng.rand(*shape)
    return np.asarray(draw + 0.5, dtype=dtype)


def _compare(
    numeric: numeric_grad, symbolic: Sequence[Any], abs_tol: float, rel_tol: float
) -> None:
    arg, at, abs_err, rel_err = numeric.max_err(symbolic, abs_tol, rel_tol)
    if not (abs_err > abs_tol and rel_err > rel_tol) and np.isfinite(abs_err):
        return
    raise GradientError(
        arg,
        at,
        numeric.gf[arg].shape,
        val1=float(numeric.gf[arg].flat[at]),
        val2=float(np.asarray(symbolic[arg]).flat[at]),
        abs_err=abs_err,
        rel_err=rel_err,
        abs_tol=abs_tol,
        rel_tol=rel_tol,
    )
