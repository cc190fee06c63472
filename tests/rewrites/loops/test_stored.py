"""A forward loop keeps what its gradient would compute again at more cost."""

import numpy as np

import theanolike as theano
import theanolike.tensor as T
from theanolike.compile.mode import Mode
from theanolike.ops.products import Dot, Gemm
from theanolike.ops.scan.loop import LoopOp

WIDTH = 3


def loops_of(f):
    nodes = f.maker.fgraph.toposort()
    return [n.op for n in nodes if isinstance(n.op, LoopOp)]


def names(op):
    return [getattr(n.op, "name", "") for n in op.graph.nodes]


def agree(inputs, outputs, values):
    f = theano.function(inputs, outputs)
    g = theano.function(inputs, outputs, mode="FAST_COMPILE")
    for one, other in zip(f(*values), g(*values), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)
    return f


def memory_cells():
    x = T.dtensor3("x")
    start, w, u = (T.dmatrix(name) for name in ("start", "w", "u"))

    def step(row, h, c):
        gates = T.dot(row, w) + T.dot(h, u)
        i, f, o, g = (gates[:, k * WIDTH : (k + 1) * WIDTH] for k in range(4))
        c = T.nnet.sigmoid(f) * c + T.nnet.sigmoid(i) * T.tanh(g)
        return T.nnet.sigmoid(o) * T.tanh(c), c

    (h, _), _ = theano.scan(step, sequences=x, outputs_info=[start, start])
    cost = (h**2).sum()
    return [x, start, w, u], [cost, *T.grad(cost, [x, start, w, u])]


def test_gates_are_kept_and_their_product_is_taken_once(rng):
    inputs, outputs = memory_cells()
    for steps in (5, 1, 0):
        values = [rng.normal(size=s) for s in [(steps, 2, 4), (2, 3), (4, 12), (3, 12)]]
        f = agree(inputs, outputs, values)
    forward, backward = loops_of(f)
    assert "tanh" in names(forward)
    assert "tanh" not in names(backward)
    products = [n for n in backward.graph.nodes if isinstance(n.op, Dot | Gemm)]
    assert len(products) == 1


def test_a_state_serves_as_what_the_step_made(rng):
    x, w = T.dvector("x"), T.dmatrix("w")
    rows, _ = theano.scan(lambda s: T.tanh(T.dot(s, w)), outputs_info=x, n_steps=5)
    slopes = T.grad((rows[-1] ** 2).sum(), [x, w])
    f = agree([x, w], slopes, [rng.normal(size=3), rng.normal(size=(3, 3))])
    forward, backward = loops_of(f)
    # The states before the steps, and after them: a view of both would be a copy.
    assert forward.collected == 2
    assert "tanh" not in names(backward)


def test_arithmetic_is_done_again(rng):
    x, a = T.dvectors("x", "a")
    rows, _ = theano.scan(lambda s: (s * a + 1) * s, outputs_info=x, n_steps=5)
    slopes = T.grad(rows[-1].sum(), [x, a])
    f = agree([x, a], slopes, rng.normal(size=(2, 3)))
    forward, _ = loops_of(f)
    assert forward.collected == 1


def test_loops_that_stop_keep_rows_of_the_steps_done(rng):
    x, w = T.dmatrix("x"), T.dvector("w")
    rows, _ = theano.scan(
        lambda v, s: (s + T.tanh(s * w) * v, theano.scan_module.until(v.sum() > 1)),
        sequences=x,
        outputs_info=T.zeros(3) + 0.1,
    )
    slopes = T.grad((rows**2).sum(), [x, w])
    value = rng.normal(size=(6, 3)) * 0.1
    value[3] = 1.0
    f = agree([x, w], slopes, [value, rng.normal(size=3)])
    assert "tanh" not in names(loops_of(f)[-1])


def test_values_whose_shape_depends_on_the_step_are_not_kept(rng):
    x = T.dvector("x")
    rows, _ = theano.scan(
        lambda i, s: T.exp(x[: i + 1] * s).sum(),
        sequences=T.arange(3),
        outputs_info=T.constant(0.1),
    )
    agree([x], [T.grad(rows.sum(), x)], [rng.normal(size=3) * 0.1])


def test_without_rewrites_the_steps_are_taken_again(rng):
    inputs, outputs = memory_cells()
    f = theano.function(inputs, outputs, mode=Mode(optimizer="fast_compile"))
    assert "tanh" in names(loops_of(f)[-1])
