"""Rounding modes."""

import pytest

import theanolike.tensor as T
from theanolike.gradient.reverse import grad
from theanolike.ops import rounding
from theanolike.ops.rounding import floor, iround
from theanolike.testing import reference_values

HALVES = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.49999999999999994, 4503599627370497.5]


def value(f):
    x = T.dvector("x")
    return reference_values([f(x)], {x: HALVES})[0].tolist()


def test_halves_go_to_the_even_neighbour_by_default():
    expected = [-2, -2, 0, 0, 2, 2, 0, 4503599627370498]
    assert value(rounding.round) == expected
    assert value(lambda x: x.round()) == expected


def test_halves_go_away_from_zero_on_request():
    expected = [-3, -2, -1, 1, 2, 3, 0, 4503599627370498]
    assert value(lambda x: rounding.round(x, "half_away_from_zero")) == expected


def test_another_mode_is_refused():
    with pytest.raises(ValueError, match="round mode up is not implemented"):
        rounding.round(T.dvector(), "up")


def test_iround_gives_int64():
    assert iround(T.dvector()).dtype == "int64"
    assert value(iround)[:6] == [-2, -2, 0, 0, 2, 2]


def test_integers_stay_as_they_are():
    assert floor(T.ivector()).dtype == "int32"


def test_rounding_is_flat():
    x = T.dscalar("x")
    gradient = grad(rounding.round(x) * x, x)
    assert reference_values([gradient], {x: 2.2})[0] == 2
