"""Products of vectors, matrices and stacks of them, against NumPy."""

import numpy as np
import pytest

import theanolike
import theanolike.tensor as T
from tests.ops.differences import differences
from theanolike.errors import ShapeError
from theanolike.ops.batched import batched_dot, batched_tensordot, matmul
from theanolike.ops.products import Dot, Gemm, dot, outer
from theanolike.ops.tensordot import Tensordot, tensordot
from theanolike.types.type import TensorType


def arrays(rng, *shapes):
    return [rng.normal(size=shape) for shape in shapes]


def tensors(*values):
    """Return a variable for each array, of which only dims of 1 are known."""
    return [
        TensorType(a.dtype, tuple(1 if n == 1 else None for n in a.shape))()
        for a in values
    ]


def compare(evaluate, values, functions):
    """Compare each (ours, NumPy's) of the same operands."""
    xs = tensors(*values)
    given = dict(zip(xs, values, strict=True))
    outputs = [ours(*xs) for ours, _ in functions]
    for (_, theirs), got in zip(functions, evaluate(outputs, given), strict=True):
        np.testing.assert_allclose(got, theirs(*values), rtol=1e-10, atol=1e-12)


def test_dot_of_all_ranks_is_numpys(evaluate, rng):
    values = arrays(rng, (), (5,), (7,), (5, 7), (7, 4), (3, 5, 7), (2, 3, 7, 5))
    pairs = [(0, 3), (1, 0), (1, 1), (1, 3), (3, 2), (3, 4), (5, 2), (1, 3), (5, 4)]
    pairs += [(6, 5), (6, 1), (2, 6), (5, 6)]
    compare(
        evaluate,
        values,
        [
            (
                lambda *v, i=i, j=j: dot(v[i], v[j]),
                lambda *v, i=i, j=j: np.dot(v[i], v[j]),
            )
            for i, j in pairs
        ],
    )


def test_transposed_factors_are_not_copied(rng):
    x, y = T.dmatrices("x", "y")
    a, b = arrays(rng, (9, 8), (9, 8))
    f = theanolike.function([x, y], [dot(x.T, y), dot(x, y.T), dot(y.T, x.T.T)])
    for got, wanted in zip(f(a, b), (a.T @ b, a @ b.T, b.T @ a), strict=True):
        np.testing.assert_allclose(got, wanted)
    assert str(f.plan).count("map") == 0
    assert "gemm: v0 = x.T @ y" in str(f.plan)


@pytest.mark.parametrize("dtype", ["float32", "complex64", "complex128", "float16"])
def test_dot_of_each_dtype(dtype, evaluate, rng):
    a, b = (x.astype(dtype) for x in arrays(rng, (6, 20), (20, 9)))
    if dtype.startswith("complex"):
        a, b = a + 1j * a[::-1], b - 2j * b
    x, y = tensors(a, b)
    found = evaluate([dot(x, y), dot(x, y[:, 0])], {x: a, y: b})
    for got, wanted in zip(found, (a @ b, a @ b[:, 0]), strict=True):
        tolerance = 1e-2 if dtype == "float16" else 1e-5
        np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", ["int8", "int32", "uint64", "bool"])
def test_products_of_integers_and_bools_are_exact(dtype, evaluate, rng):
    a, b = (rng.integers(0, 3, s).astype(dtype) for s in ((3, 12), (12, 14)))
    x, y = tensors(a, b)
    outputs = [dot(x, y), dot(x, y[:, 0]), dot(x[0], y), dot(x[0], y[:, 1])]
    expected = [a @ b, a @ b[:, 0], a[0] @ b, a[0] @ b[:, 1]]
    for out, got, wanted in zip(
        outputs, evaluate(outputs, {x: a, y: b}), expected, strict=True
    ):
        assert out.type.dtype == dtype
        np.testing.assert_array_equal(got, wanted)


def test_operands_promote_and_python_scalars_are_weak():
    assert dot(T.fmatrix(), T.dvector()).type.dtype == "float64"
    assert dot(T.lmatrix(), T.fmatrix()).type.dtype == "float64"
    assert dot(T.fmatrix(), 2).type.dtype == "float32"
    assert dot([[1.0, 2.0]], T.fmatrix()).type.ndim == 2


