"""Branches that stand by for sums that underflow: compiled when one is needed."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.codegen.compile as codegen
import theanolike.tensor as T
from theanolike.errors import NoCompilerError

STATES, STEPS = 4, 6
MOVES = np.random.default_rng(0).normal(size=(STATES, STATES))
SEEN = np.random.default_rng(1).normal(size=(STEPS, STATES))
USUAL = np.random.default_rng(2).normal(size=STATES)
# After these states a move from the second one is all that matters to the first.
RARE_MOVES = np.where(np.eye(STATES, k=-1) > 0, -2000.0, -np.inf)
RARE_MOVES[0] = 0.0, -900.0, 0.0, 0.0
RARE = np.array([-1000.0, 0.0, -1000.0, -1000.0])


@pytest.fixture
def builds(monkeypatch):
    """Return a list of whether each unit made has all branches."""
    made = []
    build = codegen.build_unit

    def noted(*args, **given):
        made.append(given["standing_by"])
        return build(*args, **given)

    monkeypatch.setattr(codegen, "build_unit", noted)
    return made


AS_WRITTEN = theano.compile.get_default_mode().excluding(
    "log_of_product_in_loop", "weights_behind_loop"
)


def chain():
    """Return the arguments of a recursion, and the logarithm of what it adds up to."""
    start, moves, seen = T.dvector("start"), T.dmatrix("moves"), T.dmatrix("seen")
    states, _ = theano.scan(
        lambda s, a: T.log(T.sum(T.exp(a[:, None] + moves), axis=0)) + s,
        sequences=seen,
        outputs_info=start,
    )
    return [start, moves, seen], T.log(T.sum(T.exp(states[-1])))


def test_what_stands_by_is_compiled_when_a_call_needs_it_and_serves_from_then_on(
    builds,
):
    arguments, value = chain()
    outputs = [value, *theano.grad(value, arguments[:2])]
    run = theano.function(arguments, outputs)
    expected = theano.function(arguments, outputs, mode=AS_WRITTEN)
    cases = [(USUAL, MOVES), (RARE, RARE_MOVES), (USUAL, MOVES), (RARE, RARE_MOVES)]
    assert builds == [False, False]
    for case, made in zip(cases, [2, 3, 3, 3], strict=True):
        results = run(*case, SEEN)
        assert np.isfinite(results[0])
        for got, wanted in zip(results, expected(*case, SEEN), strict=True):
            np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-12)
        assert builds == [False, False, True][:made]


def test_a_shared_variable_is_updated_once_by_a_call_that_begins_again():
    arguments, value = chain()
    total = theano.shared(1.0, "total")
    run = theano.function(arguments, value, updates={total: total + 1})
    run(RARE, RARE_MOVES, SEEN)
    assert total.get_value() == 2.0


def test_nothing_is_left_out_beside_an_op_of_a_user_which_runs_once(builds):
    given = []

    @theano.compile.ops.as_op(itypes=[T.dscalar], otypes=[T.dscalar])
    def watched(x):
        given.append(float(x))
        return x

    arguments, value = chain()
    x = T.dscalar("x")
    run = theano.function([x, *arguments], [watched(x), value])
    assert np.isfinite(run(2.0, RARE, RARE_MOVES, SEEN)[1])
    assert given == [2.0]
    assert builds == [False]


def test_without_a_compiler_by_then_the_call_says_so_and_others_go_on(monkeypatch):
    arguments, value = chain()
    run = theano.function(arguments, value)
    before = run(USUAL, MOVES, SEEN)

    def missing(*args, **given):
        raise NoCompilerError("there is none")

    monkeypatch.setattr(codegen, "build_unit", missing)
    with pytest.raises(NoCompilerError, match="there is none"):
        run(RARE, RARE_MOVES, SEEN)
    assert run(USUAL, MOVES, SEEN) == before


def test_a_variant_for_extents_of_one_finds_what_stands_by_too(builds):
    arguments, value = chain()
    run = theano.function(arguments, value)
    expected = theano.function(arguments, value, mode=AS_WRITTEN)
    del builds[:]
    given = RARE, RARE_MOVES, SEEN[:, :1]
    np.testing.assert_allclose(run(*given), expected(*given), rtol=1e-12)
    assert True in builds
