"""Loops in blocks make the same values and gradients, of any number of steps."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.errors import UnsupportedError

MODES = [None, "FAST_COMPILE"]


def walk(memory, taps, x, start, w, n_steps=None):
    def step(row, *states):
        *_, last = states
        first = states[0]
        new = T.tanh(T.dot(last, w) + row + 0.5 * first)
        return new, (new**2).sum()

    info = {"initial": start, "taps": taps} if taps != [-1] else start
    rows, _ = theano.scan(
        step,
        sequences=x,
        outputs_info=[info, None],
        n_steps=n_steps,
        memory=memory,
    )
    return rows


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("taps", [[-1], [-2, -1], [-3]], ids=str)
def test_values_and_gradients_are_those_of_one_loop(rng, taps, mode):
    x, w = T.dmatrices("x", "w")
    start = T.dvector("start") if taps == [-1] else T.dmatrix("start")
    depth = -min(taps)
    functions = []
    for memory in ("all", "sqrt"):
        states, squares = walk(memory, taps, x, start, w)
        cost = (states * T.arange(3)).sum() + squares.sum()
        slopes = T.grad(cost, [x, start, w])
        functions.append(
            theano.function([x, start, w], [states, squares, *slopes], mode=mode)
        )
    for steps in (0, 1, 2, 3, 7, 10, 50):
        shape = (3,) if taps == [-1] else (depth, 3)
        given = rng.normal(size=(steps, 3)), rng.normal(size=shape)
        results = [f(*given, rng_matrix()) for f in functions]
        for one, other in zip(*results, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-13)


def rng_matrix():
    return np.random.default_rng(5).normal(size=(3, 3))


def test_last_states_and_their_gradient_keep_no_rows(rng):
    x, n = T.dvector("x"), T.lscalar("n")
    slopes = []
    for memory in ("all", "sqrt"):
        rows, _ = theano.scan(
            lambda s: T.sin(s) * 1.5, outputs_info=x, n_steps=n, memory=memory
        )
        cost = (rows[-1] ** 2).sum()
        slopes.append(theano.function([x, n], [cost, T.grad(cost, x)]))
    value = rng.normal(size=4)
    for steps in (1, 2, 9, 30):
        for one, other in zip(*(f(value, steps) for f in slopes), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-11)
    with pytest.raises(IndexError):
        slopes[1](value, 0)


def test_second_derivatives_go_through_blocks(rng):
    def cost(x, memory="sqrt"):
        rows, _ = theano.scan(
            lambda s: T.sin(s) * 1.5, outputs_info=x, n_steps=7, memory=memory
        )
        return (rows[-1] ** 2).sum() + rows[2].sum()

    x = T.dvector("x")
    one = theano.function([x], T.hessian(cost(x), x))
    other = theano.function([x], T.hessian(cost(x, "all"), x))
    value = rng.normal(size=3)
    np.testing.assert_allclose(one(value), other(value), rtol=1e-10, atol=1e-12)


def test_the_jacobian_times_a_vector_goes_through_blocks(rng):
    x, v = T.dvectors("x", "v")
    found = []
    for memory in ("all", "sqrt"):
        rows, _ = theano.scan(
            lambda s: T.sin(s) * 1.5, outputs_info=x, n_steps=7, memory=memory
        )
        found.append(theano.function([x, v], T.Rop(rows.sum(axis=0), x, v)))
    values = rng.normal(size=(2, 3))
    np.testing.assert_allclose(found[0](*values), found[1](*values), rtol=1e-11)


def test_shared_variables_are_updated_as_often(rng):
    count = theano.shared(0, "count")
    rows, updates = theano.scan(
        lambda s: (s + count, {count: count + 1}),
        outputs_info=T.constant(0),
        n_steps=10,
        memory="sqrt",
    )
    f = theano.function([], rows, updates=updates)
    np.testing.assert_array_equal(f(), np.cumsum(range(10)))
    assert count.get_value() == 10


def test_what_blocks_do_not_serve_is_refused():
    x = T.dvector("x")
    with pytest.raises(UnsupportedError, match="until"):
        theano.scan(
            lambda v: (v, theano.scan_module.until(v > 1)), sequences=x, memory="sqrt"
        )
    with pytest.raises(UnsupportedError, match="truncate_gradient"):
        theano.scan(lambda v: v, sequences=x, memory="sqrt", truncate_gradient=2)
    with pytest.raises(ValueError, match="'half'"):
        theano.scan(lambda v: v, sequences=x, memory="half")


@pytest.mark.parametrize("length", [0, 1, 5, 6, 7])
def test_every_third_step_is_returned_of_padded_sequences(rng, length):
    x = T.dmatrix("x")
    w = theano.shared(0.5, "w")
    (states, sums), _ = theano.scan_checkpoints(
        lambda row, s, w: (s * w + row, (s + row).sum()),
        sequences=[x],
        outputs_info=[T.zeros(2), None],
        non_sequences=[w],
        save_every_N=3,
    )
    cost = (states**2).sum() + sums.sum()
    f = theano.function([x], [states, sums, T.grad(cost, x)])
    value = rng.normal(size=(length, 2))
    padded = np.concatenate([value, np.zeros((-length % 3, 2))])
    state, rows, totals = np.zeros(2), [], []
    for row in padded:
        totals.append((state + row).sum())
        state = state * 0.5 + row
        rows.append(state)
    got = f(value)
    np.testing.assert_allclose(got[0], np.reshape(rows, (-1, 2))[2::3])
    np.testing.assert_allclose(got[1], totals[2::3])
    if length:
        theano.gradient.verify_grad(
            lambda v: theano.clone(cost, {x: v}), [value], rng=rng
        )


def test_checkpoints_without_padding_want_whole_blocks(rng):
    x = T.dvector("x")
    states, _ = theano.scan_checkpoints(
        lambda v, s: s + v,
        sequences=x,
        outputs_info=T.constant(0.0),
        save_every_N=4,
        padding=False,
    )
    f = theano.function([x], states)
    np.testing.assert_allclose(f(np.ones(8)), [4, 8])
    with pytest.raises(ValueError, match="reshape"):
        f(np.ones(7))


def test_checkpoints_of_given_numbers_of_steps():
    states, _ = theano.scan_checkpoints(
        lambda s: s * 2, outputs_info=T.constant(1.0), n_steps=6, save_every_N=2
    )
    np.testing.assert_allclose(states.eval(), [4, 16, 64])


def test_checkpoints_refuse_taps():
    x = T.dvector("x")
    with pytest.raises(RuntimeError, match="taps"):
        theano.scan_checkpoints(
            lambda a, b: a + b, sequences={"input": x, "taps": [0, 1]}
        )
    with pytest.raises(ValueError, match="positive"):
        theano.scan_checkpoints(lambda a: a, sequences=x, save_every_N=0)
