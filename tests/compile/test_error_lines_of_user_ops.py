"""Where users' ops and `ifelse` are around a failing op, it is named as written, too.

Nothing of the user's runs a second time for a message.
"""

# ruff: noqa: E501 - a formula stands on one line, which is what is tested

import copy
import pickle

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike import scan
from theanolike.compile import again
from theanolike.compile.executable import Compiled
from theanolike.gradient import grad
from theanolike.legacy.ifelse import ifelse
from theanolike.printing import Print


class Double(theano.Op):
    """Twice its input; counts its calls."""

    __props__ = ()
    calls = 0

    def make_node(self, x):
        return theano.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        Double.calls += 1
        output_storage[0][0] = inputs[0] * 2

    def grad(self, inputs, output_gradients):
        return [output_gradients[0] * 2]


class Small(Double):
    """Its input, which it refuses when it is large."""

    def perform(self, node, inputs, output_storage):
        Double.calls += 1
        if inputs[0].sum() > 50:
            raise ArithmeticError("too large")
        output_storage[0][0] = inputs[0] + 0


double, small = Double(), Small()
v, w, A, n = T.dvector("v"), T.dvector("w"), T.dmatrix("A"), T.lscalar("n")
VALUES = {v: np.arange(2.0), w: np.arange(3.0), A: np.ones((2, 3)), n: np.array(5)}
SUB, ADD, ITEM = "Elemwise{sub}", "Elemwise{add}", "Subtensor{int64}"
# The op as written, shapes of its inputs, the formula.
FAILING = {
    "before": (SUB, [(2,), (3,)], lambda: double(v) - 2 * w),
    "aside": ("dot", [(2,), (3,)], lambda: [-2 * T.dot(v, w) + v.sum(), double(v)]),
    "a row of a transpose": (ITEM, [(3, 2), ()], lambda: [A.T[n + v[0].astype("int64")] * 2, double(v)]),
    "product that is added": (SUB, [(2,), (3,)], lambda: double(v) - 0.5 * double(T.dot(v, A))),
    "one op in a row": (ADD, [(2,), (3,)], lambda: T.tanh(double(double(double(v))) + w)),
    "branch that is taken": (SUB, [(2,), (3,)], lambda: T.exp(ifelse(n > 0, double(v) - 2 * w, w))),
    "branch of a branch": (SUB, [(2,), (3,)], lambda: ifelse(n > 0, ifelse(n > 3, double(v) - 2 * w, w), v)),
    "branch without user ops": ("dot", [(2, 3), (2,)], lambda: ifelse(n > 0, v - 2 * T.dot(A, v), v)),
    "not the other branch": (SUB, [(2,), (3,)], lambda: ifelse(n > 9, v + w, v * w[:2] - 2 * w)),
    "scan": (SUB, [(2,), (3,)], lambda: scan(lambda s: double(s) - 2 * w, None, v, n_steps=n)[0]),
    "step of a scan": (ITEM, [(3,), ()], lambda: scan(lambda i, s: double(s) * w[i], T.arange(n), v)[0]),
    "branch of a step": (SUB, [(2,), (3,)], lambda: scan(lambda i, s: ifelse(T.gt(i, 2), s - 2 * w * s.sum(), double(s)), T.arange(n), v)[0]),
    "user op in a branch of a step": (SUB, [(2,), (3,)], lambda: scan(lambda i, s: ifelse(T.gt(i, 2), double(s) - w * s.sum(), s), T.arange(n), v)[0]),
    "scan in a scan": (ITEM, [(3,), ()], lambda: scan(lambda i, s: scan(lambda r: double(r) * w[i], None, s, n_steps=2)[0][-1], T.arange(n), v)[0]),
    "moved out of a scan": (ITEM, [(3,), ()], lambda: scan(lambda s: s + double(w)[n], None, v, n_steps=3)[0]),
}  # fmt: skip


@pytest.fixture
def ran(monkeypatch):
    """Collect how often users' ops have run when a unit has failed."""
    counts = []

    def fail(self, *record):
        counts.append(Double.calls)
        return known(self, *record)

    known = Compiled.fail
    monkeypatch.setattr(Compiled, "fail", fail)
    return counts


def message(outputs, mode):
    """Return the text of a failing call."""
    f = theano.function(list(VALUES), outputs, mode=mode, on_unused_input="ignore")
    Double.calls = 0
    with pytest.raises((ValueError, IndexError, ArithmeticError)) as caught:
        f(*VALUES.values())
    return str(caught.value)


