"""What scalar ops are in NumPy, which dtypes they take, and where they are smooth.

`test_op_laws` and `test_compiled_op_laws` walk it.
"""

from typing import Any

import numpy as np
from scipy import special

import theanolike.tensor as T
from theanolike.ops import OPS as REGISTRY
from theanolike.ops.cotangent import Missing
from theanolike.ops.elementwise import ROWS, Elementwise
from theanolike.testing import (
    edges,
    random_array,
)
from theanolike.types.dtypes import ALL, float_dtype, promote

OPS: dict[str, Any] = dict(REGISTRY)
ELEMENTWISE = [name for name, op in OPS.items() if isinstance(op, Elementwise)]


# What each scalar op is in NumPy, stated apart from the op's own reference.
NUMPY: dict[str, Any] = {
    "abs_": np.absolute,
    "add": np.add,
    "and_": np.bitwise_and,
    "angle": np.angle,
    "arccos": np.arccos,
    "arccosh": np.arccosh,
    "arcsin": np.arcsin,
    "arcsinh": np.arcsinh,
    "arctan": np.arctan,
    "arctan2": np.arctan2,
    "arctanh": np.arctanh,
    "cbrt": np.cbrt,
    "ceil": np.ceil,
    "clip": np.clip,
    "complex": np.vectorize(complex),
    "conj": np.conjugate,
    "cos": np.cos,
    "cosh": np.cosh,
    "deg2rad": np.deg2rad,
    "eq": np.equal,
    "exp": np.exp,
    "exp2": np.exp2,
    "expm1": np.expm1,
    "floor": np.floor,
    "ge": np.greater_equal,
    "gt": np.greater,
    "hypot": np.hypot,
    "identity": np.copy,
    "imag": np.imag,
    "int_div": np.floor_divide,
    "inv": lambda x: np.true_divide(np.ones((), x.dtype), x),
    "inv_expm1": lambda x: np.true_divide(np.ones((), x.dtype), np.expm1(x)),
    "invert": np.invert,
    "isfinite": np.isfinite,
    "isinf": np.isinf,
    "isnan": np.isnan,
    "le": np.less_equal,
    "leaky_relu": lambda x, alpha: np.where(x > 0, x, alpha * x),
    "left_shift": np.left_shift,
    "log": np.log,
    "log10": np.log10,
    "log1mexp": lambda x: np.where(
        x < -1, np.log1p(-np.exp(x)), np.log(-np.expm1(x))
    ).astype(np.exp(x).dtype),
    "log1p": np.log1p,
    "log2": np.log2,
    "logaddexp": np.logaddexp,
    "lt": np.less,
    "masked": lambda s, x: np.where(s, x, np.zeros_like(x)),
    "maximum": np.maximum,
    "minimum": np.minimum,
    "guessed_maximum": np.maximum,
    "guessed_minimum": np.minimum,
    "mod": np.remainder,
    "mul": np.multiply,
    "neg": np.negative,
    "neq": np.not_equal,
    "or_": np.bitwise_or,
    "pow": np.power,
    "rad2deg": np.rad2deg,
    "real": np.real,
    "relu": lambda x: np.where(x <= 0, np.zeros_like(x), x),
    "right_shift": np.right_shift,
    "round_half_away_from_zero": lambda x: (
        np.copysign(np.floor(np.abs(x) + 0.5), x) if x.dtype.kind == "f" else x
    ),
    "round_half_to_even": np.round,
    "scaled_exp": lambda x, y: x * np.exp(np.where(x == 0, np.minimum(y, 0), y)),
    "sech": lambda x: np.true_divide(np.ones((), x.dtype), np.cosh(x)),
    "sgn": np.sign,
    "sigmoid": lambda x: special.expit(x).astype(x.dtype),
    "sin": np.sin,
    "sinh": np.sinh,
    "softplus": lambda x: np.logaddexp(np.zeros_like(x), x),
    "sqr": np.square,
    "sqrt": np.sqrt,
    "sub": np.subtract,
    "switch": np.where,
    "tan": np.tan,
    "tanh": np.tanh,
    "true_div": np.true_divide,
    "trunc": np.trunc,
    "xlogx": lambda x: special.xlogy(x, x).astype(x.dtype),
    "xlogy0": lambda x, y: np.where(x == 0, 0, special.xlogy(x, y)).astype(x.dtype),
    "xor": np.bitwise_xor,
}


