"""Bits and shifts."""

import numpy as np
import pytest

import theanolike.tensor as T
from theanolike.testing import reference_values


def value(variable, givens):
    return reference_values([variable], givens)[0].tolist()


def test_operators_build_bit_operations():
    x, y = T.lvector("x"), T.lvector("y")
    given = {x: [12, -1], y: [10, 6]}
    assert value(x & y, given) == [8, 6]
    assert value(x | y, given) == [14, -1]
    assert value(x ^ y, given) == [6, -7]
    assert value(~x + 0 * y, given) == [-13, 0]


def test_bools_are_negated_and_not_flipped():
    p = T.vector("p", dtype="bool")
    assert (~p).dtype == "bool"
    assert value(~p, {p: [True, False]}) == [False, True]


def test_shifts_beyond_the_width_move_every_bit_out():
    x, n = T.bvector("x"), T.bvector("n")
    given = {x: np.array([1, 1, 1, -1], "int8"), n: np.array([3, 8, -1, 100], "int8")}
    assert value(x << n, given) == [8, 0, 0, 0]
    assert value(x >> n, given) == [0, 0, 0, -1]


def test_floats_have_no_bits():
    with pytest.raises(TypeError, match="and_ isn't defined for operands of dtype fl"):
        T.dvector() & T.ivector()
