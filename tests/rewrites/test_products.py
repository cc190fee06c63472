"""Products of matrices that become cheaper ones: chains, sums, one-hot rows."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.errors import IndexOutOfBoundsError, TheanolikeError
from theanolike.ops.products import Dot
from theanolike.types.type import TensorType

STABLE = theano.Mode("py", "fast_run")
X, Y, W = T.dmatrices("X", "Y", "W")
x = T.dvector("x")
i = T.lvector("i")
rng = np.random.default_rng(3)
CLASSES = np.array([2, 0, 4, 1])
WEIGHTS = rng.normal(size=(5, 3))


def compiled(inputs, expression):
    f = theano.function(inputs, expression, mode=STABLE)
    return f, f.maker.fgraph.toposort()


def ranks_of_products(nodes):
    return [n.outputs[0].type.ndim for n in nodes if isinstance(n.op, Dot)]


def fixed(name, *shape):
    return TensorType("float64", shape).make_variable(name)


def test_a_chain_with_a_vector_never_multiplies_matrices():
    f, nodes = compiled([X, Y, x], T.dot(T.dot(X, Y), x))
    assert ranks_of_products(nodes) == [1, 1]
    a, b, c = rng.normal(size=(2, 3)), rng.normal(size=(3, 4)), rng.normal(size=4)
    np.testing.assert_allclose(f(a, b, c), a @ b @ c)


def test_a_chain_keeps_a_product_that_something_else_reads():
    product = T.dot(X, Y)
    _, nodes = compiled([X, Y, x], [T.dot(product, x), product])
    assert ranks_of_products(nodes).count(2) == 1


def test_a_chain_of_known_shapes_is_multiplied_in_the_cheapest_order():
    a, b, c = fixed("a", 100, 2), fixed("b", 2, 100), fixed("c", 100, 3)
    f, nodes = compiled([a, b, c], a.dot(b).dot(c))
    assert [n.outputs[0].type.shape for n in nodes] == [(2, 3), (100, 3)]
    values = [rng.normal(size=v.type.shape) for v in (a, b, c)]
    np.testing.assert_allclose(f(*values), values[0] @ (values[1] @ values[2]))


def test_a_sum_over_a_product_multiplies_no_matrix():
    f, nodes = compiled([X, Y], T.dot(X, Y).sum())
    assert ranks_of_products(nodes) == [0]
    np.testing.assert_allclose(f(WEIGHTS, WEIGHTS.T), (WEIGHTS @ WEIGHTS.T).sum())


def compared(n):
    return T.cast(T.eq(T.arange(n), i.dimshuffle(0, "x")), "float64")


def put(n):
    zeros = T.zeros((i.shape[0], n))
    return T.set_subtensor(zeros[T.arange(i.shape[0]), i], 1)


@pytest.mark.parametrize("one_hot", [compared, put])
def test_a_product_with_one_hot_rows_takes_rows(one_hot):
    f, nodes = compiled([i, W], T.dot(one_hot(5), W))
    assert ranks_of_products(nodes) == []
    np.testing.assert_array_equal(f(CLASSES, WEIGHTS), WEIGHTS[CLASSES])


@pytest.mark.parametrize("one_hot", [compared, put])
def test_the_gradient_by_the_rows_adds_to_them(one_hot):
    cost = T.sum(T.sqr(T.dot(one_hot(5), W)))
    f, nodes = compiled([i, W], T.grad(cost, W))
    assert ranks_of_products(nodes) == []
    twice = np.array([2, 2, 4])
    expected = np.zeros_like(WEIGHTS)
    np.add.at(expected, twice, 2 * WEIGHTS[twice])
    np.testing.assert_allclose(f(twice, WEIGHTS), expected)


def test_a_class_that_is_not_compared_with_has_a_row_of_zeros():
    f, _ = compiled([i, W], T.dot(compared(5), W))
    got = f(np.array([5, -1, 3]), WEIGHTS)
    np.testing.assert_array_equal(got, [[0] * 3, [0] * 3, WEIGHTS[3]])


def test_a_class_that_cannot_be_put_is_still_an_error():
    f, _ = compiled([i, W], T.dot(put(5), W))
    with pytest.raises(IndexOutOfBoundsError):
        f(np.array([5]), WEIGHTS)


@pytest.mark.parametrize("one_hot", [compared, put])
def test_weights_of_another_number_of_classes_are_still_an_error(one_hot):
    f, _ = compiled([i, W], T.dot(one_hot(4), W))
    with pytest.raises(TheanolikeError):
        f(np.array([1]), WEIGHTS)


def test_an_unknown_number_of_classes_that_is_compared_with_keeps_the_product():
    n = T.lscalar("n")
    _, nodes = compiled([i, W, n], T.dot(compared(n), W))
    assert ranks_of_products(nodes) == [2]


def test_products_spread_against_each_other_are_products_of_matrices():
    x, y, a, b = T.dmatrix(), T.dmatrix(), T.dtensor3(), T.dtensor3()
    plain = (x[:, :, None] * y[None, :, :]).sum(1)
    stacks = (a[:, :, :, None] * b[:, None, :, :]).sum(2)
    outputs = [plain, *T.grad((plain**3).sum(), [x, y]), stacks]
    f = theano.function([x, y, a, b], outputs)
    names = [str(node.op) for node in f.maker.fgraph.toposort()]
    assert "dot" in names
    assert "BatchedDot" in names
    g = theano.function([x, y, a, b], outputs, mode="FAST_COMPILE")
    for shapes in (
        ((3, 4), (4, 2), (5, 3, 4), (5, 4, 2)),
        ((3, 1), (4, 2), (1, 3, 4), (5, 4, 2)),
        ((3, 4), (1, 2), (5, 3, 4), (5, 1, 2)),
        ((3, 0), (1, 2), (0, 3, 4), (1, 4, 2)),
    ):
        arrays = [rng.normal(size=shape) for shape in shapes]
        for got, expected in zip(f(*arrays), g(*arrays), strict=True):
            np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12)


def test_products_spread_against_each_other_must_fit():
    x, y = T.dmatrix("x"), T.dmatrix("y")
    f = theano.function([x, y], (x[:, :, None] * y[None, :, :]).sum(1))
    with pytest.raises(ValueError, match="test_products.py"):
        f(np.ones((3, 2)), np.ones((4, 2)))
