"""The scan programs of Theano's tutorial and library pages, with their results."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T

both = pytest.mark.parametrize("mode", [None, "FAST_COMPILE"])


@both
def test_powers_of_a_vector(mode):
    k, A = T.iscalar("k"), T.vector("A")
    result, updates = theano.scan(
        fn=lambda prior, A: prior * A,
        outputs_info=T.ones_like(A),
        non_sequences=A,
        n_steps=k,
    )
    power = theano.function([A, k], result[-1], updates=updates, mode=mode)
    squares = [0, 1, 4, 9, 16, 25, 36, 49, 64, 81]
    np.testing.assert_array_equal(power(range(10), 2), squares)
    fourth = [0, 1, 16, 81, 256, 625, 1296, 2401, 4096, 6561]
    np.testing.assert_array_equal(power(range(10), 4), fourth)


@both
def test_a_polynomial(mode):
    coefficients, x = T.vector("coefficients"), T.scalar("x")
    components, _ = theano.scan(
        fn=lambda coefficient, power, x: coefficient * (x**power),
        outputs_info=None,
        sequences=[coefficients, T.arange(10000)],
        non_sequences=x,
    )
    polynomial = theano.function([coefficients, x], components.sum(), mode=mode)
    assert polynomial(np.asarray([1, 0, 2], "float64"), 3) == 19.0


@both
def test_sums_of_a_range_keep_its_dtype(mode):
    up_to = T.iscalar("up_to")
    seq = T.arange(up_to)
    start = T.as_tensor_variable(np.asarray(0, seq.dtype))
    result, _ = theano.scan(
        fn=lambda value, total: total + value, outputs_info=start, sequences=seq
    )
    triangular = theano.function([up_to], result, mode=mode)
    expected = [0, 1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 66, 78, 91, 105]
    np.testing.assert_array_equal(triangular(15), expected)
    assert triangular(4).dtype == seq.dtype


@both
def test_values_at_locations_of_a_matrix(mode):
    location, values = T.imatrix("location"), T.vector("values")
    model = T.matrix("model")

    def at(place, value, model):
        zeros = T.zeros_like(model)
        return T.set_subtensor(zeros[place[0], place[1]], value)

    result, _ = theano.scan(
        fn=at, outputs_info=None, sequences=[location, values], non_sequences=model
    )
    assign = theano.function([location, values, model], result, mode=mode)
    places = np.asarray([[1, 1], [2, 3]], "int32")
    got = assign(places, [42, 50], np.zeros((5, 5)))
    expected = np.zeros((2, 5, 5))
    expected[0, 1, 1], expected[1, 2, 3] = 42, 50
    np.testing.assert_array_equal(got, expected)


@both
def test_tanh_of_each_row(mode, rng):
    X, W, b = T.matrix("X"), T.matrix("W"), T.vector("b")
    results, _ = theano.scan(lambda v: T.tanh(T.dot(v, W) + b), sequences=X)
    f = theano.function([X, W, b], results, mode=mode)
    x, w, bias = np.eye(2), np.ones((2, 2)), np.array([1.0, 2.0])
    np.testing.assert_allclose(f(x, w, bias), np.tanh(x.dot(w) + bias))
    np.testing.assert_allclose(f(x, w, bias)[0], [0.96402758, 0.99505475])


@both
def test_a_recurrence_with_a_sequence_read_backwards(mode, rng):
    X, W, Y, U, P, V = (
        T.vector("X"),
        T.matrix("W"),
        T.matrix("Y"),
        T.matrix("U"),
        T.matrix("P"),
        T.matrix("V"),
    )
    results, _ = theano.scan(
        lambda y, p, x: T.tanh(T.dot(x, W) + T.dot(y, U) + T.dot(p, V)),
        sequences=[Y, P[::-1]],
        outputs_info=[X],
    )
    f = theano.function([X, W, Y, U, P, V], results, mode=mode)
    x = rng.normal(size=2)
    w, u, v = (rng.normal(size=(2, 2)) for _ in range(3))
    y, p = rng.normal(size=(2, 5, 2))
    state, expected = x, []
    for t in range(5):
        state = np.tanh(state.dot(w) + y[t].dot(u) + p[4 - t].dot(v))
        expected.append(state)
    np.testing.assert_allclose(f(x, w, y, u, p, v), expected)


@both
def test_norms_of_lines_and_columns(mode):
    X = T.matrix("X")
    rows, _ = theano.scan(lambda x: T.sqrt((x**2).sum()), sequences=[X])
    columns, _ = theano.scan(lambda x: T.sqrt((x**2).sum()), sequences=[X.T])
    f = theano.function([X], [rows, columns], mode=mode)
    x = np.diag(np.arange(1, 6, dtype="float64"), 1)
    got = f(x)
    np.testing.assert_allclose(got[0], [1, 2, 3, 4, 5, 0])
    np.testing.assert_allclose(got[1], [0, 1, 2, 3, 4, 5])


@both
def test_the_trace_of_a_matrix(mode):
    X = T.matrix("X")
    start = T.as_tensor_variable(np.asarray(0, "float64"))
    results, _ = theano.scan(
        lambda i, j, total: T.cast(X[i, j] + total, "float64"),
        sequences=[T.arange(X.shape[0]), T.arange(X.shape[1])],
        outputs_info=[start],
    )
    f = theano.function([X], results[-1], mode=mode)
    x = np.eye(5)
    x[0] = np.arange(5)
    assert f(x) == np.diagonal(x).sum() == 4.0


@both
def test_a_recurrence_over_two_steps(mode, rng):
    U, W, V = T.matrices("U", "W", "V")
    X, b, n = T.matrix("X"), T.vector("b"), T.iscalar("n")
    results, _ = theano.scan(
        lambda before, last: (
            T.dot(before, U) + T.dot(last, V) + T.tanh(T.dot(last, W) + b)
        ),
        outputs_info=[dict(initial=X, taps=[-2, -1])],  # noqa: C408 - the page's own
        n_steps=n,
    )
    f = theano.function([X, U, V, W, b, n], results, mode=mode)
    x = rng.normal(size=(2, 2))
    u, v, w = rng.normal(size=(3, 2, 2)) * 0.3
    bias = rng.normal(size=2)
    states = list(x)
    for _ in range(10):
        before, last = states[-2:]
        states.append(before.dot(u) + last.dot(v) + np.tanh(last.dot(w) + bias))
    np.testing.assert_allclose(f(x, u, v, w, bias, 10), states[2:])


@both
def test_the_jacobian_by_rows(mode, rng):
    v, A = T.vector("v"), T.matrix("A")
    y = T.tanh(T.dot(v, A))
    rows, _ = theano.scan(lambda i: T.grad(y[i], v), T.arange(y.shape[0]))
    f = theano.function([A, v], rows, mode=mode)
    x, a = np.eye(1, 5)[0], rng.normal(size=(5, 5))
    expected = ((1 - np.tanh(x.dot(a)) ** 2) * a).T
    np.testing.assert_allclose(f(a, x), expected)


@both
def test_a_shared_variable_counts_the_steps(mode):
    k, n = theano.shared(0), T.iscalar("n_sym")
    _, updates = theano.scan(lambda: [(k, k + 1)], n_steps=n)
    f = theano.function([n], [], updates=updates, mode=mode, on_unused_input="ignore")
    before = k.get_value()
    f(3)
    assert (before, k.get_value()) == (0, 3)


@both
def test_several_taps_of_sequences_and_outputs(mode, rng):
    u, x0 = T.vector("u"), T.scalar("x0")

    def step(u_m4, u_t, u_p1, x_m3, x_m1, y_m1, w):
        x = T.tanh(w * x_m1 + u_t * u_m4) + 0.1 * x_m3
        return [x, y_m1 * 0.5 + x_m3 * u_p1]

    X0 = T.vector("X0")
    (xs, ys), _ = theano.scan(
        step,
        sequences={"input": u, "taps": [-4, 0, 1]},
        outputs_info=[{"initial": X0, "taps": [-3, -1]}, x0],
        non_sequences=T.constant(0.7),
        strict=True,
    )
    f = theano.function([u, X0, x0], [xs, ys], mode=mode)
    seq, first, y = rng.normal(size=11), rng.normal(size=3), 0.25
    x, expected = list(first), []
    for t in range(4, 10):
        new = np.tanh(0.7 * x[-1] + seq[t] * seq[t - 4]) + 0.1 * x[-3]
        y = y * 0.5 + x[-3] * seq[t + 1]
        x.append(new)
        expected.append((new, y))
    np.testing.assert_allclose(np.transpose(f(seq, first, 0.25)), expected)


@both
def test_powers_of_two_until_a_bound(mode):
    def step(previous, bound):
        return previous * 2, theano.scan_module.until(previous * 2 > bound)

    bound = T.scalar("max_value")
    values, _ = theano.scan(
        step,
        outputs_info=T.constant(1.0),
        non_sequences=bound,
        n_steps=1024,
    )
    f = theano.function([bound], values, mode=mode)
    np.testing.assert_array_equal(f(45), [2, 4, 8, 16, 32, 64])


@both
def test_the_exercise_computes_a_polynomial_with_two_sequences(mode):
    coefficients, x = T.vector("coefficients"), T.scalar("x")
    degree = T.arange(coefficients.shape[0])
    terms, _ = theano.scan(
        lambda c, power, free: c * free**power,
        outputs_info=None,
        sequences=[coefficients, degree],
        non_sequences=x,
    )
    sums, _ = theano.reduce(
        lambda term, total: total + term, terms, T.as_tensor_variable(0.0)
    )
    f = theano.function([coefficients, x], [terms.sum(), sums], mode=mode)
    np.testing.assert_array_equal(f([1.0, 0.0, 2.0], 3.0), [19, 19])
