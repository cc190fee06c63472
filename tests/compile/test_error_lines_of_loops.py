"""A step that fails names the line that the user wrote in it, and its inputs' shapes."""

# ruff: noqa: E501 - a formula stands on one line, which is what is tested

import re

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike import scan
from theanolike.compile import again
from theanolike.gradient import grad
from theanolike.legacy.ifelse import ifelse

VALUES = {
    "v": np.arange(3.0),
    "w": np.arange(4.0),
    "A": np.ones((2, 3)),
    "S": np.eye(3),
    "n": np.array(5),
    "z": np.array(0),
    "k": np.array([0, 7]),
}
KINDS = {
    name: T.TensorType(value.dtype, (None,) * value.ndim)
    for name, value in VALUES.items()
}
MUL, ADD = "Elemwise{mul}", "Elemwise{add}"
# Each with the op as it is written, and on one line, to which the message has to point.
FAILING = {
    "steps below zero": (
        "a scan",
        lambda v, n: scan(lambda s: s * 2, None, v, n_steps=n - 9)[0],
    ),
    "last of no steps": (
        "Subtensor{int64}",
        lambda v, z: scan(lambda s: s * 2, None, v, n_steps=z)[0][-1],
    ),
    "last of an empty sequence": (
        "Subtensor{int64}",
        lambda v, n: scan(lambda x, s: s + x, v[n:], T.zeros(()))[0][-1],
    ),
    "sequence that is too short": (
        "a scan",
        lambda v, n: scan(lambda x: x * 2, v, n_steps=n)[0],
    ),
    "taps beyond a sequence": (
        "a scan",
        lambda v, n: scan(lambda x, y: x * y, {"input": v, "taps": [-2, 0]}, n_steps=n)[0],
    ),
    "too few initial values": (
        "Subtensor{int64}",
        lambda v: scan(lambda a, b: a + b, None, {"initial": v[2:], "taps": [-2, -1]}, n_steps=3)[0],
    ),
    "state that changes shape": (
        MUL,
        lambda v, w: scan(lambda s, x: s * x, None, v, w, n_steps=3)[0],
    ),
    "state that grows": (
        "scan walk",
        lambda v: scan(lambda s: T.concatenate([s, s]), None, v, n_steps=3, name="walk")[0],
    ),
    "row and vector": (ADD, lambda A, w: scan(lambda x, y: x + y, A, None, w)[0]),
    "product that is moved out": (
        "dot",
        lambda A, w: scan(lambda x, y: T.dot(x, y) * 2, A, None, w)[0],
    ),
    "invariant": (
        "dot",
        lambda v, A, w: scan(lambda s, a, b: s + T.dot(a, b).sum(), None, v, [A, w], n_steps=3)[0],
    ),
    "index by the step": (
        "Subtensor{int64}",
        lambda v, n: scan(lambda i, y: y[i] * 2, T.arange(n), None, v)[0],
    ),
    "index vector": (
        "AdvancedSubtensor1",
        lambda v, k: scan(lambda s, i: s[i] * 2, None, v[:2], k, n_steps=3)[0],
    ),
    "set by the step": (
        "IncSubtensor{Set;int64}",
        lambda v, n: scan(lambda i, s: T.set_subtensor(s[i], 0.0), T.arange(n), v)[0],
    ),
    "reshape": (
        "Reshape{2}",
        lambda A, n: scan(lambda x, k: x.reshape((k, 2)) * 2, A, None, n)[0],
    ),
    "loop in a loop": (
        "Subtensor{int64}",
        lambda A, n: scan(lambda r, k: scan(lambda i, q: q[i], T.arange(k), None, r)[0], A, None, n)[0],
    ),
    "branch in a loop": (
        ADD,
        lambda A, w, n: scan(lambda x, y, k: ifelse(T.gt(k, 0), x + y, x), A, None, [w, n])[0],
    ),
    "loop in a branch": (
        MUL,
        lambda v, w, n: ifelse(T.gt(n, 0), scan(lambda s, x: s * x, None, v, w, n_steps=2)[0][-1], v),
    ),
    "map": (MUL, lambda A, w: theano.map(lambda x, y: x * y, A, [w])[0]),
    "reduce": (ADD, lambda A, w: theano.reduce(lambda x, s: s + x, A, w)[0]),
}  # fmt: skip


def message(name, mode, *, is_backward=False):
    """Return the text of a failing call, and the line that it is to name."""
    code = FAILING[name][1].__code__
    inputs = [KINDS[x](x) for x in code.co_varnames[: code.co_argcount]]
    before = [x * 1 if x.dtype == "int64" else T.exp(-abs(x)) + x for x in inputs]
    out = T.tanh(FAILING[name][1](*before)) + 1
    if is_backward:
        floats = [x for x in inputs if x.dtype == "float64"]
        out = grad(out.sum(), floats, disconnected_inputs="ignore")
    f = theano.function(inputs, out, mode=mode, on_unused_input="ignore")
    with pytest.raises((ValueError, IndexError)) as caught:
        f(*(VALUES[x.name] for x in inputs))
    return str(caught.value), code.co_firstlineno


def check(text, op, line):
    lines = text.splitlines()
    assert f"  in {op}" == lines[1], text
    assert f"  written at {__file__}:{line}" in lines, text
    assert any(re.match(r"  .+: \w+ of shape \(", li) for li in lines), text
    assert not lines[-1].startswith(" "), text
    assert lines[-1].endswith("."), text


@pytest.mark.parametrize("name", FAILING)
def test_a_failing_step_is_named_with_its_line(name, mode):
    text, line = message(name, mode)
    check(text, FAILING[name][0], line)


@pytest.mark.compiler
@pytest.mark.parametrize("name", ["index by the step", "invariant", "loop in a loop"])
def test_a_gradient_of_a_failing_step_names_the_line_too(name):
    text, line = message(name, "FAST_RUN", is_backward=True)
    check(text, FAILING[name][0], line)


@pytest.mark.compiler
@pytest.mark.parametrize(
    "name", ["index by the step", "set by the step", "row and vector"]
)
def test_shapes_are_told_where_computing_again_would_take_long(name, monkeypatch):
    monkeypatch.setattr(again, "MOST_WORK", 0)
    text, line = message(name, "FAST_RUN")
    check(text, FAILING[name][0], line)
    assert "float64 of shape (3,)" in text
    assert "of the scan" in text


@pytest.mark.compiler
def test_a_branch_not_taken_is_not_blamed():
    v, n = T.dvector("v"), T.lscalar("n")
    y = ifelse(T.gt(n, 0), v[n], v[n - 9])
    f = theano.function([v, n], T.exp(y))
    with pytest.raises(IndexError, match="index 5 is out of bounds"):
        f(np.arange(3.0), 5)
    with pytest.raises(IndexError, match="index -14 is out of bounds"):
        f(np.arange(3.0), -5)
