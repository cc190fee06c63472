"""`debugprint`: graphs in Theano's layout."""

import io

import pytest

import theanolike.types.constructors as C
from theanolike.gradient import jacobian
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.printing import (
    char_from_number,
    debugprint,
    hex_digest,
    min_informative_str,
    position_independent_str,
    var_descriptor,
)
from theanolike.types.variable import functions

f = functions()


@pytest.fixture
def x():
    return C.dscalar("x")


def test_the_layout_is_theanos(x):
    y = (x - 4) * (x**2 + 6)
    y.name = "y"
    assert debugprint(y, file="str").splitlines() == [
        "Elemwise{mul} [id A] 'y'",
        " |Elemwise{sub} [id B] ''",
        " | |x [id C]",
        " | |TensorConstant{4} [id D]",
        " |Elemwise{add} [id E] ''",
        "   |Elemwise{pow} [id F] ''",
        "   | |x [id C]",
        "   | |TensorConstant{2} [id G]",
        "   |TensorConstant{6} [id H]",
    ]


def test_a_node_seen_before_is_one_line(x):
    y = f.exp(x)
    assert debugprint(y + y, file="str").splitlines()[1:] == [
        " |Elemwise{exp} [id B] ''",
        " | |x [id C]",
        " |Elemwise{exp} [id B] ''",
    ]


def test_depth_and_names_stop_the_list(x):
    y = f.exp(x)
    y.name = "y"
    assert debugprint(y * 2, depth=1, file="str").count("\n") == 1
    assert "x [" not in debugprint(y * 2, stop_on_name=True, file="str")


@pytest.mark.parametrize(
    ("ids", "line"),
    [("CHAR", "x [id A]"), ("int", "x [id 0]"), ("", "x")],
)
def test_ids_are_letters_numbers_or_left_out(x, ids, line):
    assert debugprint(x, ids=ids, file="str") == line + "\n"


def test_the_address_is_an_id_too(x):
    assert debugprint(x, ids="id", file="str") == f"x [id {id(x)}]\n"


def test_types_are_shown_on_request(x):
    shown = debugprint(f.exp(x), print_type=True, file="str").splitlines()
    assert shown[0] == "Elemwise{exp} [id A] <TensorType(float64, scalar)> ''"
    assert shown[1] == " |x [id B] <TensorType(float64, scalar)>"


def test_several_results_share_ids_and_what_was_shown(x):
    y = f.exp(x)
    text = debugprint([y, y * 2], file="str")
    assert text.count("x [id B]") == 1
    done, used = {}, {}
    debugprint(y, file="str", done=done, used_ids=used)
    assert debugprint(y, file="str", done=done, used_ids=used).count("\n") == 1


def test_a_function_graph_shows_the_order_and_the_clients(x):
    fgraph = FunctionGraph([x], [f.exp(x) * 2])
    first, second = debugprint(fgraph, print_clients=True, file="str").splitlines()[:2]
    assert first == "Elemwise{mul} [id A] ''   1 clients:[output]"
    assert second == " |Elemwise{exp} [id B] ''   0 clients:[[id A]]"


def test_constants_show_their_values_on_request():
    text = debugprint(f.constant(2.5), print_storage=True, file="str")
    assert text == "TensorConstant{2.5} [id A] [array(2.5)]\n"


def test_the_text_goes_where_the_caller_says(x, capsys):
    out = io.StringIO()
    assert debugprint(x, file=out) is out
    assert out.getvalue() == "x [id A]\n"
    debugprint(x)
    assert capsys.readouterr().out == "x [id A]\n"


def test_the_body_of_a_loop_is_printed_below():
    v = C.dvector("v")
    outer, inner = debugprint(jacobian(f.exp(v), v), file="str").split(
        "\nInner graphs of the ops:\n"
    )
    assert "Loop{states=0, collected=1} [id A]" in outer
    assert inner.startswith("\nLoop{states=0, collected=1} [id A]")
    assert "\n >" in inner


@pytest.mark.parametrize("wrong", [{"depth": 0}, {"ids": "letters"}])
def test_wrong_arguments_are_refused(x, wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        debugprint(x, **wrong)


def test_what_is_no_graph_is_refused():
    with pytest.raises(TypeError, match="cannot print an object of type int"):
        debugprint(3)


def test_letters_go_on_after_z():
    assert [char_from_number(n) for n in (0, 25, 26, 27)] == ["A", "Z", "BA", "BB"]


def test_min_informative_str_gives_a_letter_to_each_variable(x):
    y = f.exp(x)
    assert min_informative_str(y + y) == (
        "A. Elemwise{add}\n B. Elemwise{exp}\n  C. x\n <B>"
    )


def test_descriptors_are_equal_for_equal_graphs(x):
    def build():
        return f.exp(C.dscalar()) * 2

    assert var_descriptor(build()) == var_descriptor(build())
    assert var_descriptor(build()) != var_descriptor(f.exp(C.fscalar()) * 2)
    assert position_independent_str(x) == (
        "theano_var{type=TensorType(float64, scalar)}"
    )
    with pytest.raises(NotImplementedError):
        position_independent_str(3)


def test_arrays_are_digested_with_strides_and_shape():
    array = f.constant([1, 2]).data
    assert hex_digest(array).endswith("strides=[(8,)]shape=(2,)")
