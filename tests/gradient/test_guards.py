"""Gradients behind guards are finite and right, and so are second derivatives.

The oracle is the same formula with the guard twice: the values that a guard excludes
are replaced by harmless ones before the function is applied.
"""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.config import config
from theanolike.gradient import Lop, Rop, grad, hessian
from theanolike.legacy.ifelse import ifelse
from theanolike.ops.batched import matmul
from theanolike.ops.masking import MaskedProduct
from theanolike.ops.products import Dot

ALONG = [-1.0, 0.0, 0.5, 3.0]
INF = np.inf


def guarded(condition, function, x, harmless, otherwise):
    """Return the two spellings: the plain one and the one with the guard twice."""
    safe = T.switch(condition, x, harmless)
    return (
        T.switch(condition, function(x), otherwise),
        T.switch(condition, function(safe), otherwise),
    )


def nested(x, y):
    return T.switch(x > 0, T.switch(x > 1, T.log(y - 1), T.sqrt(y)), 0)


def once_and_twice(name, x):  # noqa: C901, PLR0911, PLR0912, PLR0915 - a table
    """Return a formula of a vector and its oracle."""
    log, zero = T.log, T.zeros_like(x)
    one, two = guarded(x > 0, log, x, 1, 0)
    match name:
        case "log":
            return one, two
        case "square of log":
            return one**2, two**2
        case "nested":
            far, near = T.switch(x > 1, x, 2), T.switch(x > 0, x, 1)
            inner = T.switch(x > 1, T.log(far - 1), T.sqrt(near))
            return nested(x, x), T.switch(x > 0, inner, 0)
        case "sqrt":
            return guarded(x > 0, T.sqrt, x, 1, 0)
        case "reciprocal":
            return guarded(T.neq(x, 0), lambda v: 1 / v, x, 1, 5)
        case "sinc":
            far = T.gt(abs(x), 1e-6)
            return guarded(far, lambda v: T.sin(v) / v, x, 1, 1)
        case "norm":
            some = T.gt((x * 0).sum(), 1)
            return guarded(some, lambda v: T.sqrt((v**2).sum()), x * 0, 1, 0)
        case "masking by a product":
            return one * x, two * x
        case "sum of two":
            both = guarded(x > 0, lambda v: 1 / v, x, 1, x)
            return one + both[0], two + both[1]
        case "mask that broadcasts":
            rows = T.stack([x, x * 2])
            keep = (x > 0).dimshuffle("x", 0)
            return guarded(keep, log, rows, 1, 0)
        case "taken rows":
            kept = (x > 0).nonzero()[0]
            return T.log(x)[kept], two[kept]
        case "slice":
            return T.log(x)[2:], two[2:]
        case "overwritten":
            shut = (x <= 0).nonzero()[0]
            return T.set_subtensor(T.log(x)[shut], 0), two
        case "sum of rows":
            rows = T.stack([x, T.maximum(x, 0.5)])
            keep = T.constant([False, True])
            one, two = guarded(keep[:, None], log, rows, 1, 0)
            return T.switch(keep, T.log(rows).sum(axis=1), 0), two.sum(axis=1)
        case "largest, product and spread of rows":
            rows = T.stack([x, T.switch(x > 0.25, x, T.arange(4) + 2.5)])
            keep = T.constant([False, True])
            safe = T.switch(keep[:, None], rows, T.arange(4) + 1.5)
            several = [
                T.switch(keep, f(T.log(v)), 0)
                for f in (
                    lambda v: v.max(axis=1),
                    lambda v: v.prod(axis=1),
                    lambda v: T.var(v, axis=1),
                )
                for v in (rows, safe)
            ]
            return T.stack(several[::2]), T.stack(several[1::2])
        case "moved":
            a, b = (
                T.tile(T.roll(v[::-1].reshape((2, 2)).T, 1), (2, 1))
                for v in (T.log(x), two)
            )
            keep = T.tile(T.roll((x > 0)[::-1].reshape((2, 2)).T, 1), (2, 1))
            return T.switch(keep, a, 0), b
        case "joined":
            keep = T.concatenate([x > 0, x > 5])
            logs = T.concatenate([T.log(x), T.log(x)])
            return T.switch(keep, logs, 0), T.concatenate([two, zero])
        case "branch":
            keep = T.gt(x[0], 0)
            return ifelse(keep, T.log(x), x**3), x**3
        case "guard around a branch":
            yes = T.gt(x[3], 0)
            return T.switch(x > 0, ifelse(yes, T.log(x), x**3), 0), two
        case "scan of rows":
            rows, _ = theano.scan(T.log, [x])
            return T.switch(x > 0, rows, 0), two
        case "scan of steps":

            def step(function):
                return theano.scan(
                    lambda v, h: h + h * function(v), [x], T.constant(1.0)
                )[0]

            return (
                step(lambda v: T.switch(v > 0, T.log(v), 0)),
                step(lambda v: T.switch(v > 0, T.log(T.switch(v > 0, v, 1)), 0)),
            )
        case "scan as a whole":
            last = theano.scan(lambda v, h: h * T.log(v), [x], T.constant(1.0))[0][-1]
            return T.switch(T.gt(x[0], 0), last, x.sum() ** 2), x.sum() ** 2
    raise AssertionError(name)


