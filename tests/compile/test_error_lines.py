"""A failing call names the line that the user wrote, fused and rewritten or not."""

# ruff: noqa: PLW0108 - a lambda has a line of its own, which is what is tested

import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.codegen.lowering import lower
from theanolike.codegen.program import Effect
from theanolike.compile.errors import written_as
from theanolike.compile.mode import Mode
from theanolike.errors import IndexOutOfBoundsError, ShapeError, TheanolikeError
from theanolike.gradient import grad
from theanolike.legacy.ifelse import ifelse
from theanolike.ops.batched import matmul

VALUES = {
    "v": np.arange(3.0),
    "w": np.arange(4.0),
    "A": np.ones((2, 3)),
    "B": np.ones((2, 3)),
    "C": np.ones((2, 3, 4)),
    "D": np.ones((3, 4, 5)),
    "n": np.array(5),
    "z": np.array(0),
    "k": np.array([0, 7]),
    "m": np.array([1, 1]),
    "S": np.eye(3),
}
KINDS = {
    name: T.TensorType(value.dtype, (None,) * value.ndim)
    for name, value in VALUES.items()
}


def work(x):
    """Return elementwise work on x that fuses; integers stay what they are."""
    return x * 1 + 0 if x.dtype == "int64" else T.exp(-abs(x)) * 2 + x


