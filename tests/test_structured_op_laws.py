"""Laws for the ops that aren't scalar rows: each has operands to be tried on here."""

from typing import Any

import numpy as np
import pytest

import theanolike.tensor as T
from theanolike import function
from theanolike.codegen.lowering import lower
from theanolike.codegen.program import Host
from theanolike.ops import OPS as REGISTRY
from theanolike.ops.cotangent import Cotangent, Missing, Tangent
from theanolike.ops.elementwise import Elementwise
from theanolike.testing import close, random_array, reference_values
from theanolike.types.dtypes import is_continuous

OPS: dict[str, Any] = {
    name: op for name, op in REGISTRY.items() if not isinstance(op, Elementwise)
}


def n(*values):
    """Return integers as an operand: 0-d for one, else a vector."""
    return np.array(values[0] if len(values) == 1 else values)


# Operands: a shape stands for random numbers of float64.
CUBES: list[Any] = [((2, 3, 4),), ((3, 5),), ((4, 1),), ((0, 3),), ((3, 0, 2),)]
TWO_DIMS: list[Any] = [((2, 3),), ((1, 4),), ((0, 3),)]
SAMPLES: dict[str, list[Any]] = {
    "AdvancedIncSubtensor": [
        ((4, 2), (3, 2), n(1, -1, 1)),
        ((4,), (0,), np.zeros(0, "int64")),
    ],
    "AdvancedSetSubtensor": [((2, 4, 2), (2, 2, 2), n(1, -1)), ((3, 4), (3,), n(2))],
    "AdvancedSubtensor": [((4, 2), n(1, -1, 1)), ((4,), n([[0, 3]])), ((3, 2), n(2))],
    "AdvancedSubtensor of apart": [((2, 3, 4), n(1, 0), n([[3, -1], [0, 0]]))],
    "AnyTo": [
        (np.array([[True, False], [False, False]]), (2,)),
        (np.array([[True, False], [False, False]]), (2, 1)),
    ],
    "ConsiderConstant": CUBES,
    "DisconnectedGrad": CUBES,
    "Gemm": [((2, 4), (), (2, 3), (3, 4), ()), ((9, 8), (), (9, 0), (0, 8), ())],
    "GradClip{clip_lower_bound=-1.0, clip_upper_bound=1.0}": CUBES,
    "GradScale{multiplier=2.0}": CUBES,
    "IncSubtensor": [((2, 3), (2,), n(1)), ((4, 2, 3), (4, 3), n(-1))],
    "MakeVector": [((), ()), ((),)],
    "Rebroadcast": [((1, 3),)],
    "SetDiagonal": [((3,), n(4), n(4)), ((2, 3), n(3), n(4))],
    "SetSubtensor": [
        ((7, 3), (2, 3), n(1), n(6), n(3)),
        ((40, 2), (0, 2), n(9), n(3), n(1)),
    ],
    "Shape_i": CUBES,
    "Subtensor": [((2, 3), n(1)), ((4, 2, 3), n(-1))],
    "Subtensor of slices": [
        ((7, 3), n(1), n(6), n(3)),
        ((7, 3), n(-1), n(-9), n(-2)),
        ((5,), n(-9), n(9), n(1)),
    ],
    "SumTo": [((2, 3), (3,)), ((4, 2, 3), (2, 1)), ((2, 3), ()), ((0, 3), (1, 3))],
    "UndefinedGrad": CUBES,
    "ZeroGrad": CUBES,
    "all": [(np.array([[True, False], [True, True]]),)],
    "alloc": [((), n(2), n(3)), ((3,), n(2), n(3)), ((3, 1), n(3), n(0))],
    "any": [(np.array([[True, False], [False, False]]),)],
    "arange": [(n(0), n(10), n(3)), (n(5), n(-5), n(-2)), (n(5), n(0), n(1))],
    "argmax": [((2, 3),), ((1, 4),)],
    "argmin": [((2, 3),), ((1, 4),)],
    "assert": [((2, 3), np.array(True)), ((0,), np.array(True), np.array(True))],
    "batched_dot": [((2, 3, 4), (2, 4, 9)), ((2, 4), (2, 4)), ((2, 4), (2, 4, 3))],
    "diagonal": [((3, 4),), ((4, 3, 2),), ((2, 1),)],
    "dimshuffle": TWO_DIMS,
    "dot": [
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((3,), (3, 2)),
        ((2, 9), (9, 8)),
        ((0,), (0,)),
    ],
    "eye": [(n(3), n(4), n(1)), (n(3), n(2), n(-1)), (n(0), n(2), n(0))],
    "fill": [((2, 3), ()), ((2, 3), (3,)), ((3,), (2, 1)), ((0, 3), (1, 1))],
    "fits_mask": [((2, 3), n(2))],
    "flatten": CUBES,
    "join": [((2, 3), (1, 3), (4, 3)), ((3,), (0,)), ((2, 2, 2), (1, 2, 2))],
    "logsoftmax": [((2, 3),), ((1, 4),), ((0, 3),)],
    "logsumexp": [((2, 3),), ((1, 4),), ((0, 3),)],
    "masked_dot": [
        ((9, 12), (12, 10), np.ones((9, 12), "bool"), np.ones((12, 10), "bool")),
        ((2, 3), (3,), np.ones((2, 3), "bool"), np.ones(3, "bool")),
        ((3,), (3,), np.ones(3, "bool"), np.ones(3, "bool")),
    ],
    "matmul": [
        ((2, 3, 4), (2, 4, 9)),
        ((1, 3, 4), (5, 4, 2)),
        ((4, 1, 2, 3), (1, 2, 3, 2)),
    ],
    "max": [((2, 3),), ((1, 4),), ((2, 3, 2),)],
    "min": [((2, 3),), ((1, 4),), ((2, 3, 2),)],
    "nonzero": [
        (np.array([True, False, True]), n(2)),
        (np.eye(3, 4, 1, "bool"), n(3)),
        (np.zeros((0, 2), "bool"), n(0)),
    ],
    "prod": TWO_DIMS,
    "repeat": [((2, 3), n(3)), ((2,), n(0))],
    "reshape": [((2, 6), n(3), n(4)), ((2, 6), n(3), n(-1)), ((0, 3), n(3), n(0))],
    "roll": [((5,), n(2)), ((5, 2), n(-7)), ((0,), n(1))],
    "shape": CUBES,
    "softmax": [((2, 3),), ((1, 4),), ((0, 3),)],
    "specify_shape": [((2, 3), n(2))],
    "split": [((5, 2), n(2, 3)), ((3,), n(0, 3))],
    "sum": TWO_DIMS,
    "tensordot": [
        ((2, 3, 4), (5, 4, 3)),
        ((1, 9, 2), (3, 2, 9, 4)),
        ((2, 0, 2), (3, 2, 0)),
    ],
    "tile": [((2, 3), n(2), n(1)), ((2,), n(0)), ((2, 1), n(1), n(3))],
    "tri": [(n(3), n(4), n(1)), (n(3), n(2), n(-1)), (n(0), n(2), n(0))],
}
SAMPLES |= {name: CUBES for name in OPS if name.startswith("Elemwise{Cast")}

