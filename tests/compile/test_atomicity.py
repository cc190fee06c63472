"""A call that fails leaves every shared variable as it was."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike import as_op

x, y = T.dvectors("x", "y")


@as_op(T.dvector, T.dvector)
def refuse_negative(value):
    """Fail inside of a user's op."""
    if (value < 0).any():
        raise ArithmeticError("negative")
    return value


def random_function(rng, mode):
    """Return a function of x and y with several updates, and its shared variables."""
    shared = [
        theano.shared(rng.standard_normal(3), f"w{k}", borrow=True) for k in range(4)
    ]
    values = [x, x + y, *shared]
    for _ in range(rng.integers(3, 9)):
        first, second = rng.choice(len(values), 2)
        make = rng.choice([lambda a, b: a + b, lambda a, b: a * b, lambda a, b: a - b])
        values.append(make(values[first], values[second]))
    updates = [(w, w * 0.5 + values[-1 - k]) for k, w in enumerate(shared)]
    rng.shuffle(updates)
    # something that fails whichever values the updates use
    outputs = [x + y, refuse_negative(y)]
    return theano.function([x, y], outputs, updates=updates, mode=mode), shared


def check(f, shared):
    good = np.ones(3)
    before = [w.get_value() for w in shared]
    for bad, error in [
        ((np.ones(3), np.ones(2)), ValueError),
        ((good, -good), ArithmeticError),
        ((good, np.ones((3, 1))), TypeError),
    ]:
        with pytest.raises(error):
            f(*bad)
        for w, value in zip(shared, before, strict=True):
            np.testing.assert_array_equal(w.get_value(), value)
    f(good, good)
    pairs = zip(shared, before, strict=True)
    changed = [not np.array_equal(w.get_value(), value) for w, value in pairs]
    assert any(changed)


def test_100_random_functions_are_atomic():
    rng = np.random.default_rng(7)
    for _ in range(100):
        check(*random_function(rng, "FAST_COMPILE"))


@pytest.mark.compiler
def test_random_compiled_functions_are_atomic():
    rng = np.random.default_rng(8)
    for _ in range(8):
        check(*random_function(rng, "FAST_RUN"))


@pytest.mark.slow
@pytest.mark.compiler
def test_100_random_compiled_functions_are_atomic():
    rng = np.random.default_rng(9)
    for _ in range(100):
        check(*random_function(rng, "FAST_RUN"))