# Float functions that NumPy doesn't have: their operands are floats in the above.
FLOAT_ONLY = {
    *("inv_expm1", "leaky_relu", "log1mexp", "relu", "scaled_exp", "sech"),
    *("sigmoid", "softplus", "xlogx", "xlogy0"),
}


# NumPy's result has another dtype, or NumPy has none: which operands, and why.
DTYPE_EXCEPTIONS = {
    "inv": ("biu", "1 / int is a float of floatX here"),
    "round_half_away_from_zero": ("biu", "integers stay; NumPy has no such function"),
    "round_half_to_even": ("b", "rounding keeps every dtype; NumPy makes float16"),
    "complex": ("biuf", "complex64 of float16 and float32; NumPy has no function"),
}


# Where a function of float64 is smooth; elsewhere [-3, 3) is taken.
DOMAINS = {
    "arccos": (-0.9, 0.9),
    "arccosh": (1.2, 3),
    "arcsin": (-0.9, 0.9),
    "arctanh": (-0.9, 0.9),
    "inv": (0.3, 3),
    "inv_expm1": (0.3, 3),
    "log": (0.2, 3),
    "log10": (0.2, 3),
    "log1mexp": (-3, -0.1),
    "log1p": (-0.7, 3),
    "log2": (0.2, 3),
    "pow": (0.2, 3),
    "sqrt": (0.2, 3),
    "tan": (-1.3, 1.3),
    "true_div": (0.3, 3),
    "xlogx": (0.2, 3),
    "xlogy0": (0.2, 3),
}


SHAPES = [(), (0,), (1,), (3, 1), (0, 3), (2, 3, 4)]
PAIRS = [
    ((3, 1), (1, 4)),
    ((2, 3, 4), (3, 1)),
    ((), (0, 3)),
    ((1,), (0,)),
    ((4,), (2, 1, 1)),
    ((2, 3, 4), (2, 3, 4)),
]


def accepts(name, given):
    """Tell whether the op takes operands of these dtypes."""
    row = ROWS[name]
    return row.accepts is None or row.accepts(promote(*given[row.selector :]))


def dtype_cases():
    """Yield each row with each dtype that it takes, a bool first where it selects."""
    for name in ELEMENTWISE:
        row = ROWS[name]
        arity = (row.arity or 2) - row.selector
        for dtype in ALL:
            given = ("bool",) * row.selector + (dtype,) * arity
            if accepts(name, given):
                yield name, given


CASES = list(dtype_cases())


SMOOTH = [
    (name, given)
    for name, given in CASES
    if given[-1] in {"float64", "complex128"}
    and not isinstance(ROWS[name].pullback, Missing)
]


def grid(given):
    """Return every combination of the edge values of the dtypes."""
    values = [edges(dtype) for dtype in given]
    return [np.array(column) for column in np.meshgrid(*values, indexing="ij")]


def in_numpy(name, arrays):
    """Apply NumPy's function; small integers of float functions as float32."""
    if name == "pow" and arrays[0].dtype.kind in "iu":
        arrays = [arrays[0], np.where(arrays[1] < 0, 0, arrays[1])]
    if name in FLOAT_ONLY:
        arrays = [a.astype(float_dtype(a.dtype.name)) for a in arrays]
    with np.errstate(all="ignore"):
        result = np.asarray(NUMPY[name](*arrays))
        if result.dtype == np.float16 and arrays[-1].dtype.kind in "biu":
            widened = [a.astype("float32") for a in arrays]
            result = np.asarray(NUMPY[name](*widened))
    return result


def reference(name, arrays):
    with np.errstate(all="ignore"):
        return OPS[name].reference(*arrays)


def variables(arrays):
    """Return a variable for each array, which knows only that dims are 1."""
    return [
        T.TensorType(a.dtype, tuple(1 if n == 1 else None for n in a.shape))()
        for a in arrays
    ]


def smooth_point(name, given, rng):
    """Return operands of broadcasting shapes at which the op is differentiable."""
    shapes = [(2, 3), (3,), (2, 1)] if len(given) > 1 else [(2, 3)]
    low, high = DOMAINS.get(name, (-3, 3))
    return [
        random_array(rng, shape, dtype, low, high)
        for shape, dtype in zip(shapes, given, strict=False)
    ]
