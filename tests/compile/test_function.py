"""Forms of inputs and outputs, givens, eval: what programs write."""

import pickle

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike import In, Out, Param
from theanolike.errors import MissingInputError


def ab():
    return T.dscalars("a", "b")


def test_the_first_program_of_the_tutorial(mode):
    a, b = ab()
    f = theano.function([a, b], a + 2 * b, mode=mode)
    result = f(2, 3)
    assert repr(result) == "array(8.)"
    assert isinstance(result, np.ndarray)


def test_lists_are_taken_as_arrays(mode):
    A = T.matrix()
    f = theano.function([A], A * 2, mode=mode)
    np.testing.assert_array_equal(f([[1, 2], [3, 4]]), [[2, 4], [6, 8]])


def test_arguments_go_by_position_or_name(mode):
    a, b = ab()
    f = theano.function([a, b], a - b, mode=mode)
    assert f(5, b=2) == f(b=2, a=5) == f(a=5, b=2) == 3


@pytest.mark.parametrize("outputs", ["list", "tuple"])
def test_a_list_of_outputs_gives_a_list(mode, outputs):
    a, b = ab()
    asked = {"list": [a + b, a * b], "tuple": (a + b, a * b)}[outputs]
    assert theano.function([a, b], asked, mode=mode)(2, 3) == [5, 6]


def test_a_list_of_one_output_gives_a_list(mode):
    a, _ = ab()
    assert theano.function([a], [a + 1], mode=mode)(2) == [3]


def test_a_dict_of_outputs_gives_a_dict(mode):
    a, b = ab()
    f = theano.function([a, b], {"z": a + b, "c": a * b}, mode=mode)
    assert f(2, 3) == {"z": 5, "c": 6}
    assert f.output_keys == ["c", "z"]


def test_no_outputs_give_an_empty_list(mode):
    assert theano.function([], mode=mode)() == []


@pytest.mark.parametrize("wrap", [Out, lambda v: Out(v, borrow=True)])
def test_outputs_may_be_wrapped(mode, wrap):
    a, _ = ab()
    assert theano.function([a], wrap(a * 2), mode=mode)(2) == 4


def test_an_output_may_be_an_input_or_a_constant(mode):
    x = T.dvector("x")
    f = theano.function([x], [x, T.constant(3.0)], mode=mode)
    given = np.ones(2)
    first, second = f(given)
    np.testing.assert_array_equal(first, given)
    assert not np.shares_memory(first, given)
    assert second == 3


def test_one_expression_may_be_two_outputs(mode):
    x = T.dvector("x")
    z = x + 1
    first, second = theano.function([x], [z, z], mode=mode)([1.0])
    assert not np.shares_memory(first, second)
    assert first == second == 2


def test_an_intermediate_value_may_be_an_input(mode):
    x = T.dscalar("x")
    y = x * 2
    assert theano.function([y], y + 1, mode=mode)(5) == 6


def test_an_input_may_have_a_default(mode):
    a, b = ab()
    f = theano.function([a, In(b, value=10)], a + b, mode=mode)
    assert f(1) == 11
    assert f(1, 2) == f(1, b=2) == 3
    assert f(1) == 11


def test_an_input_may_have_another_name(mode):
    a, b = ab()
    f = theano.function([a, In(b, value=1.0, name="rate")], a + b, mode=mode)
    assert f(1, rate=4) == 5


def test_a_default_may_be_a_shared_variable(mode):
    a, b = ab()
    w = theano.shared(3.0)
    f = theano.function([a, In(b, value=w)], a + b, mode=mode)
    assert f(1) == 4
    w.set_value(5.0)
    assert f(1) == 6
    assert f(1, 1) == 2
    assert f(1) == 6


def test_an_input_may_be_a_state(mode):
    step, total = ab()
    f = theano.function(
        [step, In(total, value=0.0, update=total + step)], total, mode=mode
    )
    assert [float(f(2)) for _ in range(3)] == [0, 2, 4]
    assert f["b"] == 6
    f["b"] = 100
    assert f(1) == 100
    assert f[total] == f.value["b"] == f.container["b"].value == 101


def test_a_state_needs_a_value():
    a, _ = ab()
    with pytest.raises(ValueError, match="needs a value"):
        theano.function([In(a, update=a + 1)], a)


def test_param_is_the_old_name_of_in(mode):
    a, b = ab()
    with pytest.warns(UserWarning, match="Param class is deprecated"):
        item = Param(b, default=1)
    f = theano.function([a, item], a + b, mode=mode)
    assert f(33) == 34
    assert f(33, 2) == 35


def test_old_tuples_are_taken_as_inputs(mode):
    a, b = ab()
    f = theano.function([("first", a), (b, 4.0)], a + b, mode=mode)
    assert f(first=1) == 5
    g = theano.function([a, ("total", (b, b + a), 0.0)], b, mode=mode)
    assert [float(g(2)), float(g(2)), float(g["total"])] == [0, 2, 4]


def test_old_tuples_forbid_updates_and_givens():
    a, b = ab()
    with pytest.raises(NotImplementedError, match="disallow updates and givens"):
        theano.function([("first", a)], a + b, givens={b: 1.0})


