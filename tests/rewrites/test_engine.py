"""The engine of rewrites: order, bounds, warnings."""

import logging

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.origin import Origin
from theanolike.ops import find
from theanolike.ops.arithmetic import neg, sub
from theanolike.ops.printing import Print
from theanolike.rewrites import Grade, Phase
from theanolike.rewrites.engine import run
from theanolike.rewrites.registry import Rewrite, catalogue, chosen


def rewritten(inputs, output, rewrites=None):
    fgraph = FunctionGraph(inputs, [output])
    report = run(fgraph, catalogue() if rewrites is None else rewrites)
    return fgraph.outputs[0], report


def made(function, phase=Phase.CANONICALIZE, root=None, grade=Grade.EXACT):
    return Rewrite(function, phase, root, grade=grade, aliases=(), tags=())


def text(inputs, output):
    return theano.pp(rewritten(inputs, output)[0])


def test_equal_nodes_become_one():
    x = T.dvector("x")
    fgraph = FunctionGraph([x], [T.exp(x) + 1, T.exp(x) + 1])
    run(fgraph, [])
    assert fgraph.outputs[0] is fgraph.outputs[1]
    assert len(fgraph) == 2


def test_the_order_of_two_commuting_operands_does_not_matter():
    x, y = T.dvectors("x", "y")
    fgraph = FunctionGraph([x, y], [x + y, y + x, T.maximum(x, y), T.maximum(y, x)])
    run(fgraph, [])
    assert fgraph.outputs[0] is fgraph.outputs[1]
    assert fgraph.outputs[2] is not fgraph.outputs[3]


def test_constants_of_different_bits_stay_apart():
    x = T.dvector("x")
    zeros = np.float64(0.0), np.float64(-0.0)
    fgraph = FunctionGraph([x], [T.maximum(x, zeros[0]), T.maximum(x, zeros[1])])
    run(fgraph, [])
    assert fgraph.outputs[0] is not fgraph.outputs[1]


def test_prints_are_not_merged():
    x = T.dvector("x")
    fgraph = FunctionGraph([x], [Print("a")(x), Print("a")(x)])
    run(fgraph, catalogue())
    assert len(fgraph) == 2


def test_a_replacement_has_the_origins_of_what_it_replaces():
    x = T.dvector("x")
    y = T.log(1 + T.exp(x))
    origin = Origin("model.py", 12, "f")
    y.owner.origin = (origin,)
    out, _ = rewritten([x], y)
    assert out.owner.op == find("softplus")
    assert origin in out.owner.origin


def test_the_report_explains_a_node():
    x = T.dvector("x")
    out, report = rewritten([x], T.log(1 + T.exp(x)))
    assert report.explain(out) == ("log_of_one_plus", "log_of_one_plus_exp")
    assert "log_of_one_plus_exp" in str(report)
    assert report.explain(x) == ()


def test_rewrites_that_undo_each_other_are_named_in_a_warning(caplog):
    def there(node):
        """-x = 0 - x."""
        return sub(0.0, node.inputs[0])

    def back(node):
        """0 - x = -x."""
        return neg(node.inputs[1])

    x = T.dvector("x")
    with caplog.at_level(logging.WARNING, logger="theanolike.rewrites"):
        rewritten([x], -x, [made(there, root=neg), made(back, root=sub)])
    assert "there" in caplog.text
    assert "back" in caplog.text
    assert "undo each other" in caplog.text


def test_a_rewrite_that_changes_the_dtype_is_refused():
    def wrong(node):
        """-x = float32(x)."""
        return node.inputs[0].astype("float32")

    x = T.dvector("x")
    with pytest.raises(TypeError, match="wrong"):
        rewritten([x], -x, [made(wrong, root=neg)])


