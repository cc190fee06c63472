"""What the rewrites' README says of loops and no other test of these rewrites does."""

import numpy as np

import theanolike as theano
import theanolike.tensor as T


def names_inside(loop):
    return {getattr(n.op, "name", str(n.op)) for n in loop.op.graph.nodes}


def test_the_body_of_a_loop_is_rewritten_as_the_graph_outside(agree, loops):
    x = T.dvector("x")
    states = theano.scan(lambda v, s: T.log(1 + T.exp(s * v)), x, np.float64(0.5))[0]
    f = agree([x], states, [np.array([0.1, -2.0, 3.0])])
    (loop,) = loops(f)
    assert "softplus" in names_inside(loop)
    assert "log" not in names_inside(loop)


def test_a_formula_of_a_step_is_finite_where_as_written_it_is_not(loops):
    x = T.dvector("x")
    mode = theano.Mode("py", "fast_run")
    states = theano.scan(
        lambda v, s: T.log(0.5 + T.exp(s + v)), x, np.float64(0.0), mode=mode
    )[0]
    cost = states[-1]
    f = theano.function([x], [cost, T.grad(cost, x)], mode=mode)
    value, gradient = f(np.array([900.0, 900.0]))
    assert value == 1800
    np.testing.assert_allclose(gradient, [1, 1], rtol=1e-12)


def test_a_ring_has_256_rows_at_most(loops):
    x = T.dvector("x")
    rows = theano.scan(lambda v, s: s * 0.9 + v, x, np.float64(0.0))[0]
    values = np.random.default_rng(0).normal(size=300)
    kept = []
    for count in (256, 257):
        f = theano.function([x], rows[-count:], mode=theano.Mode("py", "fast_run"))
        whole = theano.function([x], rows, mode="FAST_COMPILE")(values)
        np.testing.assert_allclose(f(values), whole[-count:], rtol=1e-12)
        kept.append(f.explain().count("last_rows") > 0)
    assert kept == [True, False]
