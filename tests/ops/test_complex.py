"""Parts of complex numbers, and the gradient dC/dRe z + i dC/dIm z."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.gradient.reverse import grad
from theanolike.ops import complex as ops
from theanolike.ops.arithmetic import abs_
from theanolike.ops.exponential import exp
from theanolike.testing import reference_values


def value(variable, givens):
    return reference_values([variable], givens)[0]


def test_parts_of_a_real_tensor_are_itself():
    x = T.dvector()
    assert ops.real(x) is x
    assert ops.conj(x) is x
    assert x.real is x


def test_parts_have_the_real_dtype():
    assert T.cvector().real.dtype == "float32"
    assert T.zvector().imag.dtype == "float64"
    assert abs(T.cvector()).dtype == "float32"


def test_small_reals_make_complex64():
    assert ops.complex(T.fvector(), T.bvector()).dtype == "complex64"
    assert ops.complex(T.fvector(), T.dvector()).dtype == "complex128"


def test_polar_coordinates_go_there_and_back():
    r, a = T.dvector("r"), T.dvector("a")
    z = ops.complex_from_polar(r, a)
    given = {r: np.array([1.0, 2.0]), a: np.array([0.5, -3.0])}
    assert np.allclose(value(abs_(z), given), given[r])
    assert np.allclose(value(ops.angle(z), given), given[a])


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        (lambda z: abs_(z) ** 2, lambda z: 2 * z),
        (lambda z: ops.real(z * z), lambda z: 2 * np.conj(z)),
        (ops.imag, lambda z: 1j),
        (lambda z: ops.real(ops.conj(z)), lambda z: 1),
        (ops.angle, lambda z: 1j * z / abs(z) ** 2),
    ],
)
def test_gradients_by_a_complex_number_have_both_parts(cost, expected):
    z = T.zscalar("z")
    at = np.complex128(3 - 4j)
    got = value(grad(cost(z), z), {z: at})
    assert got == pytest.approx(expected(at))


def test_the_gradient_by_a_real_tensor_stays_real():
    x = T.dscalar("x")
    cost = abs_(ops.complex(x, 2 * x)) ** 2
    gradient = grad(cost, x)
    assert gradient.dtype == "float64"
    assert value(gradient, {x: 3.0}) == pytest.approx(30)


def test_transcendental_functions_of_complex_numbers_are_refused():
    with pytest.raises(TypeError, match="exp isn't defined for operands of dtype comp"):
        exp(T.zvector())


def test_factors_of_complex_numbers_are_gathered_without_powers():
    z, at = T.zvector("z"), np.array([3 - 4j, 1j, 0.5])
    products = [(z * 2j) * (z * 2j) * (z * 3), T.sqr(z * 2j) / (z * z * z) * z]
    mode = theano.Mode("py", "fast_run")
    gathered, cancelled = theano.function([z], products, mode=mode)(at)
    np.testing.assert_allclose(gathered, -12 * at**3)
    np.testing.assert_allclose(cancelled, [-4] * 3)


def test_quotients_of_complex_numbers_are_no_logistic_curves():
    z = T.zscalar("z")
    mode = theano.Mode("py", "fast_run")
    outputs = [1 / (z + 1j), z / (2j + z * z), z / T.sqr(z + 2j)]
    at = 1 + 1j
    expected = [1 / (at + 1j), at / (2j + at * at), at / (at + 2j) ** 2]
    np.testing.assert_allclose(theano.function([z], outputs, mode=mode)(at), expected)