# Why a column is skipped.
NO_GRADIENT = {
    "ConsiderConstant": "its gradient isn't the derivative, by design",
    "DisconnectedGrad": "its gradient isn't the derivative, by design",
    "GradClip{clip_lower_bound=-1.0, clip_upper_bound=1.0}": "the same",
    "GradScale{multiplier=2.0}": "the same",
    "UndefinedGrad": "the same",
    "ZeroGrad": "the same",
    "Elemwise{Cast{float16}}": "differences need more digits",
    "Elemwise{Cast{float32}}": "differences need more digits",
    "Elemwise{Cast{complex64}}": "differences need more digits",
}


class Real:
    """An array as an op's `shape` sees it."""

    def __init__(self, array):
        self.array = array
        self.shape = array.shape

    def item(self, *index):
        return int(self.array[index])


def operands_of(name, rng):
    """Yield the operands of each sample, as arrays."""
    for sample in SAMPLES[name]:
        yield [
            random_array(rng, operand) if isinstance(operand, tuple) else operand
            for operand in sample
        ]


def applied(name, arrays):
    """Return variables and a node over them; only dims of 1 are known."""
    xs = [
        T.TensorType(a.dtype, tuple(1 if m == 1 else None for m in a.shape))()
        for a in arrays
    ]
    return xs, OPS[name].make_node(*xs)


