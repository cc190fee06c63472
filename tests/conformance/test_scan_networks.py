"""Recurrent networks as they are written with scan, against NumPy."""

import numpy as np

import theanolike as theano
import theanolike.tensor as T


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