def check(text, op, line, shapes):
    lines = text.splitlines()
    assert f"  in {op}" == lines[1], text
    assert f"  written at {__file__}:{line}" in lines, text
    told = [li.rpartition(" of shape ")[2] for li in lines if " of shape " in li]
    assert told == [str(shape) for shape in shapes], text
    assert lines[-1].endswith((".", "debugger.")), text


@pytest.mark.parametrize("name", FAILING)
def test_an_op_near_users_ops_is_named_as_written(name, mode, ran):
    op, shapes, formula = FAILING[name]
    text = message(formula(), mode)
    check(text, op, formula.__code__.co_firstlineno, shapes)
    assert not ran or ran[-1] == Double.calls


def test_a_gradient_near_users_ops_is_named_as_written(mode):
    y = double(T.tanh(v)) ** 2 * w
    text = message(grad(y.sum(), v), mode)
    assert "  in Elemwise{mul}" in text
    assert f"  written at {__file__}:{y.owner.origin[0].line}" in text


def test_a_step_at_which_a_users_op_fails_is_told(mode, ran):
    inner = lambda s: scan(lambda r: small(r * 3), None, s, n_steps=2)[0][-1]  # noqa: E731
    text = message(scan(inner, None, v, n_steps=4)[0], mode)
    assert text.splitlines()[:2] == ["too large", "  in Small"]
    assert "  in step 1 (of 0, 1...) of the scan" in text
    assert text.count(" of the scan") == 2
    assert Double.calls == 4
    assert ran in ([], [4])


def test_a_users_op_knows_the_names_that_the_user_gave(mode):
    h = T.exp(v * 0 + 9)
    h.name = "h"
    assert "  h: float64 of shape (2,)" in message(small(h) * 2, mode)


@pytest.mark.compiler
def test_a_long_loop_is_computed_again_in_part(monkeypatch):
    monkeypatch.setattr(again, "MOST_WORK", 0)
    formula = lambda: scan(lambda s: s - 2 * T.dot(A, v), None, v, n_steps=n)[0]  # noqa: E731
    text = message(formula(), "FAST_RUN")
    check(text, "dot", formula.__code__.co_firstlineno, [(2, 3), (2,)])


def test_copies_and_pickles_name_the_line_and_change_nothing():
    count = theano.shared(0, "count")
    y = T.exp(v) * 3 + w
    f = theano.function([v, w], y.sum(), updates=[(count, count + 1)])
    twins = [f.copy(), f.copy(delete_updates=True), copy.deepcopy(f)]
    for g in (f, *twins, pickle.loads(pickle.dumps(f))):
        with pytest.raises(ValueError, match="mis-match") as caught:
            g(VALUES[v], VALUES[w])
        check(str(caught.value), ADD, y.owner.origin[0].line, [(2,), (3,)])
    assert count.get_value() == 0


@pytest.mark.compiler
def test_a_message_prints_nothing_again(capsys):
    y = Print("seen")(T.exp(v))[n] * 2
    f = theano.function([v, n], y)
    with pytest.raises(IndexError, match="index 5 is out of bounds"):
        f(VALUES[v], 5)
    assert capsys.readouterr().out.count("seen") == 1


@pytest.mark.compiler
@pytest.mark.parametrize("deep", [1, 70])
def test_a_variant_and_a_table_of_steps_name_ops_as_written(deep, ran):
    x = v
    for k in range(deep):
        x = T.tanh(x) * (k + 1.5) + T.exp(-abs(x)).sum()
    y = (x + double(w))[n] * 2
    f = theano.function([v, w, n], y)
    f(np.ones(3), np.ones(1), 2)
    Double.calls = 0
    with pytest.raises(IndexError) as caught:
        f(np.ones(3), np.ones(1), 5)
    check(str(caught.value), ITEM, y.owner.origin[0].line, [(3,), ()])
    assert ran[-1] == Double.calls


@pytest.mark.compiler
def test_the_first_of_the_steps_that_fail_on_threads_is_told():
    k = T.lvector("k")
    formula = lambda: scan(lambda a, i: T.exp(a)[i] * a.sum(), [A, k])[0]  # noqa: E731
    f = theano.function([A, k], formula())
    places = np.zeros(2000, "int64")
    places[[777, 1900]] = [300, 301]
    with pytest.raises(IndexError, match="index 300") as caught:
        f(np.ones((2000, 256)), places)
    check(str(caught.value), ITEM, formula.__code__.co_firstlineno, [(256,), ()])
    assert "in step 777 (of 0, 1...)" in str(caught.value)
