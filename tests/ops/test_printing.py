"""The op `Print`: what it shows and passes on."""

import pickle

import numpy as np
import pytest

import theanolike.types.constructors as C
from theanolike.gradient import Rop, grad
from theanolike.graph.frozen import FrozenGraph
from theanolike.ops.printing import Print
from theanolike.types.variable import functions

f = functions()


def value(out, given):
    arrays = [np.asarray(v, x.type.dtype) for x, v in given.items()]
    return FrozenGraph(list(given), [out]).run(arrays)[0]


@pytest.fixture
def x():
    return C.dscalar("x")


def test_print_shows_the_value_and_passes_it_on(x, capsys):
    assert value(Print("x is")(x) + 1, {x: 2.0}) == 3
    assert capsys.readouterr().out == "x is __str__ = 2.0\n"


def test_print_shows_the_attributes_that_it_is_given(x, capsys):
    value(Print("x", attrs=["ndim", "min"])(x), {x: 2.0})
    assert capsys.readouterr().out == "x ndim = 0\nx min = 2.0\n"


def test_print_may_call_a_function_instead(x):
    seen = []
    value(Print("m", global_fn=lambda op, v: seen.append((op.message, v)))(x), {x: 2.0})
    assert seen == [("m", 2.0)]


def test_gradients_pass_print(x):
    assert value(grad(Print()(x) ** 2, x), {x: 3.0}) == 6
    assert value(Rop(Print()(x) ** 2, x, f.constant(1.0)), {x: 3.0}) == 6


def test_print_is_a_value():
    assert Print("a", ["ndim"]) == Print("a", ("ndim",))
    assert pickle.loads(pickle.dumps(Print("a"))) == Print("a")
    assert str(Print("a")) == "Print{message='a', attrs=('__str__',)}"
