"""Loops as users of Theano write them, against NumPy."""

import numpy as np

import theanolike as theano
import theanolike.tensor as T

ifelse = theano.ifelse.ifelse
until = theano.scan_module.until


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def shared(rng, *shape, name=None):
    return theano.shared(rng.normal(size=shape) * 0.5, name)


def check_gradient(cost, variables, given, f, rng):
    """Compare the slopes that `f` gives with differences along a direction."""
    slopes = f(*given)
    directions = [rng.normal(size=np.shape(v)) for v in given]
    step = 1e-6
    value = theano.function(variables, cost)
    ahead = value(*(v + step * d for v, d in zip(given, directions, strict=True)))
    behind = value(*(v - step * d for v, d in zip(given, directions, strict=True)))
    along = sum((s * d).sum() for s, d in zip(slopes, directions, strict=True))
    np.testing.assert_allclose(along, (ahead - behind) / (2 * step), rtol=1e-5)


def test_an_elman_network_learns_by_its_gradient(function, rng):
    n_in, n_hidden, n_out = 3, 4, 2
    u, t = T.matrix("u"), T.matrix("t")
    lr = T.scalar("lr")
    h0 = theano.shared(np.zeros(n_hidden), "h0")
    w, w_in, w_out = (
        shared(rng, n_hidden, n_hidden, name="W"),
        shared(rng, n_in, n_hidden, name="W_in"),
        shared(rng, n_hidden, n_out, name="W_out"),
    )

    def step(u_t, h_tm1, w, w_in, w_out):
        h_t = T.tanh(T.dot(u_t, w_in) + T.dot(h_tm1, w))
        y_t = T.dot(h_t, w_out)
        return h_t, y_t

    [_, y], _ = theano.scan(
        step, sequences=u, outputs_info=[h0, None], non_sequences=[w, w_in, w_out]
    )
    error = ((y - t) ** 2).sum()
    parameters = [h0, w, w_in, w_out]
    slopes = T.grad(error, parameters)
    updates = [(p, p - lr * g) for p, g in zip(parameters, slopes, strict=True)]
    train = function([u, t, lr], error, updates=updates)
    xs, ts = rng.normal(size=(6, n_in)), rng.normal(size=(6, n_out)) * 0.1
    h, expected = np.zeros(n_hidden), 0.0
    values = [p.get_value() for p in parameters]
    for k in range(6):
        h = np.tanh(xs[k] @ values[2] + h @ values[1])
        expected += ((h @ values[3] - ts[k]) ** 2).sum()
    errors = [train(xs, ts, 0.01) for _ in range(20)]
    np.testing.assert_allclose(errors[0], expected)
    assert all(np.diff(errors) < 0)


def test_a_gated_recurrent_unit_with_a_mask(function, rng):
    size, steps, batch = 3, 5, 2
    x, mask = T.tensor3("x"), T.matrix("mask")
    params = {name: shared(rng, size, size, name=name) for name in ("U", "Ux", "Wx")}
    params["W"] = shared(rng, size, 2 * size, name="W")
    params["U"] = shared(rng, size, 2 * size, name="U")

    def cut(v, n):
        return v[:, n * size : (n + 1) * size]

    def step(m, x_, xx_, h_, u, ux):
        preact = T.nnet.sigmoid(T.dot(h_, u) + x_)
        r, z = cut(preact, 0), cut(preact, 1)
        h = T.tanh(T.dot(h_, ux) * r + xx_)
        h = z * h_ + (1.0 - z) * h
        return m[:, None] * h + (1.0 - m)[:, None] * h_

    states, _ = theano.scan(
        step,
        sequences=[mask, T.dot(x, params["W"]), T.dot(x, params["Wx"])],
        outputs_info=[T.alloc(0.0, x.shape[1], size)],
        non_sequences=[params["U"], params["Ux"]],
        name="gru_layers",
        n_steps=x.shape[0],
        profile=False,
        strict=True,
    )
    f = function([x, mask], states)
    xs = rng.normal(size=(steps, batch, size))
    ms = np.array([[1.0, 1], [1, 1], [1, 0], [1, 0], [0, 0]])
    p = {name: v.get_value() for name, v in params.items()}
    h, expected = np.zeros((batch, size)), []
    for t in range(steps):
        gates = sigmoid(h @ p["U"] + xs[t] @ p["W"])
        r, z = gates[:, :size], gates[:, size:]
        new = z * h + (1 - z) * np.tanh((h @ p["Ux"]) * r + xs[t] @ p["Wx"])
        h = ms[t][:, None] * new + (1 - ms[t])[:, None] * h
        expected.append(h)
    np.testing.assert_allclose(f(xs, ms), expected)
    cost = (states[-1] ** 2).sum()
    wrt = [x]
    g = function([x], T.grad(theano.clone(cost, {mask: T.constant(ms)}), wrt))
    check_gradient(theano.clone(cost, {mask: T.constant(ms)}), [x], [xs], g, rng)


