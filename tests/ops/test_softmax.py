"""Softmax, its logarithm, logsumexp and the cross-entropies."""

import numpy as np
import pytest
from scipy import special

from theanolike.ops import crossentropy as C
from theanolike.ops import softmax as S
from theanolike.ops.activation import sigmoid
from theanolike.ops.cotangent import Cotangent
from theanolike.ops.exponential import log
from theanolike.types.constructors import (
    fmatrix,
    lmatrix,
    lvector,
    matrix,
    tensor3,
    vector,
    zmatrix,
)
from theanolike.types.type import TensorType

X = np.array([[1.0, 2, 3], [-1000, 0, 1000], [0, 0, 0]])
G = np.array([[1.0, -1, 2], [0.5, 1, 3], [0, 1, 0]])


def test_softmax_is_by_rows_and_two_dimensional(evaluate):
    x, v = matrix(), vector()
    np.testing.assert_allclose(
        evaluate(S.softmax(x), {x: X}), special.softmax(X, 1), atol=1e-300
    )
    row = S.softmax(v)
    assert row.broadcastable == (True, False)
    np.testing.assert_allclose(evaluate(row, {v: X[0]}), [special.softmax(X[0])])
    with pytest.raises(ValueError, match="1-d or 2-d"):
        S.softmax(tensor3())
    with pytest.raises(TypeError, match="real numbers"):
        S.softmax(zmatrix())


@pytest.mark.parametrize("axis", [0, 1, -1, (0, 2), None])
def test_any_axes_may_be_given(evaluate, axis):
    x = tensor3()
    value = np.random.default_rng(1).normal(size=(2, 3, 4))
    np.testing.assert_allclose(
        evaluate(S.softmax(x, axis), {x: value}), special.softmax(value, axis)
    )
    np.testing.assert_allclose(
        evaluate(S.logsoftmax(x, axis), {x: value}), special.log_softmax(value, axis)
    )
    np.testing.assert_allclose(
        evaluate(S.logsumexp(x, axis, keepdims=True), {x: value}),
        np.asarray(special.logsumexp(value, axis, keepdims=True)),
    )


def test_logarithms_stay_finite_where_the_softmax_underflows(evaluate):
    x = matrix()
    got = evaluate(S.logsoftmax(x), {x: X})
    np.testing.assert_allclose(got[1], [-2000, -1000, 0])
    assert evaluate(S.logsumexp(x, 1), {x: X})[1] == 1000


def test_logsumexp_of_infinities(evaluate):
    x = matrix()
    value = [[-np.inf, -np.inf], [np.inf, 0], [-np.inf, 2]]
    assert evaluate(S.logsumexp(x, 1), {x: value}).tolist() == [-np.inf, np.inf, 2]


def test_integers_are_taken_as_floats(evaluate):
    x = lmatrix()
    assert evaluate(S.softmax(x), {x: [[1, 1]]}).tolist() == [[0.5, 0.5]]
    assert S.softmax(fmatrix()).dtype == "float32"


def test_float16_is_computed_in_float32(evaluate):
    x = TensorType("float16", (None, None))()
    got = evaluate(S.logsoftmax(x), {x: X[:1]})
    assert got.dtype == "float16"
    np.testing.assert_allclose(got, special.log_softmax(X[:1], 1), rtol=1e-3)


def test_gradients_are_the_jacobians(pulled):
    x, g, h = matrix(), matrix(), vector()
    p = special.softmax(X, 1)
    values = {x: X, g: G, h: G[0]}
    (gx,) = pulled(S.softmax(x), [Cotangent(g)], values)
    np.testing.assert_allclose(gx, p * (G - (G * p).sum(1, keepdims=True)), atol=1e-15)
    (gx,) = pulled(S.logsoftmax(x), [Cotangent(g)], values)
    np.testing.assert_allclose(gx, G - p * G.sum(1, keepdims=True), atol=1e-15)
    (gx,) = pulled(S.logsumexp(x, 1), [Cotangent(h)], values)
    np.testing.assert_allclose(gx, G[0][:, None] * p, atol=1e-15)


def test_the_gradient_of_the_logarithm_of_a_softmax_is_finite(pulled):
    x, g = matrix(), matrix()
    p = S.softmax(x)
    (through_log,) = log(p).owner.op.pullback(log(p).owner, [Cotangent(g)])
    (gx,) = pulled(p, [through_log], {x: X, g: G})
    expected = G - special.softmax(X, 1) * G.sum(1, keepdims=True)
    np.testing.assert_allclose(gx, expected, atol=1e-15)


def test_binary_crossentropies(evaluate):
    x, t = vector(), vector()
    values = {x: [-3.0, 0.5, 2], t: [0, 1, 0.25]}
    plain = C.binary_crossentropy(sigmoid(x), t)
    stable = C.sigmoid_binary_crossentropy(x, t)
    np.testing.assert_allclose(*evaluate([plain, stable], values), rtol=1e-12)
    extreme = evaluate(stable, {x: [1000, -1000], t: [1, 1]})
    assert extreme.tolist() == [0, 1000]


def test_crossentropy_with_distributions(evaluate):
    x, t = matrix(), matrix()
    weights = np.abs(G)
    got = evaluate(C.categorical_crossentropy(S.softmax(x), t), {x: X, t: weights})
    np.testing.assert_allclose(got, -(weights * special.log_softmax(X, 1)).sum(1))
    p = matrix()
    got = evaluate(C.categorical_crossentropy(p, t), {p: [[0.5, 0.5]], t: [[1, 0]]})
    np.testing.assert_allclose(got, [np.log(2)])
    with pytest.raises(TypeError, match="rank mismatch"):
        C.categorical_crossentropy(tensor3(), vector())


def test_crossentropy_with_classes(evaluate):
    x, y = matrix(), lvector()
    values = {x: X, y: [2, 0, 1]}
    expected = -special.log_softmax(X, 1)[np.arange(3), [2, 0, 1]]
    for make in (
        lambda: C.categorical_crossentropy(S.softmax(x), y),
        lambda: C.crossentropy_softmax_1hot(x, y)[0],
        lambda: C.crossentropy_softmax_argmax_1hot_with_bias(x, vector() * 0, y)[0],
    ):
        out = make()
        biases = {
            v: np.zeros(3) for v in _inputs(out) if v not in values and v.ndim == 1
        }
        np.testing.assert_allclose(evaluate(out, {**values, **biases}), expected)
    with pytest.raises(TypeError, match="integer classes"):
        C.crossentropy_categorical_1hot(x, vector())


def _inputs(out):
    from theanolike.graph.traverse import explicit_inputs

    return explicit_inputs([out])