def test_static_extents_go_through():
    a, b = TensorType("float64", (2, None))(), TensorType("float64", (3, 5))()
    assert dot(a, b).type.shape == (2, 5)
    assert dot(b, T.dvector()).type.shape == (3,)
    assert tensordot(b, a, 0).type.shape == (3, 5, 2, None)
    with pytest.raises(ShapeError, match="x has 5 cols \\(and 3 rows\\) but y has 2"):
        dot(b, a)
    with pytest.raises(ShapeError, match="x has 3 elements but y has 5 elements"):
        dot(b[:, 0], b[0])


@pytest.mark.parametrize("n", [1, 5])
def test_unequal_inner_extents_are_theanos_error_with_the_line(n):
    x, y = T.dmatrices("x", "y")
    f = theanolike.function([x, y], dot(x, y))
    text = f"x has 10 cols \\(and 5 rows\\) but y has {n} rows \\(and 10 cols\\)"
    with pytest.raises(ValueError, match="^Shape mismatch: " + text) as caught:
        f(np.ones((5, 10)), np.ones((n, 10)))
    assert "test_products.py" in str(caught.value)
    g = theanolike.function([x, y], dot(x, y[:, 0]))
    with pytest.raises(ValueError, match="Shape mismatch: x has 10 cols"):
        g(np.ones((5, 10)), np.ones((n, 10)))


def test_outer_flattens_its_operands(evaluate, rng):
    values = arrays(rng, (3,), (2, 2), ())
    compare(
        evaluate,
        values,
        [
            (lambda v, m, s: outer(v, m), lambda v, m, s: np.outer(v, m)),
            (lambda v, m, s: outer(s, v), lambda v, m, s: np.outer(s, v)),
        ],
    )


AXES = [
    (2, (3, 4, 5), (4, 5, 2)),
    (1, (3, 4), (4,)),
    (0, (3, 4), (2,)),
    (3, (2, 3, 4), (2, 3, 4)),
    ([[0], [1]], (3, 4, 5), (2, 3)),
    ([[2, 0], [1, 2]], (3, 4, 5), (2, 5, 3)),
    ([[0, 1], [1, 0]], (3, 4, 5), (4, 3)),
    ([-1, 0], (3, 4), (4, 2)),
    ([[1], [1]], (3, 1, 2), (4, 1)),
]


@pytest.mark.parametrize(("axes", "first", "second"), AXES)
def test_tensordot_is_numpys(axes, first, second, evaluate, rng):
    compare(
        evaluate,
        arrays(rng, first, second),
        [
            (
                lambda a, b: tensordot(a, b, axes),
                lambda a, b: np.tensordot(a, b, axes),
            )
        ],
    )


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        (3, "larger than the dimension"),
        (-1, "larger than the dimension"),
        ([[0, 1], [0]], "same length"),
        ([[2], [0]], "out of range"),
        ([[0, 0], [0, 1]], "differ from each other"),
    ],
)
def test_wrong_axes_are_refused(axes, message):
    with pytest.raises(ValueError, match=message):
        tensordot(T.dmatrix(), T.dmatrix(), axes)


def test_tensordot_checks_each_pair_of_extents(evaluate):
    x, y = T.dtensor3("x"), T.dmatrix("y")
    given = {x: np.ones((2, 3, 4)), y: np.ones((4, 3))}
    with pytest.raises(ValueError, match="Shape mismatch"):
        evaluate(tensordot(x, y, [[1, 2], [0, 1]]), given)


def test_batched_products_of_each_rank(evaluate, rng):
    values = arrays(rng, (3,), (3, 4), (3, 5, 4), (3, 4, 6), (3, 4, 2, 2))
    pairs = [
        ((0, 1), "n,ni->ni"),
        ((2, 0), "nij,n->nij"),
        ((1, 1), "ni,ni->n"),
        ((2, 1), "nij,nj->ni"),
        ((1, 3), "nj,njk->nk"),
        ((2, 3), "nij,njk->nik"),
        ((1, 4), "nj,nkjl->nkl"),
    ]
    values[4] = np.swapaxes(values[4], 1, 2).copy()  # the last but one is summed
    compare(
        evaluate,
        values,
        [
            (
                lambda *v, p=p: batched_dot(v[p[0]], v[p[1]]),
                lambda *v, p=p, s=s: np.einsum(s, v[p[0]], v[p[1]]),
            )
            for p, s in pairs
        ],
    )


