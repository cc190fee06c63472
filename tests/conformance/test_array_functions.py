"""Functions of Theano's array interface give NumPy's arrays, in both modes.

Each table is one function with an output a row, so that it compiles once.
"""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T

RNG = np.random.default_rng(5)
M, N = RNG.normal(size=(2, 3, 4))
V = RNG.normal(size=4)
A = RNG.normal(size=(2, 3, 4))
SQUARE = RNG.normal(size=(4, 4))
INTS = RNG.integers(-5, 6, (3, 4)).astype("int32")
K = 3

CREATION = {
    "zeros": (lambda e: T.zeros((e.k, 2)), np.zeros((3, 2))),
    "zeros of a number": (lambda e: T.zeros(e.k), np.zeros(3)),
    "zeros of a shape": (lambda e: T.zeros(e.m.shape, dtype="int32"), np.int32(0 * M)),
    "ones of no dims": (lambda e: T.ones(()), np.ones(())),
    "zeros_like": (lambda e: T.zeros_like(e.m, dtype="int8"), np.int8(0 * M)),
    "ones_like": (lambda e: T.ones_like(e.i), np.ones_like(INTS)),
    "alloc": (lambda e: T.alloc(e.v, e.k, 4), np.tile(V, (3, 1))),
    "fill": (lambda e: T.fill(e.m, e.v), np.tile(V, (3, 1))),
    "arange": (lambda e: T.arange(e.k), np.arange(3)),
    "arange by a half": (lambda e: T.arange(0, e.k, 0.5), np.arange(0, 3, 0.5)),
    "arange down": (lambda e: T.arange(e.k, 0, -1), np.arange(3, 0, -1)),
    "arange empty": (lambda e: T.arange(e.k, 0), np.arange(0)),
    "arange float32": (
        lambda e: T.arange(start=1, stop=e.k, step=1, dtype="float32"),
        np.arange(1, 3, dtype="float32"),
    ),
    "eye": (lambda e: T.eye(e.k, 4, 1, dtype="int32"), np.eye(3, 4, 1, "int32")),
    "identity_like": (lambda e: T.identity_like(e.m), np.eye(3, 4)),
    "tri": (lambda e: T.tri(e.k, 4, k=1), np.tri(3, 4, 1)),
    "tril": (lambda e: T.tril(e.m), np.tril(M)),
    "triu": (lambda e: T.triu(e.m, k=1), np.triu(M, 1)),
    "diag of a vector": (lambda e: T.diag(e.v), np.diag(V)),
    "diag of a matrix": (lambda e: T.diag(e.s, k=1), np.diag(SQUARE, 1)),
    "diagonal": (
        lambda e: T.diagonal(e.a, offset=1, axis1=1, axis2=2),
        A.diagonal(1, 1, 2),
    ),
    "mgrid": (lambda e: T.mgrid[0:3, 1:5:2][1], np.mgrid[0:3, 1:5:2][1]),
}

SHAPES = {
    "concatenate": (
        lambda e: T.concatenate([e.m, e.i], axis=-1),
        np.concatenate([M, INTS], -1),
    ),
    "join": (lambda e: T.join(0, e.m, e.n, e.m), np.concatenate([M, N, M])),
    "stack": (lambda e: T.stack([e.m, e.n], axis=-1), np.stack([M, N], -1)),
    "stack by names": (
        lambda e: T.stack(tensors=[e.m, e.n], axis=1),
        np.stack([M, N], 1),
    ),
    "stacklists": (
        lambda e: T.stacklists([[e.k, 1], [2, e.k]]),
        np.array([[3, 1], [2, 3]]),
    ),
    "horizontal_stack": (lambda e: T.horizontal_stack(e.m, e.n), np.hstack([M, N])),
    "vertical_stack": (lambda e: T.vertical_stack(e.m, e.n), np.vstack([M, N])),
    "split": (lambda e: T.split(e.m, [1, 3], 2, axis=1)[1], M[:, 1:]),
    "reshape": (lambda e: e.m.reshape((2, -1)), M.reshape(2, 6)),
    "reshape of a transpose": (lambda e: e.m.T.reshape((2, 6)), M.T.reshape(2, 6)),
    "reshape by a shape": (
        lambda e: e.m.flatten().reshape(e.m.T.shape),
        M.reshape(4, 3),
    ),
    "reshape to a rank": (
        lambda e: T.reshape(e.m, e.m.shape[::-1], ndim=2),
        M.reshape(4, 3),
    ),
    "flatten": (lambda e: T.flatten(e.a, 2), A.reshape(2, 12)),
    "ravel": (lambda e: e.a.ravel(), A.ravel()),
    "shape": (lambda e: e.m.shape, np.array([3, 4])),
    "size": (lambda e: e.m.size, np.array(12)),
    "transpose": (lambda e: e.a.transpose(1, 2, 0), A.transpose(1, 2, 0)),
    "dimshuffle": (lambda e: e.m.dimshuffle(1, "x", 0), M.T[:, None]),
    "swapaxes": (lambda e: e.a.swapaxes(0, 2), A.swapaxes(0, 2)),
    "squeeze": (lambda e: e.m.sum(axis=0, keepdims=True).squeeze(), M.sum(0)),
    "shape_padleft": (lambda e: T.shape_padleft(e.m, n_ones=2), M[None, None]),
    "shape_padright": (lambda e: T.shape_padright(e.m), M[..., None]),
    "shape_padaxis": (lambda e: T.shape_padaxis(e.m, axis=1), M[:, None]),
    "tile": (lambda e: T.tile(e.v, (e.k, 2)), np.tile(V, (3, 2))),
    "tile by fewer dims": (lambda e: T.tile(e.m, (2,)), np.tile(M, 2)),
    "repeat": (lambda e: T.repeat(e.m, e.k, axis=1), np.repeat(M, 3, 1)),
    "repeat of all": (lambda e: T.repeat(e.m, 2), np.repeat(M, 2)),
    "roll": (lambda e: T.roll(e.m, e.k, axis=1), np.roll(M, 3, 1)),
    "roll of all": (lambda e: T.roll(e.m, -1), np.roll(M, -1)),
}

