"""`pydotprint`: graphs as DOT text and as pictures."""

import pytest

import theanolike.types.constructors as C
from theanolike.errors import UnsupportedError
from theanolike.graph.dot import pydotprint
from theanolike.graph.function_graph import FunctionGraph
from theanolike.types.variable import functions

f = functions()


@pytest.fixture
def graph():
    x = C.dscalar("x")
    hidden = f.exp(x)
    return x, hidden, hidden * 2


def drawn(fct, **options):
    return pydotprint(fct, format="dot", return_image=True, **options).decode()


def test_nodes_inputs_and_outputs_are_drawn(graph):
    text = drawn(graph[2])
    assert text.startswith("digraph")
    assert '"Elemwise{exp}"' in text
    assert "x TensorType(float64, scalar)" in text
    assert text.count("limegreen") == text.count("dodgerblue") == 1


def test_compact_hides_results_without_a_name(graph):
    assert "exp}.0" not in drawn(graph[2])
    assert "exp}.0" in drawn(graph[2], compact=False)
    graph[1].name = "hidden"
    assert "hidden" in drawn(graph[2])


def test_a_function_graph_a_node_and_a_list_are_drawn_alike(graph):
    x, _, y = graph
    assert drawn(y) == drawn([y]) == drawn(y.owner)
    assert drawn(FunctionGraph([x], [y])) == drawn(y)


def test_labels_are_cut_and_quoted(graph):
    x = C.dscalar('a "quoted" name that is rather long')
    text = drawn(f.exp(x), max_label_size=20, var_with_name_simple=True)
    assert r'"a \"quoted\" name t..."' in text


def test_the_file_is_written_and_named(graph, tmp_path, capsys):
    path = tmp_path / "picture"
    pydotprint(graph[2], path, format="dot")
    assert path.with_suffix(".dot").read_text().startswith("digraph")
    assert str(path) in capsys.readouterr().out


def test_without_graphviz_the_error_says_what_to_install(graph, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(
        UnsupportedError, match='install Graphviz, or pass format="dot"'
    ):
        pydotprint(graph[2], return_image=True)


def test_arguments_that_are_not_supported_are_refused(graph):
    with pytest.raises(UnsupportedError, match="scan_graphs"):
        pydotprint(graph[2], scan_graphs=True)


def test_what_is_no_graph_is_refused():
    with pytest.raises(TypeError, match="got int"):
        pydotprint(3)
