"""Work that leaves a loop keeps every value, also of no steps and of few."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.graph.frozen import FrozenGraph
from theanolike.ops.products import Dot, Gemm
from theanolike.ops.scan.loop import LoopOp


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
def test_products_of_rows_are_one_product(
    rng, row, by, is_left, agree, products_inside
):
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


def test_what_no_step_changes_is_computed_once(rng, w, agree, loops):
    def step(state):
        return T.dot(state, T.exp(w)) * 0.1

    states, _ = theano.scan(step, outputs_info=T.ones(3), n_steps=4)
    cost = states[-1].sum()
    f = agree([w], [cost, T.grad(cost, w)], (rng.normal(size=(3, 3)),))
    for loop in loops(f):
        assert "exp" not in {str(n.op) for n in loop.op.graph.nodes}


@pytest.mark.parametrize("batch", [(), (2,)], ids=["vectors", "matrices"])
def test_gradients_of_weights_are_one_product_each(rng, batch, agree, products_inside):
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


def test_gradients_of_biases_are_sums_behind_the_loop(rng, agree, loops):
    u, w = T.dmatrices("u", "w")
    b, x = T.dvector("b"), T.dtensor3("x")
    states, _ = theano.scan(
        lambda row, h: T.tanh(T.dot(row, w) + T.dot(h, u) + b),
        sequences=x,
        outputs_info=T.zeros((2, 4)),
    )
    outputs = T.grad((states**2).sum(), [u, w, b])
    values = [
        [rng.normal(size=s) for s in ((4, 4), (3, 4), (biases,), (steps, 2, 3))]
        for steps in (6, 1, 0)
        for biases in (4, 1)
    ]
    f = agree([u, w, b, x], outputs, *values)
    assert [loop.op.states for loop in loops(f)] == [1, 1]


def test_a_sum_of_rows_that_nothing_else_keeps_stays_in_the_loop(rng, agree, loops):
    x, h, b = T.dmatrix("x"), T.dmatrix("h"), T.dvector("b")

    def step(row, h, s):
        new = T.tanh(h * row)
        return new, s + theano.grad((new + b).sum(), b) + T.grad((h * b).sum(), b)

    (hs, totals), _ = theano.scan(step, sequences=x, outputs_info=[h, b * 0])
    value = [rng.normal(size=s) for s in ((4, 3), (2, 3), (3,))]
    f = agree([x, h, b], [hs[-1], totals[-1]], value)
    assert [loop.op.states for loop in loops(f)] == [2]


def test_a_sum_that_a_step_reads_stays_in_the_loop(rng, agree, products_inside):
    x = T.dtensor3("x")
    (scales, totals), _ = theano.scan(
        lambda row, a, s: (a * s.sum(), s + T.dot(row.T, row)),
        sequences=x,
        outputs_info=[T.constant(1.0), T.zeros((3, 3))],
    )
    f = agree([x], [scales[-1], totals[-1]], (rng.normal(size=(4, 2, 3)),))
    assert products_inside(f) == [1]


def test_a_sum_of_products_and_of_more_is_shared_out(rng, agree, products_inside):
    x = T.dtensor3("x")
    totals, _ = theano.reduce(
        lambda row, s: s + T.dot(row.T, row) + T.exp(row[:1, :]) * row[:1, :1],
        sequences=x,
        outputs_info=T.ones((3, 3)),
    )
    f = agree([x], [totals], (rng.normal(size=(4, 2, 3)),), (np.zeros((0, 2, 3)),))
    assert products_inside(f) == [0]


def test_a_loop_that_may_stop_multiplies_no_rows_that_it_does_not_reach(
    rng, w, agree, products_inside
):
    x = T.dmatrix("x")

    def step(row, s):
        new = s + T.dot(row, w).sum()
        return new, theano.scan_module.until(new > 2)

    states, _ = theano.scan(step, sequences=x, outputs_info=T.constant(0.0))
    f = agree([x, w], [states], (np.ones((5, 3)), np.full((3, 2), 0.25)))
    assert products_inside(f) == [1]


def test_products_leave_a_loop_in_a_loop_and_stay_in_that(rng, w, agree, loops):
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
    below = [n for loop in loops(f) for n in loop.op.graph.nodes]
    inner = [n.op.graph.nodes for n in below if isinstance(n.op, LoopOp)]
    # One product of all rows of the loop inside is large already.
    assert [any(isinstance(n.op, Dot | Gemm) for n in nodes) for nodes in inner] == [
        False
    ] * 3
    assert sum(isinstance(n.op, Dot | Gemm) for n in below) == 3


def test_products_that_are_only_kept_are_made_at_once(rng, w, agree, products_inside):
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


def test_moves_that_round_otherwise_are_left_out_by_name_and_where_bits_count(
    w, products_inside
):
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


@pytest.mark.parametrize("batch", [(), (2,)], ids=["vectors", "matrices"])
def test_a_whole_output_layer_goes_behind_the_loop(rng, batch, agree, products_inside):
    u, v = T.dmatrices("u", "v")
    c = T.dvector("c")
    x = T.TensorType("float64", (None,) * (2 + len(batch)))("x")
    (_, made), _ = theano.scan(
        lambda row, h: (
            T.tanh(T.dot(h, u) + row),
            T.nnet.softmax(T.dot(h, v) + c)[0 if not batch else slice(None)],
        ),
        sequences=x,
        outputs_info=[T.zeros((*batch, 4)), None],
    )
    weights = rng.normal(size=(4, 4)), rng.normal(size=(4, 5)), rng.normal(size=5)
    values = [(rng.normal(size=(steps, *batch, 4)), *weights) for steps in (5, 1, 0)]
    f = agree([x, u, v, c], [made, *T.grad(made[-1].max(), [u, v])], values[0])
    agree([x, u, v, c], [made], *values)
    assert products_inside(f)[0] == 1


def test_shapes_that_disagree_do_no_harm_where_there_is_no_step(rng, agree):
    u, v, w = T.dmatrices("u", "v", "w")
    b, c = T.dvectors("b", "c")
    x = T.dmatrix("x")

    def step(row, h):
        new = T.tanh(T.dot(row, w) + T.dot(h, u) + b)
        return new, T.nnet.sigmoid(T.dot(new, v) + c)

    (states, made), _ = theano.scan(step, x, outputs_info=[T.zeros(4), None])
    inputs = [x, u, v, w, b, c]
    wrt = T.grad((states**2).sum() + made.sum(), [u, v, w, b, c])
    shapes = [(0, 7), (4, 4), (4, 5), (3, 4), (6,), (2,)]
    values = [rng.normal(size=shape) for shape in shapes]
    longer = [rng.normal(size=(2, 7)), *values[1:]]
    # Of no row it doesn't matter which of the widths it has.
    f = agree(inputs, [states, made.shape[0], *wrt], values, longer)
    assert [not np.any(gradient) for gradient in f(*values)[2:]] == [True] * 5


def test_rows_that_widen_and_rows_that_are_widened_keep_their_shapes(rng, agree):
    x, v, c = T.dmatrix("x"), T.dmatrix("v"), T.dvector("c")

    def step(row, h):
        new = T.tanh(h * 0.5 + row)
        return new, T.exp(T.dot(new, v) + c) * T.dot(c, c)

    (_, made), _ = theano.scan(step, x, outputs_info=[T.zeros(4), None])
    values = [
        (rng.normal(size=(n, 4)), rng.normal(size=(4, k)), rng.normal(size=m))
        for n in (3, 0)
        for k, m in ((5, 5), (1, 5), (5, 1), (1, 1))
    ]
    agree([x, v, c], [made], *values)


def test_the_logarithm_of_probabilities_that_a_loop_makes_stays_finite():
    x, v = T.dmatrices("x", "v")
    (_, made), _ = theano.scan(
        lambda row, h: (row + h, T.nnet.softmax(T.dot(h, v))[0]),
        x,
        outputs_info=[T.zeros(3), None],
    )
    f = theano.function([x, v], T.log(made))
    found = f(np.ones((3, 3)), np.array([[0.0, 1e4]] * 3))
    assert np.isfinite(found).all()


def test_what_may_fail_and_is_the_same_in_all_steps_waits_for_the_first(rng, agree):
    a, n = T.dmatrix("a"), T.lscalar("n")
    states, _ = theano.scan(
        lambda s: s * T.exp(a[5]).sum(), outputs_info=T.constant(1.0), n_steps=n
    )
    cost = states.sum()
    few = rng.normal(size=(2, 3))
    agree([a, n], [states, T.grad(cost, a)], (rng.normal(size=(6, 3)), 3), (few, 2))


def test_sums_have_signs_and_scales(rng, agree, loops):
    x, start = T.dtensor3("x"), T.dmatrix("start")
    a = T.dscalar("a")
    total, _ = theano.reduce(
        lambda row, s: s - a * T.dot(row.T, row) + T.outer(row[0], row[1]) * 2,
        sequences=x,
        outputs_info=start,
    )
    inputs = [x, start, a]
    values = [
        (rng.normal(size=(n, 2, 3)), rng.normal(size=(3, 3)), 0.5) for n in (4, 1, 0)
    ]
    f = agree(inputs, [total, *T.grad(total.sum() ** 2, [x, start, a])], *values)
    assert all(loop.op.states < 2 for loop in loops(f)[:1])


def test_a_running_sum_that_is_kept_stays(rng, agree, products_inside):
    x = T.dtensor3("x")
    totals, _ = theano.scan(
        lambda row, s: s + T.dot(row.T, row), sequences=x, outputs_info=T.zeros((3, 3))
    )
    f = agree([x], [totals], (rng.normal(size=(4, 2, 3)),))
    assert products_inside(f) == [1]


def test_functions_of_rows_are_computed_for_all_steps(rng, agree, loops):
    x, y = T.dvectors("x", "y")
    states, _ = theano.scan(
        lambda a, b, s: s * T.exp(a) + T.tanh(a * b),
        sequences=[x, y],
        outputs_info=T.constant(0.0),
    )
    f = agree([x, y], [states], *((rng.normal(size=n),) * 2 for n in (6, 1, 0)))
    (loop,) = loops(f)
    assert {str(n.op) for n in loop.op.graph.nodes}.isdisjoint(
        {"Elemwise{exp}", "Elemwise{tanh}"}
    )


def test_explain_tells_what_changed_loops_and_what_changed_them_inside(w):
    x = T.dmatrix("x")
    states, _ = theano.scan(
        lambda row, h: T.log(T.exp(h * T.dot(row, w)).sum()) + h + 0 * 1,
        x,
        outputs_info=T.zeros(4),
    )
    text = theano.function([x, w], states).explain()
    assert "work_before_loop: loop(dot(x[t], c)) = loop(y[t])" in text
    assert "1 x log_of_sum_of_exp" in text[text.index("inside of loops:") :]


def test_a_state_that_stays_as_it_is_remains_where_it_is_read(rng):
    x, w, s, m = T.dmatrices("x", "w", "s", "m")
    row, step = T.dvector("row"), T.lscalar("step")
    results = [s + T.outer(row, row), m, T.dot(m, row)]
    loop = LoopOp(FrozenGraph([step, s, m, row], results), 2, 1, sequences=1)
    total, _, rows = loop(x.shape[0], w * 0, w, x, return_list=True)
    outputs = [total, rows]
    mode = theano.Mode("py", "fast_run").excluding("unchanging_state")
    f = theano.function([x, w], outputs, mode=mode)
    a, b = rng.normal(size=(4, 3)), rng.normal(size=(3, 3))
    for got, expected in zip(f(a, b), [a.T @ a, a @ b.T], strict=True):
        np.testing.assert_allclose(got, expected)
