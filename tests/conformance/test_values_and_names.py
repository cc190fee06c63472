"""What counts as a value, and what may be a name: lines of Theano's filters."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.errors import AsTensorError, InputTypeError

x, v, n = T.dscalar("x"), T.dvector("v"), T.iscalar("n")


def test_a_scalar_of_numpys_is_taken_where_its_value_fits():
    f = theano.function([n], n * 2, mode="FAST_COMPILE")
    assert [int(f(k)) for k in (np.int64(3), np.uint8(3), np.float64(3))] == [6] * 3
    compiled = theano.function([n], n * 2)
    assert [int(compiled(k)) for k in np.arange(3)] == [0, 2, 4]
    for lost in (np.int64(2**40), np.float64(2.5), np.array(3)):
        with pytest.raises(TypeError, match="cannot store"):
            f(lost)


def test_a_float_of_numpys_says_its_precision_whatever_floatx_is():
    assert T.fscalar.filter(np.float64(0.5)).dtype == "float32"
    with theano.change_flags(floatX="float32"):
        assert T.fscalar.filter(0.1) == np.float32(0.1)
        with pytest.raises(InputTypeError, match=r"accurately value 0.1, it would be"):
            T.fscalar.filter(np.float64(0.1))


def test_a_message_shows_the_beginning_of_a_long_value():
    for value in ([0.1] * 10_000, ["a"] * 10_000, [[1], [2, 3]] * 10_000):
        with pytest.raises(InputTypeError) as caught:
            T.fvector.filter(value)
        assert len(str(caught.value)) < 800
    with pytest.raises(AsTensorError) as caught:
        T.constant(["a"] * 10_000)
    assert len(str(caught.value)) < 400


def test_masks_are_refused_wherever_an_array_enters():
    masked = np.ma.array([1.0, 2.0], mask=[0, 1])
    for use in (T.constant, T.as_tensor_variable, theano.shared, lambda m: v + m):
        with pytest.raises(TypeError, match="filled"):
            use(masked)


def test_names_are_strings():
    for make in (T.dscalar, T.constant, theano.shared):
        with pytest.raises(TypeError, match="name must be a string"):
            make(3.0, 4) if make is not T.dscalar else make(4)


def test_leading_dims_of_1_make_way_for_a_rank():
    row = T.drow("row")
    assert T.as_tensor_variable(row, ndim=1).type == T.dvector
    with pytest.raises(ValueError, match="rank 1"):
        T.as_tensor_variable(T.dmatrix(), ndim=1)


def test_a_variable_is_no_constant():
    with pytest.raises(AsTensorError, match="the variable x"):
        T.constant(x)


def test_where_takes_the_arguments_of_switch_by_name():
    f = theano.function([x], T.where(cond=x > 0, iff=1, ift=2), mode="FAST_COMPILE")
    assert f(1.0) == 2
    assert f(-1.0) == 1
    with pytest.raises(TypeError, match="ift and iff"):
        T.where(x > 0, 1)


def test_updates_merge_with_pairs_and_refuse_names():
    a, b = theano.shared(1.0, "a"), theano.shared(2.0, "b")
    updates = theano.OrderedUpdates([(a, 3)])
    pairs = [(b, 4)]
    assert [*(updates + pairs).items()] == [(a, 3), (b, 4)]
    assert [*(pairs + updates).items()] == [(b, 4), (a, 3)]
    with pytest.raises(TypeError, match="SharedVariable"):
        updates.update(a=4)


def test_a_method_that_is_not_there_yet_says_so():
    with pytest.raises(NotImplementedError, match="choose"):
        v.choose([1])


class Mine:
    """What stands to the right of operators."""

    def __radd__(self, other):
        return f"{other} plus mine"

    def __gt__(self, other):
        return f"mine above {other}"


def test_an_operand_that_is_no_tensor_may_know_what_to_do():
    assert v + Mine() == "v plus mine"
    assert (v < Mine()) == "mine above v"
    for refused in (lambda: v * Mine(), lambda: v + "a", lambda: v * [None]):
        with pytest.raises(AsTensorError, match="expected a number, an array of"):
            refused()
