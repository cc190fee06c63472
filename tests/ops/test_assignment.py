"""set_subtensor and inc_subtensor against NumPy, and derivatives of indexing."""

import numpy as np
import pytest

import theanolike
import theanolike.tensor as T
from tests.ops.differences import differences
from theanolike.errors import ShapeError
from theanolike.ops.indexing import IncSubtensor, inc_subtensor, set_subtensor
from theanolike.types.type import TensorType

X = np.arange(60.0).reshape(4, 5, 3)
LONG = np.arange(200.0).reshape(20, 10)


def put(data, index, value):
    """Return NumPy's result of setting, and of adding with repeats."""
    by_set, by_add = data.copy(), data.copy()
    by_set[index] = value
    np.add.at(by_add, index, value)
    return [by_set, by_add]


def both(region, value):
    return [set_subtensor(region, value), inc_subtensor(region, value)]


ROW = np.array([10.0, 20.0, 30.0])
CASES = [
    ("x[1]", 7.0),
    ("x[-1, 2]", ROW),
    ("x[1:3]", 0.5),
    ("x[::2, 1:, -1]", 3.0),
    ("x[::-1, ::-2]", ROW),
    ("x[..., 1:]", np.array([1.0, 2.0])),
    ("x[3:1]", 9.0),
    ("x[:]", ROW),
    ("x[1, None, 2:4]", ROW),
    ("x[...]", 1.0),
    ("x[k]", ROW),
    ("x[k:, k - 1]", ROW),
    ("x[:k:-1]", 2.0),
    ("x[i]", ROW),
    ("x[i, j]", np.array([[1.0], [2.0], [3.0]])),
    ("x[:, i]", 2.0),
    ("x[1:, i]", ROW),
    ("x[::-1, None, j]", 4.0),
    ("x[i, :, j]", 1.0),
    ("x[i, k]", ROW),
    ("x[m]", 5.0),
]


