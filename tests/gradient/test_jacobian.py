"""`jacobian` and `hessian`."""

import numpy as np
import pytest

import theanolike.types.constructors as C
from theanolike.errors import DisconnectedInputError, InputTypeError
from theanolike.gradient import grad, hessian, jacobian
from theanolike.graph.traverse import toposort
from theanolike.types.variable import functions

f = functions()


def test_the_jacobian_has_a_row_per_element(value):
    x = C.dvector("x")
    got = value(jacobian(f.exp(x) * f.sum(x), x), {x: [1.0, 2.0]})
    e = np.exp([1.0, 2.0])
    np.testing.assert_allclose(got, np.diag(3 * e) + e[:, None])


def test_the_jacobian_by_several_is_one_loop(value):
    x, s = C.dvector("x"), C.dscalar("s")
    by_x, by_s = jacobian(x * x * s, [x, s])
    given = {x: [1.0, 2.0], s: 3.0}
    np.testing.assert_allclose(value(by_x, given), np.diag([6.0, 12.0]))
    np.testing.assert_allclose(value(by_s, given), [1.0, 4.0])
    assert by_x.owner is by_s.owner


def test_the_jacobian_by_a_matrix_has_three_dims(value):
    m = C.dmatrix("m")
    got = value(jacobian(f.sum(m**2, axis=1), m), {m: [[1.0, 2.0], [3.0, 4.0]]})
    expected = np.zeros((2, 2, 2))
    expected[0, 0] = [2, 4]
    expected[1, 1] = [6, 8]
    np.testing.assert_allclose(got, expected)


def test_the_jacobian_of_a_scalar_is_its_gradient(value):
    x = C.dvector("x")
    got = value(jacobian(f.sum(x**2), x), {x: [1.0, 2.0]})
    np.testing.assert_allclose(got, [2, 4])


def test_the_jacobian_of_a_matrix_is_refused():
    m = C.dmatrix("m")
    with pytest.raises(InputTypeError, match="1 dimensional variable as `expression`"):
        jacobian(m * 2, m)


def test_a_disconnected_jacobian_is_an_error_or_zeros(value):
    x, z = C.dvectors("x", "z")
    with pytest.raises(DisconnectedInputError):
        jacobian(x * 2, z)
    zeros = jacobian(x * 2, z, disconnected_inputs="ignore")
    given = {x: [1.0, 2.0], z: [1.0, 2.0, 3.0]}
    np.testing.assert_array_equal(value(zeros, given), np.zeros((2, 3)))


def test_the_hessian_is_the_second_derivative(value):
    x = C.dvector("x")
    cost = f.sum(x**3) + f.sum(x) ** 2
    got = value(hessian(cost, x), {x: [1.0, 2.0]})
    np.testing.assert_allclose(got, [[8, 2], [2, 14]])


def test_the_hessian_by_several_is_a_list_of_their_own_blocks(value):
    x, y = C.dvectors("x", "y")
    by_x, by_y = hessian(f.sum(x**2 * y**3), [x, y])
    given = {x: [2.0], y: [3.0]}
    assert value([by_x, by_y], given) == [[[54]], [[72]]]


def test_the_hessian_by_a_matrix_is_refused():
    m = C.dmatrix("m")
    with pytest.raises(InputTypeError, match="1 dimensional variable as `wrt`"):
        hessian(f.sum(m**2), m)


def test_what_all_rows_share_is_computed_before_the_loop():
    x = C.dvector("x")
    (loop,) = [n for n in toposort([jacobian(f.exp(x), x)]) if "Loop" in str(n.op)]
    assert "Elemwise{exp}" not in [str(n.op) for n in loop.op.graph.nodes]


def test_the_gradient_of_a_jacobian_goes_through_its_loop(value):
    x = C.dvector("x")
    total = f.sum(jacobian(x**3, x))
    np.testing.assert_allclose(value(grad(total, x), {x: [1.0, 2.0]}), [6, 12])
