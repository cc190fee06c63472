"""Rewrites that users write and register, in Theano's words."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.compile import optdb
from theanolike.errors import InconsistencyError, InputTypeError
from theanolike.legacy import gof
from theanolike.ops.elementwise import Elementwise
from theanolike.rewrites.registry import STEPS, USERS
from theanolike.tensor.opt import (
    register_canonicalize,
    register_specialize,
    register_stabilize,
    register_uncanonicalize,
)

x = T.vector("x")
at = np.array([0.5, 2.0])


@pytest.fixture(autouse=True)
def forget():
    parts = ("canonicalize", "stabilize", "specialize", "uncanonicalize")
    before = {part: set(optdb[part]._objects) for part in parts}
    own = set(optdb._objects)
    yield
    for part in parts:
        for name in set(optdb[part]._objects) - before[part]:
            optdb[part].unregister(name)
    for name in set(optdb._objects) - own:
        optdb.unregister(name)
    assert not USERS
    assert set(STEPS) == {"uncanonicalize", "specialize_device"}


class Twice(theano.Op):
    __props__ = ()

    def make_node(self, x):
        x = T.as_tensor_variable(x)
        return theano.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0] * 2


def ops_of(expression, **kwargs):
    f = theano.function([x], expression, **kwargs)
    return [node.op for node in f.maker.fgraph.toposort()], f


def doubled(node):
    """twice(x) = x * 2."""
    if not isinstance(node.op, Twice):
        return False
    return [node.inputs[0] * 2]


def test_a_function_of_nodes_replaces_a_users_op():
    register_canonicalize(gof.local_optimizer([Twice])(doubled))
    ops, f = ops_of(Twice()(x))
    assert Twice() not in ops
    np.testing.assert_array_equal(f(at), at * 2)
    assert "doubled: twice(x) = x * 2." in f.explain()


@pytest.mark.parametrize("tracks", [None, [None], [Twice()], [Elementwise, Twice]])
def test_tracks_are_ops_or_classes_or_all(tracks):
    register_specialize(gof.local_optimizer(tracks)(doubled))
    assert Twice() not in ops_of(Twice()(x))[0]


@pytest.mark.parametrize(
    "register", [register_stabilize, register_specialize, register_uncanonicalize]
)
def test_each_phase_takes_it_and_a_mode_excludes_it_by_name(register):
    @register
    @gof.local_optimizer([Twice])
    def mine(node):
        return doubled(node)

    assert Twice() not in ops_of(Twice()(x))[0]
    without = theano.compile.get_mode("FAST_RUN").excluding("mine")
    assert Twice() in ops_of(Twice()(x), mode=without)[0]


def test_fast_compile_runs_it_only_by_its_tag():
    register_canonicalize("fast_compile", name="both")(
        gof.local_optimizer([Twice])(doubled)
    )
    assert Twice() not in ops_of(Twice()(x), mode="FAST_COMPILE")[0]
    optdb["canonicalize"].remove_tags("both", "fast_compile")
    assert Twice() in ops_of(Twice()(x), mode="FAST_COMPILE")[0]
    more = theano.compile.get_mode("FAST_COMPILE").including("both")
    assert Twice() not in ops_of(Twice()(x), mode=more)[0]


def test_flags_include_and_exclude_it():
    register_canonicalize(gof.local_optimizer([Twice])(doubled), "mytag")
    with theano.change_flags(optimizer_excluding="mytag"):
        assert Twice() in ops_of(Twice()(x))[0]
    with theano.change_flags(optimizer_including="mytag", mode="FAST_COMPILE"):
        assert Twice() not in ops_of(Twice()(x))[0]


def test_a_dict_replaces_any_variables():
    @register_canonicalize
    @gof.local_optimizer([Twice])
    def by_dict(node):
        return {node.outputs[0]: node.inputs[0] + node.inputs[0], "remove": []}

    _, f = ops_of(Twice()(x))
    np.testing.assert_array_equal(f(at), at * 2)


def test_it_asks_who_reads_a_variable():
    seen = []

    @register_canonicalize
    @gof.local_optimizer([Twice])
    def looks(node):
        seen.append((len(node.outputs[0].clients), len(node.fgraph.apply_nodes)))
        return False

    ops_of(T.exp(Twice()(x)))
    assert seen[0] == (1, 2)
    with pytest.raises(AttributeError, match="only inside of a FunctionGraph"):
        x.clients


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        (lambda v: [T.cast(v, "float32")], "expected|Expected the same dtype"),
        (lambda v: [v.dimshuffle("x", 0)], "Expected the same dtype and broadcast"),
        (lambda v: [3.0], "theano.tensor.constant"),
        (lambda v: [v, v], "a list of 1 variables"),
        (lambda v: True, "a list of 1 variables"),
    ],
)
def test_a_wrong_answer_is_an_error_that_names_the_rewrite(wrong, match):
    @register_canonicalize
    @gof.local_optimizer([Twice])
    def spoils(node):
        return wrong(node.inputs[0])

    with pytest.raises(InputTypeError, match=match) as caught:
        ops_of(Twice()(x))
    assert "spoils" in str(caught.value)


def test_a_name_is_taken_once():
    register_canonicalize(gof.local_optimizer([Twice])(doubled))
    with pytest.raises(ValueError, match="Expected a new name, got 'doubled'"):
        register_specialize(gof.local_optimizer([Twice])(doubled))


def test_tracks_of_no_op_are_refused():
    with pytest.raises(ValueError, match="Expected ops or classes of ops"):
        gof.local_optimizer([T.dot])
    with pytest.raises(ValueError, match="at least one"):
        gof.local_optimizer([])


def test_a_pattern_is_put_in_the_place_of_another():
    pattern = gof.PatternSub((T.log, (T.add, 1.0, (Twice(), "y"))), (T.log1p, "y"))
    register_canonicalize(pattern, name="halved")
    assert Twice() not in ops_of(T.log(T.add(1.0, Twice()(x))))[0]
    assert Twice() in ops_of(T.log(T.add(2.0, Twice()(x))))[0]


def test_a_variable_of_a_pattern_is_the_same_everywhere():
    pattern = gof.PatternSub(
        (T.sub, (Twice(), {"pattern": "y", "constraint": lambda v: v.ndim == 1}), "y"),
        "y",
    )
    walk = gof.in2out(pattern)
    y = T.vector("y")
    same = gof.FunctionGraph([x, y], [Twice()(x) - x, Twice()(x) - y])
    walk.optimize(same)
    assert same.outputs[0] is same.inputs[0]
    assert same.outputs[1].owner.op == T.sub


def test_a_pattern_doesnt_match_what_something_else_reads():
    def made(**options):
        pattern = gof.PatternSub((T.exp, (Twice(), "y")), (T.exp, "y"), **options)
        graph = gof.FunctionGraph([x], [T.exp(Twice()(x)), Twice()(x)])
        gof.MergeOptimizer().optimize(graph)
        gof.out2in(pattern).optimize(graph)
        return graph.outputs[0].owner.inputs[0] is graph.inputs[0]

    assert not made()
    assert made(allow_multiple_clients=True)


def test_an_op_is_removed_or_put_in_the_place_of_another():
    graph = gof.FunctionGraph([x], [Twice()(T.exp(x))])
    gof.out2in(gof.OpSub(T.exp, T.sin), gof.OpRemove(Twice()), name="both").optimize(
        graph
    )
    assert [node.op for node in graph.toposort()] == [T.sin]


class Halves(gof.Optimizer):
    """Rewrites whole graphs."""

    def add_requirements(self, fgraph):
        fgraph.attach_feature(gof.toolbox.ReplaceValidate())

    def apply(self, fgraph):
        for node in fgraph.toposort():
            if node.op == Twice():
                fgraph.replace_validate(
                    node.outputs[0], node.inputs[0] * 2.0, reason="halves"
                )


@pytest.mark.parametrize("position", [0.5, 1.7, 49.2, "last"])
def test_a_rewriter_of_whole_graphs_runs_at_its_position(position):
    optdb.register("halves", Halves(), position, "fast_run")
    assert Twice() not in ops_of(Twice()(x))[0]
    assert Twice() in ops_of(Twice()(x), mode="FAST_COMPILE")[0]
    less = theano.compile.get_default_mode().excluding("halves")
    assert Twice() in ops_of(Twice()(x), mode=less)[0]


def test_the_phases_that_follow_rewrite_what_a_rewriter_made():
    optdb.register("halves", Halves(), 0.5, "fast_run")
    ops, _ = ops_of(Twice()(x) * 3.0)
    assert ops == [T.mul]


def test_a_mode_has_rewriters_of_its_own_at_positions():
    mode = theano.compile.get_default_mode().register((Halves(), 0.5))
    assert ops_of(Twice()(x) * 3.0, mode=mode)[0] == [T.mul]
    mode = theano.Mode(optimizer=Halves())
    assert ops_of(Twice()(x) * 3.0, mode=mode)[0] == [T.mul, T.mul]


def test_a_database_of_ones_own_runs_at_its_position():
    mine = gof.EquilibriumDB()
    optdb.register("mine", mine, 1.1, "fast_run")
    mine.register("doubled", gof.local_optimizer([Twice])(doubled), "fast_run")
    assert ops_of(Twice()(x) * 3.0)[0] == [T.mul]


def test_a_query_is_an_optimizer_of_a_mode():
    expression = T.log(1 + x) * 1
    query = gof.Query(include=["fast_run"], exclude=["stabilize"])
    assert T.log1p not in ops_of(expression, mode=theano.Mode(None, query))[0]
    graph = gof.FunctionGraph([x], [expression])
    optdb.query(gof.Query(include=["fast_run"])).optimize(graph)
    assert [node.op for node in graph.toposort()] == [T.log1p]


def test_rewriters_run_until_nothing_changes():
    @gof.local_optimizer([Twice])
    def peeled(node):
        return [node.inputs[0]]

    deep = x
    for _ in range(30):
        deep = Twice()(deep)
    graph = gof.FunctionGraph([x], [deep])
    gof.EquilibriumOptimizer([peeled, gof.MergeOptimizer()]).optimize(graph)
    assert len(graph) == 0


def test_a_walk_that_never_ends_is_stopped():
    @gof.local_optimizer([Twice])
    def again(node):
        return [Twice()(node.inputs[0])]

    graph = gof.FunctionGraph([x], [Twice()(x)])
    with pytest.raises(InconsistencyError, match="ignore_newtrees"):
        gof.in2out(again).optimize(graph)
    assert gof.in2out(again, ignore_newtrees=True).optimize(graph) == 1


def test_what_undoes_the_normal_form_has_the_last_word():
    @register_uncanonicalize
    @gof.local_optimizer([T.neg])
    def from_zero(node):
        return [0.0 - node.inputs[0]]

    ops, f = ops_of(-x)
    assert ops == [T.sub]
    np.testing.assert_array_equal(f(at), -at)


def test_a_rewrite_of_ones_own_runs_inside_of_loops():
    register_canonicalize(gof.local_optimizer([Twice])(doubled))
    rows, _ = theano.scan(Twice(), outputs_info=x, n_steps=3)
    f = theano.function([x], rows[-1])
    np.testing.assert_array_equal(f(at), at * 8)
    assert "twice" not in str(f.maker.fgraph.toposort()).lower()


@pytest.mark.parametrize("tag", ["local_log1p", "log_of_one_plus", "stabilize"])
def test_rewrites_of_the_catalogue_are_excluded_by_their_names(tag):
    mode = theano.compile.get_default_mode().excluding(tag)
    assert T.log1p not in ops_of(T.log(1 + x), mode=mode)[0]


def test_tags_of_theanos_build_step_are_passed_over():
    mode = theano.compile.mode.get_mode("FAST_RUN").excluding("fusion", "inplace")
    np.testing.assert_allclose(ops_of(T.exp(x) * 2, mode=mode)[1](at), np.exp(at) * 2)


def test_a_rewrite_notes_where_the_old_was_written():
    old, new = T.exp(x), T.sin(x)
    assert gof.opt.copy_stack_trace(old, new) is new
    assert set(old.owner.origin) <= set(new.owner.origin)