def test_setting_and_adding_are_numpys(evaluate):
    names = {
        "x": T.dtensor3("x"),
        "i": T.lvector("i"),
        "j": T.lvector("j"),
        "k": T.lscalar("k"),
        "m": TensorType("bool", (None,) * 3)("m"),
    }
    values = {
        "x": X,
        "i": np.array([1, -1, 1]),
        "j": np.array([0, 2, 2]),
        "k": np.array(2),
        "m": X % 7 < 3,
    }
    outputs, expected = [], []
    for text, value in CASES:
        region = eval(text, dict(names))
        outputs += both(region, value)
        index = eval(text.replace("x[", "S[", 1), values | {"S": np.s_})
        expected += put(X, index, value)
    given = {names[k]: values[k] for k in names}
    found = evaluate(outputs, given)
    for (n, got), wanted in zip(enumerate(found), expected, strict=True):
        np.testing.assert_array_equal(got, wanted, CASES[n // 2][0])


def test_large_arrays_get_their_region_written_after_a_copy(evaluate):
    x, k = T.dmatrix("x"), T.lscalar("k")
    y = T.dvector("y")
    outputs = both(x[k:18:3, 1:-1], y) + both(x[k], 2.0) + both(x[:, k][::-1], 3.0)[:0]
    expected = put(LONG, np.s_[2:18:3, 1:-1], LONG[0, :8]) + put(LONG, 2, 2.0)
    found = evaluate(outputs, {x: LONG, k: 2, y: LONG[0, :8]})
    for got, wanted in zip(found, expected, strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_a_slice_downward_from_0_takes_nothing_behind_it(evaluate):
    x, small = T.dvector("x"), TensorType("float64", (4,))("small")
    regions = [x[0::-2], small[0::-3], small[-4::-2]]
    gradients = [T.grad(r.sum(), x if r is regions[0] else small) for r in regions]
    outputs = [*(set_subtensor(r, 9.0) for r in regions), *gradients]
    at = np.array([1.0, 2.0, 3.0, 4.0])
    for got in evaluate(outputs, {x: at, small: at}):
        np.testing.assert_array_equal(got[1:], at[1:] if got[0] == 9 else 0)
        assert got[0] in {1, 9}


@pytest.mark.parametrize("is_set", [True, False])
def test_a_region_of_known_extent_is_read_back_as_such(is_set):
    x, y = TensorType("float64", (3, None))("x"), T.dmatrix("y")
    written = IncSubtensor(("int64:int64:",), is_set)(x, y, 1, 2)
    mode = theanolike.Mode("py", "fast_run")
    f = theanolike.function([x, y], written[1:2], mode=mode)
    expected = [[1.0, 1.0]] if is_set else [[2.0, 2.0]]
    np.testing.assert_array_equal(f(np.ones((3, 2)), np.ones((1, 2))), expected)


def test_a_region_may_be_reshaped_or_have_its_dims_shuffled(evaluate):
    x = T.dmatrix("x")
    regions = [x[2:5, 1:3].T, x[2:5, 1:3].flatten(), x[2:5, 1:3].reshape((2, 3))]
    regions.append(x[3].dimshuffle("x", 0))
    numbers = np.arange(6.0)
    values = [numbers.reshape(2, 3), numbers, numbers.reshape(2, 3), numbers[:1]]
    outputs = [inc_subtensor(r, v) for r, v in zip(regions, values, strict=True)]
    expected = [LONG.copy() for _ in outputs]
    expected[0][2:5, 1:3].T[...] += values[0]
    expected[1][2:5, 1:3] += numbers.reshape(3, 2)
    expected[2][2:5, 1:3] += numbers.reshape(3, 2)
    expected[3][3] += values[3]
    for got, wanted in zip(evaluate(outputs, {x: LONG}), expected, strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_indexing_twice_changes_what_was_indexed_first(evaluate):
    x, i = T.dvector("x"), T.lvector("i")
    outputs = [set_subtensor(x[1:][0], -1.0), inc_subtensor(x[1:][i], 5.0)]
    first, second = evaluate(outputs, {x: np.arange(4.0), i: np.array([1, 1])})
    np.testing.assert_array_equal(first, [-1.0, 2.0, 3.0])
    np.testing.assert_array_equal(second, [1.0, 12.0, 3.0])


def test_values_are_cast_and_broadcast_to_the_region(evaluate):
    x = T.fmatrix("x")
    y = TensorType("int64", (None, None))("y")
    data = np.ones((3, 4), "float32")
    z = set_subtensor(x[1:], y)
    assert z.type.dtype == "float32"
    for given in (np.full((1, 4), 2), np.full((2, 1), 3), np.full((2, 4), 4)):
        got = evaluate(z, {x: data, y: given})
        np.testing.assert_array_equal(got, put(data, np.s_[1:], given)[0])
    with pytest.raises(ValueError, match="shape"):
        evaluate(z, {x: data, y: np.ones((3, 4))})


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (lambda x: set_subtensor(x, 1), TypeError, "must be the result of a subtensor"),
        (lambda x: inc_subtensor(x[0] * 2, 1), TypeError, "must be the result"),
        (
            lambda x: set_subtensor(x[0], T.dmatrix()),
            TypeError,
            "increment a 1-dimensional subtensor with a 2-dimensional value",
        ),
        (lambda x: set_subtensor(x[0], 1j), TypeError, "real or imaginary part"),
        (lambda x: set_subtensor(x[0], np.ones(3)), ShapeError, "extents 3 and 4"),
        (
            lambda x: IncSubtensor(("int64",))(x, np.ones(4, "float32"), 0),
            TypeError,
            "needs a value of dtype float64",
        ),
    ],
)
def test_what_cannot_be_put_is_refused_at_once(make, kind, message):
    with pytest.raises(kind, match=message):
        make(TensorType("float64", (3, 4))())


def test_a_shared_variable_keeps_its_value_when_an_index_fails():
    w = theanolike.shared(np.arange(4.0), "w")
    i = T.lscalar("i")
    f = theanolike.function([i], w.sum(), updates=[(w, set_subtensor(w[i], 9.0))])
    f(1)
    with pytest.raises(IndexError):
        f(4)
    np.testing.assert_array_equal(w.get_value(), [0.0, 9.0, 2.0, 3.0])


DERIVATIVES = {
    "element": lambda x, i: x[1, 2] * x,
    "symbolic element": lambda x, i: x[i[0]] * x[:, i[0]][0],
    "slices": lambda x, i: x[1:] * x[:-1] * x[0],
    "backwards": lambda x, i: x[::-1, ::2] * x[::-1, 1::2],
    "rows": lambda x, i: x[i] ** 2,
    "places": lambda x, i: x[i, i[::-1]] * x[i, 0],
    "columns": lambda x, i: x[:, i] * x[:, :1],
    "apart": lambda x, i: x[i, None, i[0]] * x,
    "mask": lambda x, i: x[x > 0] ** 3,
    "set": lambda x, i: set_subtensor((x**2)[1:, i[:2]], x[:2, :2] ** 2),
    "set slices": lambda x, i: set_subtensor((x**2)[::2, 1:], x[0, 0] ** 3),
    "inc": lambda x, i: inc_subtensor((x**2)[i, 1:], x[:, :3] ** 2),
    "inc row": lambda x, i: inc_subtensor((x**2)[i[0]], x[:, :1].sum() * x[0]),
    "inc reshaped": lambda x, i: inc_subtensor((x**2)[:2, 1:3].T, x[:2, :2]),
    "take": lambda x, i: T.take(x, i, 1, "wrap") ** 2,
}


@pytest.mark.parametrize("name", DERIVATIVES)
def test_first_and_second_derivatives_agree_with_differences(name, rng):
    x, i = T.dmatrix("x"), T.lvector("i")
    y = DERIVATIVES[name](x, i)
    cost = (y * T.sin(y + 0.5)).sum()
    gradient = T.grad(cost, x)
    directed = (gradient * T.cos(x)).sum()
    outputs = [cost, gradient, directed, T.grad(directed, x)]
    options = {"on_unused_input": "ignore"}
    interpreted = theanolike.function([x, i], outputs, mode="FAST_COMPILE", **options)
    at, places = rng.normal(size=(3, 4)), np.array([2, 0, 2])
    found = interpreted(at, places)
    first = differences(lambda a: interpreted(a, places)[0], at)
    second = differences(lambda a: interpreted(a, places)[2], at)
    np.testing.assert_allclose(found[1], first, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found[3], second, rtol=1e-4, atol=1e-5)
    compiled = theanolike.function([x, i], outputs, **options)(at, places)
    for got, wanted in zip(compiled, found, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-12)


def test_what_was_not_indexed_has_no_part_in_the_gradient():
    x, i = T.dvector("x"), T.lvector("i")
    at = np.array([2.0, 0.0, 3.0])
    for mode in ("FAST_COMPILE", "FAST_RUN"):
        for taken in (T.log(x)[::2], T.log(x)[i], T.log(x)[x > 0]):
            f = theanolike.function(
                [x, i], T.grad(taken.sum(), x), mode=mode, on_unused_input="ignore"
            )
            np.testing.assert_allclose(f(at, [0, 2]), [0.5, 0.0, 1 / 3])
        covered = set_subtensor(T.sqrt(x)[1], 5.0)
        f = theanolike.function([x], T.grad(covered.sum(), x), mode=mode)
        np.testing.assert_allclose(f(at), [0.5 / 2**0.5, 0.0, 0.5 / 3**0.5])


def test_the_directional_derivative_moves_with_the_elements(evaluate):
    x, i, v = T.dmatrix("x"), T.lvector("i"), T.dmatrix("v")
    y = set_subtensor((x**2)[i], x[:2] * 3)
    given = {x: LONG[:3, :2], i: np.array([2, 0]), v: LONG[5:8, :2]}
    got = evaluate(T.Rop(y, x, v), given)
    expected = 2 * given[x] * given[v]
    expected[[2, 0]] = 3 * given[v][:2]
    np.testing.assert_allclose(got, expected)


def test_the_gradient_of_slices_of_a_vector_is_one_pass():
    x = T.dvector("x")
    cost = ((x[1:] - x[:-1] ** 2) ** 2).sum()
    f = theanolike.function([x], T.grad(cost, x))
    assert str(f.plan).count("scatter") == 0
    at = np.array([1.0, 2.0, 0.5])
    expected = differences(lambda a: ((a[1:] - a[:-1] ** 2) ** 2).sum(), at)
    np.testing.assert_allclose(f(at), expected, rtol=1e-6, atol=1e-7)
