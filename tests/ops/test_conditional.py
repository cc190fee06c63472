"""Choices between elements, and the structural zeros of their gradients."""

import numpy as np
import pytest

import theanolike.tensor as T
from theanolike.gradient.reverse import grad
from theanolike.ops import find
from theanolike.ops.comparison import gt
from theanolike.ops.conditional import (
    clip,
    largest,
    masked,
    maximum,
    minimum,
    smallest,
    switch,
    where,
)
from theanolike.ops.exponential import log, sqrt
from theanolike.testing import reference_values


def gradients(cost, x, at):
    """Return the first and second derivative of the sum of `cost` at `at`."""
    total = find("sum")
    first = grad(total(cost), x)
    second = grad(total(first), x)
    return [g.tolist() for g in reference_values([first, second], {x: np.array(at)})]


def value(variable, givens):
    return reference_values([variable], givens)[0].tolist()


def test_the_arm_not_chosen_adds_nothing_even_where_it_is_infinite():
    x = T.dvector("x")
    first, second = gradients(switch(gt(x, 0), log(x), 0.0), x, [0.0, 2.0, -1.0])
    assert first == [0, 0.5, 0]
    assert second == [0, -0.25, 0]


def test_a_square_root_is_guarded_on_either_arm():
    x = T.dvector("x")
    first, second = gradients(switch(gt(x, 0), 0.0, sqrt(-x)), x, [0.5, -4.0])
    assert first == [0, -0.25]
    assert second == [0, -1 / 32]


def test_a_condition_of_any_dtype_holds_where_it_is_not_zero():
    c, x = T.dvector("c"), T.dvector("x")
    chosen = switch(c, x, -x)
    assert value(chosen, {c: [1e-300, 0.0, -2.0], x: [1.0, 1.0, 1.0]}) == [1, -1, 1]


def test_a_condition_has_no_part_in_the_dtype():
    c, x = T.dvector(), T.fvector()
    assert switch(c, x, 0).dtype == "float32"
    assert switch(c, x, T.lvector()).dtype == "float64"


def test_two_python_numbers_promote_as_they_do_alone():
    c = T.vector(dtype="bool")
    assert switch(c, 1, 0).dtype == "int64"


def test_where_is_switch():
    c, x = T.vector("c", dtype="bool"), T.dvector("x")
    assert value(where(c, x, 7), {c: [True, False], x: [1.0, 2.0]}) == [1, 7]


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_the_first_operand_takes_the_gradient_of_a_tie(name):
    x, y = T.dscalar("x"), T.dscalar("y")
    by_x, by_y = grad(find(name)(x, y), [x, y])
    assert value(by_x, {x: 1.0, y: 1.0}) == 1
    assert value(by_y, {x: 1.0, y: 1.0}) == 0


def test_nan_wins_over_numbers():
    x, y = T.dvector("x"), T.dvector("y")
    given = {x: [np.nan, 1.0], y: [1.0, np.nan]}
    assert np.isnan(value(maximum(x, y), given)).all()
    assert np.isnan(value(minimum(x, y), given)).all()


def test_the_gradient_of_clip_is_one_on_its_bounds():
    x = T.dvector("x")
    first, _ = gradients(clip(x, -1, 1) * 1.0, x, [-2.0, -1.0, 0.0, 1.0, 2.0])
    assert first == [0, 1, 1, 1, 0]


def test_clip_takes_bounds_by_name_and_none():
    x = T.dvector("x")
    given = {x: [-5.0, 5.0]}
    assert value(clip(x, min=-1, max=1), given) == [-1, 1]
    assert value(clip(x, None, 1), given) == [-5, 1]
    assert value(clip(x, -1), given) == [-1, 5]
    assert value(x.clip(-1, 1), given) == [-1, 1]


def test_clip_keeps_the_logarithm_of_what_it_cuts_finite():
    x = T.dvector("x")
    first, second = gradients(log(maximum(x, 1e-3)), x, [0.0, 2.0])
    assert first == [0, 0.5]
    assert second == [0, -0.25]


def test_masked_is_closed_under_differentiation():
    x = T.dvector("x")
    first, second = gradients(masked(gt(x, 0), 1 / x), x, [0.0, 2.0])
    assert first == [0, -0.25]
    assert second == [0, 0.25]


def test_masked_by_everywhere_is_the_value_itself():
    x = T.dvector()
    assert masked(None, x) is x


def test_largest_and_smallest_take_any_number():
    x = T.dvector("x")
    assert value(largest(x, 2, 0 * x), {x: [-1.0, 5.0]}) == [2, 5]
    assert value(smallest(x, 2, 0 * x), {x: [-1.0, 5.0]}) == [-1, 0]
    with pytest.raises(TypeError, match="one argument or more"):
        largest()
