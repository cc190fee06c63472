"""What a build supposes of the arguments' extents, and what serves the others."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.codegen.builder import Builder
from theanolike.codegen.lowering import Literal, Size, select
from theanolike.codegen.shapes import add, maximum, minimum, where_negative
from theanolike.codegen.suppose import Suppositions


def gates():
    z, c = T.dmatrices("z", "c")
    i, f, o, g = z[:, :4], z[:, 4:8], z[:, 8:12], z[:, 12:]
    state = T.nnet.sigmoid(f) * c + T.nnet.sigmoid(i) * T.tanh(g)
    return theano.function([z, c], T.nnet.sigmoid(o) * T.tanh(state))


def expected_gates(z, c):
    sigmoid = lambda x: 1 / (1 + np.exp(-x))  # noqa: E731
    state = sigmoid(z[:, 4:8]) * c + sigmoid(z[:, :4]) * np.tanh(z[:, 12:])
    return sigmoid(z[:, 8:12]) * np.tanh(state)


def test_slices_of_one_width_are_one_nest():
    assert gates().plan.splitlines()[-1] == "nests: 1, buffers: 0"


@pytest.mark.parametrize(
    "columns", [(16, 4), (13, 4), (13, 1), (16, 1)], ids=lambda pair: f"{pair[0]}"
)
def test_slices_broadcast_where_one_of_them_is_a_single_column(rng, columns):
    z, c = rng.normal(size=(3, columns[0])), rng.normal(size=(3, columns[1]))
    np.testing.assert_allclose(gates()(z, c), expected_gates(z, c), rtol=1e-12)


def test_a_build_for_short_slices_stands_beside_the_first(rng):
    x = T.dvector("x")
    f = theano.function([x], [x[:5] * 2, x[2:7] + 1])
    for length in (9, 3, 9, 0, 1, 7, 6):
        value = rng.normal(size=length)
        for got, wanted in zip(f(value), (value[:5] * 2, value[2:7] + 1), strict=True):
            np.testing.assert_array_equal(got, wanted)


def windows(k):
    """Return the sum of windows of x, which move to the right, and of y."""
    x, y = T.dvectors("x", "y")
    rows, _ = theano.scan(lambda d: x[d : d + k] + y, sequences=T.arange(4))
    return [k, x, y], rows


def test_windows_that_move_with_the_steps_are_as_wide_as_what_they_meet(rng):
    f = theano.function(*windows(T.lscalar("k")))
    steps = f.source[f.source.index("tl_compute") :]
    assert steps.count("TL_BROADCAST") == 1
    x, y = rng.normal(size=(2, 9))
    expected = [x[d : d + 5] + y[:5] for d in range(4)]
    np.testing.assert_array_equal(f(5, x, y[:5]), expected)
    for k, width in [(1, 3), (5, 1), (1, 1), (6, 6)]:
        rows = np.array([x[d : d + k] + y[:width] for d in range(4)])
        np.testing.assert_array_equal(f(k, x, y[:width]), rows)
    with pytest.raises(ValueError, match="mis-match"):
        f(5, x, y[:4])


def test_slices_of_two_widths_are_the_users_error():
    x, y = T.dvectors("x", "y")
    f = theano.function([x, y], x[:5] + y[3:9])
    with pytest.raises(ValueError, match="mis-match") as info:
        f(np.zeros(9), np.zeros(9))
    assert "(5,)" in str(info.value)
    assert "(6,)" in str(info.value)


def test_the_second_build_has_its_own_constants(rng):
    table = rng.normal(size=300)
    x, y = T.dvectors("x", "y")
    f = theano.function([x, y], (x[:200] * y).sum() + (T.constant(table) * 2).sum())
    for length in (250, 100):
        a, b = rng.normal(size=length), rng.normal(size=min(length, 200))
        wanted = (a[:200] * b).sum() + 2 * table.sum()
        np.testing.assert_allclose(f(a, b), wanted)


def test_a_short_slice_inside_of_a_loop_is_served(rng):
    w, x = T.dmatrix("w"), T.dmatrix("x")

    def step(row, state):
        z = T.dot(row, w)
        return state[:3] * 0.5 + z[:3] * z[3:6]

    states, _ = theano.scan(step, sequences=x, outputs_info=T.zeros(3))
    f = theano.function([x, w], states[-1])
    for width in (6, 7, 4):
        a, b = rng.normal(size=(4, 2)), rng.normal(size=(2, width))
        state = np.zeros(3)
        for row in a:
            z = row @ b
            state = state[:3] * 0.5 + z[:3] * z[3:6]
        np.testing.assert_allclose(f(a, b), state)


def test_updates_are_made_once_though_two_builds_run():
    count = theano.shared(np.zeros(2), "count")
    x = T.dvector("x")
    f = theano.function([x], x[:4].sum(), updates={count: count + x[:4].sum()})
    f(np.ones(6))
    f(np.ones(3))
    np.testing.assert_array_equal(count.get_value(), [7, 7])


def test_only_what_slices_need_is_supposed():
    b = Builder(supposed=Suppositions())
    n = b.input("float64", (None,)).shape[0]
    assert b.suppose(minimum(add(n, 2), 7)) == 7
    assert b.supposed.least == {n: 5}
    assert b.suppose(maximum(add(n, -5), 0)) is add(n, -5)
    longer = maximum(add(n, -6), 0)
    assert b.suppose(longer) is longer
    assert b.supposed.least == {n: 5}


def test_what_can_not_be_negative_is_compared_with_nothing(rng):
    x = T.dtensor3("x")
    flat = x[1:].reshape((-1, 4))
    f = theano.function([x], (flat * 2).reshape((x[1:].shape[0], x.shape[1], 4)))
    assert "nests: 1," in f.plan
    for length in (3, 1, 0):
        value = rng.normal(size=(length, 2, 4))
        np.testing.assert_array_equal(f(value), value[1:] * 2)


def test_what_is_supposed_decides_choices_of_extents():
    b = Builder(supposed=Suppositions())
    n = b.input("float64", (None,)).shape[0]
    one = b.map((), "int64", lambda: Size(n))
    less = b.map((), "bool", lambda: one.at() + Literal(-1, "int64") < 0)
    chosen = b.map(
        (), "int64", lambda: select(less.at(), one.at(), Literal(7, "int64"))
    )
    assert b.item(chosen) == where_negative(add(n, -1), n, 7)
    b.suppose(minimum(n, 4))
    again = b.map((), "int64", lambda: select(less.at(), one.at(), Literal(7, "int64")))
    assert b.item(again) == 7
    equal = b.map((), "int64", lambda: select(one.at().equals(1), one.at(), one.at()))
    assert b.item(equal) is n
