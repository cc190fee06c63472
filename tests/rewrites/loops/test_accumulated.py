"""Sums of weights over the steps of a loop: factors are kept, not matrices."""

import functools

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T

INF, NAN = np.inf, np.nan


def likelihood(start, moves, seen, axis=0, flipped=False):
    """Return what the forward recursion of a hidden Markov model ends with."""
    moves = moves.T if flipped else moves

    def step(s, a):
        a = a[:, None] if axis == 0 else a
        return T.log(T.sum(T.exp(a + moves), axis=axis)) + s

    states, _ = theano.scan(step, sequences=seen, outputs_info=start)
    return T.log(T.sum(T.exp(states[-1])))


@functools.cache
def slopes(dtype="float64", scale=1.0, **options):
    """Return the gradient by all three, in factors and as it is written."""
    start, seen = T.vector("start", dtype), T.matrix("seen", dtype)
    moves = T.matrix("moves", dtype)
    wrt = [start, moves, seen]
    cost = likelihood(start, moves, seen, **options) * np.asarray(scale, dtype)
    wanted = T.grad(cost, wrt)
    plain = theano.compile.get_default_mode().excluding(
        "log_of_product_in_loop", "weights_behind_loop"
    )
    return theano.function(wrt, wanted), theano.function(wrt, wanted, mode=plain)


def same(functions, given, rtol=1e-9, atol=1e-14):
    quick, plain = functions
    for got, expected in zip(quick(*given), plain(*given), strict=True):
        np.testing.assert_allclose(got, expected, rtol=rtol, atol=atol)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("flipped", [False, True])
def test_no_step_of_a_gradient_keeps_or_adds_matrices(axis, flipped, loops):
    functions = slopes(axis=axis, flipped=flipped)
    found = loops(functions[0])
    assert len(found) == 2
    for loop in found:
        assert max(v.ndim for v in loop.op.graph.outputs) == 1
    assert any(v.ndim == 2 for n in loops(functions[1]) for v in n.op.graph.outputs)
    rng = np.random.default_rng(2)
    given = [rng.normal(size=s) for s in [(4,), (4, 4), (6, 4)]]
    same(functions, given)


def test_in_single_precision_it_is_the_same_up_to_rounding():
    rng = np.random.default_rng(3)
    given = [rng.normal(size=s).astype("float32") for s in [(5,), (5, 5), (30, 5)]]
    same(slopes("float32"), given, rtol=1e-4, atol=1e-5)


STARTS = [[0.5, -1.0, 2.0], [0.0, -800.0, -1e5], [0.0, -INF, -INF], [-INF] * 3]
STARTS += [[INF, 0.0, -INF], [0.0, NAN, 1.0]]
MOVES = [
    [[0.1, -2.0, 3.0], [0.0, 1.0, -1.0], [2.0, 2.0, 2.0]],
    [[0.0, -800.0, -2e3], [-900.0, 0.0, -5.0], [1e4, -1e4, 0.0]],
    [[0.0, -INF, -1.0], [-INF, 0.0, -INF], [-INF, -1.0, -INF]],
    [[0.0, -INF, 1.0], [1.0, -INF, 2.0], [0.0, -INF, 0.0]],
    [[INF, 0.0, 1.0], [0.0, -INF, 1.0], [0.0, 1.0, -1.0]],
    [[NAN, 0.0, 1.0], [0.0, 1.0, 1.0], [0.0, 1.0, -1.0]],
]


def test_what_underflows_or_is_infinite_is_as_if_no_factors_were_kept():
    functions = slopes()
    for start in STARTS:
        for moves in MOVES:
            given = [np.array(start), np.array(moves), np.full((3, 3), -1.0)]
            same(functions, given)


def test_steps_without_factors_are_added_to_those_with():
    start, moves = np.zeros(3), np.full((3, 3), -700.0) + 700.0 * np.eye(3)
    seen = np.zeros((9, 3))
    seen[4] = [0.0, -900.0, -1500.0]  # behind it, sums underflow
    seen[5] = [-1500.0, 0.0, 0.0]
    same(slopes(), [start, moves, seen])


def test_huge_cotangents_are_not_divided_by_tiny_sums():
    start, moves = np.array([0.0, -500.0]), np.array([[0.0, -INF], [-INF, 0.0]])
    functions = slopes(scale=1e150)
    same(functions, [start, moves, np.array([[0.0, 490.0]] * 3)], atol=1e130)


def test_an_extent_of_one_meets_others():
    for shapes in [((1,), (3, 1), (4, 1)), ((3,), (1, 3), (4, 3))]:
        given = [np.log(np.arange(1.0, 1 + np.prod(s)).reshape(s)) for s in shapes]
        same(slopes(), given)


def test_a_chain_of_no_states_is_no_error():
    quick, _ = slopes()
    found = quick(np.zeros(0), np.zeros((0, 0)), np.zeros((3, 0)))
    assert [x.shape for x in found] == [(0,), (0, 0), (3, 0)]