def test_a_masked_lstm_averages_its_states(function, rng):
    dim, steps, batch = 3, 4, 2
    state_below, mask = T.tensor3("state_below"), T.matrix("mask")
    w, u, b = shared(rng, dim, 4 * dim), shared(rng, dim, 4 * dim), shared(rng, 4 * dim)

    def _slice(_x, n, dim):
        if _x.ndim == 3:
            return _x[:, :, n * dim : (n + 1) * dim]
        return _x[:, n * dim : (n + 1) * dim]

    def _step(m_, x_, h_, c_):
        preact = T.dot(h_, u)
        preact += x_
        i = T.nnet.sigmoid(_slice(preact, 0, dim))
        f = T.nnet.sigmoid(_slice(preact, 1, dim))
        o = T.nnet.sigmoid(_slice(preact, 2, dim))
        c = T.tanh(_slice(preact, 3, dim))
        c = f * c_ + i * c
        c = m_[:, None] * c + (1.0 - m_)[:, None] * c_
        h = o * T.tanh(c)
        h = m_[:, None] * h + (1.0 - m_)[:, None] * h_
        return h, c

    nsteps = state_below.shape[0]
    n_samples = state_below.shape[1]
    rval, _ = theano.scan(
        _step,
        sequences=[mask, T.dot(state_below, w) + b],
        outputs_info=[
            T.alloc(np.asarray(0.0), n_samples, dim),
            T.alloc(np.asarray(0.0), n_samples, dim),
        ],
        name="lstm_layers",
        n_steps=nsteps,
    )
    proj = (rval[0] * mask[:, :, None]).sum(axis=0) / mask.sum(axis=0)[:, None]
    f = function([state_below, mask], [proj, T.grad(proj.sum(), w)])
    xs = rng.normal(size=(steps, batch, dim))
    ms = np.array([[1.0, 1], [1, 1], [1, 0], [1, 0]])

    def numpy_proj(wv):
        h, c = np.zeros((2, batch, dim))
        total = np.zeros((batch, dim))
        for t in range(steps):
            pre = h @ u.get_value() + xs[t] @ wv + b.get_value()
            i, fg, o, g = (pre[:, k * dim : (k + 1) * dim] for k in range(4))
            new = sigmoid(fg) * c + sigmoid(i) * np.tanh(g)
            m = ms[t][:, None]
            c = m * new + (1 - m) * c
            h = m * sigmoid(o) * np.tanh(c) + (1 - m) * h
            total += h * m
        return total / ms.sum(axis=0)[:, None]

    got, slope = f(xs, ms)
    np.testing.assert_allclose(got, numpy_proj(w.get_value()))
    direction = rng.normal(size=slope.shape)
    ahead, behind = (numpy_proj(w.get_value() + s * direction) for s in (1e-6, -1e-6))
    np.testing.assert_allclose(
        (slope * direction).sum(), (ahead - behind).sum() / 2e-6, rtol=1e-6
    )


def test_two_directions_read_one_sequence(function, rng):
    x = T.matrix("x")
    wf, wb = shared(rng, 3, 3), shared(rng, 3, 3)
    h0 = T.zeros((3,))

    def recurrence(x_t, h, w):
        return T.tanh(x_t + T.dot(h, w))

    forward, _ = theano.scan(recurrence, [x], [h0], [wf])
    backward, _ = theano.scan(recurrence, [x], [h0], [wb], go_backwards=True)
    both = T.concatenate([forward, backward[::-1]], axis=1)
    f = function([x], [both, T.grad((both**2).sum(), x)])
    xs = rng.normal(size=(5, 3))

    def run(rows, w):
        h, out = np.zeros(3), []
        for row in rows:
            h = np.tanh(row + h @ w)
            out.append(h)
        return np.array(out)

    def value(rows):
        back = run(rows[::-1], wb.get_value())[::-1]
        return np.concatenate([run(rows, wf.get_value()), back], axis=1)

    got, slope = f(xs)
    np.testing.assert_allclose(got, value(xs))
    d = rng.normal(size=xs.shape)
    difference = (value(xs + 1e-6 * d) ** 2).sum() - (value(xs - 1e-6 * d) ** 2).sum()
    np.testing.assert_allclose((slope * d).sum(), difference / 2e-6, rtol=1e-6)