def test_a_rewrite_is_left_out_by_its_name_its_tag_or_its_phase():
    def names(**tags):
        return {one.name for one in chosen("fast_run", **tags)[0]}

    assert "log_of_one_plus" in names()
    assert "log_of_one_plus" not in names(exclude=["log_of_one_plus"])
    assert "log_of_one_plus" not in names(exclude=["local_log1p"])
    assert "log_of_one_plus" not in names(exclude=["stabilize"])
    required = names(require=["local_log1p"])
    assert {"log_of_one_plus", "log_of_one_minus"} <= required < names()
    assert "log_of_one_plus" not in {n.name for n in chosen("fast_compile")[0]}
    added = chosen("fast_compile", include=["local_log1p"])[0]
    assert "log_of_one_plus" in {one.name for one in added}


def test_the_ieee_semantics_keep_each_bit():
    picked, _ = chosen("fast_run", nan_semantics="ieee", include=["stabilize"])
    assert {one.grade for one in picked} == {Grade.EXACT}


def test_the_merge_can_be_left_out():
    assert chosen("fast_run")[1]
    assert not chosen("fast_run", exclude=["merge"])[1]
    assert chosen("None") == ([], False)


def test_rewrites_are_printed_as_they_fire(capsys):
    x = T.dvector("x")
    with theano.config.change_flags(optimizer_verbose=True):
        theano.function([x], x * 1 + x, mode="FAST_COMPILE")
    assert "times_one" in capsys.readouterr().out


def test_a_mode_excludes_a_rewrite():
    x = T.dvector("x")
    mode = theano.Mode("py", "fast_run").excluding("local_log1p")
    f = theano.function([x], T.log(1 + x), mode=mode)
    assert theano.pp(f.maker.fgraph.outputs[0]) == "log((TensorConstant{1} + x))"


def test_a_gradient_is_simplified_as_in_theano():
    x = T.dscalar("x")
    f = theano.function([x], T.grad(x**2, x), mode="FAST_COMPILE")
    assert theano.pp(f.maker.fgraph.outputs[0]) == "(TensorConstant{2.0} * x)"


def test_operands_that_may_broadcast_keep_their_shape_when_they_cancel():
    x, y = T.dvector("x"), T.dvector("y")
    f = theano.function([x, y], x * y / y, mode="FAST_COMPILE")
    assert f([2.0], [3.0, 4.0, 5.0]).tolist() == [2.0, 2.0, 2.0]
    g = theano.function([x, y], (x + y).shape, mode="FAST_COMPILE")
    assert g([2.0], [3.0, 4.0, 5.0]).tolist() == [3]


def test_no_value_is_computed_for_its_shape():
    x, w = T.dmatrix("x"), T.dmatrix("w")
    f = theano.function([x, w], T.exp(T.dot(x, w)).shape, mode="FAST_COMPILE")
    names = {str(node.op) for node in f.maker.fgraph.toposort()}
    assert not names & {"dot", "Elemwise{exp}"}
    assert f(np.zeros((2, 3)), np.zeros((3, 4))).tolist() == [2, 4]


def test_constants_above_a_megabyte_are_not_made():
    wide = T.ones((1024, 129)) * T.arange(129)
    out, _ = rewritten([], wide)
    assert out.owner is not None
    small, _ = rewritten([], T.exp(T.arange(8)))
    assert small.owner is None


def test_what_fails_while_folding_fails_when_the_function_runs():
    x = T.dvector("x")
    index = T.constant(np.arange(3)) + 5
    y = x.sum() + T.constant(np.arange(3.0))[index].sum()
    f = theano.function([x], y, mode="FAST_COMPILE")
    with pytest.raises(IndexError):
        f([1.0])


@pytest.mark.parametrize(
    ("optimizer", "nan_semantics", "expected"),
    [
        ("fast_run", "guarded", 0.0),
        ("fast_run_stable", "guarded", np.nan),
        ("fast_run", "ieee", np.nan),
    ],
)
def test_only_rewrites_of_grade_domain_hide_a_nan(optimizer, nan_semantics, expected):
    x = T.dvector("x")
    with theano.config.change_flags(nan_semantics=nan_semantics):
        f = theano.function([x], x - x, mode=theano.Mode("py", optimizer))
    np.testing.assert_array_equal(f(np.array([np.nan])), [expected])
