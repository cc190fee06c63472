"""Of the rows of a loop, those are kept that something reads."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T

PICKS = {
    "the last": lambda u, n: [u[-1]],
    "the last, as rows": lambda u, n: [u[-1:]],
    "by the number of steps": lambda u, n: [u[n - 1]],
    "two": lambda u, n: [u[-2:]],
    "the third from the end": lambda u, n: [u[-3]],
    "several": lambda u, n: [u[-3:], u[-1], u[-2:, 1:], u[-2, 0]],
}


def of_states(h, n):
    return theano.scan(lambda s: T.tanh(s * 2) + 1, outputs_info=h, n_steps=n)[0]


def of_others(h, n):
    made, _ = theano.scan(
        lambda s: (s + 1, T.exp(s * 0.1)), outputs_info=[h, None], n_steps=n
    )
    return made[1]


@pytest.mark.parametrize("made", [of_states, of_others])
@pytest.mark.parametrize("pick", PICKS)
def test_only_the_last_rows_that_are_read_are_kept(pick, made, rng, agree, loops):
    h, n = T.dvector("h"), T.lscalar("n")
    values = [(rng.normal(size=4), steps) for steps in (7, 3, 2, 1, 0)]
    f = agree([h, n], PICKS[pick](made(h, n), n), *values)
    (loop,) = loops(f)
    assert loop.op.collected == 0


def test_places_are_told_from_the_end_where_the_steps_are_known(rng, agree, loops):
    h = T.dvector("h")
    u = of_states(h, 9)
    f = agree([h], [u[8], u[7:]], (rng.normal(size=4),))
    assert [loop.op.collected for loop in loops(f)] == [0]


@pytest.mark.parametrize(
    "pick",
    [lambda u: u[0], lambda u: u[-2:-1], lambda u: u[::2], lambda u: u],
    ids=["first", "not the last", "every other", "all"],
)
def test_other_rows_are_kept_with_all(pick, rng, agree, loops):
    h, n = T.dvector("h"), T.lscalar("n")
    f = agree([h, n], [pick(of_states(h, n))], (rng.normal(size=4), 5))
    assert [loop.op.collected for loop in loops(f)] == [1]


def test_the_last_rows_of_a_loop_that_stops_are_those_of_the_steps_done(agree, loops):
    h, n = T.dvector("h"), T.lscalar("n")
    (u, v), _ = theano.scan(
        lambda s: ((s * 1.5, s[:2] + 1), theano.scan_module.until((s > 20).any())),
        outputs_info=[h, None],
        n_steps=n,
    )
    values = [(np.arange(1.0, 4.0), steps) for steps in (40, 3, 1, 0)]
    f = agree([h, n], [u[-1], u[-3:], v[-2:], u.shape, v.shape], *values)
    assert [loop.op.collected for loop in loops(f)] == [0]


def test_shapes_ask_for_no_row(rng, agree, loops):
    h, n = T.dvector("h"), T.lscalar("n")
    f = agree([h, n], [of_others(h, n).shape], (rng.normal(size=4), 5))
    assert loops(f) == []


def test_the_gradient_of_last_rows_agrees_with_differences(rng):
    def cost(h):
        u = of_others(h, 5)
        return (u[-3:] ** 2).sum() + u[-2, 0]

    theano.gradient.verify_grad(cost, [rng.normal(size=4)], rng=rng)
