"""Work that leaves a loop keeps every value, also of no steps and of few."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.ops.products import Dot, Gemm
from theanolike.ops.scan.loop import LoopOp


def loops(f):
    return [n for n in f.maker.fgraph.toposort() if isinstance(n.op, LoopOp)]


def products_inside(f):
    return [
        sum(isinstance(n.op, Dot | Gemm) for n in loop.op.graph.nodes)
        for loop in loops(f)
    ]


def agree(inputs, outputs, *values, rtol=1e-9):
    """Return the function, which agrees with the interpreter without rewrites."""
    f = theano.function(inputs, outputs)
    plain = theano.function(
        inputs, outputs, mode=theano.Mode(linker="py", optimizer=None)
    )
    for value in values:
        for got, wanted in zip(f(*value), plain(*value), strict=True):
            np.testing.assert_allclose(got, wanted, rtol=rtol, atol=1e-12)
    return f


@pytest.fixture
def w():
    return T.dmatrix("w")


@pytest.mark.parametrize(
    ("row", "by", "is_left"),
    [
        ((3,), (3, 4), True),
        ((3,), (3,), True),
        ((2, 3), (3, 4), True),
        ((2, 3), (3,), True),
        ((3,), (4, 3), False),
        ((3, 2), (4, 3), False),
        ((3, 2), (3,), False),
    ],
    ids=str,
)
def test_products_of_rows_are_one_product(rng, row, by, is_left):
    x = T.TensorType("float64", (None,) * (1 + len(row)))("x")
    w = T.TensorType("float64", (None,) * len(by))("w")
    made = np.dot(np.ones(row), np.ones(by)) if is_left else np.ones(by) @ np.ones(row)

    def step(row, state):
        return T.tanh(state * 0.5 + (T.dot(row, w) if is_left else T.dot(w, row)))

    states, _ = theano.scan(step, sequences=x, outputs_info=T.zeros(made.shape))
    values = [
        (rng.normal(size=(steps, *row)), rng.normal(size=by)) for steps in (5, 1, 0)
    ]
    f = agree([x, w], [states], *values)
    assert products_inside(f) == [0]


def test_what_no_step_changes_is_computed_once(rng, w):
    def step(state):
        return T.dot(state, T.exp(w)) * 0.1

    states, _ = theano.scan(step, outputs_info=T.ones(3), n_steps=4)
    cost = states[-1].sum()
    f = agree([w], [cost, T.grad(cost, w)], (rng.normal(size=(3, 3)),))
    for loop in loops(f):
        assert "exp" not in {str(n.op) for n in loop.op.graph.nodes}


@pytest.mark.parametrize("batch", [(), (2,)], ids=["vectors", "matrices"])
def test_gradients_of_weights_are_one_product_each(rng, batch):
    u, w = T.dmatrices("u", "w")
    x = T.TensorType("float64", (None,) * (2 + len(batch)))("x")
    states, _ = theano.scan(
        lambda row, h: T.tanh(T.dot(row, w) + T.dot(h, u)),
        sequences=x,
        outputs_info=T.zeros((*batch, 4)),
    )
    cost = (states**2).sum()
    values = [
        (
            rng.normal(size=(steps, *batch, 3)),
            rng.normal(size=(4, 4)),
            rng.normal(size=(3, 4)),
        )
        for steps in (6, 1, 0)
    ]
    f = agree([x, u, w], [cost, *T.grad(cost, [u, w, x])], *values)
    # Forward the product with the state, backward that with its cotangent.
    assert products_inside(f) == [1, 1]


def test_a_sum_that_a_step_reads_stays_in_the_loop(rng):
    x = T.dtensor3("x")
    (scales, totals), _ = theano.scan(
        lambda row, a, s: (a * s.sum(), s + T.dot(row.T, row)),
        sequences=x,
        outputs_info=[T.constant(1.0), T.zeros((3, 3))],
    )
    f = agree([x], [scales[-1], totals[-1]], (rng.normal(size=(4, 2, 3)),))
    assert products_inside(f) == [1]


def test_a_sum_of_products_and_of_more_is_shared_out(rng):
    x = T.dtensor3("x")
    totals, _ = theano.reduce(
        lambda row, s: s + T.dot(row.T, row) + T.exp(row[:1, :]) * row[:1, :1],
        sequences=x,
        outputs_info=T.ones((3, 3)),
    )
    f = agree([x], [totals], (rng.normal(size=(4, 2, 3)),), (np.zeros((0, 2, 3)),))
    assert products_inside(f) == [0]


def test_a_loop_that_may_stop_multiplies_no_rows_that_it_does_not_reach(rng, w):
    x = T.dmatrix("x")

    def step(row, s):
        new = s + T.dot(row, w).sum()
        return new, theano.scan_module.until(new > 2)

    states, _ = theano.scan(step, sequences=x, outputs_info=T.constant(0.0))
    f = agree([x, w], [states], (np.ones((5, 3)), np.full((3, 2), 0.25)))
    assert products_inside(f) == [1]


def test_products_inside_of_loops_in_loops_leave_both(rng, w):
    x = T.dtensor3("x")

    def outer(rows):
        inner, _ = theano.scan(
            lambda row, s: T.tanh(s + T.dot(row, w)),
            sequences=rows,
            outputs_info=T.zeros(4),
        )
        return inner[-1]

    found, _ = theano.scan(outer, sequences=x)
    value = (rng.normal(size=(2, 5, 3)), rng.normal(size=(3, 4)))
    f = agree([x, w], [found, T.grad(found.sum(), w)], value)
    assert set(products_inside(f)) <= {0, 1}


def test_products_that_are_only_kept_are_made_at_once(rng, w):
    v = T.dmatrix("v")

    def step(row, h):
        new = T.tanh(T.dot(h, w) + row)
        return new, T.dot(new, v)

    (_, kept), _ = theano.scan(
        step, sequences=T.dtensor3("x"), outputs_info=[T.zeros((2, 3)), None]
    )
    (x,) = [i for i in theano.gof.graph.inputs([kept]) if i.name == "x"]
    weights = rng.normal(size=(3, 3)), rng.normal(size=(3, 4))
    values = [(rng.normal(size=(steps, 2, 3)), *weights) for steps in (5, 1, 0)]
    f = agree([x, w, v], [kept], *values)
    assert products_inside(f) == [1]


def test_moves_that_round_otherwise_are_left_out_by_name_and_where_bits_count(w):
    states, _ = theano.scan(
        lambda row, h: T.tanh(h + T.dot(row, w)),
        sequences=T.dmatrix("x"),
        outputs_info=T.zeros(4),
    )
    (x,) = [i for i in theano.gof.graph.inputs([states]) if i.name == "x"]
    mode = theano.compile.mode.get_mode("FAST_RUN")
    f = theano.function([x, w], states, mode=mode.excluding("work_before_loop"))
    assert products_inside(f) == [1]
    with theano.config.change_flags(nan_semantics="ieee"):
        f = theano.function([x, w], states)
    assert products_inside(f) == [1]
