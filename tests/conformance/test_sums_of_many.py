"""`T.add` and `T.mul` of more than two operands, which rewrites must expect."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T

FORMULAS = [
    T.add,
    lambda a, b, v: T.mul(v, a, b),
    lambda a, b, v: T.add(a, a, a),
    lambda a, b, v: T.mul(a, a, 1 / a),
    lambda a, b, v: T.mul(a, 0.0, 1.0),
    lambda a, b, v: T.add(a * b, v, 0.0),
    lambda a, b, v: T.add(T.dot(a, b), v, b),
    lambda a, b, v: T.mul(T.exp(a), T.exp(b), T.exp(v)),
    lambda a, b, v: T.log(T.add(1, T.exp(a), T.exp(b))),
    lambda a, b, v: T.mul(a.shape[0], a.shape[1], 2),
    lambda a, b, v: T.grad(T.mul(T.nnet.softmax(a), b, v).sum(), a),
    lambda a, b, v: T.grad(T.add(a, b, v).prod(), v),
]


@pytest.mark.parametrize("number", range(len(FORMULAS)))
def test_many_operands_give_what_the_interpreter_gives(number):
    a, b, v = T.dmatrix("a"), T.dmatrix("b"), T.dvector("v")
    formula = FORMULAS[number](a, b, v)
    rng = np.random.default_rng(0)
    arrays = rng.random((2, 2)), rng.random((2, 2)), rng.random(2)
    compiled, interpreted = (
        theano.function([a, b, v], formula, mode=mode, on_unused_input="ignore")(
            *arrays
        )
        for mode in (None, "FAST_COMPILE")
    )
    np.testing.assert_allclose(compiled, interpreted)
