"""Pickles and copies of graphs, deep ones too."""

import copy
import pickle
from itertools import pairwise

import numpy as np
import pytest

import theanolike.types.constructors as C
from theanolike.graph.frozen import FrozenGraph
from theanolike.graph.pickling import Component
from theanolike.graph.traverse import explicit_inputs
from theanolike.types.shared import shared
from theanolike.types.variable import functions

f = functions()


def by_pickle(thing):
    return pickle.loads(pickle.dumps(thing))


COPIES = [by_pickle, copy.deepcopy]


@pytest.mark.parametrize("duplicate", COPIES)
@pytest.mark.parametrize("flip", [False, True])
def test_identities_between_pickled_variables_are_kept(duplicate, flip):
    x = C.dscalar("x")
    y = f.exp(x)
    a, b = duplicate([y, x] if flip else [x, y])[:: -1 if flip else 1]
    assert b.owner.inputs[0] is a
    assert a is not x


@pytest.mark.parametrize("duplicate", COPIES)
def test_inner_nodes_of_two_roots_stay_shared(duplicate):
    shared_part = f.exp(C.dscalar("x"))
    a, b = duplicate((shared_part * 2, shared_part * 3))
    assert a.owner.inputs[0] is b.owner.inputs[0]


@pytest.mark.parametrize("duplicate", COPIES)
def test_a_copy_computes_the_same(duplicate):
    x = C.dvector("x")
    y = f.sum(f.exp(x) * [1.0, 2.0])
    copied = duplicate(y)
    (leaf,) = explicit_inputs([copied])
    data = np.array([1.0, 2.0])
    assert FrozenGraph([leaf], [copied]).run([data]) == FrozenGraph([x], [y]).run(
        [data]
    )


@pytest.mark.parametrize("duplicate", COPIES)
def test_names_tags_types_and_origins_are_kept(duplicate):
    x = C.row("x")
    y = f.exp(x)
    y.name = "y"
    y.tag.remark = "mine"
    copied = duplicate(y)
    assert (copied.name, copied.tag.remark, copied.index) == ("y", "mine", 0)
    assert copied.type.same(y.type)
    assert copied.owner.origin == y.owner.origin
    assert copied.owner.op == y.owner.op


def test_traces_are_left_behind():
    x = C.dscalar("x")
    x.tag.trace = ["a long story"]
    assert not hasattr(by_pickle(x).tag, "trace")


@pytest.mark.parametrize("duplicate", COPIES)
def test_a_tag_may_refer_to_the_graph_itself(duplicate):
    x = C.dscalar("x")
    y = f.exp(x)
    x.tag.reader = y
    copied = duplicate(y)
    assert copied.owner.inputs[0].tag.reader is copied


@pytest.mark.parametrize("duplicate", COPIES)
def test_nodes_are_copied_with_their_graph(duplicate):
    y = f.exp(C.dscalar("x"))
    node, out = duplicate([y.owner, y])
    assert out.owner is node


@pytest.mark.parametrize("duplicate", COPIES)
def test_constants_stay_read_only_and_equal(duplicate):
    c = f.constant([1.0, 2.0])
    copied = duplicate([c + C.dvector()])[0].owner.inputs[0]
    assert copied.equals(c)
    assert not copied.data.flags.writeable


@pytest.mark.parametrize("duplicate", COPIES)
def test_shared_variables_keep_their_values_and_are_copied_once(duplicate):
    w = shared(np.arange(3.0), name="w")
    a, b = duplicate([w * 2, w * 3])
    copied = a.owner.inputs[0]
    assert copied is b.owner.inputs[0]
    np.testing.assert_array_equal(copied.get_value(), [0, 1, 2])
    copied.set_value(np.zeros(3))
    np.testing.assert_array_equal(w.get_value(), [0, 1, 2])


def test_a_users_attributes_are_kept_and_what_eval_keeps_is_not():
    x = C.dscalar("x")
    x.note = [1]
    x._keras_shape = (3, 4)
    x.eval({x: 1.0})
    copied = by_pickle(x)
    assert copied.note == [1]
    assert copied._keras_shape == (3, 4)
    assert "_functions" not in copied.__dict__


def test_numbers_of_variables_stay_unique():
    x = C.dscalar("x")
    assert by_pickle(x).auto_name != x.auto_name


def test_variables_pickled_one_by_one_are_written_once_each():
    x = C.dscalar("x")
    chain = [x]
    for _ in range(200):
        chain.append(f.exp(chain[-1]))
    copied = by_pickle(chain)
    assert all(b.owner.inputs[0] is a for a, b in pairwise(copied))
    assert len(pickle.dumps(chain)) < 3 * len(pickle.dumps(chain[-1]))


def test_nothing_is_held_after_pickling():
    y = f.exp(C.dscalar("x"))
    component = Component.of(y)
    assert Component.of(y) is component
    del component
    later = Component.of(y)
    assert len(later.variables) == 2
    assert later.borrowed == []


def test_a_graph_changed_after_pickling_is_pickled_as_it_is_now():
    x = C.dscalar("x")
    y = f.exp(x)
    pickle.dumps(y)
    y.owner.inputs[0] = C.dscalar("z")
    assert by_pickle(y).owner.inputs[0].name == "z"
