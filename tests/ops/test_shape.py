"""Shapes as values, reshaping, dimshuffle, and what is known early."""

import numpy as np
import pytest

import theanolike
from theanolike.errors import EmptyConstantError, NotScalarConstantError
from theanolike.ops import dimshuffle as D
from theanolike.ops import extents as E
from theanolike.ops import joining as J
from theanolike.ops import known as K
from theanolike.ops import shape as S
from theanolike.types.constants import as_tensor_variable, constant
from theanolike.types.constructors import (
    iscalar,
    lscalar,
    lvector,
    matrix,
    row,
    tensor3,
    vector,
)
from theanolike.types.type import TensorType

X = np.arange(12.0).reshape(3, 4)


def test_shape_is_an_int64_vector_of_known_length(evaluate):
    x = matrix()
    assert x.shape.type.same(TensorType("int64", (2,)))
    assert evaluate(x.shape, {x: X}).tolist() == [3, 4]
    assert evaluate(E.shape(constant(2.0))).shape == (0,)


def test_one_extent_is_a_constant_where_the_type_knows_it(evaluate):
    x = TensorType("float64", (None, 7))()
    assert E.shape_i(x, 1).data == 7
    assert evaluate(E.shape_i(x, 0), {x: np.zeros((2, 7))}) == 2


def test_no_gradient_flows_through_a_shape():
    x = matrix()
    node = x.shape.owner
    assert node.op.connection_pattern(node) == [[False]]


@pytest.mark.parametrize(
    ("newshape", "static"),
    [
        ((4, 3), (4, 3)),
        ((2, -1), (2, None)),
        ((-1,), (None,)),
        (12, (12,)),
        (np.array([6, 2]), (6, 2)),
        ((1, 12), (1, 12)),
    ],
)
def test_reshape_by_constants(evaluate, newshape, static):
    x = matrix()
    y = x.reshape(newshape)
    assert y.type.shape == static
    np.testing.assert_array_equal(evaluate(y, {x: X}), X.reshape(newshape))


def test_reshape_resolves_the_minus_one_of_a_known_shape():
    x = TensorType("float64", (3, 4))()
    assert x.reshape((2, -1)).type.shape == (2, 6)
    with pytest.raises(ValueError, match="cannot reshape"):
        x.reshape((5, -1))
    with pytest.raises(ValueError, match="one -1 at most"):
        x.reshape((-1, -1))


def test_a_minus_one_beside_an_extent_of_0_is_an_error():
    x = matrix("x", dtype="float64")
    rows, columns = x.reshape((x.shape[0], -1, 1)), x.reshape((-1, x.shape[1]))
    for mode in (None, "FAST_COMPILE"):
        f = theanolike.function([x], rows, mode=mode)
        g = theanolike.function([x], columns, mode=mode)
        assert f(np.zeros((2, 0))).shape == (2, 0, 1)
        assert g(np.zeros((0, 3))).shape == (0, 3)
        for h, shape in ((f, (0, 2)), (g, (2, 0))):
            with pytest.raises(ValueError, match="array of size 0"):
                h(np.zeros(shape))
    with pytest.raises(ValueError, match="0 elements"):
        TensorType("float64", (0, 2))("x").reshape((0, -1))


def test_reshape_by_symbolic_extents(evaluate):
    x, n, v = matrix(), lscalar(), lvector()
    y = x.reshape((n, -1))
    np.testing.assert_array_equal(evaluate(y, {x: X, n: 6}), X.reshape(6, 2))
    z = S.reshape(x, E.make_vector([n, 2]))
    np.testing.assert_array_equal(evaluate(z, {x: X, n: 6}), X.reshape(6, 2))
    with pytest.raises(ValueError, match="cannot be automatically determined"):
        x.reshape(v)


def test_reshape_to_a_wrong_size_fails_in_the_run(evaluate):
    x, n = matrix(), lscalar()
    with pytest.raises(ValueError, match="cannot reshape"):
        evaluate(x.reshape((n, 5)), {x: X, n: 2})


def test_flatten_keeps_leading_dims(evaluate):
    x = tensor3()
    value = np.arange(24.0).reshape(2, 3, 4)
    for ndim, shape in [(1, (24,)), (2, (2, 12)), (3, (2, 3, 4))]:
        assert evaluate(x.flatten(ndim), {x: value}).shape == shape
    assert evaluate(S.flatten(x, outdim=2), {x: value}).shape == (2, 12)
    assert evaluate(x.flatten(2), {x: np.zeros((0, 3, 4))}).shape == (0, 12)
    assert evaluate(constant(3.0).flatten()).tolist() == [3.0]
    with pytest.raises(ValueError, match="out of bound"):
        x.flatten(4)
    assert S.is_flat(x.flatten())


def test_cotangents_of_reshapes_come_back_in_the_operands_shape(pulled):
    from theanolike.ops.cotangent import Cotangent

    x = matrix()
    g = vector()
    G = np.arange(12.0) + 1
    (gx,) = pulled(x.flatten(), [Cotangent(g)], {x: X, g: G})
    np.testing.assert_array_equal(gx, G.reshape(3, 4))


