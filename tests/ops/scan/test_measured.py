"""Rows and branches whose shapes are known by value only."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T

ifelse = theano.ifelse.ifelse
until = theano.scan_module.until


@theano.as_op(itypes=[T.dvector], otypes=[T.dvector])
def positive(v):
    return v[v > 0]


@pytest.fixture(params=[None, "FAST_COMPILE"], ids=["default", "interpreted"])
def function(request):
    def make(inputs, outputs, **options):
        return theano.function(inputs, outputs, mode=request.param, **options)

    return make


def test_rows_of_one_shape_may_have_it_by_value(function):
    x, k = T.dvector("x"), T.lvector("k")
    slices, _ = theano.scan(lambda i: T.sin(x[:i]), k)
    back, _ = theano.scan(lambda i: x[i:], k, go_backwards=True)
    nested, _ = theano.scan(
        lambda i: theano.scan(lambda j: x[:i] * j, T.arange(i + 1))[0], k
    )
    (ranges, counts), _ = theano.scan(
        lambda i, s: [T.arange(s), s + 0 * i], k, [None, T.constant(3)]
    )
    stopped, _ = theano.scan(lambda i: (x[:i], until(i > 1)), k)
    cost = (slices**2).sum() + back.sum() + nested.sum() + stopped.sum()
    f = function(
        [x, k], [slices, back, nested, ranges, counts, stopped, T.grad(cost, x)]
    )
    xs = np.arange(1.0, 6)
    got = f(xs, [2, 2])
    np.testing.assert_allclose(got[0], np.tile(np.sin(xs[:2]), (2, 1)))
    np.testing.assert_array_equal(got[1], np.tile(xs[2:], (2, 1)))
    np.testing.assert_array_equal(
        got[2], np.tile(np.outer(range(3), xs[:2]), (2, 1, 1))
    )
    np.testing.assert_array_equal(got[3], np.tile(np.arange(3), (2, 1)))
    np.testing.assert_array_equal(got[4], [3, 3])
    np.testing.assert_array_equal(got[5], [xs[:2]])
    slope = np.array([7.0, 7, 2, 2, 2])
    slope[:2] += 2 * np.sin(2 * xs[:2])
    np.testing.assert_allclose(got[6], slope)
    got = f(xs, [])
    assert [len(v) for v in got] == [0, 0, 0, 0, 0, 0, 5]
    np.testing.assert_array_equal(got[6], 0)


def test_rows_of_other_shapes_name_the_scan_the_step_and_both(function):
    x, k, m = T.dvector("x"), T.lvector("k"), T.dmatrix("m")
    text = r"output 0 of scan ragged has shape \({},\) at step 1, and \({},\) at steps"
    for row, sequence, values, shapes in (
        (lambda i: x[:i], k, [2, 3, 2], (3, 2)),
        (T.arange, k, [4, 2], (2, 4)),
        (lambda r: r.nonzero()[0], m, [[1, 0], [1, 1]], (2, 1)),
        (positive, m, [[1, -1], [1, 1]], (2, 1)),
    ):
        rows, _ = theano.scan(row, sequence, name="ragged")
        f = function([x, sequence], rows, on_unused_input="ignore")
        # A user's op isn't called again to tell more.
        wanted = "scan ragged" if row is positive else text.format(*shapes)
        with pytest.raises(ValueError, match=wanted) as info:
            f(np.ones(5), values)
        assert "test_measured.py" in str(info.value)


def test_users_ops_make_rows_and_are_called_in_the_branch_taken(function):
    c, m = T.iscalar("c"), T.dmatrix("m")
    rows, _ = theano.scan(positive, m)
    chosen = ifelse(c, positive(m[0]) * 2, m[1, 5:])
    f = function([c, m], [rows, chosen])
    got = f(1, [[1.0, -1, 2], [-3, 4, 5]])
    np.testing.assert_array_equal(got[0], [[1, 2], [4, 5]])
    np.testing.assert_array_equal(got[1], [2, 4])


def test_branches_may_have_shapes_by_value(function):
    c, n, x = T.iscalar("c"), T.lscalar("n"), T.dvector("x")
    chosen = ifelse(c, x[(x > 2).nonzero()] * 2, x[n] * x[:1])
    f = function([c, n, x], [chosen, T.grad((chosen**2).sum(), x)])
    value, slope = f(1, 99, [1.0, 2, 3, 4])
    np.testing.assert_array_equal(value, [6, 8])
    np.testing.assert_array_equal(slope, [0, 0, 24, 32])
    value, slope = f(0, 2, [1.0, 2, 3, 4])
    np.testing.assert_array_equal(value, [3])
    np.testing.assert_array_equal(slope, [18, 0, 6, 0])


def test_rows_longer_than_their_room_are_refused_before_they_are_written():
    x, k = T.dvector("x"), T.lvector("k")
    for row in (T.arange, lambda i: x[:i], lambda i: T.sin(x[:i]) + i):
        rows, _ = theano.scan(row, k)
        f = theano.function([x, k], rows, on_unused_input="ignore")
        with pytest.raises(ValueError, match=r"shape \(3000000,\) at step 1"):
            f(np.ones(3_000_000), [1, 3_000_000])
        assert f(np.ones(3), [2, 2]).shape == (2, 2)
