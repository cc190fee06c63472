"""Sums of exponentials in loops, as products of what stays and what changes."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.ops.scan.loop import LoopOp
from theanolike.ops.softmax import LogSumExp, Softmax

INF, NAN = np.inf, np.nan


def chain(moves, axis=0, dtype="float64"):
    """Return a function from start, moves and seen to the states of all steps."""
    start, seen = T.vector("start", dtype), T.matrix("seen", dtype)

    def step(s, a):
        a = a[:, None] if axis == 0 else a
        return T.log(T.sum(T.exp(a + moves), axis=axis)) + s

    states, _ = theano.scan(step, sequences=seen, outputs_info=start)
    return start, seen, states


def by_numpy(start, moves, seen, axis=0):
    states = [start]
    for s in seen:
        a = states[-1][:, None] if axis == 0 else states[-1]
        with np.errstate(all="ignore"):
            states.append(np.logaddexp.reduce(a + moves, axis=axis) + s)
    return np.array(states[1:])


def left_in_steps(function, kinds):
    """Return what of some ops the steps of a function's loops do unconditionally."""
    return [
        node
        for loop in function.maker.fgraph.toposort()
        if isinstance(loop.op, LoopOp)
        for node in loop.op.graph.nodes
        if isinstance(node.op, kinds)
    ]


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_forward_recursion_takes_no_exponentials_of_the_matrix(axis, dtype):
    rng = np.random.default_rng(0)
    moves = T.matrix("moves", dtype)
    start, seen, states = chain(moves, axis, dtype)
    run = theano.function([start, moves, seen], states)
    assert left_in_steps(run, LogSumExp) == []
    given = [rng.normal(size=s).astype(dtype) * 3 for s in [(5,), (5, 5), (20, 5)]]
    rtol = 1e-12 if dtype == "float64" else 1e-5
    np.testing.assert_allclose(run(*given), by_numpy(*given, axis), rtol=rtol)


STARTS = {
    "finite": [0.5, -1.0, 2.0],
    "far apart": [0.0, -800.0, -1e5],
    "huge": [1e300, 5.0, -1e300],
    "one certain": [0.0, -INF, -INF],
    "impossible": [-INF, -INF, -INF],
    "infinite": [INF, 0.0, -INF],
    "NaN": [0.0, NAN, 1.0],
}
MOVES = {
    "finite": [[0.1, -2.0, 3.0], [0.0, 1.0, -1.0], [2.0, 2.0, 2.0]],
    "far apart": [[0.0, -800.0, -2e3], [-900.0, 0.0, -5.0], [1e4, -1e4, 0.0]],
    "zeros": [[0.0, -INF, -1.0], [-INF, 0.0, -INF], [-INF, -INF, -INF]],
    "an unreachable state": [[0.0, -INF, 1.0], [1.0, -INF, 2.0], [0.0, -INF, 0.0]],
    "nothing reachable": [[-INF] * 3] * 3,
    "infinite": [[INF, 0.0, 1.0], [0.0, -INF, 1.0], [0.0, 1.0, -1.0]],
    "NaN": [[NAN, 0.0, 1.0], [0.0, 1.0, 1.0], [0.0, 1.0, -1.0]],
}


@pytest.mark.parametrize("kind", MOVES)
def test_what_underflows_or_is_infinite_is_as_if_written_by_hand(kind):
    moves = T.dmatrix("moves")
    start, seen, states = chain(moves)
    run = theano.function([start, moves, seen], states)
    seen = np.zeros((2, 3))
    for name, first in STARTS.items():
        given = np.array(first), np.array(MOVES[kind]), seen
        np.testing.assert_allclose(
            run(*given), by_numpy(*given), rtol=1e-12, err_msg=name
        )


def test_the_gradient_is_that_of_the_loop_as_written():
    moves = T.dmatrix("moves")
    start, seen, states = chain(moves)
    wrt = [start, moves, seen]
    slopes = T.grad(T.log(T.sum(T.exp(states[-1]))), wrt)
    mode = theano.compile.get_default_mode().excluding("weights_behind_loop")
    quick = theano.function(wrt, slopes, mode=mode)
    assert left_in_steps(quick, (LogSumExp, Softmax)) == []
    plain = theano.function(wrt, slopes, mode=mode.excluding("log_of_product_in_loop"))
    assert left_in_steps(plain, Softmax) != []
    rng = np.random.default_rng(1)
    for scale in (1.0, 500.0):
        given = [rng.normal(size=s) * scale for s in [(4,), (4, 4), (6, 4)]]
        for got, expected in zip(quick(*given), plain(*given), strict=True):
            np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-15)


def test_a_matrix_that_changes_stays_in_the_exponent():
    start, moves = T.dvector("start"), T.dtensor3("moves")

    def step(m, a):
        return T.log(T.sum(T.exp(a[:, None] + m), axis=0))

    states, _ = theano.scan(step, sequences=moves, outputs_info=start)
    run = theano.function([start, moves], states)
    assert len(left_in_steps(run, LogSumExp)) == 1


def test_an_extent_of_one_meets_others():
    moves = T.dmatrix("moves")
    start, seen, states = chain(moves)
    run = theano.function([start, moves, seen], states)
    for shapes in [((1,), (3, 1), (4, 1)), ((3,), (1, 3), (4, 3))]:
        given = [np.log(np.arange(1.0, 1 + np.prod(s)).reshape(s)) for s in shapes]
        np.testing.assert_allclose(run(*given), by_numpy(*given), rtol=1e-12)


def test_a_chain_of_no_states_or_of_no_steps_is_no_error():
    moves = T.dmatrix("moves")
    start, seen, states = chain(moves)
    run = theano.function([start, moves, seen], states)
    assert run(np.zeros(0), np.zeros((0, 0)), np.zeros((3, 0))).shape == (3, 0)
    assert run(np.zeros(4), np.zeros((4, 4)), np.zeros((0, 4))).shape == (0, 4)
