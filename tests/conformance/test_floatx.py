"""Under floatX=float32 nothing that stands for a real number becomes float64."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T


@pytest.fixture(autouse=True)
def single():
    with theano.change_flags(floatX="float32"):
        yield


X = np.random.default_rng(0).uniform(0.1, 2, (5, 4)).astype("float32")
Y = np.array([0, 1, 2, 1, 0], "int32")

FORMULAS = {
    "python numbers": lambda x, y: [x / 2, x * 0.5, 3 - x, 2**x, x**0.5, x // 2, x % 2],
    "constants": lambda x, y: [
        T.constant(1) - x,
        T.constant(0.5) * x,
        T.as_tensor_variable(2) * x,
        (T.constant(1) - 0.9) * x,
        x * np.float32(2),
    ],
    "bools and small integers": lambda x, y: [
        (x > 1) * 0.5,
        T.eq(T.argmax(x, axis=1), y) * 1.0,
        T.cast(y, theano.config.floatX),
        T.mean(T.eq(y, 1), dtype=theano.config.floatX),
    ],
    "made": lambda x, y: [
        T.zeros((2,)),
        T.ones_like(x) * 3,
        T.eye(3),
        T.arange(3.0),
        T.alloc(0.0, 2, 3),
    ],
    "reductions": lambda x, y: [
        x.mean(),
        T.var(x, axis=0),
        x.std(),
        x.norm(2),
        T.prod(x + 1),
        x - x.mean(axis=0, keepdims=True),
    ],
    "choices": lambda x, y: [
        T.clip(x, -1, 1.0),
        T.maximum(x, 0.0),
        T.switch(x > 0, x, 0),
        T.minimum(1, x),
    ],
    "nnet": lambda x, y: [
        T.nnet.softmax(x),
        T.nnet.sigmoid(x) * 2,
        T.nnet.relu(x, 0.01),
        T.nnet.elu(x),
        T.nnet.selu(x),
        T.nnet.hard_sigmoid(x),
        T.nnet.ultra_fast_sigmoid(x),
        T.nnet.binary_crossentropy(T.nnet.sigmoid(x), 0.5),
        T.nnet.crossentropy_softmax_1hot(x, y)[0],
        -T.mean(T.log(T.nnet.softmax(x))[T.arange(y.shape[0]), y]),
    ],
}


@pytest.mark.parametrize("mode", [None, "FAST_COMPILE"])
@pytest.mark.parametrize("kind", FORMULAS)
def test_values_stay_float32(kind, mode):
    x, y = T.matrix("x"), T.ivector("y")
    formulas = FORMULAS[kind](x, y)
    assert [f.dtype for f in formulas] == ["float32"] * len(formulas)
    f = theano.function([x, y], formulas, mode=mode, on_unused_input="ignore")
    assert {value.dtype.name for value in f(X, Y)} == {"float32"}


@pytest.mark.parametrize("mode", [None, "FAST_COMPILE"])
@pytest.mark.parametrize("kind", ["python numbers", "constants", "choices", "nnet"])
def test_gradients_stay_float32(kind, mode):
    x, y = T.matrix("x"), T.ivector("y")
    gradient = T.grad(sum(f.sum() for f in FORMULAS[kind](x, y)), x)
    assert gradient.dtype == "float32"
    f = theano.function([x, y], gradient, mode=mode, on_unused_input="ignore")
    assert f(X, Y).dtype == "float32"


@pytest.mark.parametrize(
    ("make", "dtype"),
    [
        (lambda one: one + T.fvector(), "float32"),
        (lambda one: one + T.ivector(), "int32"),
        (lambda one: one + T.bvector(), "int8"),
        (lambda one: T.constant(1000) + T.bvector(), "int64"),
        (lambda one: one + one, "int64"),
        (lambda one: one + 0.5, "float32"),
        (lambda one: one + np.float64(0.5), "float64"),
        (lambda one: T.constant(np.int64(1)) + T.fvector(), "float64"),
        (lambda one: T.constant(0.5) + T.bvector(), "float32"),
        (lambda one: T.constant(0.5) + T.ivector(), "float64"),
        (lambda one: T.constant(0.5) + T.dvector(), "float64"),
    ],
)
def test_a_constant_made_of_a_python_number_promotes_as_the_number(make, dtype):
    assert make(T.constant(1)).dtype == dtype


def test_a_constant_that_needs_no_other_dtype_stays_the_one_that_was_given():
    half = T.constant(0.5)
    assert (T.fvector() * half).owner.inputs[1] is half
