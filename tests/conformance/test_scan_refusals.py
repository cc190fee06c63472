"""What `scan` refuses, when it is built and when it is called."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T

until = theano.scan_module.until


LOW = (
    "scan low the following error has been encountered: The initial state "
    "(`outputs_info` in scan nomenclature) of variable f32 (argument number 0) "
    "has dtype float32, while the result of the inner function (`fn`) has dtype "
    "float64. This can happen if "
    "the inner function of scan results in an upcast or downcast; cast the "
    "initial state, as in f32.astype('float64'), or the result, as in "
    "result.astype('float32')."
)


def test_what_does_not_fit_is_told_when_the_call_comes(function):
    x, m, n = T.vector("x"), T.matrix("m"), T.iscalar("n")
    k = T.lvector("k")
    cases = [
        (theano.scan(lambda v: v * 2, x, n_steps=n, name="walk")[0], "scan walk must"),
        (theano.scan(lambda s: s * 2, None, x, n_steps=n, name="neg")[0], "scan neg"),
        (
            theano.scan(lambda s: T.dot(m, s), None, x, n_steps=n, name="grow")[0],
            r"x\[t-1\] of scan grow had shape \(3,\) before step 0 and has \(2,\)",
        ),
    ]
    given = {x: np.ones(3), m: np.ones((2, 3)), n: 4, k: [2]}
    for output, text in cases:
        f = function([x, m, n], output, on_unused_input="ignore")
        steps = -2 if "neg" in text else 4
        with pytest.raises(ValueError, match=text) as info:
            f(given[x], given[m], steps)
        assert "test_scan_refusals.py" in str(info.value)


def test_wrong_arguments_are_told_at_once():
    x, s, i = T.vector("x"), T.scalar("s"), T.iscalar("i")
    f32 = T.fvector("f32")
    cases = [
        ({"fn": lambda: s}, "No information about the number of steps provided. Eit"),
        ({"fn": lambda t: (t, until(t > 1)), "outputs_info": s}, "No information abou"),
        ({"fn": lambda: s, "n_steps": 2.0}, "n_steps must be an int. dtype provided "),
        ({"fn": lambda: s, "n_steps": s}, "n_steps must be an int. dtype provided is"),
        ({"fn": lambda: s, "n_steps": -1}, "must not be negative, got -1"),
        ({"fn": lambda: s, "n_steps": T.constant(-1)}, "must not be negative, got -1"),
        ({"fn": lambda v: v, "sequences": s}, "needs a first axis"),
        ({"fn": lambda v: v, "sequences": {"taps": [0]}}, "needs an 'input'"),
        ({"fn": lambda v: v, "sequences": {"input": x, "tap": 0}}, "no ['tap']"),
        ({"fn": lambda v: v, "sequences": {"input": x, "taps": []}}, "needs a tap"),
        ({"fn": lambda v: v, "sequences": {"input": x, "taps": [0.5]}}, "be an int"),
        (
            {"fn": lambda t: t, "outputs_info": {"initial": x, "taps": [0]}},
            "Can not use future taps of outputs",
        ),
        ({"fn": lambda t: t, "outputs_info": {"taps": [-2]}}, "needs an 'initial'"),
        (
            {"fn": lambda t: t, "outputs_info": {"initial": s, "taps": [-2]}},
            "stand along a first axis",
        ),
        (
            {"fn": lambda t: t, "outputs_info": {"initial": np.ones(1), "taps": [-2]}},
            "begins with 2 values",
        ),
        ({"fn": lambda t: [t, t], "outputs_info": s}, "Please provide None as outputs"),
        ({"fn": lambda v: v, "sequences": x, "truncate_gradient": i}, "must be an int"),
        ({"fn": lambda v: v, "sequences": x, "truncate_gradient": 1.5}, "must be an i"),
        ({"fn": lambda v: (until(v > 1), v), "sequences": x}, "must be the last thing"),
        ({"fn": lambda v: (v, until(x > v)), "sequences": x}, "must be a scalar"),
        ({"fn": lambda _: "text", "sequences": x}, "return value of your scan lambda"),
        (
            {"fn": lambda t: t * x, "outputs_info": f32, "name": "low"},
            LOW,
        ),
        (
            {"fn": lambda t: t.sum(), "outputs_info": x, "name": "flat"},
            "of variable x (argument number 0) has type TensorType(float64, vector)",
        ),
        (
            {"fn": lambda t: T.join(0, t, t), "outputs_info": T.zeros(2)},
            "has shape (2,), while the result of the inner function (`fn`) has shape (",
        ),
    ]
    for options, text in cases:
        given = dict(options)
        if "sequences" not in given and "No information" not in text:
            given.setdefault("n_steps", 3)
        with pytest.raises(ValueError) as info:
            theano.scan(**given)
        assert text in str(info.value)


def test_a_strict_loop_wants_what_it_reads():
    x, a = T.vector("x"), theano.shared(2.0, "a")
    total = x.sum()
    for fn, given in (
        (lambda v: v * a, None),
        (lambda v: v * total, None),
        (lambda v, _: v * a, [total]),
        (lambda v: (v, {a: a + 1}), None),
        (lambda v: (v, until(a > 1)), None),
    ):
        with pytest.raises(theano.gof.MissingInputError, match="strict"):
            theano.scan(fn, x, non_sequences=given, strict=True)
    theano.scan(lambda v, b: v * b + T.constant(2.0), x, None, [a], strict=True)


def test_taps_of_an_output_need_something_to_begin_with():
    for taps in ([-1], [-2, -1]):
        with pytest.raises(ValueError, match="needs an 'initial' value"):
            theano.scan(lambda v: v, T.vector("x"), {"taps": taps})
