"""Loops as users of Theano write them, against NumPy."""

import numpy as np

import theanolike as theano
import theanolike.tensor as T

ifelse = theano.ifelse.ifelse
until = theano.scan_module.until


def test_fibonacci_numbers_read_two_steps_back(function):
    n = T.iscalar("n")
    start = T.constant(np.array([0, 1], "int64"))
    fib, _ = theano.scan(
        lambda a, b: a + b,
        outputs_info=[dict(initial=start, taps=[-2, -1])],  # noqa: C408
        n_steps=n,
    )
    f = function([n], fib)
    np.testing.assert_array_equal(f(10), [1, 2, 3, 5, 8, 13, 21, 34, 55, 89])
    assert f(90)[-1] == 4660046610375530309


def test_a_jacobian_and_a_hessian_row_by_row(function, rng):
    x, a = T.vector("x"), T.matrix("a")
    y = T.tanh(T.dot(a, x))
    jacobian, updates = theano.scan(
        lambda i, y, x: T.grad(y[i], x),
        sequences=T.arange(y.shape[0]),
        non_sequences=[y, x],
    )
    cost = (T.exp(x) * x).sum() + x.prod()
    slope = T.grad(cost, x)
    hessian, more = theano.scan(
        lambda i, slope, x: T.grad(slope[i], x),
        sequences=T.arange(slope.shape[0]),
        non_sequences=[slope, x],
    )
    f = function([x, a], [jacobian, hessian], updates=updates + more)
    xs, m = rng.normal(size=3), rng.normal(size=(4, 3))
    got = f(xs, m)
    np.testing.assert_allclose(got[0], (1 - np.tanh(m @ xs) ** 2)[:, None] * m)
    expected = np.diag(np.exp(xs) * (xs + 2))
    for i, j in ((0, 1), (0, 2), (1, 2)):
        expected[i, j] = expected[j, i] = np.prod(xs) / (xs[i] * xs[j])
    np.testing.assert_allclose(got[1], expected)


def test_the_best_path_through_a_trellis(function, rng):
    scores, trans = T.matrix("scores"), T.matrix("transitions")

    def forward(obs, previous, trans):
        total = previous.dimshuffle(0, "x") + trans + obs.dimshuffle("x", 0)
        return total.max(axis=0), total.argmax(axis=0)

    (best, back), _ = theano.scan(
        forward,
        sequences=[scores[1:]],
        outputs_info=[scores[0], None],
        non_sequences=trans,
    )
    last = T.cast(T.argmax(best[-1]), "int64")
    path, _ = theano.scan(
        lambda beta, state: beta[state],
        sequences=T.cast(back[::-1], "int64"),
        outputs_info=last,
    )
    sequence = T.concatenate([path[::-1], [last]])
    f = function([scores, trans], sequence)
    s, t = rng.normal(size=(6, 3)), rng.normal(size=(3, 3))
    paths = np.array(np.meshgrid(*[range(3)] * 6, indexing="ij")).reshape(6, -1).T
    totals = s[np.arange(6), paths].sum(axis=1)
    totals += t[paths[:, :-1], paths[:, 1:]].sum(axis=1)
    np.testing.assert_array_equal(f(s, t), paths[totals.argmax()])


def test_a_kalman_filter_tracks_a_position(function, rng):
    a, c = np.array([[1.0, 1.0], [0.0, 1.0]]), np.array([[1.0, 0.0]])
    q, r = 0.01 * np.eye(2), np.array([[0.25]])
    z = T.matrix("z")

    def step(z_t, m, p):
        m_pred = T.dot(a, m)
        p_pred = T.dot(T.dot(a, p), a.T) + q
        s = T.dot(T.dot(c, p_pred), c.T) + r
        gain = T.dot(p_pred, c.T) / s[0, 0]
        m_new = m_pred + T.dot(gain, z_t - T.dot(c, m_pred))
        return m_new, T.dot(T.eye(2) - T.dot(gain, c), p_pred)

    (means, covariances), _ = theano.scan(
        step, sequences=z, outputs_info=[T.zeros(2), T.eye(2)]
    )
    f = function([z], [means, covariances])
    zs = np.arange(8.0)[:, None] + rng.normal(size=(8, 1)) * 0.1
    m, p = np.zeros(2), np.eye(2)
    for row in zs:
        m, p = a @ m, a @ p @ a.T + q
        gain = p @ c.T / (c @ p @ c.T + r)
        m, p = m + gain @ (row - c @ m), (np.eye(2) - gain @ c) @ p
    got = f(zs)
    np.testing.assert_allclose(got[0][-1], m)
    np.testing.assert_allclose(got[1][-1], p)


