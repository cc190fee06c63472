"""Laws that hold for every op of the registry; a row that skips one says why."""

import itertools
import pickle
from typing import Any

import numpy as np
import pytest
from scipy import special

import theanolike.tensor as T
from theanolike import function
from theanolike.codegen.lowering import lower
from theanolike.codegen.program import Host
from theanolike.gradient import grad
from theanolike.ops import OPS as REGISTRY
from theanolike.ops import find
from theanolike.ops.cotangent import Cotangent, Missing, Tangent
from theanolike.ops.declare import ROWS, Elementwise
from theanolike.testing import (
    close,
    edges,
    layouts,
    random_array,
    reference_values,
)
from theanolike.types.dtypes import ALL, float_dtype, is_complex, is_continuous, promote

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


def test_every_scalar_op_has_a_numpy_function():
    assert sorted(ELEMENTWISE) == sorted(NUMPY)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_the_reference_agrees_with_numpy_on_edge_values(name):
    for _, given in (case for case in CASES if case[0] == name):
        arrays = grid(given)
        expected, got = in_numpy(name, arrays), reference(name, arrays)
        if name == "pow" and given[0] not in {"float16", "float32", "float64"}:
            defined = np.asarray(arrays[1] >= 0)
            expected, got = expected[defined], got[defined]
        assert close(expected.astype(got.dtype), got), given


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_dtypes_are_numpys_but_for_the_listed_exceptions(name):
    kinds, _ = DTYPE_EXCEPTIONS.get(name, ("", ""))
    for _, given in (case for case in CASES if case[0] == name):
        if np.dtype(given[-1]).kind in kinds:
            continue
        arrays = [np.ones((), dtype) for dtype in given]
        node = OPS[name].make_node(*variables(arrays))
        assert node.outputs[0].dtype == in_numpy(name, arrays).dtype.name, given


@pytest.mark.parametrize("name", [n for n in ELEMENTWISE if ROWS[n].arity != 1])
def test_mixed_dtypes_promote_as_numpys(name):
    row = ROWS[name]
    kinds, _ = DTYPE_EXCEPTIONS.get(name, ("", ""))
    for pair in itertools.product(ALL, repeat=2):
        free = (row.arity or 2) - row.selector
        given = ("bool",) * row.selector + (pair * free)[:free]
        if not accepts(name, given) or any(np.dtype(d).kind in kinds for d in pair):
            continue
        arrays = [np.ones((), dtype) for dtype in given]
        promoted = [a.astype(promote(*given[row.selector :])) for a in arrays]
        promoted[: row.selector] = arrays[: row.selector]
        node = OPS[name].make_node(*variables(arrays))
        assert node.outputs[0].dtype == in_numpy(name, promoted).dtype.name, given


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_refused_dtypes_are_a_type_error(name):
    row = ROWS[name]
    arity = (row.arity or 2) - row.selector
    for dtype in ALL:
        given = ("bool",) * row.selector + (dtype,) * arity
        if not accepts(name, given):
            with pytest.raises(TypeError, match="isn't defined for operands"):
                OPS[name](*(T.scalar(dtype=d) for d in given))


def shapes_of(name):
    """Yield shapes for the operands of a row, broadcasting where it has several."""
    arity = ROWS[name].arity or 2
    if arity == 1:
        yield from ((shape,) for shape in SHAPES)
    else:
        yield from (pair + pair[:1] * (arity - 2) for pair in PAIRS)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_the_shape_that_is_inferred_is_the_real_one(name):
    given = next(given for case, given in CASES if case == name)
    for shapes in shapes_of(name):
        arrays = [np.ones(s, dtype) for s, dtype in zip(shapes, given, strict=True)]
        op = OPS[name]
        real = reference(name, arrays).shape
        assert op.shape(*arrays) == real
        static = op.result(*(T.TensorType(a.dtype, a.shape) for a in arrays))
        assert static.shape == real
        partial = op.make_node(*variables(arrays)).outputs[0].type
        assert all(n in {None, m} for n, m in zip(partial.shape, real, strict=True))


def smooth_point(name, given, rng):
    """Return operands of broadcasting shapes at which the op is differentiable."""
    shapes = [(2, 3), (3,), (2, 1)] if len(given) > 1 else [(2, 3)]
    low, high = DOMAINS.get(name, (-3, 3))
    return [
        random_array(rng, shape, dtype, low, high)
        for shape, dtype in zip(shapes, given, strict=False)
    ]


