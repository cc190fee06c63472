"""Indexing against NumPy: integers, slices, new dims, arrays, masks."""

import numpy as np
import pytest

import theanolike
import theanolike.tensor as T
from theanolike.errors import IndexOutOfBoundsError
from theanolike.ops.indexing import flatnonzero, getitem, nonzero, nonzero_values, take
from theanolike.types.constants import constant
from theanolike.types.type import TensorType

X = np.arange(60.0).reshape(4, 5, 3)


class Indexer:
    """Makes an index of what stands in the brackets."""

    def __getitem__(self, index):
        return index


S = Indexer()
BASIC = [
    S[1], S[-1], S[1, -2], S[1, 2, 0], S[1:], S[:-1], S[1:3], S[-3:-1], S[::2],
    S[::-1], S[3:0:-2], S[:, 1], S[:, :, -1], S[..., 0], S[0, ..., 1:], S[5:], S[3:1],
    S[-9:9], S[:, ::-3, 1:2], S[None], S[:, None, 1], S[1, None, :, None], S[...],
    S[()], S[None, ..., None], S[-100:2:1, 100:0:-1], S[np.int8(2)], S[:, np.array(1)],
]  # fmt: skip


def test_constant_indices_are_numpys_with_known_and_unknown_extents(evaluate):
    x, known = T.dtensor3("x"), TensorType("float64", X.shape)("known")
    outputs = [v[index] for v in (x, known) for index in BASIC]
    for out, got, index in zip(
        outputs, evaluate(outputs, {x: X, known: X}), BASIC * 2, strict=True
    ):
        np.testing.assert_array_equal(got, X[index], str(index))
        assert out.type.dtype == "float64"
    for out, index in zip(outputs[len(BASIC) :], BASIC, strict=True):
        assert out.type.shape == X[index].shape


@pytest.mark.parametrize("a", [0, 1, -1, 2, -4, 7, -7])
def test_symbolic_bounds_and_steps_of_any_sign_are_pythons(a, evaluate):
    v, i, j = T.dvector("v"), T.lscalar("i"), T.iscalar("j")
    data = np.arange(6.0)
    outputs = [v[i:], v[:i], v[i:j], v[i::-1], v[:i:-2], v[i:-j:-1], v[1:][i:][:j]]
    for b in (-2, 3):
        expected = [
            *(data[a:], data[:a], data[a:b], data[a::-1], data[:a:-2]),
            *(data[a:-b:-1], data[1:][a:][:b]),
        ]
        found = evaluate(outputs, {v: data, i: a, j: b})
        for got, wanted in zip(found, expected, strict=True):
            np.testing.assert_array_equal(got, wanted)


def test_a_symbolic_step_may_have_either_sign_but_not_be_zero(evaluate):
    v, k = T.dvector("v"), T.lscalar("k")
    data = np.arange(7.0)
    for step in (1, 3, -1, -2, 50):
        found = evaluate([v[::k], v[1:6:k], v[6:1:k]], {v: data, k: step})
        expected = data[::step], data[1:6:step], data[6:1:step]
        for got, wanted in zip(found, expected, strict=True):
            np.testing.assert_array_equal(got, wanted)
    with pytest.raises(ValueError, match="step"):
        evaluate(v[::k], {v: data, k: 0})
    with pytest.raises(ValueError, match="slice step cannot be zero"):
        TensorType("float64", (4,))()[::0]


def test_symbolic_integers_take_elements_and_rows(evaluate):
    x, i, j = T.dtensor3("x"), T.lscalar("i"), T.TensorType("uint8", ())("j")
    outputs = [x[i], x[i, j], x[:, i, j], x[..., j], x[i - 1, 1:, -j], x[j] + x[i]]
    for a in (-2, 1, 3):
        expected = [
            *(X[a], X[a, 2], X[:, a, 2], X[..., 2], X[a - 1, 1:, -2], X[2] + X[a])
        ]
        found = evaluate(outputs[:4] + outputs[5:], {x: X, i: a, j: 2})
        for got, wanted in zip(found, expected[:4] + expected[5:], strict=True):
            np.testing.assert_array_equal(got, wanted)


ARRAYS = {
    "i": np.array([2, 0, -1, 2]),
    "j": np.array([0, 2, 1, -3]),
    "m": np.array([[1, 0], [-1, 2], [2, 2]]),
    "e": np.array([], "int64"),
}
ADVANCED = [
    "x[i]", "x[i, j]", "x[:, i]", "x[..., i[:3]]", "x[m]", "x[:, m]", "x[i, :, j]",
    "x[i, 1]", "x[1, :, j]", "x[:, 1, j]", "x[1:, i]", "x[::-1, None, i]",
    "x[i, None, j]", "x[None, i, j]", "x[i[:, None], j]", "x[m, i[:2], 0]", "x[e]",
    "x[[0, 2]]", "x[[[1], [0]], 1:]", "x[i[::2], ..., 0]", "x[i, j, i[:1]]",
    "x[1, 0][j]", "x[:, i, None][..., j]", "x[i[1]]",
]  # fmt: skip


