"""Shared variables: values, copies, types."""

import copy
import pickle

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.types.shared import (
    ScalarSharedVariable,
    SharedVariable,
    TensorSharedVariable,
    shared,
    shared_constructor,
)


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (3, "int64"),
        (3.5, "float64"),
        (True, "bool"),
        (2j, "complex128"),
        (np.float32(1), "float32"),
        (np.int8(1), "int8"),
        (np.bool_(1), "bool"),
    ],
)
def test_a_number_makes_a_scalar_of_its_own_dtype(value, dtype):
    with theano.change_flags(floatX="float32"):
        w = shared(value)
    assert isinstance(w, ScalarSharedVariable)
    assert (w.dtype, w.ndim) == (dtype, 0)
    assert w.get_value() == value


def test_an_array_makes_a_tensor_of_no_known_extent():
    w = shared(np.zeros((1, 3), "float32"), "w")
    assert isinstance(w, TensorSharedVariable)
    assert (w.name, w.dtype, w.type.shape) == ("w", "float32", (None, None))
    assert str(w) == "w"


def test_broadcastable_dims_are_kept():
    w = shared(np.zeros((1, 3)), broadcastable=(True, False))
    assert w.broadcastable == (True, False)
    with pytest.raises(TypeError, match="Non-unit value"):
        w.set_value(np.zeros((2, 3)))


def test_another_object_makes_a_generic_variable():
    given = [1, 2]
    w = shared(given)
    assert type(w) is SharedVariable
    assert w.type is not None
    assert w.get_value(borrow=True) is given
    assert w.get_value() is not given


def test_a_foreign_byte_order_is_made_native():
    w = shared(np.arange(3, dtype=">f8"))
    assert w.get_value(borrow=True).dtype.isnative
    np.testing.assert_array_equal(w.get_value(), [0, 1, 2])


def test_values_are_copied_unless_borrowed():
    given = np.zeros(3)
    kept, borrowed = shared(given), shared(given, borrow=True)
    given += 1
    assert kept.get_value().sum() == 0
    assert borrowed.get_value(borrow=True) is given
    assert not np.shares_memory(borrowed.get_value(), given)


def test_set_value_copies_unless_borrowed():
    w, given = shared(np.zeros(2)), np.ones(3)
    w.set_value(given)
    given += 1
    np.testing.assert_array_equal(w.get_value(), [1, 1, 1])
    w.set_value(given, borrow=True)
    assert w.get_value(borrow=True) is given


def test_set_value_takes_a_view_apart_from_its_base():
    w, given = shared(np.zeros(2)), np.arange(4.0)
    w.set_value(given[::2])
    given[:] = 9
    np.testing.assert_array_equal(w.get_value(), [0, 2])


@pytest.mark.parametrize(
    ("value", "lead"),
    [
        (np.zeros((2, 2)), "Wrong number of dimensions: expected 1, got 2"),
        (np.zeros(2, complex), "without risking loss of precision"),
        ("text", "expected numbers"),
    ],
)
def test_set_value_refuses_other_values(value, lead):
    w = shared(np.zeros(2))
    with pytest.raises(TypeError, match=lead):
        w.set_value(value)
    np.testing.assert_array_equal(w.get_value(), [0, 0])


def test_strict_and_allow_downcast_are_kept():
    strict = shared(np.zeros(2), strict=True)
    with pytest.raises(TypeError, match="expected a ndarray object"):
        strict.set_value([1.0, 2.0])
    loose = shared(np.zeros(2, "float32"), allow_downcast=True)
    loose.set_value(np.full(2, 0.1))
    assert loose.get_value().dtype == "float32"


def test_zero_sets_all_elements_to_0():
    given = np.ones(2)
    w = shared(given, borrow=True)
    w.zero()
    assert given.sum() == 2
    w.set_value(given, borrow=True)
    w.zero(borrow=True)
    assert given.sum() == 0


def test_a_clone_shares_the_value():
    w = shared(np.zeros(2), "w")
    twin = w.clone()
    assert twin is not w
    assert twin.name == "w"
    twin.set_value(np.ones(2))
    np.testing.assert_array_equal(w.get_value(), [1, 1])


def test_the_container_is_theanos():
    w = shared(np.zeros(2))
    w.container.data = [1, 2]
    np.testing.assert_array_equal(w.container.value, [1, 2])
    w.container.storage[0] = np.ones(2)
    assert len(w.container.storage) == 1
    assert [v.sum() for v in w.container.storage] == [2]
    with pytest.raises(IndexError):
        w.container.storage[1]


def test_a_pickle_has_a_value_of_its_own():
    w = shared(np.zeros(2), "w")
    again, more = pickle.loads(pickle.dumps([w, w + 1]))
    assert more.owner.inputs[0] is again
    again.set_value(np.ones(2))
    assert copy.deepcopy(again).get_value().sum() == 2
    assert w.get_value().sum() == 0


def test_a_symbolic_value_is_refused():
    with pytest.raises(TypeError, match="needs numeric values and not symbolic"):
        shared(T.dscalar())


def test_an_unknown_keyword_is_refused():
    with pytest.raises(TypeError, match="No suitable SharedVariable constructor"):
        shared(1.0, dtype="float32")


def test_another_target_is_refused():
    with pytest.raises(NotImplementedError, match="target='gpu'"):
        shared(np.zeros(2), target="gpu")


def test_value_says_what_to_use():
    w = shared(1.0)
    with pytest.raises(Exception, match=r"Use sharedvar.get_value\(\)"):
        w.value
    with pytest.raises(Exception, match="does not exist anymore"):
        w.value = 3


def test_constructors_are_tried_newest_first():
    @shared_constructor
    def of_text(value, name=None, strict=False, allow_downcast=None):
        if not isinstance(value, str):
            raise TypeError
        return shared(len(value), name)

    try:
        assert shared.constructors[-1] is of_text
        assert shared("four").get_value() == 4
    finally:
        shared_constructor(of_text, remove=True)
    assert shared("four").get_value() == "four"


def test_operators_build_graph():
    w = shared(np.ones(2))
    assert (w * 2 + w).owner is not None
    assert w.shape.ndim == 1