def inner(a, b):
    """Return the real inner product, under which gradients are defined."""
    return float(np.sum(a.real * b.real + a.imag * b.imag))


def differences(name, arrays, weights, i, step):
    """Return the gradient of <weights, op(arrays)> by operand i, from differences."""
    gradient = np.zeros_like(arrays[i])
    units = (1, 1j) if np.iscomplexobj(gradient) else (1,)
    for place in np.ndindex(gradient.shape):
        for unit in units:
            sides = []
            for sign in (1, -1):
                moved = [a.copy() for a in arrays]
                moved[i][place] += sign * step * unit
                sides.append(inner(weights, reference(name, moved)))
            gradient[place] += unit * (sides[0] - sides[1]) / (2 * step)
    return gradient


@pytest.mark.parametrize(("name", "given"), SMOOTH)
def test_pullbacks_agree_with_differences(name, given, rng):
    arrays = smooth_point(name, given, rng)
    xs = variables(arrays)
    node = OPS[name].make_node(*xs)
    z = reference(name, arrays)
    if not is_continuous(z.dtype.name):
        pytest.skip("a result that counts has no gradient")
    weights = random_array(rng, z.shape, z.dtype.name)
    pulled = OPS[name].pullback(node, [Cotangent(T.constant(weights))])
    for i, (x, part) in enumerate(zip(xs, pulled, strict=True)):
        if not is_continuous(x.dtype):
            assert isinstance(part, Missing)
            continue
        assert part.value.type.dtype == x.dtype
        (gradient,) = reference_values([part.value], dict(zip(xs, arrays, strict=True)))
        assert gradient.shape == arrays[i].shape
        expected = differences(name, arrays, weights, i, 1e-5)
        assert close(expected, gradient, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("name", "given"), SMOOTH)
def test_pushforwards_are_adjoint_to_pullbacks(name, given, rng):
    arrays = smooth_point(name, given, rng)
    xs = variables(arrays)
    node = OPS[name].make_node(*xs)
    z = node.outputs[0]
    if not is_continuous(z.dtype):
        pytest.skip("a result that counts has no derivative")
    moves = [
        random_array(rng, a.shape, x.dtype) if is_continuous(x.dtype) else None
        for a, x in zip(arrays, xs, strict=True)
    ]
    weights = random_array(rng, reference(name, arrays).shape, z.dtype)
    tangents = [None if m is None else Tangent(T.constant(m)) for m in moves]
    (forward,) = OPS[name].pushforward(node, tangents)
    back = OPS[name].pullback(node, [Cotangent(T.constant(weights))])
    assert forward.value.type.dtype == z.dtype
    outputs = [forward.value, *(p.value for p in back if not isinstance(p, Missing))]
    moved, *pulled = reference_values(outputs, dict(zip(xs, arrays, strict=True)))
    assert moved.shape == weights.shape
    there = inner(weights, moved)
    kept = [m for m in moves if m is not None]
    again = sum(inner(p, m) for p, m in zip(pulled, kept, strict=True))
    assert there == pytest.approx(again, rel=1e-9, abs=1e-9)


TWICE = [name for name, given in SMOOTH if given[-1] == "float64" and name != "complex"]


@pytest.mark.parametrize("name", TWICE)
def test_second_derivatives_agree_with_differences_of_first_ones(name, rng):
    given = next(g for case, g in SMOOTH if case == name and g[-1] == "float64")
    arrays = smooth_point(name, given, rng)
    xs = variables(arrays)
    places = [i for i, x in enumerate(xs) if is_continuous(x.dtype)]
    wanted = [xs[i] for i in places]
    cost = find("sum")(OPS[name](*xs) * xs[-1])
    first = grad(cost, wanted)
    moves = [random_array(rng, arrays[i].shape) for i in places]
    along = sum(find("sum")(g * m) for g, m in zip(first, moves, strict=True))
    second = grad(along, wanted, disconnected_inputs="ignore")
    got = reference_values(second, dict(zip(xs, arrays, strict=True)))
    step, sides = 1e-5, []
    for sign in (1, -1):
        moved = list(arrays)
        for i, move in zip(places, moves, strict=True):
            moved[i] = arrays[i] + sign * step * move
        sides.append(reference_values(first, dict(zip(xs, moved, strict=True))))
    for value, there, back in zip(got, *sides, strict=True):
        assert close((there - back) / (2 * step), value, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("name", "given"), CASES)
