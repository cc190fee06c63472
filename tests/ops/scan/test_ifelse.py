"""`ifelse`: values, gradients, what is left uncomputed."""

import pickle

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.compile.function import function
from theanolike.ops.scan.ifelse import IfElse, ifelse


@pytest.fixture(params=["FAST_COMPILE", "FAST_RUN"])
def compiled(request):
    def make(inputs, outputs, **options):
        return function(inputs, outputs, mode=request.param, **options)

    return make


def test_the_condition_chooses_a_branch(compiled):
    a, b = T.scalars("a", "b")
    x, y = T.matrices("x", "y")
    f = compiled([a, b, x, y], ifelse(T.lt(a, b), T.mean(x), T.mean(y)))
    assert f(0, 1, np.ones((3, 3)), np.zeros((2, 2))) == 1
    assert f(2, 1, np.ones((3, 3)), np.zeros((2, 2))) == 0


def test_branches_may_have_other_shapes_and_several_values(compiled):
    c, x, y = T.dscalar("c"), T.dmatrix("x"), T.dmatrix("y")
    chosen = ifelse(c, [x, x.sum(), x * 2], [y * 3, y.sum(), y])
    f = compiled([c, x, y], [*chosen, chosen[2] + 1])
    xs, ys = np.arange(4.0).reshape(2, 2), np.arange(6.0).reshape(2, 3)
    for given, expected in (
        (0.5, [xs, 6.0, xs * 2, xs * 2 + 1]),
        (0, [ys * 3, 15.0, ys, ys + 1]),
    ):
        for value, right in zip(f(given, xs, ys), expected, strict=True):
            np.testing.assert_array_equal(value, right)


def test_a_branch_not_taken_may_fail_without_harm(compiled):
    c, x, k = T.bscalar("c"), T.dvector("x"), T.lscalar("k")
    f = compiled([c, x, k], ifelse(c, x[k] * 2, x.sum()))
    assert f(0, [1.0, 2.0], 7) == 3
    assert f(1, [1.0, 2.0], 1) == 4
    with pytest.raises(IndexError, match="7"):
        f(1, [1.0, 2.0], 7)


def test_what_both_branches_and_others_read_is_computed_once(compiled):
    c, x = T.bscalar("c"), T.dvector("x")
    shared = T.exp(x)
    f = compiled([c, x], [ifelse(c, shared * 2, shared + 1), shared])
    np.testing.assert_array_equal(f(0, [0.0])[0], [2])
    np.testing.assert_array_equal(f(1, [0.0])[1], [1])
    names = [str(node.op) for node in f.maker.fgraph.toposort()]
    assert names.count("Elemwise{exp}") == 1
    assert not {"Elemwise{mul}", "Elemwise{add}"} & set(names)


def test_the_gradient_is_that_of_the_branch_taken(compiled):
    x = T.dscalar("x")
    y = ifelse(x > 0, T.log(x) * x, x * 2)
    f = compiled([x], T.grad(y, x))
    np.testing.assert_allclose(f(2.0), np.log(2) + 1)
    assert f(0.0) == 2
    assert f(-1.0) == 2


def test_the_gradient_of_a_gradient_goes_through_a_branch(compiled):
    x = T.dvector("x")
    total = ifelse(x.sum() > 0, (x**3).sum(), (x**2).sum())
    first = T.grad(total, x)
    f = compiled([x], T.grad((first**2).sum(), x))
    np.testing.assert_allclose(f([1.0, 2.0]), 36 * np.array([1.0, 8.0]))
    np.testing.assert_allclose(f([-1.0, -2.0]), 8 * np.array([-1.0, -2.0]))


def test_a_directional_derivative_goes_through_a_branch(compiled):
    c, x, v = T.bscalar("c"), T.dvector("x"), T.dvector("v")
    y = ifelse(c, x**2, x * 3)
    f = compiled([c, x, v], T.Rop(y, x, v))
    np.testing.assert_array_equal(f(1, [1, 2], [1, 10]), [2, 40])
    np.testing.assert_array_equal(f(0, [1, 2], [1, 10]), [3, 30])


def test_branches_inside_of_loops_and_loops_inside_of_branches(compiled):
    x = T.dvector("x")

    def step(v, total):
        return ifelse(v > 0, total + T.sqrt(v), total * 2)

    totals, _ = theano.scan(step, x, T.constant(1.0))
    chosen = ifelse(x[0] > 0, totals[-1], x.sum())
    f = compiled([x], [chosen, T.grad(chosen, x)])
    value, slope = f([4.0, -1.0, 9.0])
    assert value == 9
    np.testing.assert_allclose(slope, [0.5, 0, 1 / 6])
    value, slope = f([-4.0, 1.0])
    assert value == -3
    np.testing.assert_array_equal(slope, [1, 1])


def test_a_python_number_takes_the_other_branches_dtype():
    x = T.fscalar("x")
    assert ifelse(x > 0, x, 0.0).dtype == "float32"
    assert ifelse(x > 0, 1, x).dtype == "float32"


def test_values_come_as_the_branch_was_given():
    c, x = T.bscalar("c"), T.dvector("x")
    assert isinstance(ifelse(c, [x], [x + 1]), list)
    assert isinstance(ifelse(c, (x, x), (x, x)), tuple)
    assert ifelse(c, x, x + 1, name="z").name == "z"


def test_a_choice_is_pickled():
    c, x = T.bscalar("c"), T.dvector("x")
    y = ifelse(c, x, x * 2)
    c2, x2, y2 = pickle.loads(pickle.dumps([c, x, y]))
    np.testing.assert_array_equal(y2.eval({c2: 0, x2: [1.0]}), [2])
    assert isinstance(y2.owner.op, IfElse)
    assert y2.owner.op == y.owner.op


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ((T.dvector(), T.dscalar(), T.dscalar()), TypeError, "has to be a scalar"),
        ((T.bscalar(), T.dscalar(), T.dvector()), TypeError, "identical types"),
        ((T.bscalar(), T.dscalar(), T.fscalar()), TypeError, "identical types"),
        (
            (T.bscalar(), [T.dscalar()], [T.dscalar(), T.dscalar()]),
            ValueError,
            "The number of values on the `then` branch should have the same number",
        ),
    ],
)
def test_wrong_use_is_told(arguments, error, text):
    with pytest.raises(error, match=text):
        ifelse(*arguments)
