"""Test values: computed as the graph is built."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.compile.debug_values import get_debug_values, get_test_value


@pytest.fixture(params=["raise"])
def switched_on(request):
    with theano.change_flags(compute_test_value=request.param):
        yield


def vector(name, value):
    variable = T.dvector(name)
    variable.tag.test_value = np.asarray(value)
    return variable


def test_nothing_is_computed_by_default():
    x = vector("x", [1.0, 2.0])
    assert not hasattr((x + 1).tag, "test_value")


def test_each_result_has_the_value_of_its_formula(switched_on):
    x = vector("x", [1.0, 2.0])
    w = theano.shared(np.array([3.0, 4.0]))
    y = T.exp(x * w + 1).sum()
    assert get_test_value(y) == pytest.approx(np.exp([4.0, 9.0]).sum())


def test_a_mismatch_of_shapes_shows_where_it_is_written(switched_on):
    x, y = vector("x", [1.0, 2.0]), vector("y", [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="test_debug_values.py"):
        x + y


def test_a_missing_value_is_an_error(switched_on):
    with pytest.raises(ValueError, match=r"input 0 \(x\) of Op .* missing default"):
        T.dvector("x") + 1


def test_a_missing_value_warns_or_is_passed_over():
    with (
        theano.change_flags(compute_test_value="warn"),
        pytest.warns(UserWarning, match="Cannot compute test value"),
    ):
        y = T.dvector("x") + 1
    assert not hasattr(y.tag, "test_value")
    with theano.change_flags(compute_test_value="ignore"):
        y = T.dvector("x") + 1
    assert not hasattr(y.tag, "test_value")


def test_compiling_computes_no_test_values(switched_on):
    x = vector("x", [1.0, 2.0])
    y = T.log(1 + T.exp(x)) + 0 * x
    f = theano.function([x], [y, T.grad(y.sum(), x)])
    np.testing.assert_allclose(f([0.0])[0], np.log(2), rtol=1e-12)


def test_values_are_asked_for_as_with_theano(switched_on):
    x = vector("x", [1, 2])
    assert get_test_value(x).dtype == "float64"
    assert get_test_value(T.constant(3)) == 3
    assert get_test_value([1]) == [1]
    assert [a.sum() for (a,) in get_debug_values(x)] == [3.0]
    assert list(get_debug_values(x, T.dvector("y"))) == []
    with pytest.raises(AttributeError, match="has no test value"):
        get_test_value(T.dvector("y"))


def test_an_op_that_overwrites_its_input_leaves_the_test_value(switched_on):
    class Double(theano.Op):
        __props__ = ()
        destroy_map = {0: [0]}  # noqa: RUF012 - as Theano has it

        def make_node(self, x):
            return theano.Apply(self, [x], [x.type()])

        def perform(self, node, inputs, output_storage):
            inputs[0][...] *= 2
            output_storage[0][0] = inputs[0]

    x = vector("x", [1.0, 2.0])
    assert get_test_value(Double()(x)).tolist() == [2.0, 4.0]
    assert get_test_value(x).tolist() == [1.0, 2.0]