FORMULAS = [
    "log", "square of log", "nested", "sqrt", "reciprocal", "sinc", "norm",
    "masking by a product", "sum of two", "mask that broadcasts", "taken rows",
    "slice", "overwritten", "sum of rows", "largest, product and spread of rows",
    "moved", "joined", "branch", "guard around a branch", "scan of rows",
    "scan of steps", "scan as a whole",
]  # fmt: skip


@pytest.mark.parametrize("name", FORMULAS)
def test_what_a_guard_excludes_has_no_say_in_derivatives(name, value):
    x = T.dvector("x")
    found = []
    for formula in once_and_twice(name, x):
        cost = T.sin(formula).sum()
        found.append(value([grad(cost, x), hessian(cost, x)], {x: ALONG}))
    for got, expected in zip(*found, strict=True):
        assert np.isfinite(expected).all(), "the oracle"
        np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12)


LIMITED = {
    "clip of a pole": lambda x: T.clip(1 / x, -10, 10),
    "maximum of a logarithm": lambda x: T.maximum(T.log(x), -5),
    "minimum of a pole": lambda x: T.minimum(1 / x, 10),
    "minimum of an overflow": lambda x: T.minimum(T.exp(1000 - 499.7 * x), 7),
    "largest of two": lambda x: T.stack([T.log(x), 0 * x - 3]).max(axis=0),
}


@pytest.mark.parametrize("name", LIMITED)
def test_what_a_limit_cuts_off_has_no_say_in_derivatives(name, value):
    x = T.dvector("x")
    cost = (LIMITED[name](x) ** 2).sum()
    first, second = value([grad(cost, x), hessian(cost, x)], {x: [0.0, 2.0]})
    assert first[0] == 0
    assert not second[0].any()
    assert np.isfinite(first).all()
    assert np.isfinite(second).all()
    assert first[1] != 0


MASKED_ROWS = {
    "softmax": T.nnet.softmax,
    "logsoftmax": lambda z: T.exp(T.nnet.logsoftmax(z)),
    "softmax by hand": lambda z: T.exp(z) / T.exp(z).sum(axis=1, keepdims=True),
}


@pytest.mark.parametrize("name", MASKED_ROWS)
def test_rows_that_are_all_masked_get_zeros_behind_a_guard(name, value):
    x, m = T.dmatrix("x"), T.dmatrix("m")
    some = T.gt(m.sum(axis=1, keepdims=True), 0)
    p = T.switch(some, MASKED_ROWS[name](T.switch(m > 0, x, -INF)), 0)
    cost = (p * T.arange(3) ** 2).sum()
    gx = grad(cost, x)
    points = {x: [[0.1, 0.2, 0.3], [1, 2, 3.0]], m: [[1, 0, 1], [0, 0, 0.0]]}
    first, second = value([gx, grad((gx**2).sum(), x)], points)
    e = np.exp([0.1, 0.3])
    slope = 4 * e[0] * e[1] / e.sum() ** 2
    np.testing.assert_allclose(first, [[-slope, 0, slope], [0, 0, 0]], atol=1e-15)
    assert np.isfinite(second).all()
    assert not second[1].any()


LOGSUMEXP = {
    "logsumexp": lambda z: T.logsumexp(z, axis=1),
    "by hand": lambda z: T.log(T.exp(z).sum(axis=1)),
}


@pytest.mark.parametrize("name", LOGSUMEXP)
def test_logsumexp_of_nothing_is_minus_infinity_and_flat_behind_a_guard(name, value):
    z = T.dmatrix("z")
    out = LOGSUMEXP[name](z)
    cost = T.switch(T.isinf(out), 0, out).sum()
    gz = grad(cost, z)
    given = {z: [[-INF, -INF], [0.0, 0.0]]}
    got, first, second = value([out, gz, grad((gz**2).sum(), z)], given)
    np.testing.assert_allclose(got, [-INF, np.log(2)])
    np.testing.assert_allclose(first, [[0, 0], [0.5, 0.5]])
    np.testing.assert_allclose(second, np.zeros((2, 2)), atol=1e-15)


