"""`pp`: formulas in Theano's layout."""

import pytest

import theanolike.types.constructors as C
from theanolike.graph.pretty import (
    FunctionPrinter,
    IgnorePrinter,
    LeafPrinter,
    OperatorPrinter,
    PatternPrinter,
    pp,
    pprint,
)
from theanolike.types.variable import functions

f = functions()


@pytest.fixture
def x():
    return C.dscalar("x")


def test_operators_have_full_parentheses(x):
    assert pp(-x * (x - 1) / x**2) == (
        "(((-x) * (x - TensorConstant{1})) / (x ** TensorConstant{2}))"
    )


def test_functions_are_called_and_comparisons_too(x):
    assert pp(f.exp(x) > x) == "gt(exp(x), x)"


def test_a_named_result_is_still_a_formula(x):
    y = x + 1
    y.name = "y"
    assert pp(y * 2) == "((x + TensorConstant{1}) * TensorConstant{2})"


def test_reductions_name_the_axes_unless_all():
    m = C.dmatrix("m")
    assert pp(f.sum(m)) == "sum(m)"
    assert pp(f.max(m, axis=1)) == "max(m, axis=1)"


def test_dimshuffle_shows_transposes_and_hides_new_leading_dims():
    m = C.dmatrix("m")
    assert pp(m.T) == "m.T"
    assert pp(m.dimshuffle("x", 0, 1)) == "m"
    assert pp(m.dimshuffle(0, "x", 1)) == "DimShuffle{0, x, 1}(m)"


def test_several_variables_are_printed_side_by_side(x):
    assert pp(x, -x) == "x, (-x)"


def test_a_printer_can_be_assigned_to_an_op_a_class_or_a_condition(x):
    y = f.exp(x)
    op = y.owner.op
    mine = pprint.clone_assign(op, FunctionPrinter("EXP"))
    assert mine(y) == "EXP(x)"
    assert mine.clone_assign(type(op), OperatorPrinter("e^"))(x + x) == "(x e^ x)"
    named = mine.clone_assign(lambda state, r: r.name is not None, LeafPrinter())
    y.name = "y"
    assert named(y * 2) == "(y * TensorConstant{2})"
    assert pprint(y) == "exp(x)"


def test_a_printer_may_return_the_whole_text_as_theanos_do(x):
    class Shout:
        def process(self, output, pstate):
            return "!" + pstate.pprinter.process(output.owner.inputs[0], pstate)

    y = f.exp(-x)
    assert pprint.clone_assign(y.owner.op, Shout())(y) == "!(-x)"


def test_patterns_name_inputs_by_number(x):
    y = f.pow(x, 3)
    printer = PatternPrinter("%(1)s root of %(0)s")
    assert pprint.clone_assign(y.owner.op, printer)(y) == "TensorConstant{3} root of x"


def test_an_ignored_op_prints_its_input(x):
    y = f.exp(x)
    assert pprint.clone_assign(y.owner.op, IgnorePrinter())(y) == "x"


def test_an_operator_of_a_leaf_is_refused(x):
    with pytest.raises(TypeError, match="no result of an op"):
        OperatorPrinter("+").pieces(x)


def test_a_graph_is_printed_with_its_inputs(x):
    assert pprint.process_graph([x], [-x]) == "inputs: x; outputs: (-x)"
