"""Gradients through every kind of loop are those of differences."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.legacy.ifelse import ifelse


def sequence_taps(x):
    return theano.scan(
        lambda a, b, c: T.tanh(a * b + c), sequences={"input": x, "taps": [-2, 0, 1]}
    )[0]


def taps_of_starts(x, start):
    return theano.scan(
        lambda v, a, b: T.sin(a * b + v),
        sequences=x,
        outputs_info={"initial": start, "taps": [-3, -1]},
    )[0]


def non_sequences(x, start):
    return theano.scan(
        lambda s, w: T.tanh(T.dot(s, w)),
        outputs_info=start[0],
        non_sequences=T.dot(x.T, x),
        n_steps=4,
    )[0][-1]


def ends_early(x, start):
    return theano.scan(
        lambda v, s: (
            T.tanh(s * start[1] + v),
            theano.scan_module.until(abs(v).sum() > 1e-3),
        ),
        sequences=T.concatenate([x[:2] * 1e-6, x]),
        outputs_info=start[0],
    )[0]


def nested(x, start):
    def outer(row, total):
        inner, _ = theano.scan(
            lambda v, s: T.tanh(s * start[1, 0] + v + total.sum()),
            sequences=row,
            outputs_info=total[0] * 0.5,
        )
        return inner[-1] + total, inner

    (states, rows), _ = theano.scan(outer, sequences=x, outputs_info=[start[0], None])
    return T.concatenate([states, rows], axis=1)


def a_choice_inside(x, start):
    return theano.scan(
        lambda v, s: ifelse(T.gt(v[0], 0), T.tanh(s * start[1]), s * v),
        sequences=x,
        outputs_info=start[0],
    )[0]


def backwards(x, start):
    return theano.scan(
        lambda u, v, s: T.tanh(s * start[1] + v * u),
        sequences={"input": x, "taps": [-1, 1]},
        outputs_info=start[0],
        go_backwards=True,
    )[0]


def updated_inside(x, start):
    k = theano.shared(0.5)
    return theano.scan(
        lambda v, s: (s * k + v, {k: k * 1.1}), sequences=x, outputs_info=start[0]
    )[0]


def captured(x, start):
    c = T.exp(start[1]) * x[0]
    return theano.scan(
        lambda s: T.tanh(s * c + x[1]), outputs_info=start[0], n_steps=3
    )[0]


def counters(x, start):
    return theano.scan(
        lambda s, i, odd: (
            s * T.sin(x[i]) + T.switch(odd, x[0], s),
            i + 1,
            T.neq(i, 1),
        ),
        outputs_info=[start[0], T.constant(0), T.constant(False)],
        n_steps=4,
    )[0][0]


def set_regions(x, start):
    def step(u):
        inner = u[1:-1] + 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2]) ** 2
        return T.set_subtensor(u[1:-1], inner)

    return theano.scan(step, outputs_info=x, n_steps=3)[0][-1] * start[0]


def gradient_of(loop):
    def made(x, start):
        cost = (loop(x, start) ** 2).sum()
        slopes = T.grad(cost, [x, start], disconnected_inputs="ignore")
        return T.sin(T.concatenate(slopes))

    made.__name__ = f"gradient of {loop.__name__}"
    return made


LOOPS = [
    taps_of_starts,
    non_sequences,
    ends_early,
    nested,
    a_choice_inside,
    backwards,
    updated_inside,
    captured,
    counters,
    set_regions,
    gradient_of(taps_of_starts),
    gradient_of(non_sequences),
    gradient_of(nested),
    gradient_of(captured),
]


@pytest.mark.parametrize("loop", LOOPS, ids=lambda f: f.__name__)
def test_gradients_are_those_of_differences(rng, loop):
    values = [rng.normal(size=(5, 2)), rng.normal(size=(3, 2))]
    theano.gradient.verify_grad(
        lambda *given: (loop(*given) ** 2).sum(), values, rng=rng
    )


def test_gradients_go_to_taps_of_sequences(rng):
    values = [rng.normal(size=(6, 2))]
    theano.gradient.verify_grad(
        lambda x: (sequence_taps(x) ** 2).sum(), values, rng=rng
    )


@pytest.mark.parametrize("loop", LOOPS, ids=lambda f: f.__name__)
def test_gradients_are_those_of_the_interpreter(rng, loop):
    x, start = T.dmatrices("x", "start")
    cost = (loop(x, start) ** 2).sum()
    slopes = T.grad(cost, [x, start], disconnected_inputs="ignore")
    values = [rng.normal(size=(5, 2)), rng.normal(size=(3, 2))]
    one, other = (
        theano.function([x, start], slopes, mode=mode)(*values)
        for mode in (None, "FAST_COMPILE")
    )
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11)


def test_a_shared_variable_that_the_steps_update_has_a_gradient(compiled):
    k, x = theano.shared(0.5, "k"), T.dvector("x")
    rows, updates = theano.scan(
        lambda v, s: (s * k + v, {k: k * 1.1}), sequences=x, outputs_info=[0.0]
    )
    cost = (rows**2).sum()
    f = compiled([x], [cost, T.grad(cost, k)])
    value, eps = np.array([0.3, -1.2, 0.7, 2.0]), 1e-6
    slope = f(value)[1]
    costs = []
    for there in (0.5 + eps, 0.5 - eps):
        k.set_value(there)
        costs.append(f(value)[0])
    np.testing.assert_allclose(slope, (costs[0] - costs[1]) / (2 * eps), rtol=1e-6)
    assert updates[k].ndim == 0


def test_no_steps_have_gradients_of_zeros(compiled):
    x, w = T.dmatrices("x", "w")
    start = T.dvector("start")
    rows, _ = theano.scan(
        lambda v, s: T.tanh(T.dot(s, w) + v), sequences=x, outputs_info=start
    )
    f = compiled([x, w, start], T.grad(rows.sum(), [x, w, start]))
    for slope, shape in zip(
        f(np.ones((0, 2)), np.ones((2, 2)), np.ones(2)),
        [(0, 2), (2, 2), (2,)],
        strict=True,
    ):
        np.testing.assert_array_equal(slope, np.zeros(shape))


AROUND_UNTIL = {
    "rows of states": lambda x, A, inner: theano.scan(
        inner, None, x, n_steps=A.shape[0]
    )[0],
    "sums of rows": lambda x, A, inner: theano.scan(inner, A)[0],
    "states and rows": lambda x, A, inner: theano.scan(lambda a, s: inner(a) + s, A, x)[
        0
    ],
}


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
@pytest.mark.parametrize("name", AROUND_UNTIL)
def test_no_steps_around_a_loop_that_stops_have_gradients_of_the_right_shape(
    name, mode
):
    def inner(s):
        return theano.scan(
            lambda r: (r * 1.5, theano.scan_module.until(r.sum() > 9)),
            None,
            s,
            n_steps=4,
        )[0].sum(0)

    x, A = T.dvector("x"), T.dmatrix("A")
    y = AROUND_UNTIL[name](x, A, inner)
    first = theano.grad((y**2).sum() + (x**2).sum() + (A**2).sum(), [x, A])
    second = theano.grad((first[0] ** 2).sum() + (first[1] ** 2).sum(), [x, A])
    f = theano.function([x, A], [*first, *second], mode=mode)
    for rows in (0, 2):
        shapes = [value.shape for value in f(np.arange(3.0), np.ones((rows, 3)))]
        assert shapes == [(3,), (rows, 3)] * 2


@pytest.mark.parametrize("linker", ["py", "c"])
def test_no_steps_around_a_loop_over_rows_have_gradients_unrewritten(linker):
    s, x = T.dtensor3("s"), T.dvector("x")

    def step(a, state):
        return state + theano.scan(lambda r, h: h * r.sum(), a, T.sum(state))[0][-1]

    rows = theano.scan(step, s, x)[0]
    mode = theano.Mode(linker=linker, optimizer=None)
    f = theano.function([s, x], theano.grad(rows.sum(), [s, x]), mode=mode)
    assert [slope.shape for slope in f(np.ones((0, 3, 2)), np.ones(4))] == [
        (0, 3, 2),
        (4,),
    ]