def test_batched_tensordot_sums_over_the_axes_given(evaluate, rng):
    values = arrays(rng, (3, 4, 5), (3, 5, 4), (3, 2, 4, 5))
    compare(
        evaluate,
        values,
        [
            (
                lambda a, b, c: batched_tensordot(a, b, 1),
                lambda a, b, c: np.einsum("nij,njk->nik", a, b),
            ),
            (
                lambda a, b, c: batched_tensordot(a, b, [[1, 2], [2, 1]]),
                lambda a, b, c: np.einsum("nij,nji->n", a, b),
            ),
            (
                lambda a, b, c: batched_tensordot(a, c, [[2], [3]]),
                lambda a, b, c: np.einsum("nij,nklj->nikl", a, c),
            ),
            (
                lambda a, b, c: batched_tensordot(c, a, 2),
                lambda a, b, c: np.einsum("nkij,nij->nk", c, a),
            ),
        ],
    )


def test_batched_products_need_one_batch_size(evaluate):
    x, y = T.dtensor3(), T.dtensor3()
    given = {x: np.ones((3, 2, 2)), y: np.ones((2, 2, 2))}
    with pytest.raises(ValueError, match="batch sizes unequal"):
        evaluate(batched_dot(x, y), given)
    with pytest.raises(TypeError, match="at least one"):
        batched_dot(T.dscalar(), y)
    with pytest.raises(ValueError, match="batch axis"):
        batched_tensordot(x, y, [[0], [1]])


MATMULS = [
    ((4,), (4,)),
    ((3, 4), (4,)),
    ((4,), (4, 3)),
    ((3, 4), (4, 5)),
    ((2, 3, 4), (4,)),
    ((2, 3, 4), (4, 5)),
    ((4,), (2, 4, 3)),
    ((3, 4), (2, 4, 5)),
    ((2, 30, 4), (2, 4, 5)),
    ((6, 1, 9, 8), (2, 8, 9)),
    ((1, 3, 4), (5, 4, 2)),
    ((2, 3, 0), (2, 0, 3)),
]


def test_matmul_is_numpys(evaluate, rng):
    for first, second in MATMULS:
        a, b = arrays(rng, first, second)
        x, y = tensors(a, b)
        np.testing.assert_allclose(evaluate(x @ y, {x: a, y: b}), a @ b, atol=1e-12)


def test_stacks_of_run_time_ones_are_broadcast(evaluate, rng):
    x, y = T.dtensor3(), T.dtensor3()
    for first, second in [((1, 9, 8), (3, 8, 9)), ((3, 9, 8), (1, 8, 9))]:
        a, b = arrays(rng, first, second)
        z = matmul(x, y)
        got = evaluate([z, T.grad(z.sum(), y)], {x: a, y: b})
        np.testing.assert_allclose(got[0], a @ b)
        assert got[1].shape == second


def test_the_shape_of_stacks_times_stacks_is_that_of_both():
    x, y = T.dtensor3("x"), T.dtensor3("y")
    mode = theanolike.Mode("py", "fast_run")
    f = theanolike.function([x, y], matmul(x, y).shape, mode=mode)
    for n, m, both in [(1, 3, 3), (3, 1, 3), (1, 0, 0)]:
        shape = f(np.ones((n, 2, 4)), np.ones((m, 4, 5)))
        np.testing.assert_array_equal(shape, (both, 2, 5))


def test_matmul_takes_no_scalars():
    with pytest.raises(ValueError, match="at least one dimension"):
        matmul(T.dscalar(), T.dvector())


