"""Relations: their dtype, their truth, closeness."""

import numpy as np
import pytest

import theanolike.tensor as T
from theanolike.gradient.reverse import grad
from theanolike.ops import comparison as ops
from theanolike.ops import find
from theanolike.testing import reference_values

CLOSE = [
    (1.0, 1.0 + 1e-9),
    (1.0, 1.1),
    (np.inf, np.inf),
    (np.inf, -np.inf),
    (np.inf, 1.0),
    (1.0, np.inf),
    (np.nan, np.nan),
    (0.0, 1e-9),
]


def test_relations_are_bool():
    x = T.dvector()
    assert (x > 1).dtype == "bool"
    assert ops.eq(x, x).dtype == "bool"
    assert ops.isnan(T.ivector()).dtype == "bool"


def test_a_relation_has_no_truth_value():
    with pytest.raises(TypeError, match="Variables do not support boolean operations"):
        bool(T.dvector() > 0)


def test_complex_numbers_are_equal_or_not_but_in_no_order():
    z = T.zvector()
    assert ops.eq(z, z).dtype == "bool"
    with pytest.raises(TypeError, match="lt isn't defined"):
        ops.lt(z, z)


@pytest.mark.parametrize("equal_nan", [False, True])
def test_isclose_is_numpys(equal_nan):
    a, b = T.dvector("a"), T.dvector("b")
    first, second = np.array(CLOSE).T
    (got,) = reference_values(
        [ops.isclose(a, b, equal_nan=equal_nan)], {a: first, b: second}
    )
    assert np.array_equal(got, np.isclose(first, second, equal_nan=equal_nan))


def test_integers_are_close_without_wrapping():
    a, b = T.vector("a", dtype="uint8"), T.vector("b", dtype="uint8")
    (got,) = reference_values(
        [ops.isclose(a, b)],
        {a: np.array([0, 5], "uint8"), b: np.array([1, 5], "uint8")},
    )
    assert got.tolist() == [False, True]


def test_allclose_is_one_answer():
    a, b = T.dvector("a"), T.dvector("b")
    (got,) = reference_values(
        [ops.allclose(a, b)], {a: [1.0, 2.0], b: [1.0, 2.0 + 1e-9]}
    )
    assert got.shape == ()
    assert got


def test_a_cost_that_counts_has_a_gradient_of_zero():
    x = T.dvector("x")
    cost = find("sum")(find("cast")(ops.gt(x, 0), "float64"))
    (got,) = reference_values([grad(cost, x)], {x: [1.0, -1.0]})
    assert got.tolist() == [0, 0]
