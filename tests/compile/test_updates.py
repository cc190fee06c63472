"""Updates in all their forms, and OrderedUpdates."""

import copy

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike import OrderedUpdates

FORMS = {
    "dict": lambda w, v: {w: v},
    "list of pairs": lambda w, v: [(w, v)],
    "list of lists": lambda w, v: [[w, v]],
    "tuple of pairs": lambda w, v: ((w, v),),
    "OrderedUpdates": lambda w, v: OrderedUpdates([(w, v)]),
    "items": lambda w, v: {w: v}.items(),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_counter_counts(form, mode):
    a, b = T.dscalars("a", "b")
    w2 = theano.shared(0.0)
    f = theano.function(
        [a, b], a + 2 * b + w2, updates=FORMS[form](w2, w2 + 1), mode=mode
    )
    assert [float(f(2, 3)) for _ in range(5)] == [8, 9, 10, 11, 12]
    assert w2.get_value() == 5


def test_updates_see_the_values_before_the_call(mode):
    u, v = theano.shared(1.0), theano.shared(2.0)
    f = theano.function([], [u, v], updates=[(u, v), (v, u)], mode=mode)
    assert f() == [1, 2]
    assert f() == [2, 1]


def test_an_update_may_change_the_shape(mode):
    w, x = theano.shared(np.zeros(2)), T.dvector("x")
    theano.function([x], [], updates=[(w, x * 2)], mode=mode)(np.ones(3))
    np.testing.assert_array_equal(w.get_value(), [2, 2, 2])


def test_an_update_may_be_a_value(mode):
    w = theano.shared(3.0)
    f = theano.function([], w, updates=[(w, 0)], mode=mode)
    assert [float(f()), float(f())] == [3, 0]


def test_only_updates_give_an_empty_list(mode):
    w = theano.shared(0.0)
    assert theano.function([], updates=[(w, w + 1)], mode=mode)() == []
    assert w.get_value() == 1


def test_a_default_update_is_made_by_each_function(mode):
    w = theano.shared(0.0, "w")
    w.default_update = w + 1
    f = theano.function([], w * 2, mode=mode)
    g = theano.function([], w * 2, updates=[(w, w + 10)], mode=mode)
    f()
    assert w.get_value() == 1
    g()
    assert w.get_value() == 11


def test_default_updates_may_be_left_out(mode):
    u, v = theano.shared(0.0), theano.shared(0.0)
    u.default_update, v.default_update = u + 1, v + 1
    theano.function([], u + v, no_default_updates=True, mode=mode)()
    assert (u.get_value(), v.get_value()) == (0, 0)
    theano.function([], u + v, no_default_updates=[u], mode=mode)()
    assert (u.get_value(), v.get_value()) == (0, 1)


def test_default_updates_of_default_updates_are_found(mode):
    u, v = theano.shared(1.0), theano.shared(1.0)
    u.default_update, v.default_update = u + v, v * 2
    f = theano.function([], u, mode=mode)
    f()
    f()
    assert (u.get_value(), v.get_value()) == (4, 4)


def test_updates_read_through_a_lambda_of_shared_state(mode):
    total, x = theano.shared(np.zeros((2, 2))), T.dmatrix("x")
    f = theano.function([x], total, updates={total: total + x}, mode=mode)
    for k in range(3):
        np.testing.assert_array_equal(f(np.ones((2, 2))), np.full((2, 2), k))


def test_ordered_updates_take_shared_variables_only():
    w, a = theano.shared(0.0), T.dscalar()
    updates = OrderedUpdates([(w, w + 1)])
    with pytest.raises(TypeError, match="keys must inherit from SharedVariable"):
        updates[a] = a
    with pytest.raises(TypeError, match="keys must inherit from SharedVariable"):
        OrderedUpdates({a: a})
    with pytest.raises(TypeError, match="keys must inherit from SharedVariable"):
        updates.update({a: a})


def test_ordered_updates_add_up_unless_they_collide():
    u, v = theano.shared(0.0), theano.shared(0.0)
    first, second = OrderedUpdates([(u, u + 1)]), OrderedUpdates([(v, v + 1)])
    assert list(first + second) == [u, v]
    assert list({v: v} + first) == [v, u]
    assert list(first + first) == [u]
    with pytest.raises(KeyError, match="Collision"):
        first + OrderedUpdates([(u, u + 2)])


def test_a_copy_of_ordered_updates_is_another():
    w = theano.shared(0.0)
    updates = OrderedUpdates([(w, w + 1)])
    twin = copy.copy(updates)
    twin.clear()
    assert len(updates) == 1
    updates.update([(w, w)])
    updates.update(None)
    assert updates[w] is w
