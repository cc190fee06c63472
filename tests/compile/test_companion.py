"""What a function knows besides the call: state by name, copies, pickles."""

import copy
import gc
import pickle
import sys
import weakref

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike import In


@pytest.fixture
def counter(mode):
    """Return a function that counts, and its variables."""
    a, b = T.dscalars("a", "b")
    w = theano.shared(0.0, "w")
    f = theano.function(
        [a, In(b, value=10.0)], a + b + w, updates={w: w + 1}, mode=mode
    )
    return f, a, b, w


def test_state_is_read_and_set_by_name_variable_and_index(counter):
    f, _, b, w = counter
    assert f["b"] == f[b] == f[1] == f.value["b"] == 10
    f["b"] = 20
    assert f(1) == 21
    f["w"] = 5
    assert w.get_value() == f[w] == 5
    assert f.container["w"] is w.container
    assert "b" in f.finder
    assert "nothing" not in f.value


def test_an_unknown_state_is_refused(counter):
    f, *_ = counter
    with pytest.raises(TypeError, match="Unknown input or state: zz"):
        f["zz"]
    with pytest.raises(TypeError, match="Unknown input or state: zz"):
        f["zz"] = 1


def test_setting_a_state_checks_its_type(counter):
    f, *_ = counter
    with pytest.raises(TypeError, match="Wrong number of dimensions"):
        f["b"] = [1, 2]


def test_get_shared_lists_what_is_read_or_updated(counter):
    f, _, _, w = counter
    assert f.get_shared() == [w]
    v = theano.shared(0.0)
    assert theano.function(
        [], [], updates=[(v, w)], mode="FAST_COMPILE"
    ).get_shared() == [
        w,
        v,
    ]


def test_the_old_attributes_are_there(counter):
    f, *_ = counter
    assert f.unpack_single
    assert not f.return_none
    assert f.defaults[0] == (True, False, None)
    assert f.defaults[1][2] == 10
    assert [item.variable.name for item, _, _ in f.indices] == ["a", "b", "w"]
    assert len(f.inv_finder) == len(f.input_storage) == 3
    assert f.sync_shared() is None
    f.trust_input = True
    assert f.trust_input
    assert f(np.array(1.0)) == 11


def test_fn_runs_on_the_storage(counter):
    f, *_ = counter
    f.input_storage[0].storage[0] = np.array(1.0)
    f.fn()
    assert f.output_storage[0].data == 11


def test_free_leaves_a_function_that_works(counter):
    f, *_ = counter
    f(1)
    f.free()
    assert f(1) == 12


def test_a_copy_shares_the_shared_variables(counter):
    f, _, _, w = counter
    for twin in (f.copy(), copy.copy(f), f.copy(share_memory=True)):
        before = float(w.get_value())
        twin(1)
        assert w.get_value() == before + 1


def test_a_copy_has_defaults_of_its_own(counter):
    f, *_ = counter
    f["b"] = 3.0
    twin = f.copy(name="twin")
    twin["b"] = 5.0
    assert (f["b"], twin["b"], twin.name) == (3, 5, "twin")


def test_a_copy_may_use_other_shared_variables(counter):
    f, _, _, w = counter
    other = theano.shared(100.0, "other")
    twin = f.copy(swap={w: other})
    assert twin(0, 0) == 100
    assert (w.get_value(), other.get_value()) == (0, 101)
    assert twin.get_shared() == [other]
    third = theano.shared(1000.0)
    assert twin.copy(swap={other: third})(0, 0) == 1000


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("w", theano.shared(np.zeros(2)), TypeError),
        ("w", 3.0, TypeError),
        ("another", theano.shared(0.0), ValueError),
    ],
)
def test_a_swap_that_makes_no_sense_is_refused(counter, old, new, kind):
    f, _, _, w = counter
    with pytest.raises(kind):
        f.copy(swap={w if old == "w" else theano.shared(0.0, old): new})


def test_a_copy_may_leave_the_updates_out(counter):
    f, _, _, w = counter
    assert f.copy(delete_updates=True)(1, 1) == 2
    assert w.get_value() == 0


def test_a_deep_copy_has_state_of_its_own(counter):
    f, _, _, w = counter
    f["b"] = 3.0
    twin = copy.deepcopy(f)
    twin["b"] = 7.0
    assert twin(1) == 8
    assert (w.get_value(), f["b"]) == (0, 3)
    assert twin.get_shared()[0].get_value() == 1


def test_deep_copies_of_two_functions_go_on_sharing():
    w = theano.shared(0.0)
    f = theano.function([], w, updates=[(w, w + 1)], mode="FAST_COMPILE")
    g = theano.function([], w * 10, mode="FAST_COMPILE")
    step, look = copy.deepcopy([f, g])
    step()
    assert (look(), g()) == (10, 0)


def test_a_pickle_computes_the_same(counter):
    f, _, _, w = counter
    f(1)
    twin = pickle.loads(pickle.dumps(f))
    assert (twin.name, twin["b"]) == (f.name, 10)
    assert twin(1) == f(1) == 12
    assert w.get_value() == twin.get_shared()[0].get_value() == 2


def test_a_function_that_nobody_holds_is_freed(mode):
    a = T.dscalar("a")
    f = theano.function([a], a + 1, mode=mode)
    f(1)
    gone = weakref.ref(f)
    del f, a
    gc.collect()
    assert gone() is None


@pytest.mark.compiler
def test_a_call_shows_no_python_event():
    a, b = T.dscalars("a", "b")
    w = theano.shared(0.0)
    f = theano.function([a, In(b, value=1.0)], a + b, updates=[(w, w + a)])
    f(1.0)
    events = []
    sys.setprofile(lambda frame, event, arg: events.append(event))
    f(1.0)
    f(2.0, b=3.0)
    sys.setprofile(None)
    assert set(events) <= {"c_call", "c_return"}