# Each is one line, which is where the message has to point.
FAILING = {
    "add": lambda v, w: v + w,
    "sum of three": lambda v, w: v * v - w,
    "comparison": lambda v, w: T.cast(v < w, "float64"),
    "switch": lambda v, w: T.switch(v > 0, v, w),
    "clip": lambda v, w: T.clip(w, 0, v),
    "power": lambda v, w: v ** (w + 0.5),
    "fill": lambda v, w: T.fill(v, w * 2),
    "dot of vectors": lambda v, w: T.dot(v, w),
    "matrix and vector": lambda A, w: T.dot(A, w),
    "vector and matrix": lambda w, A: T.dot(w, A),
    "product": lambda A, B: T.dot(A, B),
    "product with a transpose": lambda A, C: T.dot(A.T, C[0]),
    "product that is added": lambda A, B: B - 2 * T.dot(A, B),
    "batched dot": lambda C, D: T.batched_dot(C, D),
    "batched dot of vectors": lambda A, C: T.batched_dot(A, C[:, :, 0].T),
    "stacks": lambda C, D: matmul(C, D),
    "tensordot": lambda C, D: T.tensordot(C, D, [[2], [2]]),
    "reshape": lambda v, n: v.reshape((n, 2)),
    "reshape with a gap": lambda v, n: v.reshape((n, -1)),
    "reshape to a vector": lambda A, n: T.reshape(A, [n]),
    "alloc": lambda v, n: T.alloc(v, 2, n),
    "alloc of nothing": lambda v, n: T.alloc(v, n - 9, 3),
    "join": lambda A, C: T.concatenate([A, C[0]]),
    "stack": lambda v, w: T.stack([v, w]),
    "split": lambda v, k: T.split(v, k, 2)[0],
    "index": lambda v, n: v[n],
    "index from the end": lambda v, n: v[-n],
    "index of a row": lambda A, n: A[n],
    "index and slice": lambda A, n: A[:, n],
    "index of a product": lambda A, n: T.dot(A, A.T)[n],
    "step of a slice": lambda v, z: v[::z],
    "index vector": lambda v, k: v[k],
    "index vector of rows": lambda A, k: A[k],
    "index vectors": lambda A, m, k: A[m, k],
    "indices that differ": lambda A, k, v: A[k * 0, T.cast(v * 0, "int64")],
    "boolean index": lambda v, w: v[w > 1],
    "take": lambda v, k: T.take(v, k),
    "take along": lambda A, k: T.take(A, k, axis=1),
    "set at an index": lambda v, n: T.set_subtensor(v[n], 0.0),
    "set a slice": lambda v, w: T.set_subtensor(v[1:], w),
    "add to a slice": lambda v, w: T.inc_subtensor(v[:2], w),
    "set rows": lambda A, k, v: T.set_subtensor(A[k], v),
    "add to rows": lambda A, k, v: T.inc_subtensor(A[k], v),
    "arange": lambda n, z: T.cast(T.arange(0, n, z), "float64"),
    "repeat": lambda v, n: T.repeat(v, n - 9),
    "tile": lambda v, n: T.tile(v, (n, 2)) + v,
    "specify shape": lambda v, n: T.specify_shape(v, (n,)),
    "mask": lambda v, w: v[w > 1],
    "assertion": lambda v, n: T.opt.Assert("too many")(v, n < 0),
    "unbroadcast": lambda v: T.addbroadcast(v, 0),
    "largest of nothing": lambda v, n: v[n:].max(),
    "smallest of nothing": lambda A, n: A[:, n:].min(axis=1),
    "place of the largest of nothing": lambda v, n: T.cast(v[n:].argmax(), "float64"),
    "eye": lambda n: T.eye(n - 9),
    "cross entropy": lambda A, k: T.nnet.categorical_crossentropy(T.nnet.softmax(A), k),
    "log of a picked probability": lambda A, k: T.log(T.nnet.softmax(A))[
        T.arange(2), k
    ],
    "softmax and bias": lambda A, w: T.nnet.softmax(A + w),
    "sums of mismatched": lambda v, w: (v - w).sum(),
    "mean of squares": lambda v, w: T.mean((v - w) ** 2),
    "branch": lambda v, w, n: ifelse(T.gt(n, 0), v + w, v),
    "last row": lambda v, n: v[:0][-1] + n,
    "extents known inside": lambda v, w: v[1:] + w,
    "negative extent": lambda n, v: T.zeros((n - 9,)) + v[0],
    "outer and sum": lambda v, w: (T.outer(v, v) + T.outer(w, w)).sum(axis=0),
    "diagonal product": lambda A, w: T.dot(T.diag(w), A),
    "product with a stack": lambda A, D: T.dot(A, D),
    "stack and vector": lambda C, v: T.dot(C, v),
    "vectors of a batch": lambda A, C: T.batched_dot(A[:1], C),
    "matrix in a chain": lambda A, S, w: T.dot(T.dot(A, S), w),
    "scaled and added": lambda A, S: 0.5 * S - 0.1 * T.dot(A.T, A[:, :2]),
    "reshape by a gap": lambda w: w.reshape((3, -1)),
    "reshape by two gaps": lambda A, n: A.reshape((n - 6, n - 6)),
    "reshape below the gap": lambda A, n: A.reshape((n - 8, 2)),
    "joined columns": lambda A, D: T.concatenate([A, D[:, :, 0]], axis=1),
    "row of a sum": lambda A, w, n: (A + w)[n - 4],
    "item of a join": lambda v, w, n: T.concatenate([v, w])[n + 9],
    "row of a transpose": lambda A, n: A.T[n],
    "set at two places": lambda A, k: T.set_subtensor(A[k, k], 1.0),
    "set by a mask": lambda v, w: T.set_subtensor(v[v > 0.5], w),
    "add to columns": lambda A, S: T.inc_subtensor(A[:, :2], S),
    "set at a row": lambda A, n: T.set_subtensor(A[n], 0.0),
    "split into less": lambda v, m: T.split(v, m, 2)[1],
    "arange of floats": lambda v, z: T.arange(v[0], 9.0, z * 0.5),
    "triangle": lambda n: T.tri(n - 9),
    "place in columns": lambda A, n: T.cast(A[n:].argmax(axis=0), "float64"),
    "place of the smallest": lambda v, n: T.cast(v[n:].argmin(), "float64"),
    "pattern": lambda A: T.patternbroadcast(A, (True, False)),
    "by a branch": lambda v, w, n: ifelse(T.lt(n, 0), v, T.dot(v, w) * v),
}
# The ops that fail there aren't those of the formula's own name.
AS_WRITTEN = {
    "product that is added": "dot",
    "scaled and added": "Elemwise{sub}",
    "row of a transpose": "Subtensor{int64}",
    "set by a mask": "set_subtensor",
    "add to columns": "inc_subtensor",
    "set a slice": "set_subtensor",
    "diagonal product": "dot",
}


def failure(outputs, inputs, mode):
    """Return the error of a call."""
    f = theano.function(inputs, outputs, mode=mode, on_unused_input="ignore")
    with pytest.raises((ValueError, IndexError, AssertionError)) as caught:
        f(*(VALUES[x.name] for x in inputs))
    assert isinstance(caught.value, TheanolikeError)
    return str(caught.value)


def check_text(text, line):
    """Check that a message has all its parts."""
    lines = text.splitlines()
    assert f"  written at {__file__}:{line}" in lines, text
    assert re.match(r"  in \S", lines[1]) or any(li.startswith("  in ") for li in lines)
    assert any(re.match(r"  .+: \w+ of shape \(", li) for li in lines), text
    assert not lines[-1].startswith(" "), text
    assert lines[-1].endswith((".", "debugger.")), text