def test_index_arrays_are_placed_and_broadcast_as_numpys(evaluate):
    x, m = T.dtensor3("x"), T.lmatrix("m")
    i, j, e = (T.lvector(name) for name in "ije")
    names = {"x": x, "i": i, "j": j, "m": m, "e": e}
    values = {names[k]: v for k, v in ARRAYS.items()} | {x: X}
    outputs = [eval(text, names) for text in ADVANCED]
    for text, got in zip(ADVANCED, evaluate(outputs, values), strict=True):
        np.testing.assert_array_equal(got, eval(text, ARRAYS | {"x": X}), text)


def test_constant_index_arrays_give_known_extents(evaluate):
    x = TensorType("float64", X.shape)("x")
    outputs = [x[ARRAYS["i"]], x[:, ARRAYS["m"]], x[ARRAYS["i"], :, 1]]
    assert [v.type.shape for v in outputs] == [(4, 5, 3), (4, 3, 2, 3), (4, 5)]
    expected = X[ARRAYS["i"]], X[:, ARRAYS["m"]], X[ARRAYS["i"], :, 1]
    for got, wanted in zip(evaluate(outputs, {x: X}), expected, strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_masks_take_the_places_where_they_hold(evaluate):
    x = T.dtensor3("x")
    m2, m1 = (TensorType("bool", (None,) * n)() for n in (2, 1))
    two, one = X[..., 0] % 4 == 0, np.array([True, False, True])
    i = T.lvector("i")
    outputs = [x[m2], x[..., m1], x[x > 17], x[np.asarray(two)], x[m2, i], x[:, :, m1]]
    given = {x: X, m2: two, m1: one, i: np.array([1])}
    expected = [
        *(X[two], X[..., one], X[X > 17], X[two]),
        *(X[two, np.array([1])], X[:, :, one]),
    ]
    for got, wanted in zip(evaluate(outputs, given), expected, strict=True):
        np.testing.assert_array_equal(got, wanted)
    assert evaluate(x[x > 99], {x: X}).shape == (0,)


def test_nonzero_finds_places_and_values(evaluate):
    x = T.dmatrix("x")
    data = X[:, :, 0] * (X[:, :, 0] % 2)
    rows, columns = nonzero(x)
    outputs = [rows, columns, flatnonzero(x), nonzero_values(x), nonzero(x, True)]
    expected = [
        *np.nonzero(data),
        np.flatnonzero(data),
        data[np.nonzero(data)],
        np.array(np.nonzero(data)),
    ]
    found = evaluate([*outputs, x[x.nonzero()]], {x: data})
    for got, wanted in zip(found, [*expected, expected[3]], strict=True):
        np.testing.assert_array_equal(got, wanted)
    with pytest.raises(ValueError, match="non-scalar"):
        nonzero(T.dscalar())


@pytest.mark.parametrize("mode", ["wrap", "clip"])
def test_take_counts_around_the_end_or_stops_there(mode, evaluate):
    x, i = T.dtensor3("x"), T.lmatrix("i")
    places = np.array([[0, 9, -7], [2, -1, 1]])
    outputs = [take(x, i, axis, mode) for axis in (0, 1, -1, None)]
    found = evaluate(outputs, {x: X, i: places})
    for got, axis in zip(found, (0, 1, -1, None), strict=True):
        np.testing.assert_array_equal(got, np.take(X, places, axis, mode=mode))


def test_take_out_of_bounds_is_an_error_by_default(evaluate):
    x, i = T.dtensor3("x"), T.lscalar("i")
    np.testing.assert_array_equal(evaluate(take(x, i, 1), {x: X, i: -1}), X[:, -1])
    with pytest.raises(IndexError):
        evaluate(x.take(i, 1), {x: X, i: 5})
    with pytest.raises(ValueError, match="raise, wrap or clip"):
        take(x, i, 1, "raising")
    with pytest.raises(ValueError, match="out of range"):
        take(x, i, 3)


@pytest.mark.parametrize("place", [4, -5])
def test_out_of_bounds_in_the_run_is_an_index_error_with_the_line(place):
    x, i, v = T.dtensor3("x"), T.lscalar("i"), T.lvector("v")
    for out, given in ((x[i], place), (x[v], [0, place]), (x[place], 0)):
        f = theanolike.function([x, i, v], out, on_unused_input="ignore")
        values = (0, given) if isinstance(given, list) else (given, [0])
        with pytest.raises(IndexError, match="out of bounds") as caught:
            f(X, *values)
        assert "test_indexing.py" in str(caught.value)


def test_an_index_into_no_rows_is_an_error_before_anything_is_touched():
    x, i = T.dmatrix("x"), T.lvector("i")
    steps = theanolike.scan(lambda j, x: x[[0, j]].sum(), i, non_sequences=x)[0]
    for out in (T.inc_subtensor(x[i], 1.5), T.exp(x[i]), steps):
        f = theanolike.function([x, i], out)
        # Without elements: whatever lies where they would be belongs to others.
        assert "tl_fail(c, TL_SHAPE, 0, 97," in f.source or out is steps
        none = np.zeros((0, 30_000_000))
        for places in ([0], [-1, 2]):
            with pytest.raises(IndexError, match="out of bounds for axis 0 with size"):
                f(none, places)
        assert f(none[:, :3], []).size == 0


def test_an_index_out_of_bounds_inside_a_loop_is_an_index_error():
    x = T.dvector("x")
    f = theanolike.function([x], theanolike.gradient.jacobian(x[1:3] * x[4], x))
    assert f(np.arange(5.0)).shape == (2, 5)
    with pytest.raises(IndexError):
        f(np.arange(4.0))


KNOWN = TensorType("float64", (3, 4))("known")


@pytest.mark.parametrize(
    ("index", "kind", "message"),
    [
        (S[0, 0, 0], IndexError, "too many indices for array"),
        (S[:, 0, None, 0], IndexError, "too many indices for array"),
        (S[..., 0, ...], IndexError, "single ellipsis"),
        (S[3], IndexOutOfBoundsError, "index 3 is out of bounds for axis 0"),
        (S[:, -5], IndexOutOfBoundsError, "index -5 is out of bounds for axis 1"),
        (S[np.array([0, 3])], IndexOutOfBoundsError, "index 3 is out of bounds"),
        (S[np.ones((3, 3), "bool")], IndexError, "boolean index did not match"),
        (S[1.5], TypeError, "Expected integers as an index"),
        (S["a"], TypeError, "as an index"),
        (S[0.5:], TypeError, "Expected integers as an index"),
        (S[np.array([1, 2]) :], TypeError, "bounds of a slice must be integer scalars"),
        (S[[True, False]], TypeError, "does not support Python bools"),
        (S[True], TypeError, "does not support Python bools"),
        (S[T.dscalar()], TypeError, "cast it"),
    ],
)
def test_what_is_no_index_is_refused_at_once(index, kind, message):
    with pytest.raises(kind, match=message):
        getitem(KNOWN, index)


def test_slices_of_slices_with_equal_extents_need_no_check(evaluate):
    x = T.dvector("x")
    y = (x[1:] - x[:-1]) * x[:-1]
    f = theanolike.function([x], y)
    assert "TL_SHAPE" not in f.source.partition("tl_compute")[2]
    np.testing.assert_array_equal(f([1.0, 4.0, 2.0]), [3.0, -8.0])
    assert f([1.0]).shape == f([]).shape == (0,)


def test_a_slice_that_takes_all_keeps_what_is_known():
    x = TensorType("float64", (None, 4))()
    assert x[:, 1:].type.shape == (None, 3)
    assert x[::2].type.shape == (None, 4)
    assert x[:, constant(-2) :].type.shape == (None, 2)
    assert x[None, :, 0].type.shape == (1, None)


def test_subtensors_print_as_theanos():
    x, i = T.dmatrix("x"), T.lscalar("i")
    assert str(x[i, 1:].owner.op) == "Subtensor{int64, int64::}"
    assert str(x[:, i].owner.op) == "Subtensor{::, int64}"
    assert str(x[T.lvector()].owner.op) == "AdvancedSubtensor1"


def test_pp_prints_indexing_as_it_is_written():
    names = {"x": T.dmatrix("x"), "i": T.lscalar("i"), "v": T.lvector("v")}
    for text in ("x[i]", "x[1:, i]", "x[::-1]", "x[:i, 0:i:2]", "x[v]", "x[:, v]"):
        assert theanolike.pp(eval(text, dict(names))) == text


@pytest.mark.compiler
@pytest.mark.parametrize("mode", ["FAST_COMPILE", "FAST_RUN"])
def test_an_index_of_a_new_dim_is_checked(mode):
    x, n = T.dvector("x"), T.lscalar("n")
    pick = theanolike.function([x, n], x.dimshuffle(0, "x")[:, n], mode=mode)
    np.testing.assert_array_equal(pick([1.0, 2.0], -1), [1.0, 2.0])
    with pytest.raises(IndexError, match="index 1 is out of bounds"):
        pick([1.0, 2.0], 1)


def test_the_shape_of_what_index_arrays_take_is_that_of_all_of_them():
    x, i, j = T.dmatrix("x"), T.lvector("i"), T.lvector("j")
    mode = theanolike.Mode("py", "fast_run")
    f = theanolike.function([x, i, j], x[i, j].shape, mode=mode)
    for rows, columns in [(1, 3), (3, 1), (1, 0), (2, 2)]:
        first, second = np.zeros(rows, int), np.zeros(columns, int)
        np.testing.assert_array_equal(
            f(np.ones((2, 2)), first, second), np.broadcast_shapes(rows, columns)
        )
    with pytest.raises(IndexError):
        f(np.ones((2, 2)), np.zeros(2, int), np.zeros(3, int))
