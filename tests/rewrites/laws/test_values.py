"""Each rewrite keeps type and value to its grade."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rewrites.laws.graphs import (
    ROUNDED,
    arguments,
    rewritten,
    same_to_grade,
    same_values,
    value_of,
    values_of,
)
from tests.rewrites.samples.catalogue import each
from theanolike.rewrites.phases import Grade

EDGES = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 5e-324, -1e-310, 1e308, 1e-200]


@each
def test_it_keeps_type_and_value_to_its_grade(name):
    for grade, before, after in rewritten(name):
        old, new = before.outputs[0].type, after.outputs[0].type
        assert old.is_super(new) or old == new
        for seed in range(4):
            same_to_grade(grade, before, after, arguments(before, seed=seed))
        if grade is Grade.EXACT:
            same_to_grade(grade, before, after, arguments(before, edges=EDGES))


# Where nothing overflows, underflows or is absorbed.
PLAIN = [0.0, -0.0, 1.0, -1.0, np.nan, 2.5, -3.0, 7.0]
NAN_TO_THE_ZERO = {"log_of_power_with_exp"}  # NaN ** 0 is 1, 0 * log(NaN) is NaN


@each
def test_it_keeps_zeros_and_nan_to_its_grade(name):
    for grade, before, after in rewritten(name, ROUNDED):
        arrays = arguments(before, edges=PLAIN)
        expected, got = value_of(before, arrays), value_of(after, arrays)
        if name in NAN_TO_THE_ZERO:
            got = np.where(np.isnan(got), expected, got)
        same_values(grade, expected, got)


SCALES = [1e-320, 1e-200, 1e-20, 1e20, 1e200]
# Products that lose digits as subnormal numbers are not made any more.
KEEPS_MORE_DIGITS = {"log_of_sum_of_exp", "log_of_product_with_exp"}


@each
def test_it_keeps_tiny_and_huge_numbers_where_nothing_overflows(name):
    for _, before, after in rewritten(name, ROUNDED):
        plain = arguments(before, seed=2)
        for scale in SCALES[name in KEEPS_MORE_DIGITS :]:
            arrays = [a * scale if a.dtype == "float64" else a for a in plain]
            if not all(stays_in_range(graph, arrays) for graph in (before, after)):
                continue
            expected, got = value_of(before, arrays), value_of(after, arrays)
            least = max(1.0, np.max(np.abs(expected), initial=0.0))
            np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12 * least)


# Numbers that no rounding absorbs, even where it shows in an exponential.
PLAIN_FLOATS = st.just(0.0) | st.floats(1e-3, 8) | st.floats(-8, -1e-3)
drawn = settings(max_examples=20, deadline=None, derandomize=True, database=None)


@each
@drawn
@given(values=st.lists(st.floats(), min_size=1, max_size=4))
def test_it_keeps_all_bits_of_any_numbers_if_it_is_exact(name, values):
    for grade, before, after in rewritten(name, [Grade.EXACT]):
        same_to_grade(grade, before, after, arguments_of(before, values))


@each
@drawn
@given(values=st.lists(PLAIN_FLOATS, min_size=1, max_size=4))
def test_it_keeps_its_grade_on_any_plain_numbers(name, values):
    for _, before, after in rewritten(name, ROUNDED):
        arrays = arguments_of(before, values)
        if all(stays_in_range(graph, arrays) for graph in (before, after)):
            # As exact as the largest number that was added or taken away allows.
            least = 1e-12 * max(largest(graph, arrays) for graph in (before, after))
            expected, got = value_of(before, arrays), value_of(after, arrays)
            np.testing.assert_allclose(got, expected, rtol=1e-9, atol=least)


def arguments_of(fgraph, values):
    """Return arguments whose floats are these values, each input's in another order."""
    return [
        np.resize(values[i % len(values) :] + values, a.shape)
        if a.dtype == "float64"
        else a
        for i, a in enumerate(arguments(fgraph, seed=3))
    ]


def stays_in_range(fgraph, arrays):
    """Tell whether no intermediate result overflows, or is lost by underflow."""
    return all(
        np.isfinite(x).all() and (np.abs(x[x != 0]) < 1e300).all()
        for x in intermediate(fgraph, arrays)
    )


def largest(fgraph, arrays):
    """Return the largest magnitude of arguments and of what is made of them."""
    floats = [a for a in arrays if a.dtype.kind == "f"]
    found = [*floats, *intermediate(fgraph, arrays)]
    return max(1.0, *(np.max(np.abs(x), initial=0.0) for x in found))


def intermediate(fgraph, arrays):
    """Return the floats that a graph's nodes make."""
    wanted = [out for node in fgraph.toposort() for out in node.outputs]
    found = map(np.asarray, values_of(fgraph, wanted, arrays))
    return [x for x in found if x.dtype.kind == "f"]