@pytest.mark.compiler
def test_softplus_by_hand_is_finite_where_exp_overflows():
    x = T.dvector("x")
    cost = T.log(1 + T.exp(x)).sum()
    gx = grad(cost, x)
    f = theano.function([x], [cost, gx, grad(gx.sum(), x)])
    cost, first, second = f([1000.0, -1000.0])
    assert cost == 1000
    np.testing.assert_allclose(first, [1, 0])
    np.testing.assert_allclose(second, [0, 0])


# name: the product, and the shapes of its operands; the rows of the first are guarded
PRODUCTS = {
    "matrix and matrix": (T.dot, (4, 3), (3, 2)),
    "large matrices": (T.dot, (12, 9), (9, 8)),
    "matrix and vector": (T.dot, (4, 3), (3,)),
    "outer product": (T.outer, (4,), (3,)),
    "tensordot": (
        lambda x, y: T.tensordot(x, y, [[2, 1], [0, 1]]),
        (5, 3, 4),
        (4, 3, 6),
    ),
    "batched": (T.batched_dot, (4, 3, 5), (4, 5, 7)),
    "batched vectors": (T.batched_dot, (4, 3), (4, 3)),
    "batched vectors and matrices": (T.batched_dot, (4, 3), (4, 3, 2)),
    "stacks": (matmul, (4, 3, 5), (1, 5, 7)),
}


@pytest.mark.parametrize("name", PRODUCTS)
@pytest.mark.parametrize("bad", [np.nan, INF])
def test_a_row_behind_a_guard_does_not_spoil_a_product(name, bad, value, rng):
    product, one, other = PRODUCTS[name]
    x, y = (T.TensorType("float64", (None,) * len(s))() for s in (one, other))
    keep = T.bvector("keep")
    out = product(x, y)
    mask = T.gt(keep, 0).reshape((-1,) + (1,) * (out.ndim - 1))
    cost = T.sin(T.switch(mask, out, 0)).sum()
    gx, gy = grad(cost, [x, y])
    second = grad((gx**2).sum() + (gy**3).sum(), [x, y])
    keeps = np.ones(one[0], "int8")
    keeps[1] = 0
    a, b = rng.normal(size=one), rng.normal(size=other)
    a[1] = 0
    good = value([gx, gy, *second], {x: a, y: b, keep: keeps})
    a[1] = bad
    spoiled = value([gx, gy, *second], {x: a, y: b, keep: keeps})
    for got, expected in zip(spoiled, good, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-13)


def test_a_row_in_front_of_the_guard_still_spoils_a_product(value):
    x, w = T.dmatrices("xw")
    cost = T.switch(T.gt(w.sum(), 0), T.dot(x, w), 0).sum()
    gw = value(grad(cost, w), {x: [[1, np.nan], [1, 2]], w: [[1.0], [1.0]]})
    assert gw[0, 0] == 2
    assert np.isnan(gw[1, 0])


@pytest.mark.parametrize("dtype", ["float32", "complex64"])
@pytest.mark.parametrize("masks", [(True, False), (False, True), (True, True)])
def test_a_masked_product_leaves_out_what_its_supports_exclude(
    dtype, masks, rng, value
):
    x, y = rng.normal(size=(9, 12)), rng.normal(size=(12, 10))
    s, t = (np.repeat(rng.random((1, 12)) < 0.5, n, axis=0) for n in (9, 10))
    t = t.T.copy()
    x, y = (v.astype(dtype) for v in (x, y))
    if masks[0]:
        x[~s] = 0
    if masks[1]:
        y[~t] = 0
    expected = np.dot(x, y)
    if masks[0]:
        y[~s[0]] = np.nan
    if masks[1]:
        x[:, ~t[:, 0]] = INF
    if masks[0]:
        x[~s] = 0
    if masks[1]:
        y[~t] = 0
    kinds = [T.TensorType(v.dtype, (None, None))() for v in (x, y, s, t)]
    supports = [v for v, has in zip(kinds[2:], masks, strict=True) if has]
    out = MaskedProduct(Dot(), masks)(*kinds[:2], *supports)
    got = value(out, dict(zip(kinds, (x, y, s, t), strict=True)))
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5)


def test_choices_by_value_and_indexing_leave_products_alone():
    x, w = T.dmatrices("xw")
    z = T.dot(x, w)
    rectified = T.switch(z > 0, z, 0.1 * z)
    for out in (
        T.nnet.relu(T.dot(x, w)),
        T.maximum(T.dot(x, w), 0),
        T.dot(x, w)[:, 1:],
        T.clip(T.dot(x, w), 0, 1),
        rectified,
    ):
        made = theano.gof.graph.ops([x, w], grad((out**2).sum(), [x, w]))
        assert not any(isinstance(node.op, MaskedProduct) for node in made)


