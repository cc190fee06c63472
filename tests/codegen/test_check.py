"""The checker: it finds each kind of broken program, and none in what is built."""

import pytest

from theanolike.codegen.check import InvalidProgramError, check_program
from theanolike.codegen.lowering import Builder, ViewDim
from theanolike.codegen.program import (
    Axis,
    Call,
    Literal,
    Load,
    Loop,
    Map,
    Program,
    Reduce,
    Require,
    Scatter,
    View,
)
from theanolike.codegen.shapes import dim, item

ONE = Literal(1.0, "float64")


def start():
    """Return a builder, a matrix and a vector of its."""
    b = Builder()
    return b, b.input("float64", (None, 3)), b.input("float64", (None,))


def with_node(node):
    def make():
        b, x, y = start()
        b.append(node(x, y))
        return b

    return make


def undefined_operand():
    b, x, y = start()
    inner = Builder()
    b.append(Map((), "float64", inner.input("float64", (2,)).at(0), -1))
    return b


def late_operand():
    b, x, y = start()
    b.pointwise("float64", lambda e: e + 1.0, b.pointwise("float64", lambda e: -e, y))
    nodes = b.program.nodes
    nodes[-2:] = nodes[-1], nodes[-2]
    return b


def operand_that_is_not_loaded():
    b, x, y = start()
    b.map(y.shape, "float64", y.at)
    b.program.nodes[-1].operands = ()
    return b


def output_that_is_not_made():
    b, x, y = start()
    b.program.outputs = [Map((), "float64", ONE, -1).results[0]]
    return b


def wrong_slot():
    b, x, y = start()
    b.program.inputs.reverse()
    return b


def wrong_state():
    b, x, y = start()
    b.loop(3, [y], [], lambda b, step, y: [b.pointwise("float64", lambda e: -e, y)])
    b.program.nodes[-1].body.outputs[0].dtype = "float32"
    return b


def wrong_branch():
    b, x, y = start()
    chosen = b.input("bool", ())
    b.branch(chosen, [y], lambda b, y: [y], lambda b, y: [y])
    b.program.nodes[-1].otherwise.outputs.clear()
    return b


def wrong_loop(x, y):
    return Loop(3, [y], [], Program([], [], [y]), -1)


BROKEN = {
    "an operand isn't made yet": [undefined_operand, late_operand],
    "loads no operand": [operand_that_is_not_loaded],
    "an output is never made": [output_that_is_not_made],
    "has another slot": [wrong_slot],
    "its body returns other types": [wrong_state, wrong_branch],
    "its body takes other types": [with_node(wrong_loop)],
    "float64 into float32": [with_node(lambda x, y: Map((), "float32", ONE, -1))],
    "no dtype 'float80'": [
        with_node(lambda x, y: Map((), "float80", Literal(1, "float80"), -1))
    ],
    "axis 1 isn't one of its": [
        with_node(lambda x, y: Map((3,), "float64", y.at(Axis(1)), -1)),
        with_node(lambda x, y: View(y, (3,), (ViewDim(1),), -1)),
    ],
    "an index per dim is needed": [
        with_node(lambda x, y: Map((3,), "float64", Load(x, (Axis(0),)), -1))
    ],
    "an index is int64": [
        with_node(lambda x, y: Map((), "float64", Load(y, (Literal(0, "int32"),)), -1))
    ],
    "select of int64": [
        with_node(
            lambda x, y: Map(
                (3,), "float64", Call("select", "float64", (Axis(0), ONE, ONE)), -1
            )
        )
    ],
    "add takes 2": [
        with_node(lambda x, y: Map((), "float64", Call("add", "float64", (ONE,)), -1))
    ],
    "no reduction 'median'": [
        with_node(
            lambda x, y: Reduce("median", (3,), (0,), ONE, "float64", "float64", -1)
        )
    ],
    "odd axes": [
        with_node(lambda x, y: Reduce("add", (3,), (1,), ONE, "float64", "float64", -1))
    ],
    "a view maps each dim": [with_node(lambda x, y: View(x, (3,), (ViewDim(0),), -1))],
    "no 'update'": [
        with_node(
            lambda x, y: Scatter("update", y, (3,), (Axis(0),), ONE, -1, unique=True)
        )
    ],
    "is negative": [with_node(lambda x, y: Map((-1,), "float64", ONE, -1))],
    "isn't known yet": [
        with_node(
            lambda x, y: Require(
                dim(Builder().input("int8", (None,)), 0), 3, 0, -1, False
            )
        )
    ],
    "isn't 0-d": [with_node(lambda x, y: Require(item(y), 3, 0, -1, False))],
}
CASES = [(text, make) for text, makers in BROKEN.items() for make in makers]


@pytest.mark.parametrize(("text", "make"), CASES)
def test_a_broken_program_is_refused_and_says_where(text, make):
    with pytest.raises(InvalidProgramError, match=text) as caught:
        check_program(make().program)
    assert str(caught.value).startswith("node ")


def test_what_the_builder_makes_is_accepted():
    b, x, y = start()
    row = b.view(x, (3,), [ViewDim(None, 0), ViewDim(0)])
    total = b.reduce("add", b.pointwise("float64", lambda p, q: p * q, x, row), (1,))
    b.program.outputs = [total, *b.loop(3, [total], [y], lambda b, t, s, y: [s])]
    check_program(b.program)


def test_programs_are_checked_in_every_test():
    from theanolike.codegen import emit_cxx

    assert emit_cxx.CHECKED
    with pytest.raises(InvalidProgramError):
        emit_cxx.emit_unit(late_operand().program)