def results(name, arrays):
    """Return what the reference makes of the operands, as a list."""
    xs, node = applied(name, arrays)
    return reference_values(node.outputs, dict(zip(xs, arrays, strict=True)))


def test_every_structured_op_has_operands_to_be_tried_on():
    assert sorted(OPS) == sorted(SAMPLES)


@pytest.mark.parametrize("name", OPS)
def test_the_shape_that_is_inferred_is_the_real_one(name, rng):
    for arrays in operands_of(name, rng):
        _, node = applied(name, arrays)
        real = results(name, arrays)
        stated = OPS[name].shape(*map(Real, arrays))
        stated = [stated] if len(real) == 1 else stated
        for shape, array, out in zip(stated, real, node.outputs, strict=True):
            known = out.type.shape
            assert tuple(shape) == array.shape
            assert all(k in {None, m} for k, m in zip(known, array.shape, strict=True))
            assert out.type.dtype == array.dtype.name


@pytest.mark.parametrize("name", OPS)
def test_no_op_is_a_host_call(name, rng):
    for arrays in operands_of(name, rng):
        xs, node = applied(name, arrays)
        program = lower(xs, [node], node.outputs).program
        assert not any(isinstance(step, Host) for step in program.nodes)


@pytest.mark.compiler
@pytest.mark.parametrize("name", OPS)
def test_compiled_code_agrees_with_the_reference(name, rng):
    inputs, outputs, values = [], [], []
    for arrays in operands_of(name, rng):
        xs, node = applied(name, arrays)
        inputs += xs
        outputs += node.outputs
        values += arrays
    compiled = function(inputs, outputs, on_unused_input="ignore")
    assert compiled.plan != "interpreted"
    expected = reference_values(outputs, dict(zip(inputs, values, strict=True)))
    for a, b in zip(expected, compiled(*values), strict=True):
        assert a.dtype == b.dtype
        assert close(a, b)


def inner(a, b):
    return float(np.sum(a.real * b.real + np.imag(a) * np.imag(b)))


def continuous_operands(name, rng):
    """Yield the operands of the samples that have a result with a gradient."""
    for arrays in operands_of(name, rng):
        _, node = applied(name, arrays)
        if any(is_continuous(out.type.dtype) for out in node.outputs):
            yield arrays


# Not those whose results only count.
DIFFERENTIABLE = [
    name
    for name in OPS
    if name not in NO_GRADIENT
    and any(True for _ in continuous_operands(name, np.random.default_rng(0)))
]