def test_dimshuffle_permutes_adds_and_drops(evaluate):
    x = TensorType("float64", (None, 1, None))()
    value = np.arange(6.0).reshape(2, 1, 3)
    y = x.dimshuffle(2, "x", 0)
    assert y.broadcastable == (False, True, False)
    np.testing.assert_array_equal(evaluate(y, {x: value}), value[:, 0].T[:, None])
    z = x.dimshuffle([0, -1])
    np.testing.assert_array_equal(evaluate(z, {x: value}), value[:, 0])


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ((0,), "You cannot drop a non-broadcastable dimension"),
        ((0, 0, 1), "may not appear twice"),
        ((0, 2), "out of range"),
        ((0, 1, "y"), "ints and 'x'"),
    ],
)
def test_a_wrong_dimshuffle_pattern_is_refused(pattern, message):
    with pytest.raises(ValueError, match=message):
        matrix().dimshuffle(*pattern)


def test_the_cotangent_of_dimshuffle_is_shuffled_back_with_its_support(evaluate):
    from theanolike.ops.cotangent import Cotangent

    x, g = row(), vector()
    y = x.dimshuffle(1)
    support = TensorType("bool", (None,))()
    (c,) = y.owner.op.pullback(y.owner, [Cotangent(g, support)])
    values = {g: [1.0, 2.0], support: [True, False]}
    assert c.value.broadcastable == (True, False)
    assert evaluate(c.value, values).tolist() == [[1.0, 2.0]]
    assert evaluate(c.support, values).tolist() == [[True, False]]


def test_axes_move_as_numpy_moves_them(evaluate):
    x = tensor3()
    value = np.arange(24.0).reshape(2, 3, 4)
    cases = [
        (x.T, value.T),
        (x.transpose(1, 0, 2), value.transpose(1, 0, 2)),
        (x.transpose((2, 0, 1)), value.transpose(2, 0, 1)),
        (x.swapaxes(0, -1), value.swapaxes(0, -1)),
        (D.moveaxis(x, 0, 2), np.moveaxis(value, 0, 2)),
        (D.shape_padleft(x, 2), value[None, None]),
        (D.shape_padright(x), value[..., None]),
        (D.shape_padaxis(x, 1), value[:, None]),
        (D.shape_padaxis(x, -1), value[..., None]),
        (D.squeeze(D.shape_padaxis(x, 2)), value),
    ]
    for got, expected in cases:
        np.testing.assert_array_equal(evaluate(got, {x: value}), expected)


def test_squeeze_drops_only_dims_known_to_be_one(evaluate):
    x, y = matrix(), row()
    assert x.squeeze().ndim == 2
    assert y.squeeze().ndim == 1


def test_specify_shape_checks_in_the_run(evaluate):
    x, n = matrix(), lscalar()
    y = S.specify_shape(x, (n, 4))
    assert y.type.shape == (None, 4)
    np.testing.assert_array_equal(evaluate(y, {x: X, n: 3}), X)
    with pytest.raises(AssertionError, match="expected 2"):
        evaluate(y, {x: X, n: 2})
    assert S.specify_shape(x, (None, 4)).type.shape == (None, 4)
    assert S.specify_static(x, (None, None)) is x


def test_broadcast_patterns_are_added_and_forgotten(evaluate):
    x = matrix()
    y = S.addbroadcast(x, 0)
    assert y.broadcastable == (True, False)
    with pytest.raises(ValueError, match="supposed to be 1"):
        evaluate(y, {x: X})
    assert evaluate(y, {x: X[:1]}).shape == (1, 4)
    assert S.unbroadcast(row(), 0).broadcastable == (False, False)
    assert S.patternbroadcast(x, (True, False)).broadcastable == (True, False)
    assert S.unbroadcast(x, 0) is x


def test_integers_behind_arithmetic_are_known():
    x = TensorType("float64", (3, None))()
    n = as_tensor_variable(2)
    assert K.known_int(E.shape_i(x, 0) * n + 1) == 7
    assert K.known_int(E.ShapeItem(1)(x)) is None
    assert K.known_ints(x.shape) == (3, None)
    assert K.known_ints(E.make_vector([lscalar(), 5])) == (None, 5)
    joined = J.join(0, x.shape, E.make_vector([lscalar(), 5]))
    assert K.known_ints(joined) == (3, None, None, 5)


def test_a_long_chain_of_integers_is_given_up_not_recursed():
    n = lscalar()
    for _ in range(20_000):
        n = n + 1
    assert K.known_int(n) is None


def test_scalar_constants_are_found_or_refused():
    assert K.get_scalar_constant_value(constant(3) * 2) == 6
    assert K.get_scalar_constant_value(constant(1.5) + 1) == 2.5
    assert K.get_scalar_constant_value(4) == 4
    for wrong in (None, iscalar(), constant([1, 2])):
        with pytest.raises(NotScalarConstantError):
            K.get_scalar_constant_value(wrong)
    with pytest.raises(EmptyConstantError):
        K.get_scalar_constant_value(constant(np.zeros(0)))
    x = iscalar()
    assert K.extract_constant(x) is x


def test_vector_lengths():
    assert K.get_vector_length(matrix().shape) == 2
    assert K.get_vector_length([1, 2, 3]) == 3
    with pytest.raises(ValueError, match="length not known"):
        K.get_vector_length(lvector())
    a, b = matrix().shape
    assert a.ndim == b.ndim == 0


def test_vectors_of_scalars(evaluate):
    a, b = lscalar(), lscalar()
    assert evaluate(E.make_vector([a, b, 3]), {a: 1, b: 2}).tolist() == [1, 2, 3]
    assert E.make_vector([1, 2]).data.tolist() == [1, 2]
