"""What the documentation prints: formulas, graphs, nodes, values while running."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T

MODES = pytest.mark.parametrize("mode", [None, "FAST_COMPILE"])


def test_pp_writes_formulas():
    v, w = T.vector("v"), T.matrix("W")
    assert theano.pp(T.dot(v, w) + 1) == "((v \\dot W) + TensorConstant{1})"
    assert theano.pp(abs(T.concatenate([v, v]))) == "|join(TensorConstant{0}, v, v)|"
    assert theano.pp(T.nnet.sigmoid(v).sum()) == "sum(sigmoid(v))"
    assert theano.pp(v[0] + v[1:3].sum()) == "(v[0] + sum(v[1:3]))"
    assert theano.printing.pprint(w.T * 2) == "(W.T * TensorConstant{2})"


def test_min_informative_str_names_each_variable_once():
    x = T.dscalar("x")
    lines = theano.printing.min_informative_str(x * (x + 1)).splitlines()
    assert lines == [
        "A. Elemwise{mul}",
        " B. x",
        " C. Elemwise{add}",
        "  <B>",
        "  D. TensorConstant{1}",
    ]


def test_debugprint_takes_ids_and_depth():
    x = T.dscalar("x")
    y = T.exp(x * 2)
    text = theano.printing.debugprint(y, file="str", ids="int", depth=2)
    assert text == "Elemwise{exp} [id 0] ''\n |Elemwise{mul} [id 1] ''\n"
    text = theano.printing.debugprint(y, file="str", ids="", print_type=True, depth=1)
    assert text == "Elemwise{exp}  <TensorType(float64, scalar)> ''\n"


def test_nodes_and_results_print_as_calls():
    x, y = T.dvectors("x", "y")
    f = theano.function([x, y], T.exp(x * y))
    nodes = f.maker.fgraph.toposort()
    assert str(nodes) == "[Elemwise{mul}(x, y), Elemwise{exp}(Elemwise{mul}.0)]"


@MODES
def test_print_shows_values_while_running(capsys, mode):
    x = T.dvector("x")
    shown = theano.printing.Print("vec", attrs=["shape", "min", "__str__"])(x)
    gradient = T.grad((shown**2).sum(), x)
    f = theano.function([x], gradient, mode=mode)
    np.testing.assert_array_equal(f([1, 2]), [2, 4])
    expected = "vec shape = (2,)\nvec min = 1.0\nvec __str__ = [1. 2.]\n"
    assert capsys.readouterr().out == expected


def test_walks_are_lists_of_what_a_graph_holds():
    x, y = T.dvectors("x", "y")
    z = x * y
    w = T.exp(z)
    assert theano.gof.graph.ancestors([w]) == [w, z, x, y]
    assert theano.gof.graph.inputs([w]) == [x, y]
    assert theano.gof.graph.io_toposort([x, y], [w]) == [z.owner, w.owner]
    assert theano.gof.graph.is_in_ancestors(w.owner, z.owner)


@pytest.mark.parametrize("copy_inputs", [True, False])
def test_graphs_are_cloned_between_variables(copy_inputs):
    x, s = T.dvector("x"), theano.shared(np.ones(2), "s")
    y = T.exp(x) + s
    (i,), (o,) = theano.gof.graph.clone([x], [y], copy_inputs=copy_inputs)
    assert (i is x) == (not copy_inputs)
    assert o is not y
    assert theano.gof.graph.is_same_graph(y, o, givens={x: i, s: o.owner.inputs[1]})
    equivalents = theano.gof.graph.clone_get_equiv([x], [y], copy_orphans=False)
    assert equivalents[s] is s
    assert equivalents[x] is not x


def test_constants_of_one_value_are_scalars():
    assert T.get_scalar_constant_value(T.alloc(2.0, 3, 4)) == 2
    assert T.get_scalar_constant_value(T.constant([5, 5])) == 5
    with pytest.raises(T.NotScalarConstantError):
        T.get_scalar_constant_value(T.constant([5, 6]))


@pytest.mark.parametrize("convert", [int, float])
def test_a_variable_is_no_python_number(convert):
    with pytest.raises(TypeError, match="isn't known before"):
        convert(T.dscalar())


def test_approximate_equality_lets_nan_and_inf_pass_when_asked():
    a, b = np.array([np.nan, np.inf, 1.0]), np.array([2.0, 3.0, 1.0])
    kind = T.dvector
    assert not kind.values_eq_approx(a, b, allow_remove_nan=True)
    assert kind.values_eq_approx(a, b, allow_remove_nan=True, allow_remove_inf=True)
    assert not kind.values_eq_approx(b, a[:2])
