"""A number to begin with stands for an array of the shape that a step makes."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T


@pytest.mark.parametrize("memory", ["all", "sqrt"])
@pytest.mark.parametrize("start", [0.0, 0, T.constant(0.0)], ids=str)
def test_a_constant_becomes_an_array(rng, start, memory, compiled):
    x, w = T.dmatrices("x", "w")
    rows, _ = theano.scan(
        lambda v, s: T.tanh(T.dot(v, w) + s * 0.5),
        sequences=x,
        outputs_info=[start],
        memory=memory,
    )
    f = compiled([x, w], [rows, T.grad((rows**2).sum(), w)])
    value, weights = rng.normal(size=(5, 2)), rng.normal(size=(2, 3))
    state, expected = np.zeros(3), []
    for v in value:
        state = np.tanh(v @ weights + state * 0.5)
        expected.append(state)
    np.testing.assert_allclose(f(value, weights)[0], expected, rtol=1e-12)
    none, slope = f(value[:0], weights)
    assert none.shape == (0, 3)
    np.testing.assert_array_equal(slope, np.zeros((2, 3)))


def test_the_gradient_by_the_number_sums_over_the_array(rng):
    x, start = T.dmatrix("x"), T.dscalar("start")

    def cost(v, s):
        rows, _ = theano.scan(lambda v, s: T.tanh(s + v), sequences=v, outputs_info=[s])
        return (rows**2).sum()

    assert T.grad(cost(x, start), start).ndim == 0
    values = [rng.normal(size=(3, 2)), np.asarray(0.3)]
    theano.gradient.verify_grad(cost, values, rng=rng)


def test_outputs_that_make_arrays_of_each_other_all_become_arrays(compiled):
    x = T.dvector("x")
    (a, b), _ = theano.scan(
        lambda a, b: (b + x, a * 2.0), outputs_info=[0.0, 1.0], n_steps=3
    )
    got = compiled([x], [a, b])(np.ones(2))
    np.testing.assert_array_equal(got[0][:, 0], [2, 1, 5])
    np.testing.assert_array_equal(got[1][:, 1], [0, 4, 2])


def test_a_fold_may_begin_with_a_number(compiled):
    x = T.dmatrix("x")
    total, _ = theano.reduce(lambda v, s: v + s, x, [0.0])
    f = compiled([x], total)
    np.testing.assert_array_equal(f([[1, 2], [3, 4]]), [4, 6])
    np.testing.assert_array_equal(f(np.ones((0, 2))), [0, 0])


def test_another_rank_is_told_with_both_types():
    x = T.dmatrix("x")
    with pytest.raises(ValueError, match=r"vector.*matrix.*give an initial state"):
        theano.scan(lambda s: s + x, outputs_info=x[0], n_steps=2)