def test_a_chain_alternates_between_visible_and_hidden_means(function, rng):
    w, bv, bh = shared(rng, 4, 3), shared(rng, 4), shared(rng, 3)

    def hidden(v):
        return T.nnet.sigmoid(T.dot(v, w) + bh)

    def gibbs_hvh(h0):
        pre_v = T.dot(h0, w.T) + bv
        v1 = T.nnet.sigmoid(pre_v)
        pre_h = T.dot(v1, w) + bh
        return [pre_v, v1, pre_h, T.nnet.sigmoid(pre_h)]

    v = T.matrix("v")
    counter = theano.shared(0, "counter")
    [_, nv_means, pre_h, nh_means], updates = theano.scan(
        lambda h: (gibbs_hvh(h), {counter: counter + 1}),
        outputs_info=[None, None, None, hidden(v)],
        n_steps=5,
        name="gibbs_hvh",
    )
    updates[counter] = updates[counter] + 1
    f = function([v], [nv_means[-1], pre_h, nh_means], updates=updates)
    vs = rng.uniform(size=(2, 4))
    W, BV, BH = w.get_value(), bv.get_value(), bh.get_value()
    h = sigmoid(vs @ W + BH)
    hs = []
    for _ in range(5):
        mean = sigmoid(h @ W.T + BV)
        h = sigmoid(mean @ W + BH)
        hs.append(h)
    got = f(vs)
    np.testing.assert_allclose(got[0], mean)
    np.testing.assert_allclose(got[2], hs)
    np.testing.assert_allclose(sigmoid(got[1]), hs)
    assert counter.get_value() == 6


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


def test_an_echo_state_network_leaks(function, rng):
    u = T.matrix("u")
    w_in, w = rng.normal(size=(5, 1)), rng.normal(size=(5, 5)) * 0.3
    leak = 0.3
    states, _ = theano.scan(
        fn=lambda u_t, x: (
            (1 - leak) * x + leak * T.tanh(T.dot(w_in, u_t) + T.dot(w, x))
        ),
        sequences=[u],
        outputs_info=[T.zeros_like(T.constant(np.zeros(5)))],
    )
    washed = states[3:]
    f = function([u], washed)
    us = rng.normal(size=(7, 1))
    x, expected = np.zeros(5), []
    for row in us:
        x = (1 - leak) * x + leak * np.tanh(w_in @ row + w @ x)
        expected.append(x)
    np.testing.assert_allclose(f(us), expected[3:])


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


def test_attention_over_encoded_words_in_each_step(function, rng):
    encoded, mask = T.tensor3("encoded"), T.matrix("mask")
    w, v = shared(rng, 3, 3), shared(rng, 3)

    def step(h, ctx, m):
        scores = T.dot(T.tanh(T.dot(h, w)[None, :, :] + ctx), v)
        alpha = T.exp(scores - scores.max(0, keepdims=True)) * m
        alpha = alpha / alpha.sum(0, keepdims=True)
        context = (ctx * alpha[:, :, None]).sum(0)
        return T.tanh(h + context), alpha.T

    (states, alphas), _ = theano.scan(
        step,
        outputs_info=[encoded.mean(0), None],
        non_sequences=[encoded, mask],
        n_steps=3,
        strict=False,
    )
    f = function([encoded, mask], [states, alphas])
    e, m = rng.normal(size=(4, 2, 3)), np.ones((4, 2))
    m[2:, 1] = 0
    h = e.mean(axis=0)
    for t in range(3):
        s = np.tanh((h @ w.get_value())[None] + e) @ v.get_value()
        a = np.exp(s - s.max(axis=0)) * m
        a /= a.sum(axis=0)
        h = np.tanh(h + (e * a[:, :, None]).sum(axis=0))
        got = f(e, m)
        np.testing.assert_allclose(got[0][t], h)
        np.testing.assert_allclose(got[1][t], a.T)
