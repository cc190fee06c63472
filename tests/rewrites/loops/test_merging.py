"""Loops of the same steps are one; what is there twice, or for nothing, is dropped."""

import pytest

import theanolike as theano
import theanolike.tensor as T


@pytest.fixture
def x():
    return T.dmatrix("x")


def running(step, x, start=0.0):
    return theano.scan(step, x, T.zeros(3) + start)[0]


def test_loops_that_do_not_need_each_other_are_one(x, rng, agree, loops):
    a = running(lambda row, s: T.tanh(row + s), x)
    b = running(lambda row, s: row - s * 0.5, x, 1.0)
    cost = (a * b).sum()
    values = [(rng.normal(size=(n, 3)),) for n in (5, 1, 0)]
    f = agree([x], [a, b, T.grad(cost, x)], *values)
    assert len(loops(f)) == 2


def test_a_loop_that_reads_the_other_comes_after_it(x, rng, agree, loops):
    a = running(lambda row, s: T.tanh(row + s), x)
    b = running(lambda row, s: row - s * 0.5, a + 1)
    f = agree([x], [a, b], (rng.normal(size=(5, 3)),))
    assert len(loops(f)) == 2


def test_loops_beside_a_choice_stay_apart(x, rng, agree, loops):
    a = running(lambda row, s: T.tanh(row + s), x)
    b = running(lambda row, s: row - s * 0.5, x, 1.0)
    c = theano.ifelse.ifelse(x.sum() > 0, a.sum(), a.sum() + 1)
    f = agree([x], [c, b], (rng.normal(size=(5, 3)),))
    assert len(loops(f)) == 2


def test_loops_over_other_numbers_of_steps_stay_apart(x, rng, agree, loops):
    a = running(lambda row, s: T.tanh(row + s), x)
    b = running(lambda row, s: row - s * 0.5, x[1:], 1.0)
    f = agree([x], [a, b], (rng.normal(size=(5, 3)),))
    assert len(loops(f)) == 2


def test_what_two_loops_share_is_computed_once(x, rng, agree, loops):
    a = running(lambda row, s: T.tanh(row * 2 + s), x)
    b, _ = theano.scan(
        lambda row, s, r: [T.tanh(row * 2 + s), r + s], x, [T.zeros(3), T.ones(3)]
    )
    f = agree([x], [a, *b], (rng.normal(size=(5, 3)),))
    (loop,) = loops(f)
    names = [str(n.op) for n in loop.op.graph.nodes]
    assert loop.op.states == 2
    assert names.count("Elemwise{tanh}") == 1


def test_states_that_are_equal_by_each_other_are_one(x, rng, agree, loops):
    made, _ = theano.scan(
        lambda row, s, r: [T.tanh(row + r), T.tanh(row + s)],
        x,
        [T.zeros(3), T.zeros(3)],
    )
    f = agree([x], made, (rng.normal(size=(5, 3)),))
    (loop,) = loops(f)
    assert loop.op.states == 1


def test_states_that_part_later_stay_apart(x, rng, agree, loops):
    made, _ = theano.scan(
        lambda row, s, r, q: [row + s * 0.5, row + r * 0.5 + q, q * 2 + 1],
        x,
        [T.zeros(3), T.zeros(3), T.zeros(3)],
    )
    f = agree([x], made, (rng.normal(size=(5, 3)),))
    (loop,) = loops(f)
    assert loop.op.states == 3


def test_what_nothing_reads_is_not_carried(x, rng, agree, loops):
    made, _ = theano.scan(
        lambda row, s, r, q: [row + s, q * r, q + r],
        x,
        [T.zeros(3), T.zeros(3), T.zeros(3)],
    )
    f = agree([x], [made[0]], (rng.normal(size=(5, 3)),))
    (loop,) = loops(f)
    assert (loop.op.states, loop.op.collected) == (1, 1)


def test_a_state_that_stays_is_read_from_outside(x, rng, agree, loops):
    y = T.dvector("y")
    made, _ = theano.scan(lambda row, s, r: [s, row * s + r], x, [y, T.zeros(3)])
    values = [(rng.normal(size=(n, 3)), rng.normal(size=3)) for n in (4, 0)]
    f = agree([x, y], [made[1], T.grad(made[1].sum(), y)], *values)
    assert loops(f)[0].op.states == 1


def test_rows_of_a_sequence_are_the_sequence(x, rng, agree, loops):
    made, _ = theano.scan(lambda row: [row, row[::-1] * row], x)
    f = agree([x], made, (rng.normal(size=(4, 3)),))
    assert [loop.op.collected for loop in loops(f)] == [1]


def test_the_gradient_of_loops_in_one_agrees_with_differences(rng):
    def cost(x):
        a = running(lambda row, s: T.tanh(row + s), x)
        b = running(lambda row, s: row - s * T.exp(row), x, 1.0)
        return (a * b).sum()

    theano.gradient.verify_grad(cost, [rng.normal(size=(4, 3)) * 0.3], rng=rng)


def test_loops_of_one_op_over_other_inputs_keep_apart_what_they_read(x, rng, agree):
    w = T.dvector("w")
    a = theano.scan(lambda row, s, c: T.tanh(row * c + s), x, w * 0, w)[0]
    steps, start, rows, _ = a.owner.inputs
    _, b = a.owner.op(steps, start, -rows, w + 2, return_list=True)
    agree([x, w], [a * b], (rng.normal(size=(5, 3)), rng.normal(size=3)))
