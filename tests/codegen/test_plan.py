"""The counts that `f.plan` states: loops, passes over memory, buffers."""

import re

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T

pytestmark = pytest.mark.compiler


def nests(f):
    return [
        line for line in f.plan.splitlines() if line.lstrip().startswith("nest over")
    ]


def passes(f, name):
    """Return the nests that read the array `name`."""
    return [
        line
        for line in nests(f)
        if name in re.split(r", ", line.partition(" | reads ")[2])
    ]


def buffers(f):
    return int(re.search(r"buffers: (\d+)", f.plan)[1])


def test_a_formula_is_one_loop_and_no_temporary():
    x, y = T.dvectors("x", "y")
    f = theano.function([x, y], T.exp(x) * y + T.tanh(x * y) / (1 + x * x))
    assert nests(f) == ["nest over (x.0) v0 = map | reads x, y"]
    assert buffers(f) == 0


def test_a_softmax_by_rows_is_one_nest():
    x = T.dmatrix("x")
    f = theano.function([x], T.nnet.softmax(x))
    assert len(nests(f)) == 1
    assert len(passes(f, "x")) == 1
    e = T.exp(x - x.max(axis=1, keepdims=True))
    g = theano.function([x], e / e.sum(axis=1, keepdims=True))
    assert len(nests(g)) == 1


def test_a_mean_and_a_deviation_by_rows_are_one_nest():
    x = T.dmatrix("x")
    centred = x - x.mean(axis=1, keepdims=True)
    f = theano.function([x], centred / T.sqrt((centred**2).mean(1, keepdims=True) + 1))
    assert len(nests(f)) == 1


def test_several_reductions_of_an_array_are_one_pass():
    x = T.dvector("x")
    f = theano.function([x], [x.sum(), x.max(), (x**2).sum()])
    assert len(passes(f, "x")) == 1


def logistic_step():
    x, y = T.dmatrix("x"), T.dvector("y")
    w, b = theano.shared(np.zeros(8), "w"), theano.shared(0.0, "b")
    p = 1 / (1 + T.exp(-T.dot(x, w) - b))
    xent = -y * T.log(p) - (1 - y) * T.log(1 - p)
    cost = xent.mean() + 0.01 * (w**2).sum()
    gw, gb = T.grad(cost, [w, b])
    return theano.function(
        [x, y], [p > 0.5, xent], updates=[(w, w - 0.1 * gw), (b, b - 0.1 * gb)]
    )


def test_the_logistic_step_reads_its_matrix_once():
    assert len(passes(logistic_step(), "x")) == 1


@pytest.mark.parametrize("layers", [10, 50])
def test_a_chain_of_equal_layers_needs_at_most_3_buffers(layers):
    x = T.dmatrix("x")
    h = x
    for _ in range(layers):
        h = T.tanh(T.dot(h, theano.shared(np.eye(4))) + theano.shared(np.zeros(4)))
    f = theano.function([x], h)
    assert buffers(f) <= 3
    assert f.plan.count("gemm") == layers
    assert len(nests(f)) == layers


def test_the_plan_of_a_loop_stands_inside_of_it():
    x = T.dvector("x")
    states, _ = theano.scan(lambda s: T.tanh(s) * 2, outputs_info=[x], n_steps=5)
    lines = theano.function([x], states[-1]).plan.splitlines()
    (at,) = (k for k, line in enumerate(lines) if "loop with" in line)
    assert lines[at + 1].startswith(lines[at].partition("loop")[0] + "  nest")


def test_buffers_of_other_sizes_share_memory_that_fits_the_largest():
    x = T.dmatrix("x")
    h = x
    sizes = [3, 50, 2, 70, 5, 3]
    weights = [
        np.random.default_rng(k).standard_normal((m, n))
        for k, (m, n) in enumerate(zip([4, *sizes], sizes, strict=False))
    ]
    for weight in weights:
        h = T.tanh(T.dot(h, theano.shared(weight)))
    f = theano.function([x], h)
    assert buffers(f) <= 3
    expected = np.linspace(-1, 1, 44).reshape(11, 4)
    result = f(expected)
    for weight in weights:
        expected = np.tanh(expected @ weight)
    np.testing.assert_allclose(result, expected, 1e-10)


def test_a_softmax_and_its_logarithm_share_maxima_and_sums():
    x = T.dmatrix("x")
    f = theano.function([x], [T.nnet.softmax(x), T.nnet.logsoftmax(x)])
    assert len(nests(f)) == 1
    assert f.plan.count("reduce max") == f.plan.count("reduce add") == 1
    given = np.random.default_rng(0).normal(size=(3, 5))
    e = np.exp(given - given.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(f(given), [p, np.log(p)], 1e-12)


def test_what_is_equal_but_for_where_it_may_fail_is_computed_twice():
    x, i = T.dmatrix("x"), T.lvector("i")
    f = theano.function([x, i], [x[i].sum(axis=1), x[i[:2]].max(axis=1)])
    given = np.arange(12.0).reshape(4, 3)
    with pytest.raises(IndexError):
        f(given, [0, 9, 1])
    one, other = f(given, [3, 0, 1])
    np.testing.assert_array_equal(one, given[[3, 0, 1]].sum(axis=1))
    np.testing.assert_array_equal(other, given[[3, 0]].max(axis=1))


def test_maxima_over_other_axes_or_of_other_numbers_stay_apart():
    x = T.dmatrix("x")
    outputs = [
        x - (x * c).max(axis=a, keepdims=True) for c in (2.0, 3.0) for a in (0, 1)
    ]
    f = theano.function([x], outputs)
    given = np.random.default_rng(0).normal(size=(3, 5))
    expected = [
        given - (given * c).max(axis=a, keepdims=True)
        for c in (2.0, 3.0)
        for a in (0, 1)
    ]
    np.testing.assert_allclose(f(given), expected, 1e-12)


def test_costly_numbers_of_rows_are_made_in_vectors_before_the_matrix_is_read():
    a, x = T.dvector("a"), T.dmatrix("x")
    f = theano.function([a, x], (T.exp(a)[:, None] * x).sum(axis=0))
    first, second = nests(f)
    assert first.startswith("nest over (a.0) v0 = map")
    assert "reduce add" in second
    g = theano.function([a, x], ((a + 1)[:, None] * x).sum(axis=0))
    assert len(nests(g)) == 1