def pulled_back(name, arrays, rng):
    """Return operands, weights and cotangents."""
    xs, node = applied(name, arrays)
    weights = [random_array(rng, z.shape, z.dtype.name) for z in results(name, arrays)]
    given = [
        Cotangent(T.constant(w)) if is_continuous(out.type.dtype) else None
        for w, out in zip(weights, node.outputs, strict=True)
    ]
    return xs, node, weights, OPS[name].pullback(node, given)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_pullbacks_agree_with_differences(name, rng):
    step = 1e-6
    for arrays in continuous_operands(name, rng):
        xs, _, weights, pulled = pulled_back(name, arrays, rng)
        for i, part in enumerate(pulled):
            if isinstance(part, Missing):
                continue
            given = dict(zip(xs, arrays, strict=True))
            (gradient,) = reference_values([part.value], given)
            expected = np.zeros_like(arrays[i])
            for place in np.ndindex(arrays[i].shape):
                sides = []
                for sign in (1, -1):
                    moved = [a.copy() for a in arrays]
                    moved[i][place] += sign * step
                    outs = results(name, moved)
                    sides.append(sum(map(inner, weights, outs)))
                expected[place] = (sides[0] - sides[1]) / (2 * step)
            assert gradient.shape == expected.shape
            assert close(expected, gradient, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_pushforwards_are_adjoint_to_pullbacks(name, rng):
    for arrays in continuous_operands(name, rng):
        xs, node, weights, pulled = pulled_back(name, arrays, rng)
        moves = [
            None if isinstance(part, Missing) else random_array(rng, a.shape)
            for part, a in zip(pulled, arrays, strict=True)
        ]
        tangents = [None if m is None else Tangent(T.constant(m)) for m in moves]
        forward = OPS[name].pushforward(node, tangents)
        if all(t is None for t in tangents):
            assert all(t is None for t in forward)
            continue
        back = [part.value for part in pulled if not isinstance(part, Missing)]
        kept = [
            (t.value, w) for t, w in zip(forward, weights, strict=True) if t is not None
        ]
        given = dict(zip(xs, arrays, strict=True))
        values = reference_values([*(v for v, _ in kept), *back], given)
        there = sum(map(inner, values[: len(kept)], (w for _, w in kept)))
        wanted = [m for m in moves if m is not None]
        again = sum(map(inner, values[len(kept) :], wanted))
        assert there == pytest.approx(again, rel=1e-9, abs=1e-9)


def becomes_of_support(name, arrays):
    """Return what an op's pullback does to the support of its cotangents."""
    _, node = applied(name, arrays)
    outs = [out for out in node.outputs if is_continuous(out.type.dtype)]
    if not outs:
        return ""
    nowhere = [T.zeros_like(out, dtype="bool") for out in outs]

    def pulled(support, is_guard):
        given = iter(
            Cotangent(T.zeros_like(out), mask if support else None, is_guard)
            for out, mask in zip(outs, nowhere, strict=True)
        )
        cotangents = [next(given) if out in outs else None for out in node.outputs]
        parts = OPS[name].pullback(node, cotangents)
        return [part for part in parts if isinstance(part, Cotangent)]

    def keeps(parts):
        return all(part.support is not None for part in parts)

    everywhere = pulled(support=False, is_guard=True)
    if not everywhere:
        return ""
    if any(part.support is not None for part in everywhere):
        return "narrows it"
    if keeps(pulled(support=True, is_guard=False)):
        return "keeps it"
    return "keeps guards" if keeps(pulled(support=True, is_guard=True)) else "ends it"


@pytest.mark.parametrize("name", OPS)
def test_the_table_of_ops_says_what_becomes_of_a_support(name, rng):
    arrays = list(operands_of(name, rng))[1 if name == "dot" else 0]
    assert becomes_of_support(name, arrays) == OPS[name].support


@pytest.mark.parametrize("name", OPS)
def test_nothing_comes_through_where_the_support_is_empty(name, rng):
    for arrays in operands_of(name, rng):
        bad = [
            np.full_like(a, np.nan) if is_continuous(a.dtype.name) else a
            for a in arrays
        ]
        xs, node = applied(name, bad)
        given = [
            Cotangent(T.zeros_like(out), T.zeros_like(out, dtype="bool"))
            if is_continuous(out.type.dtype)
            else None
            for out in node.outputs
        ]
        parts = OPS[name].pullback(node, given) if any(given) else []
        values = [part.value for part in parts if isinstance(part, Cotangent)]
        for value in reference_values(values, dict(zip(xs, bad, strict=True))):
            assert not value.any()


@pytest.mark.compiler
def test_compiled_gradients_agree_with_the_references(rng):
    inputs, outputs, values = [], [], []
    for name in OPS:
        if name in NO_GRADIENT:
            continue
        for arrays in operands_of(name, rng):
            xs, node = applied(name, arrays)
            if not is_continuous(node.outputs[0].type.dtype):
                continue
            xs, _, _, pulled = pulled_back(name, arrays, rng)
            outputs += [p.value for p in pulled if not isinstance(p, Missing)]
            inputs += xs
            values += arrays
    compiled = function(inputs, outputs, on_unused_input="ignore")
    expected = reference_values(outputs, dict(zip(inputs, values, strict=True)))
    for out, a, b in zip(outputs, expected, compiled(*values), strict=True):
        assert close(a, b), out.owner
