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


def test_steps_of_loops_see_rows_and_first_values(switched_on):
    x, s = vector("x", [1.0, 2.0, 3.0]), T.dscalar("s")
    s.tag.test_value = 0.5
    w = theano.shared(2.0, "w")
    seen = []

    def step(v, following, a, b):
        seen.append([get_test_value(u) for u in (v, following, a, b)])
        return a + b * v * w, {w: w + 1}

    states, _ = theano.scan(
        step, {"input": x, "taps": [0, 1]}, {"initial": x, "taps": [-1, -3]}
    )
    assert seen[0] == [1, 2, 3, 1]
    np.testing.assert_array_equal(get_test_value(states), [5, 17])
    total, _ = theano.scan(lambda v, t: t + v, x, T.constant(0))
    slope = get_test_value(T.grad((total * s).sum(), x))
    np.testing.assert_array_equal(slope, [1.5, 1, 0.5])
    moved = get_test_value(T.Rop(total, x, x))
    np.testing.assert_array_equal(moved, [1, 3, 6])


def test_a_mismatch_in_a_step_shows_where_it_is_written(switched_on):
    x, y = vector("x", [1.0, 2.0]), vector("y", [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="test_debug_values.py"):
        theano.scan(lambda v, t: t + v * y, x, x)
    with pytest.raises(ValueError, match=r"\(z\[t\]\) of Op .* missing"):
        theano.scan(lambda v: v + 1, T.dvector("z"))


def test_branches_and_jacobians_have_values_and_gradients(switched_on):
    x = vector("x", [1.0, 2.0])
    chosen = theano.ifelse.ifelse(x[0] > 0, x**2, T.log(x))
    np.testing.assert_array_equal(get_test_value(chosen), [1, 4])
    np.testing.assert_array_equal(get_test_value(T.grad(chosen.sum(), x)), [2, 4])
    jacobian = get_test_value(theano.gradient.jacobian(chosen, x))
    np.testing.assert_array_equal(jacobian, [[2, 0], [0, 4]])