def test_a_directional_derivative_keeps_the_guard(value):
    x, v = T.dvectors("xv")
    rows = T.log(x).dimshuffle(0, "x")
    y = T.switch(x > 0, T.dot(rows, T.ones((1, 1)))[:, 0] ** 2, 0)
    got = value(Rop(y, x, v), {x: ALONG, v: [1.0, 1, 1, 1]})
    np.testing.assert_allclose(
        got, [0, 0, 2 * np.log(0.5) / 0.5, 2 * np.log(3) / 3], rtol=1e-12
    )


def power_to_itself(x, safe):
    return T.switch(x > 0, safe**safe, 0)


def carried_on(x, safe):
    pairs = [x.flatten(), safe.flatten()]
    return theano.scan(
        lambda v, u, h: T.switch(v > 0, h + T.log(u), h), pairs, T.ones((), x.dtype)
    )[0]


def loop_in_a_loop(x, safe):
    def outer(v, u, h):
        inner = theano.scan(
            lambda s: s * T.switch(v > 0, T.sqrt(u), 0.5), None, h + 1, n_steps=2
        )
        return h + inner[0][-1]

    pairs = [x.flatten(), safe.flatten()]
    return theano.scan(outer, pairs, T.zeros((), x.dtype))[0]


def matrix_product(x, safe):
    return T.dot(T.switch(x > 0, T.log(safe), 0), T.ones((2, 2), x.dtype)) ** 2


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_matrices_of_each_dtype_keep_guards_forward_and_backward(dtype, value):
    x = T.TensorType(dtype, (None, None))("x")
    weights = np.arange(1, 5, dtype=dtype).reshape(2, 2)
    found = []
    for safe in (x, T.switch(x > 0, x, 1)):
        for formula in (power_to_itself, carried_on, loop_in_a_loop, matrix_product):
            y = T.sin(formula(x, safe))
            gx = grad(y.sum(), x)
            found += [gx, grad((gx * weights).sum(), x), Rop(y, x, T.ones_like(x))]
            found += [Rop(gx, x, T.ones_like(x)), Lop(y, x, T.ones_like(y))]
    values = value(found, {x: np.reshape(ALONG, (2, 2))})
    half = len(values) // 2
    for got, expected in zip(values[:half], values[half:], strict=True):
        assert np.isfinite(expected).all(), "the oracle"
        tolerance = 1e-9 if dtype == "float64" else 2e-4
        np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance)


class Reciprocal(theano.Op):
    """A user's op: its gradient knows nothing of supports."""

    __props__ = ()

    def make_node(self, x):
        return theano.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        with np.errstate(all="ignore"):
            output_storage[0][0] = 1 / inputs[0]

    def grad(self, inputs, gradients):
        return [-gradients[0] / inputs[0] ** 2]


def test_a_guard_around_a_users_op_as_a_whole_is_kept(value):
    x = T.dvector("x")
    cost = T.switch(T.gt(x[1], 0), Reciprocal()(x), x).sum()
    np.testing.assert_array_equal(value(grad(cost, x), {x: [0.0, -1.0]}), [1, 1])


@pytest.mark.parametrize("name", ["log", "scan of rows"])
def test_ieee_nan_semantics_multiplies_zeros_by_infinity(name, value):
    x = T.dvector("x")
    with config.change_flags(nan_semantics="ieee"):
        cost = once_and_twice(name, x)[0].sum()
        got = value(grad(cost, x), {x: [0.0, 2.0]})
    assert np.isnan(got[0])
    assert got[1] == 0.5


def test_ieee_nan_semantics_makes_no_masked_products():
    x, w = T.dmatrices("xw")
    with config.change_flags(nan_semantics="ieee"):
        cost = T.switch(T.gt(x[:, :1], 0), T.dot(x, w), 0).sum()
        made = theano.gof.graph.ops([x, w], [grad(cost, w)])
    assert not any(isinstance(node.op, MaskedProduct) for node in made)


NOT_READ = {
    "diagonal": lambda x: T.diagonal(T.log(x)),
    "piece": lambda x: T.split(T.log(x).flatten(), [1, 3], 2)[0],
    "element": lambda x: T.log(x)[0, 0],
}


@pytest.mark.parametrize("name", NOT_READ)
def test_what_is_not_taken_has_no_say_in_derivatives(name, value):
    x = T.dmatrix("x")
    cost = (NOT_READ[name](x) ** 2).sum()
    gx = grad(cost, x)
    point = {x: [[2.0, 0.0], [0.0, 2.0]]}
    for got in value([gx, grad((gx**2).sum(), x)], point):
        assert np.isfinite(got).all()
        assert got[0, 1] == got[1, 0] == 0
        assert got[0, 0] != 0