@pytest.mark.parametrize("name", FAILING)
def test_a_failing_op_is_named_with_its_line(name, mode):
    formula = FAILING[name]
    code = formula.__code__
    inputs = [KINDS[x](x) for x in code.co_varnames[: code.co_argcount]]
    out = formula(*(work(x) for x in inputs))
    text = failure(T.tanh(out * 2) + 1, inputs, mode)
    check_text(text, code.co_firstlineno)
    if name in AS_WRITTEN:
        assert text.splitlines()[1] == f"  in {AS_WRITTEN[name]}"


def structured_ops():
    """Return the module of laws that has operands for each op that isn't a row."""
    path = Path(__file__).parents[1] / "test_structured_op_laws.py"
    spec = importlib.util.spec_from_file_location("operands_of_ops", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def can_fail(op, operands):
    """Tell whether an op's program has a node that may fail, of unknown extents."""
    for arrays in operands:
        xs = [T.TensorType(a.dtype, (None,) * a.ndim)() for a in arrays]
        try:
            node = op.make_node(*xs)
        except (TypeError, ValueError):
            continue  # a number that must be known
        program = lower(xs, [node], node.outputs).program
        if any(step.effect is not Effect.TOTAL for step in program.nodes):
            return True
    return False


NOT_WRITTEN = {
    "AnyTo": "made by gradients of what was checked",
    "SumTo": "made by gradients of what was checked",
    "SetDiagonal": "made by gradients of what was checked",
    "masked_dot": "made by gradients of what was checked",
    "Gemm": "made by a rewrite; T.blas.Gemm fails as dot and sum do",
    "nonzero": "its loop can't fail",
    "AdvancedIncSubtensor": "the region is indexed before it is written",
    "AdvancedSetSubtensor": "the region is indexed before it is written",
    "tile": "as repeat and alloc",
}


def test_each_op_that_can_fail_has_a_wrong_call():
    failed = set()
    for name, formula in FAILING.items():
        code = formula.__code__
        inputs = [KINDS[x](x) for x in code.co_varnames[: code.co_argcount]]
        out = formula(*inputs)
        text = failure(out, inputs, Mode("py", None)).splitlines()[1]
        nodes = theano.gof.graph.ops(inputs, [out])
        found = {type(n.op).__name__ for n in nodes if f"  in {written_as(n)}" == text}
        assert found, name
        failed |= found
    laws, rng = structured_ops(), np.random.default_rng(0)
    missing = {
        name
        for name, op in laws.OPS.items()
        if type(op).__name__ not in failed and can_fail(op, laws.operands_of(name, rng))
    }
    assert missing == set(NOT_WRITTEN)


def derivative(formula, *inputs):
    """Return the gradient by the first input, from one line."""
    return grad(T.tanh(formula(*inputs)).sum(), inputs[0])


BACKWARD = {
    "product": lambda A, B: T.dot(A, B.T[:2]),
    "row vector": lambda A, w: A * T.specify_shape(w, (3,)),
    "index": lambda v, n: v[n] * v,
    "index vector": lambda v, k: v[k] ** 2,
    "set": lambda v, n: T.set_subtensor(v[n], 0.0) ** 2,
    "sum": lambda v, w: (v**2 * w).sum(),
}


@pytest.mark.parametrize("name", BACKWARD)
def test_a_failing_gradient_names_the_line_of_the_formula(name, mode):
    formula = BACKWARD[name]
    code = formula.__code__
    inputs = [KINDS[x](x) for x in code.co_varnames[: code.co_argcount]]
    text = failure(derivative(formula, *inputs), inputs, mode)
    check_text(text, code.co_firstlineno)


def test_a_node_of_a_gradient_has_both_lines(mode):
    A, g = T.dmatrix("A"), T.dmatrix("B")
    y = T.sin(T.dot(A, A.T))
    here = y.owner.inputs[0].owner.origin[0].line
    back = grad(None, A, known_grads={y: g})
    line = back.owner.origin[-1].line
    text = failure(back * 2, [A, g], mode)
    assert f"written at {__file__}:{line}" in text
    assert line == here + 2
    assert f"written at {__file__}:{here}" in text


class Picky(theano.Op):
    """A user's op that takes nothing."""

    __props__ = ()

    def make_node(self, x):
        return theano.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        raise ValueError("I don't like it")


def test_a_users_op_is_named_with_its_line_between_fused_work(mode):
    x = T.dvector("x")
    picky = lambda v: Picky()(T.exp(v) * 2)  # noqa: E731 - its line is asked for
    f = theano.function([x], T.tanh(picky(x)) + 1, mode=mode)
    with pytest.raises(ValueError, match="I don't like it") as caught:
        f([1.0, 2.0])
    check_text(str(caught.value), picky.__code__.co_firstlineno)
    assert "float64 of shape (2,)" in str(caught.value)


def test_a_wrong_new_value_is_told_with_its_line(mode):
    w, x = theano.shared(np.zeros(3), "w"), T.dvector("x")
    new = w * 0.9 + x
    f = theano.function([x], updates=[(w, new)], mode=mode)
    with pytest.raises(ValueError, match="mis-match") as caught:
        f([1.0, 2.0])
    assert "x: float64 of shape (2,)" in str(caught.value)
    np.testing.assert_array_equal(w.get_value(), np.zeros(3))


def typed(*shape, dtype="float64"):
    return T.TensorType(dtype, shape)("x")


V3, V4, M23, M45, C234 = typed(3), typed(4), typed(2, 3), typed(4, 5), typed(2, 3, 4)
STATIC = {
    "sum": lambda: V3 + V4,
    "comparison": lambda: T.lt(V3, M45),
    "switch": lambda: T.switch(V3 > 0, V4, 0),
    "clip": lambda: T.clip(V3, V4, 1),
    "fill": lambda: T.fill(V3, V4),
    "dot": lambda: T.dot(M23, M45),
    "dot of vectors": lambda: T.dot(V3, V4),
    "matrix and vector": lambda: T.dot(M23, V4),
    "batched dot": lambda: T.batched_dot(C234, typed(3, 4, 5)),
    "batched dot inside": lambda: T.batched_dot(C234, C234),
    "stacks": lambda: matmul(C234, typed(3, 4, 5)),
    "tensordot": lambda: T.tensordot(M23, M45, 1),
    "reshape": lambda: M23.reshape((4, 2)),
    "reshape with a gap": lambda: M23.reshape((4, -1)),
    "join": lambda: T.concatenate([M23, M45]),
    "stack": lambda: T.stack([V3, V4]),
    "index": lambda: V3[3],
    "index from the end": lambda: V3[-4],
    "index of a column": lambda: M23[:, 3],
    "set at an index": lambda: T.set_subtensor(V3[5], 0.0),
    "set a slice": lambda: T.set_subtensor(V3[:2], V4),
    "add to a row": lambda: T.inc_subtensor(M23[1], V4),
    "set rows": lambda: T.set_subtensor(M23[[0, 1]], V4),
    "index vector": lambda: V3[[0, 3]],
    "index vectors": lambda: M45[[0, 1], [0, 1, 2]],
    "boolean index": lambda: V3[typed(4, dtype="bool")],
    "take": lambda: T.take(V3, [0, 3]),
    "split": lambda: T.split(V3, [1, 1], 2),
    "alloc": lambda: T.alloc(V3, 2, 4),
    "specify shape": lambda: T.specify_shape(V3, (4,)),
    "unbroadcast": lambda: T.addbroadcast(V3, 0),
    "largest of nothing": lambda: typed(0).max(),
    "place of the largest of nothing": lambda: typed(0, 3).argmax(axis=0),
    "arange": lambda: T.arange(0, 3, 0),
    "negative extent": lambda: T.zeros((-1,)),
    "cross entropy": lambda: T.nnet.categorical_crossentropy(
        M23, typed(3, dtype="int64")
    ),
    "gemm": lambda: T.blas.Gemm()(M23, 1.0, M23, M45, 1.0),
    "repeat": lambda: T.repeat(V3, -1),
    "branch": lambda: ifelse(T.constant(True), V3 + V4, V3),
    "step of a slice": lambda: V3[::0],
}


@pytest.mark.parametrize("name", STATIC)
def test_what_static_shapes_contradict_is_refused_where_it_is_written(name):
    with pytest.raises((ShapeError, IndexOutOfBoundsError, ValueError, AssertionError)):
        STATIC[name]()


def test_an_extent_of_1_that_an_op_refuses_is_told_with_its_line():
    x, y = T.dvectors("x", "y")
    f = theano.function([x, y], [x + y, x.reshape((4,))])
    assert f(np.ones(4), np.ones(4))[0].tolist() == [2.0] * 4
    with pytest.raises(ShapeError, match=r"size 1 into shape \(4,\)(.|\n)*written at"):
        f(np.ones(1), np.ones(4))