def test_gemm_scales_and_adds(evaluate, rng):
    z, x, y = T.dmatrices("z", "x", "y")
    a, b = T.dscalars("a", "b")
    values = arrays(rng, (9, 8), (9, 7), (7, 8))
    given = dict(zip((z, x, y), values, strict=True)) | {a: 2.0, b: -3.0}
    expected = -3 * values[0] + 2 * values[1] @ values[2]
    got = evaluate([Gemm()(z, a, x, y, b), Gemm()(z.T, a, y.T, x.T, b)], given)
    np.testing.assert_allclose(got[0], expected)
    np.testing.assert_allclose(got[1], expected.T)
    with pytest.raises(ValueError, match="Shape mismatch"):
        evaluate(Gemm()(z, a, x, x, b), given)
    with pytest.raises(TypeError, match="Gemm takes"):
        Gemm()(z, a, T.dvector(), y, b)


DERIVATIVES = {
    "vectors": lambda x, y: dot(x[0], y[:, 0]) * x,
    "matrix and vector": lambda x, y: dot(x, y[:, 0]) * dot(x[0], y),
    "matrices": lambda x, y: dot(dot(x, y), x),
    "transposed": lambda x, y: dot(x.T, y.T) * dot(y, x),
    "outer": lambda x, y: outer(x, y) * outer(y, x),
    "tensordot": lambda x, y: tensordot(
        outer(x, x).reshape((4, 2, 2, 4)),
        outer(y, y).reshape((2, 4, 8)),
        [[3, 1], [1, 0]],
    ),
    "batched": lambda x, y: batched_dot(
        outer(x, y).reshape((4, 4, 4)), outer(y, x).reshape((4, 4, 4))
    ),
    "batched vectors": lambda x, y: (
        batched_dot(outer(x, y).reshape((2, 8, 4)), y.T)
        * batched_dot(x, y.T).dimshuffle(0, "x")
    ),
    "stacks": lambda x, y: matmul(
        outer(x, y).reshape((2, 2, 4, 4)), outer(y, x).reshape((4, 1, 4, 4))[:2]
    ),
    "gemm": lambda x, y: Gemm()(dot(x, x.T), x[0, 0], x, y, y[0, 0]),
}


@pytest.mark.parametrize("name", DERIVATIVES)
def test_first_and_second_derivatives_agree_with_differences(name, rng):
    x, y = T.dmatrices("x", "y")
    z = DERIVATIVES[name](x, y)
    cost = (z * T.sin(z + 0.5)).sum()
    gx, gy = T.grad(cost, [x, y])
    directed = (gx * T.cos(x)).sum() + (gy * T.sin(y)).sum()
    outputs = [cost, gx, gy, directed, T.grad(directed, x), T.grad(directed, y)]
    interpreted = theanolike.function([x, y], outputs, mode="FAST_COMPILE")
    a, b = arrays(rng, (2, 4), (4, 2))
    found = interpreted(a, b)
    for k, tolerance in ((0, 1e-5), (3, 1e-4)):

        def of_x(v, k=k):
            return interpreted(v, b)[k]

        def of_y(v, k=k):
            return interpreted(a, v)[k]

        for got, wanted in (
            (found[k + 1], differences(of_x, a)),
            (found[k + 2], differences(of_y, b)),
        ):
            scale = 1 + np.abs(wanted).max()
            np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=1e-6 * scale)
    compiled = theanolike.function([x, y], outputs)(a, b)
    for got, wanted in zip(compiled, found, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-11)


def test_the_gradient_by_a_complex_factor_is_conjugated(evaluate):
    x, y = T.zmatrix("x"), T.zmatrix("y")
    a = np.array([[1 + 2j, -1j], [0.5, 3 - 1j]])
    given = {x: a, y: a.T + 1}
    z = dot(x, y)
    cost = (T.real(z) ** 2 + 3 * T.imag(z)).sum()
    got = evaluate(T.grad(cost, x), given)

    def at(v):
        product = v @ given[y]
        return (product.real**2 + 3 * product.imag).sum()

    for place in np.ndindex(2, 2):
        for unit in (1, 1j):
            step = np.zeros_like(a)
            step[place] = 1e-6 * unit
            slope = (at(a + step) - at(a - step)) / 2e-6
            assert slope == pytest.approx((got[place] * np.conj(unit)).real, abs=1e-5)


def test_only_the_ranks_that_an_op_has_are_taken():
    with pytest.raises(TypeError, match="Dot takes vectors and matrices"):
        Dot()(T.dtensor3(), T.dmatrix())
    assert isinstance(dot(T.dtensor3(), T.dmatrix()).owner.op, Tensordot)