def test_life_goes_on_a_torus(function, rng):
    board, n = T.bmatrix("board"), T.iscalar("n")

    def generation(cells):
        neighbours = sum(
            T.roll(T.roll(cells, dy, axis=0), dx, axis=1)
            for dy in (-1, 0, 1)
            for dx in (-1, 0, 1)
            if (dy, dx) != (0, 0)
        )
        alive = T.or_(T.eq(neighbours, 3), T.and_(T.eq(cells, 1), T.eq(neighbours, 2)))
        return T.cast(alive, "int8")

    boards, _ = theano.scan(generation, outputs_info=board, n_steps=n)
    f = function([board, n], boards)
    cells = rng.integers(0, 2, size=(6, 7)).astype("int8")
    got = f(cells, 4)
    for made in got:
        around = sum(
            np.roll(cells, (dy, dx), (0, 1))
            for dy in (-1, 0, 1)
            for dx in (-1, 0, 1)
            if (dy, dx) != (0, 0)
        )
        cells = ((around == 3) | ((cells == 1) & (around == 2))).astype("int8")
        np.testing.assert_array_equal(made, cells)
    glider = np.zeros((6, 6), "int8")
    glider[[0, 1, 2, 2, 2], [1, 2, 0, 1, 2]] = 1
    np.testing.assert_array_equal(f(glider, 4)[-1], np.roll(glider, (1, 1), (0, 1)))


def test_running_sums_products_and_extremes(function, rng):
    x = T.vector("x")
    (total, product, top, low), _ = theano.scan(
        lambda v, s, p, hi, lo: [s + v, p * v, T.maximum(hi, v), T.minimum(lo, v)],
        sequences=x,
        outputs_info=[
            T.as_tensor_variable(np.asarray(0.0)),
            T.constant(1.0),
            -np.inf,
            np.float64("inf"),
        ],
    )
    f = function([x], [total, product, top, low, T.grad(product[-1] + top.sum(), x)])
    xs = rng.normal(size=6)
    got = f(xs)
    for value, ufunc in zip(
        got, (np.add, np.multiply, np.maximum, np.minimum), strict=False
    ):
        np.testing.assert_allclose(value, ufunc.accumulate(xs))
    slope = np.prod(xs) / xs
    for k in range(6):
        slope[np.argmax(xs[: k + 1])] += 1
    np.testing.assert_allclose(got[4], slope)


def test_escape_times_by_until_and_by_ifelse(function):
    c = T.vector("c_re"), T.vector("c_im")

    def escape(re, im):
        def step(zr, zi, k):
            inside = zr * zr + zi * zi < 4
            new = ifelse(
                inside,
                [zr * zr - zi * zi + re, 2 * zr * zi + im, k + 1],
                [zr, zi, k],
            )
            return new, until(T.invert(inside))

        (_, _, k), _ = theano.scan(
            step,
            outputs_info=[T.constant(0.0), T.constant(0.0), T.constant(0)],
            n_steps=50,
        )
        return k[-1]

    times, _ = theano.map(escape, list(c))
    f = function(list(c), times)
    points = np.array([0, -1, 1, 0.5 + 0.5j, 2 + 2j, -0.75 + 0.2j])
    expected = []
    for point in points:
        z, k = 0j, 0
        while k < 50 and abs(z) ** 2 < 4:
            z, k = z * z + point, k + 1
        expected.append(k)
    np.testing.assert_array_equal(f(points.real, points.imag), expected)


def test_the_distance_between_words(function):
    first, second = T.ivector("first"), T.ivector("second")

    def row(a, i, above):
        def cell(b, diagonal, up, left):
            change = diagonal + T.neq(a, b)
            return T.minimum(T.minimum(up + 1, left + 1), change)

        cells, _ = theano.scan(
            cell, sequences=[second, above[:-1], above[1:]], outputs_info=i + 1
        )
        return T.concatenate([[i + 1], cells])

    rows, _ = theano.scan(
        row,
        sequences=[first, T.arange(first.shape[0])],
        outputs_info=T.arange(second.shape[0] + 1),
    )
    f = function([first, second], rows[-1, -1])
    for a, b, distance in (
        ("kitten", "sitting", 3),
        ("flaw", "lawn", 2),
        ("same", "same", 0),
    ):
        codes = (np.frombuffer(w.encode(), "uint8").astype("int32") for w in (a, b))
        assert f(*codes) == distance


def test_a_polynomial_by_horners_rule_and_its_roots(function):
    coefficients, x = T.vector("coefficients"), T.scalar("x")

    def value(at):
        result, _ = theano.foldl(
            lambda c, total, at: total * at + c,
            coefficients,
            outputs_info=T.zeros_like(at),
            non_sequences=at,
        )
        return result

    def newton(at):
        y = value(at)
        new = at - y / T.grad(y, at)
        return new, until(abs(new - at) < 1e-12)

    roots, _ = theano.scan(newton, outputs_info=x, n_steps=100)
    f = function([coefficients, x], [roots[-1], roots.shape[0]])
    root, steps = f([1.0, 0.0, -2.0], 1.0)
    np.testing.assert_allclose(root, np.sqrt(2))
    assert steps < 10
