"""Products of matrices inside of loops: the unit's own kernel, alone and in teams."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike import _runtime
from theanolike.graph.traverse import ancestors

pytestmark = pytest.mark.compiler


def on_threads(counts, call):
    """Return what a call gives on each number of threads."""
    before = _runtime.threads()
    found = []
    try:
        for count in counts:
            _runtime.set_threads(count)
            found.append(call())
    finally:
        _runtime.set_threads(before)
    return found


def mixed(h, w, v):
    """Return products of fixed and of moving factors, of both layouts each."""
    fixed = T.tanh(0.5 * T.dot(T.dot(h, w), v.T) - 2 * h)
    return fixed + 0.1 * T.dot(h, T.dot(h.T, fixed)) + T.dot(T.dot(h, h.T), h) * 0.01


def products(dtype, n_steps):
    h, w, v = (T.matrix(n, dtype=dtype) for n in "hwv")
    last = theano.scan(mixed, outputs_info=h, non_sequences=[w, v], n_steps=n_steps)
    return [h, w, v], last[0][-1]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_products_of_all_shapes_and_layouts_are_those_of_numpy(rng, dtype):
    inputs, last = products(dtype, 2)
    f = theano.function(inputs, last)
    assert f.plan.count("product: ") == 6
    assert "library" not in f.plan
    slow = theano.function(inputs, last, mode="FAST_COMPILE")
    shapes = [(1, 1, 1), (8, 32, 3), (9, 33, 40), (3, 70, 300), (0, 2, 3), (2, 0, 3)]
    for m, n, k in [*shapes, (2, 3, 0)]:
        given = [
            (rng.normal(size=s) / max(k, 1) ** 0.5).astype(dtype)
            for s in ((m, k), (k, n), (k, n))
        ]
        tolerance = 1e-4 if dtype == "float32" else 1e-12
        np.testing.assert_allclose(f(*given), slow(*given), tolerance, tolerance)


def test_products_in_a_team_have_the_same_bits_on_any_number_of_threads(rng):
    inputs, last = products("float32", 5)
    f = theano.function(inputs, last)
    assert "shared among threads" in f.plan
    for m, n, k in [(70, 90, 50), (9, 300, 310)]:
        given = [
            (rng.normal(size=s) / k**0.5).astype("float32")
            for s in ((m, k), (k, n), (k, n))
        ]
        first, *others = on_threads((1, 2, 3, 5), lambda g=given: f(*g))
        np.testing.assert_allclose(first, f(*given))
        for other in others:
            np.testing.assert_array_equal(other, first)


def cell(x, h, c, u):
    """Return the next states of a long short-term memory whose gates start as x."""
    n = 40
    z = x + T.dot(h, u)
    take, keep, show = (T.nnet.sigmoid(z[:, k * n : (k + 1) * n]) for k in range(3))
    c = keep * c + take * T.tanh(z[:, 3 * n :])
    return show * T.tanh(c), c


def test_gates_of_a_recurrent_net_are_computed_by_a_team(rng):
    # The gates are rows of a buffer that each thread has for itself.
    xs, u, h = T.dtensor3("xs"), T.dmatrix("u"), T.dmatrix("h")
    (hs, cs), _ = theano.scan(cell, sequences=xs, outputs_info=[h, h], non_sequences=u)
    outputs = [hs, *T.grad((hs[-1] * cs[-1]).sum(), [u, xs])]
    f = theano.function([xs, u, h], outputs)
    assert f.plan.count("shared among threads") == 2
    slow = theano.function([xs, u, h], outputs, mode="FAST_COMPILE")
    given = [rng.normal(size=s) * 0.3 for s in ((7, 30, 160), (40, 160), (30, 40))]
    wanted = slow(*given)
    first, *others = on_threads((1, 2, 3, 4), lambda: f(*given))
    for got, expected in zip(first, wanted, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-12)
    for other in others:
        for got, expected in zip(other, first, strict=True):
            np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_fixed_left_factor_is_packed_for_the_transposed_product(rng, dtype):
    h, w, v = (T.matrix(n, dtype=dtype) for n in "hwv")

    def step(h, w, v):
        return T.tanh(T.dot(w, h) * 0.5 - h) + 0.3 * T.dot(v.T, h) + 0.5 * h

    last = theano.scan(step, outputs_info=h, non_sequences=[w, v], n_steps=3)[0][-1]
    f = theano.function([h, w, v], last)
    assert f.source.count(", true}") == 2
    slow = theano.function([h, w, v], last, mode="FAST_COMPILE")
    tolerance = 2e-4 if dtype == "float32" else 1e-11
    for n, columns in [(1, 1), (40, 3), (33, 40), (300, 9), (0, 2), (2, 0)]:
        given = [
            (rng.normal(size=s) / max(n, 1) ** 0.5).astype(dtype)
            for s in ((n, columns), (n, n), (n, n))
        ]
        first, *others = on_threads((1, 2, 3), lambda g=given: f(*g))
        np.testing.assert_allclose(first, slow(*given), tolerance, tolerance)
        for other in others:
            np.testing.assert_array_equal(other, first)


def test_threads_with_rows_of_their_own_need_not_wait(rng):
    h, w, scale = T.dmatrix("h"), T.dmatrix("w"), T.dvector("scale")
    steps = {
        "own": lambda h: T.tanh(T.dot(T.sin(h) * scale, w) + h[:, :1]),
        "plain": lambda h: T.tanh(h) * 1.01 + scale,
        "softmax": lambda h: T.nnet.softmax(T.dot(h, w)) + h / 2,
        "turned": lambda h: T.tanh(h) + h[::-1],
        "first": lambda h: T.tanh(T.dot(h, w)) + h[:1] * 0.5,
    }
    found = {}
    for name, step in steps.items():
        hs, _ = theano.scan(step, outputs_info=h, n_steps=6)
        read = set(ancestors([hs]))
        inputs = [v for v in (h, w, scale) if v in read]
        f = theano.function(inputs, hs)
        slow = theano.function(inputs, hs, mode="FAST_COMPILE")
        columns = 300 if w in inputs else 900
        assert "shared among threads" in f.plan
        found[name] = "shared among threads by rows" in f.plan
        for rows in (25, 17):
            shapes = {h: (rows, columns), w: (columns, columns), scale: (columns,)}
            given = [rng.normal(size=shapes[v]) / 15 for v in inputs]
            first, *others = on_threads((1, 2, 3), lambda g=given, f=f: f(*g))
            np.testing.assert_allclose(first, slow(*given), rtol=1e-9, atol=1e-11)
            for other in others:
                np.testing.assert_array_equal(other, first)
    by_rows = {name for name, apart in found.items() if apart}
    assert by_rows == {"own", "plain", "softmax"}


def test_shapes_that_differ_in_a_team_are_an_error_that_names_the_step(rng):
    h, u = T.dmatrix("h"), T.dmatrix("u")
    last = theano.scan(
        lambda h: T.dot(T.tanh(h), u), outputs_info=h, n_steps=3, name="turning"
    )[0][-1]
    f = theano.function([h, u], last)
    assert "shared among threads" in f.plan
    wrong = np.ones((90, 80))

    def message():
        with pytest.raises(ValueError, match="turning") as problem:
            f(wrong, wrong)
        return str(problem.value)

    assert len(set(on_threads((1, 2, 3), message))) == 1
    value = rng.normal(size=(90, 80)) / 9
    square = rng.normal(size=(80, 80)) / 9
    wanted = value
    for _ in range(3):
        wanted = np.tanh(wanted) @ square
    np.testing.assert_allclose(f(value, square), wanted, rtol=1e-10, atol=1e-12)


def test_products_that_no_team_computes_are_divided_by_themselves(rng):
    # A loop that may stop has no team; products of 1e9 are left to BLAS.
    h, w = T.fmatrices("h", "w")

    def step(h, w):
        new = T.tanh(T.dot(h.T, w.T) + h)
        return new, theano.scan_module.until(new[0, 0] > 2)

    last = theano.scan(step, outputs_info=h, non_sequences=w, n_steps=2)[0][-1]
    f = theano.function([h, w], last)
    assert "shared among threads" not in f.plan
    for n in (5, 300, 1010):
        value, weights = rng.normal(size=(2, n, n)).astype("float32") / n**0.5
        first, *others = on_threads((1, 2, 3), lambda v=value, w=weights: f(v, w))
        wanted = value
        for _ in range(2):
            wanted = np.tanh(wanted.T @ weights.T + wanted)
        np.testing.assert_allclose(first, wanted, rtol=1e-4, atol=1e-4)
        for other in others if n < 1000 else ():
            np.testing.assert_array_equal(other, first)


ENDLESS = """
w = theano.shared(np.eye(300), "w")
last = theano.scan(lambda h: T.dot(T.cos(h), h), outputs_info=w, n_steps=10**12)[0][-1]
f = theano.function([], [], updates={w: last})
assert "shared among threads" in f.plan
"""


def test_a_team_with_products_stops_at_ctrl_c_and_leaves_what_was(stopped_by_ctrl_c):
    said, error = stopped_by_ctrl_c(
        ENDLESS, "f()", "print(bool((w.get_value() == np.eye(300)).all()))"
    )
    assert said == ["stopped True", "True"], error


def test_a_product_whose_shape_alone_a_loop_reads_is_not_computed(rng):
    # The gradient of a sum asks for the shapes of what was added.
    xs, h = T.dtensor3("xs"), T.dmatrix("h")
    w, u = T.dmatrices("w", "u")
    hs, _ = theano.scan(
        lambda x, h, w, u: T.tanh(T.dot(x, w) + T.dot(h, u)),
        sequences=xs,
        outputs_info=h,
        non_sequences=[w, u],
    )
    outputs = T.grad((hs[-1] ** 2).sum(), [w, u])
    f = theano.function([xs, h, w, u], outputs)
    outside = [line for line in f.plan.splitlines() if line.startswith("product")]
    assert len(outside) == 3  # of all rows by w, and the two gradients
    slow = theano.function([xs, h, w, u], outputs, mode="FAST_COMPILE")
    given = [rng.normal(size=s) * 0.3 for s in ((6, 9, 5), (9, 7), (5, 7), (7, 7))]
    for got, wanted in zip(f(*given), slow(*given), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-10, atol=1e-12)