def test_no_scalar_op_is_a_host_call(name, given):
    node = OPS[name].make_node(*(T.vector(dtype=dtype) for dtype in given))
    program = lower(node.inputs, [node], node.outputs).program
    assert not any(isinstance(step, Host) for step in program.nodes)
    assert program.outputs[0].dtype == node.outputs[0].dtype


@pytest.mark.parametrize("name", OPS)
def test_ops_pickle_to_equal_ones(name):
    op = OPS[name]
    again = pickle.loads(pickle.dumps(op))
    assert again == op
    assert hash(again) == hash(op)


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in ELEMENTWISE
        if (ROWS[name].arity or 2) - ROWS[name].selector > 1
        and accepts(name, ("bool", "float32"))
    ],
)
def test_python_scalars_take_the_dtype_of_the_tensor(name):
    row = ROWS[name]
    x = T.vector(dtype="float32")
    more = [x] * ((row.arity or 2) - 2 - row.selector)
    first = [T.vector(dtype="bool")] if row.selector else []
    result = OPS[name](*first, *more, x, 2)
    expected = OPS[name](*first, *more, x, x).dtype
    assert result.dtype == expected
    assert not is_complex(expected) or name == "complex"


# One unit holds many rows: compiling is what these laws cost.
SIGNATURES = sorted({given for _, given in CASES})


def rows_of(given):
    return [name for name, other in CASES if other == given]


@pytest.mark.compiler
@pytest.mark.parametrize("given", SIGNATURES, ids="-".join)
def test_compiled_code_agrees_with_the_reference_on_edge_values(given):
    names = rows_of(given)
    arrays = [a.ravel() for a in grid(given)]
    xs = [T.TensorType(dtype, (None,))() for dtype in given]
    compiled = function(xs, [OPS[name](*xs) for name in names])
    assert compiled.plan != "interpreted"
    for name, got in zip(names, compiled(*arrays), strict=True):
        expected = reference(name, arrays)
        assert got.dtype == expected.dtype, name
        assert close(expected, got), name


@pytest.mark.compiler
@pytest.mark.parametrize("shapes", PAIRS, ids=str)
@pytest.mark.parametrize("typed", [True, False], ids=["typed", "at run time"])
def test_compiled_code_broadcasts_as_numpy(shapes, typed, rng):
    names = ["add", "maximum", "pow", "lt"]
    arrays = [random_array(rng, shape, "float64", 0.5, 2) for shape in shapes]
    unknown = [T.TensorType("float64", (None,) * len(shape))() for shape in shapes]
    xs = variables(arrays) if typed else unknown
    compiled = function(xs, [OPS[name](*xs) for name in names])
    for name, got in zip(names, compiled(*arrays), strict=True):
        assert got.shape == np.broadcast_shapes(*shapes)
        assert close(reference(name, arrays), got), name


@pytest.mark.compiler
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_compiled_code_reads_every_layout(shape, rng):
    x, y = (T.TensorType("float32", (None,) * len(shape))() for _ in range(2))
    compiled = function([x, y], OPS["sub"](OPS["exp"](x), y))
    first, second = (random_array(rng, shape, "float32") for _ in range(2))
    expected = np.exp(first) - second
    for (kind, a), (other, b) in itertools.product(layouts(first), layouts(second)):
        assert close(expected, compiled(a, b)), (kind, other)


@pytest.mark.compiler
def test_compiled_code_reads_arrays_that_repeat_an_element():
    x = T.fmatrix()
    repeated = np.broadcast_to(np.float32([[1], [2]]), (2, 3))
    assert repeated.strides[1] == 0
    got = function([x], OPS["exp"](x))(repeated)
    assert close(np.exp(repeated), got)


@pytest.mark.compiler
def test_compiled_gradients_agree_with_the_references(rng):
    inputs, arrays, outputs = [], [], []
    for name, given in SMOOTH:
        point = smooth_point(name, given, rng)
        xs = variables(point)
        node = OPS[name].make_node(*xs)
        z = reference(name, point)
        if not is_continuous(z.dtype.name):
            continue
        weights = T.constant(random_array(rng, z.shape, z.dtype.name))
        pulled = OPS[name].pullback(node, [Cotangent(weights)])
        outputs += [part.value for part in pulled if not isinstance(part, Missing)]
        inputs += xs
        arrays += point
    compiled = function(inputs, outputs, on_unused_input="ignore")
    expected = reference_values(outputs, dict(zip(inputs, arrays, strict=True)))
    for out, a, b in zip(outputs, expected, compiled(*arrays), strict=True):
        assert close(a, b), out.owner
