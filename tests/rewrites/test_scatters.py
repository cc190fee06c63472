"""Cross-entropies of a softmax, as tutorials write them, and their gradients."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T

z, y = T.dmatrix("z"), T.lvector("y")
p = T.nnet.softmax(z)
rows = T.arange(y.shape[0])

SPELLINGS = {
    "the logarithm of what is picked": lambda: -T.log(p[rows, y]).mean(),
    "what is picked of the logarithm": lambda: -T.log(p)[rows, y].mean(),
    "categorical_crossentropy": lambda: T.nnet.categorical_crossentropy(p, y).mean(),
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_cost_and_gradient_are_finite_where_the_softmax_is_0(name):
    cost = SPELLINGS[name]()
    f = theano.function([z, y], [cost, T.grad(cost, z)])
    value, slope = f([[0.0, 1000.0], [1.0, 2.0]], [0, 1])
    last = 1 / (1 + np.e)
    np.testing.assert_allclose(value, (1000 + np.log1p(np.exp(-1))) / 2)
    np.testing.assert_allclose(slope, [[-0.5, 0.5], [last / 2, -last / 2]])


@pytest.mark.parametrize("name", SPELLINGS)
def test_rows_without_a_class_have_no_gradient(name):
    cost = SPELLINGS[name]()
    slope = theano.function([z, y], T.grad(cost, z))(np.eye(3), [2])
    e = np.exp([1.0, 0, 0])
    np.testing.assert_allclose(slope[0], e / e.sum() - [0, 0, 1])
    assert not slope[1:].any()


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_class_that_is_not_there_is_refused(name):
    gradient = theano.function([z, y], T.grad(SPELLINGS[name](), z))
    with pytest.raises(IndexError, match="index 3 is out of bounds"):
        gradient(np.eye(3), [0, 3])
    with pytest.raises((IndexError, ValueError)):
        gradient(np.eye(3), [0, 1, 1, 1])


@pytest.mark.parametrize("name", SPELLINGS)
def test_the_gradient_is_a_loop_without_scatters(name):
    f = theano.function([z, y], T.grad(SPELLINGS[name](), z))
    assert "scatter" not in f.plan
    assert "AdvancedIncSubtensor" not in f.explain()


@pytest.mark.parametrize("length", [None, 1])
@pytest.mark.parametrize("write", [T.set_subtensor, T.inc_subtensor])
def test_a_value_wider_than_what_is_written_whole_stays_an_error(write, length):
    x, y = T.TensorType("float64", (length,))("x"), T.dvector("y")
    f = theano.function([x, y], write(x[:], y))
    assert f([1.0], [2.0]) == (2.0 if write is T.set_subtensor else 3.0)
    with pytest.raises(ValueError, match=r"\(2,\)|got 2"):
        f([1.0], [2.0, 3.0])
