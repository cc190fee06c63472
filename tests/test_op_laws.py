"""Laws that hold for every op of the registry; a row that skips one says why."""

import itertools
import pickle

import numpy as np
import pytest

import theanolike.tensor as T
from tests.op_table import (
    CASES,
    DTYPE_EXCEPTIONS,
    ELEMENTWISE,
    NUMPY,
    OPS,
    PAIRS,
    SHAPES,
    SMOOTH,
    accepts,
    grid,
    in_numpy,
    reference,
    smooth_point,
    variables,
)
from theanolike.codegen.lowering import lower
from theanolike.codegen.program import Host
from theanolike.gradient import grad
from theanolike.ops import find
from theanolike.ops.cotangent import Cotangent, Missing, Tangent
from theanolike.ops.elementwise import ROWS
from theanolike.testing import (
    close,
    random_array,
    reference_values,
)
from theanolike.types.dtypes import ALL, is_complex, is_continuous, promote


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