REDUCTIONS = {
    "max_and_argmax": (lambda e: T.max_and_argmax(e.m, axis=1)[1], M.argmax(1)),
    "sum of int32": (lambda e: T.sum(e.i), np.asarray(INTS.sum())),
    "sum in float32": (
        lambda e: T.sum(e.m, axis=0, dtype="float32"),
        M.sum(0, dtype="float32"),
    ),
    "mean of int32": (lambda e: e.i.mean(axis=0), INTS.mean(0)),
    "prod": (lambda e: T.prod(e.m, axis=[0]), M.prod(0)),
    "var with ddof": (lambda e: e.m.var(axis=1, ddof=1), M.var(1, ddof=1)),
    "std": (lambda e: T.std(e.m, axis=0, keepdims=True), M.std(0, keepdims=True)),
    "any": (lambda e: (e.m > 1).any(axis=0), (M > 1).any(0)),
    "all": (lambda e: T.all(e.m > -2, axis=1), (M > -2).all(1)),
    "ptp": (lambda e: T.ptp(e.m, axis=0), np.ptp(M, 0)),
    "norm": (lambda e: e.m.norm(2, axis=1), np.linalg.norm(M, axis=1)),
    "trace": (lambda e: e.s.trace(), np.asarray(SQUARE.trace())),
    "sum over two dims": (lambda e: e.a.sum(axis=(0, -1)), A.sum((0, 2))),
    "argmax over two dims": (
        lambda e: T.argmax(e.a, axis=(1, 2)),
        A.reshape(2, -1).argmax(1),
    ),
    "min of 0 dims": (lambda e: T.min(e.m[0, 0]), M[0, 0]),
}

PRODUCTS = {
    "dot": (lambda e: T.dot(e.m, e.n.T), M @ N.T),
    "dot of transposes": (lambda e: T.dot(e.m.T, e.n), M.T @ N),
    "dot with a vector": (lambda e: e.m.dot(e.v), M @ V),
    "dot of a vector": (lambda e: theano.dot(e.v, e.s), V @ SQUARE),
    "dot of numbers": (lambda e: T.dot(e.m[0, 0], e.m), M[0, 0] * M),
    "dot of more dims": (
        lambda e: T.dot(e.a, e.a.dimshuffle(0, 2, 1)),
        np.dot(A, A.transpose(0, 2, 1)),
    ),
    "dot of integers": (lambda e: T.dot(e.i, e.i.T), INTS @ INTS.T),
    "outer": (lambda e: T.outer(e.v, e.v), np.outer(V, V)),
    "tensordot": (
        lambda e: T.tensordot(e.a, e.m, axes=[[1, 2], [0, 1]]),
        np.tensordot(A, M),
    ),
    "batched_dot": (
        lambda e: T.batched_dot(e.a, e.a.dimshuffle(0, 2, 1)),
        A @ A.transpose(0, 2, 1),
    ),
    "batched_dot of vectors": (lambda e: T.batched_dot(e.m, e.n), (M * N).sum(1)),
    "matmul": (lambda e: e.a @ e.v, A @ V),
}


class Inputs:
    """The variables that the rows are written in."""

    def __init__(self):
        self.m, self.n, self.s = T.dmatrices("m", "n", "s")
        self.v, self.a = T.dvector("v"), T.dtensor3("a")
        self.i, self.k = T.imatrix("i"), T.lscalar("k")
        self.all = [self.m, self.n, self.s, self.v, self.a, self.i, self.k]


@pytest.fixture(
    params=["FAST_COMPILE", pytest.param("FAST_RUN", marks=pytest.mark.compiler)]
)
def mode(request):
    return request.param


@pytest.mark.parametrize(
    "table",
    [CREATION, SHAPES, REDUCTIONS, PRODUCTS],
    ids=["creation", "shapes", "reductions", "products"],
)
def test_a_table_of_functions_gives_numpys_arrays(table, mode):
    inputs = Inputs()
    outputs = {name: build(inputs) for name, (build, _) in table.items()}
    f = theano.function(inputs.all, outputs, mode=mode, on_unused_input="ignore")
    results = f(M, N, SQUARE, V, A, INTS, K)
    for name, (_, expected) in table.items():
        assert results[name].dtype == np.asarray(expected).dtype, name
        np.testing.assert_allclose(
            results[name], expected, rtol=1e-6, atol=1e-9, strict=True, err_msg=name
        )