@pytest.mark.parametrize("form", ["list", "dict", "tuple"])
def test_givens_replace_a_variable(mode, form):
    a, b = ab()
    w1 = theano.shared(1.0)
    pairs = {
        "list": [(w1, -2.0)],
        "dict": {w1: T.constant(-2.0)},
        "tuple": ((w1, a * 0 - 2),),
    }[form]
    f = theano.function([a, b], a + w1 * b, givens=pairs, mode=mode)
    assert f(2, 3) == -4
    assert w1.get_value() == 1


def test_givens_reach_updates_and_default_updates(mode):
    a, b = ab()
    w, v = theano.shared(0.0, "w"), theano.shared(0.0, "v")
    v.default_update = v + b
    f = theano.function([a], w + v, updates=[(w, w + b)], givens={b: a}, mode=mode)
    f(3)
    assert (w.get_value(), v.get_value()) == (3, 3)


def test_givens_may_bring_shared_variables(mode):
    index, x = T.lscalar("i"), T.dvector("x")
    data = theano.shared(np.arange(6.0).reshape(3, 2))
    f = theano.function([index], x.sum(), givens={x: data[index]}, mode=mode)
    assert [float(f(i)) for i in range(3)] == [1, 5, 9]


def test_givens_are_made_one_after_the_other(mode):
    a, b = ab()
    c = T.dscalar("c")
    f = theano.function([a], c, givens=[(b, a + 1), (c, b * 2)], mode=mode)
    assert f(3) == 8


def test_givens_may_change_a_type_when_told(mode):
    x, y = T.dvector("x"), T.fvector("y")
    f = theano.function([y], x * 2, givens={x: y}, rebuild_strict=False, mode=mode)
    assert f(np.ones(2, "float32")).dtype == "float32"


def test_a_given_of_another_type_is_refused():
    x, y = T.dvector("x"), T.dmatrix("y")
    with pytest.raises(TypeError, match="must have its type"):
        theano.function([y], x * 2, givens={x: y})


def test_eval_takes_values_of_the_inputs():
    a, b = ab()
    z = a + b
    assert z.eval({a: 1, b: 2}) == 3
    assert z.eval({a: 1, b: 5}) == 6
    assert theano.shared(4.0).eval() == 4


def test_eval_keeps_the_function():
    a, _ = ab()
    z = a + 1
    z.eval({a: 1})
    (kept,) = z.__dict__["_functions"].values()
    assert kept.calls == 1
    z.eval({a: 2})
    assert kept.calls == 2


def test_eval_says_which_input_is_missing():
    a, b = ab()
    with pytest.raises(MissingInputError, match="b"):
        (a + b).eval({a: 1})


def test_a_function_is_named_after_its_line():
    a, _ = ab()
    f = theano.function([a], a)
    assert f.name.rpartition(":")[0] == __file__
    assert repr(f) == f"<theano function {f.name}>"
    assert theano.function([a], a, name="twice").name == "twice"


def test_arguments_of_function_may_be_dumped(tmp_path):
    a, b = ab()
    path = tmp_path / "arguments.pkl"
    theano.function_dump(path, [a, b], a + 2 * b, mode="FAST_COMPILE")
    with path.open("rb") as file:
        assert theano.function(**pickle.load(file))(2, 3) == 8


def test_a_graph_of_another_type_is_interpreted(mode):
    # a shared object that is no array, read by a user's op
    class Length(theano.Op):
        __props__ = ()

        def make_node(self, x):
            return theano.Apply(self, [x], [T.lscalar()])

        def perform(self, node, inputs, output_storage):
            output_storage[0][0] = np.int64(len(inputs[0]))

    words = theano.shared(["a", "b"])
    f = theano.function([], Length()(words) + 1, mode=mode)
    assert f() == 3
    words.set_value(["a"])
    assert f() == 2


def test_the_search_without_gradients_of_the_tutorial(mode):
    x = theano.shared(0.0)
    y = (x - 1) ** 4
    f = theano.function([], y, updates=({x: x + 0.01}), mode=mode)
    last = f()
    while abs(last - (last := f())) >= 1e-6:
        pass
    assert round(float(x.get_value()), 2) == pytest.approx(0.99, abs=0.02)


@pytest.mark.compiler
def test_source_and_plan_can_be_read():
    x = T.dvector("speed")
    f = theano.function([x], x * 2 + 1)
    assert "speed" in f.source
    assert f.plan
    g = theano.function([x], x * 2 + 1, mode="FAST_COMPILE")
    assert "interpreted" in g.source
    assert g.plan == "interpreted"


def test_the_rewritten_graph_can_be_read(mode):
    a, b = ab()
    w = theano.shared(1.0, "w")
    f = theano.function([a, b], a + w * b, updates={w: w + 1}, mode=mode)
    graph = f.maker.fgraph
    assert [str(v) for v in graph.inputs] == ["a", "b", "w"]
    assert len(graph.outputs) == 2
    assert graph.toposort()
    assert [item.implicit for item in f.maker.inputs] == [False, False, True]
