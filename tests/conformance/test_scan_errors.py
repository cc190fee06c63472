"""A step that fails names its scan, its step and the user's line."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T

both = pytest.mark.parametrize("mode", [None, "FAST_COMPILE"])


def lines_of(info):
    return str(info.value).splitlines()


@both
def test_an_index_out_of_bounds_names_the_step(mode):
    x, places = T.dvector("x"), T.lvector("places")

    def step(place, total):
        return total + x[place]

    sums, _ = theano.scan(
        step, sequences=places, outputs_info=T.constant(0.0), name="walk"
    )
    f = theano.function([x, places], sums, mode=mode)
    np.testing.assert_allclose(f([1.0, 2.0], [0, 1, 1]), [1, 3, 5])
    with pytest.raises(IndexError, match="out of bounds") as info:
        f([1.0, 2.0], [0, 1, 7, 0])
    (told,) = [line for line in lines_of(info) if "of the scan" in line]
    assert told.startswith("  in step 2 (of 0, 1...) of the scan walk written at ")
    assert "test_scan_errors.py" in told
    assert "  x: float64 of shape (2,)" in lines_of(info)
    assert "  places[t]: int64 of shape ()" in lines_of(info)
    written = [line for line in lines_of(info) if line.startswith("  written at")]
    assert written[0].endswith(
        f"test_scan_errors.py:{step.__code__.co_firstlineno + 1}"
    )


@both
def test_scans_in_scans_name_the_steps_of_both(mode):
    table, x = T.lmatrix("table"), T.dvector("x")

    def outer(row):
        inner, _ = theano.scan(
            lambda k, s: s + x[k], row, T.constant(0.0), name="inner"
        )
        return inner[-1]

    sums, _ = theano.scan(outer, sequences=table, name="outer")
    f = theano.function([table, x], sums, mode=mode)
    given = np.zeros((4, 5), "int64")
    given[3, 1] = 9
    with pytest.raises(IndexError) as info:
        f(given, [1.0])
    told = [line for line in lines_of(info) if "of the scan" in line]
    assert [line.split(" written")[0] for line in told] == [
        "  in step 1 (of 0, 1...) of the scan inner",
        "  in step 3 (of 0, 1...) of the scan outer",
    ]


@both
def test_shapes_that_differ_at_a_step_name_it(mode):
    x, n = T.dvector("x"), T.lvector("n")
    sums, _ = theano.scan(
        lambda k, s: s + (x[:k] * x[:2]).sum(), n, T.constant(0.0), name="pieces"
    )
    f = theano.function([x, n], sums, mode=mode)
    with pytest.raises(ValueError, match="step 1 .* of the scan pieces"):
        f(np.ones(5), [2, 3, 2])


@both
def test_a_users_op_that_raises_is_an_error_of_its_own(mode):
    @theano.as_op(itypes=[T.dscalar], otypes=[T.dscalar])
    def picky(v):
        if v > 2:
            raise RuntimeError("too much")
        return np.asarray(v * 2)

    x = T.dvector("x")
    f = theano.function([x], theano.map(picky, x)[0], mode=mode)
    np.testing.assert_allclose(f([1.0, 2.0]), [2, 4])
    with pytest.raises(RuntimeError, match="too much"):
        f([1.0, 3.0])


def test_many_steps_are_not_computed_again_to_tell_more():
    places, x = T.lvector("places"), T.dvector("x")
    sums, _ = theano.scan(lambda k, s: s + x[k], places, T.constant(0.0), name="long")
    f = theano.function([places, x], sums)
    given = np.zeros(1_000_000, "int64")
    given[-1] = 3
    with pytest.raises(IndexError, match="step 999999 .* of the scan long"):
        f(given, [1.0, 2.0])


def test_a_failing_choice_in_a_loop_tells_what_it_read():
    x, places = T.dvector("x"), T.lvector("places")
    sums, _ = theano.scan(
        lambda k, s: theano.ifelse.ifelse(k > 0, s + x[k], s), places, T.constant(0.0)
    )
    f = theano.function([x, places], sums)
    with pytest.raises(IndexError, match="step 2") as info:
        f([1.0, 2.0], [0, 1, 5])
    assert "  x: float64 of shape (2,)" in lines_of(info)


def test_nothing_is_lost_when_a_step_fails():
    w = theano.shared(np.arange(3.0), "w")
    places = T.lvector("places")
    rows, updates = theano.scan(
        lambda k: (w[k], {w: T.inc_subtensor(w[k], 1.0)}), sequences=places
    )
    f = theano.function([places], rows, updates=updates)
    with pytest.raises(IndexError):
        f([0, 1, 2, 3])
    np.testing.assert_array_equal(w.get_value(), [0, 1, 2])
    f([0, 0, 1])
    np.testing.assert_array_equal(w.get_value(), [2, 2, 2])
