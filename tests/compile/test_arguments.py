"""What a call takes and what it gives back: layouts, dtypes, aliasing."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T

LAYOUTS = {
    "dense": lambda a: a,
    "columns first": np.asfortranarray,
    "backwards": lambda a: a[::-1, ::-1].copy()[::-1, ::-1],
    "every second": lambda a: np.repeat(np.repeat(a, 2, 0), 2, 1)[::2, ::2],
    "foreign byte order": lambda a: a.astype(a.dtype.newbyteorder()),
    "unaligned": lambda a: np.frombuffer(b"x" + a.tobytes(), a.dtype, offset=1).reshape(
        a.shape
    ),
    "nested lists": lambda a: a.tolist(),
    "smaller dtype": lambda a: a.astype("int8"),
    "read-only": lambda a: np.frombuffer(a.tobytes()).reshape(a.shape),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_any_layout_is_taken(layout, mode):
    x = T.dmatrix("x")
    f = theano.function([x], x * 2, mode=mode)
    array = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(f(LAYOUTS[layout](array)), array * 2)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_shared_variable_takes_any_layout(layout, mode):
    array = np.arange(6.0).reshape(2, 3)
    w = theano.shared(array)
    f = theano.function([], w * 2, mode=mode)
    w.set_value(LAYOUTS[layout](array) if layout != "unaligned" else array)
    np.testing.assert_array_equal(f(), array * 2)


def test_a_broadcast_view_is_taken(mode):
    x = T.dmatrix("x")
    f = theano.function([x], x + 1, mode=mode)
    np.testing.assert_array_equal(f(np.broadcast_to(1.0, (2, 3))), np.full((2, 3), 2))


def test_arguments_are_not_changed(mode):
    x = T.dvector("x")
    f = theano.function([x], [x + 1, x], mode=mode)
    given = np.zeros(3)
    for _ in range(3):
        f(given)[1][:] = 5
    np.testing.assert_array_equal(given, 0)


def test_results_are_independent_of_each_other_and_of_shared_variables(mode):
    w = theano.shared(np.zeros(3))
    f = theano.function([], [w, w], updates=[(w, w + 1)], mode=mode)
    first, second = f()
    assert not np.shares_memory(first, second)
    first[:] = 7
    np.testing.assert_array_equal(w.get_value(), 1)
    np.testing.assert_array_equal(second, 0)


def test_a_borrowed_value_is_not_overwritten_by_an_update(mode):
    w = theano.shared(np.zeros(3))
    f = theano.function([], [], updates=[(w, w + 1)], mode=mode)
    before = w.get_value(borrow=True)
    f()
    np.testing.assert_array_equal(before, 0)
    np.testing.assert_array_equal(w.get_value(), 1)


@pytest.mark.parametrize("shape", [(0,), (1,), (5,)])
def test_empty_and_single_arrays_are_taken(shape, mode):
    x = T.dvector("x")
    f = theano.function([x], x + x, mode=mode)
    assert f(np.ones(shape)).shape == shape


def test_a_call_may_be_nested_in_its_arguments(mode):
    x = T.dscalar("x")
    f = theano.function([x], x + 1, mode=mode)
    assert f(f(f(0))) == 3


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "float16", "complex64"])
def test_numpy_scalars_of_the_dtype_are_taken(dtype, mode):
    x = T.TensorType(dtype, ())("x")
    f = theano.function([x], x, mode=mode)
    result = f(np.dtype(dtype).type(1))
    assert result.dtype == dtype
    assert result == 1


class _Subclass(np.ndarray):
    """An array with a class of its own."""


def test_arrays_of_subclasses_are_taken_as_plain_arrays(mode, tmp_path):
    x = T.dmatrix("x")
    f = theano.function([x], [x, x * 2], mode=mode)
    on_disk = np.memmap(tmp_path / "x", dtype="float64", mode="w+", shape=(1, 2))
    for value in (
        np.ones((1, 2)).view(np.matrix),
        np.ones((1, 2)).view(_Subclass),
        on_disk,
    ):
        same, double = f(value)
        assert type(same) is type(double) is np.ndarray
        np.testing.assert_array_equal(double, np.asarray(value) * 2)


def test_a_masked_array_is_refused(mode):
    x = T.dvector("x")
    with pytest.raises(TypeError, match=r"pass x\.filled\(value\)"):
        theano.function([x], x, mode=mode)(np.ma.array([1.0, 2.0], mask=[0, 1]))
