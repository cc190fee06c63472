"""Reductions: every subset of axes, the borders of blocks, odd elements."""

import itertools

import numpy as np
import pytest

from theanolike.codegen.lowering import Builder

pytestmark = pytest.mark.compiler

KINDS = {
    "add": np.sum,
    "mul": np.prod,
    "max": np.max,
    "min": np.min,
    "and": np.all,
    "or": np.any,
}
DTYPES = {
    "bool": ["and", "or", "max", "argmax"],
    "int8": ["add", "mul", "max", "min", "argmin"],
    "uint64": ["add", "min", "argmax"],
    "float16": ["add", "max"],
    "float32": ["add", "mul", "min", "argmax"],
    "float64": ["add", "mul", "max", "argmin"],
    "complex64": ["add"],
    "complex128": ["add", "mul"],
}
# around lanes (32), blocks (4096) and pieces (65536)
BORDERS = (0, 1, 2, 31, 32, 33, 4095, 4096, 4097, 65535, 65536, 65537, 140_000)


def numbers(rng, shape, dtype):
    kind = np.dtype(dtype).kind
    if kind == "b":
        return rng.random(shape) < 0.8
    if kind in "iu":
        return rng.integers(0 if kind == "u" else -5, 5, shape).astype(dtype)
    values = rng.standard_normal(shape)
    return (values + 1j * values[::-1] if kind == "c" else values).astype(dtype)


def position(kind, array, axes):
    """Return the first position within the axes, in row-major order."""
    kept = [k for k in range(array.ndim) if k not in axes]
    moved = array.transpose(kept + list(axes))
    rows = moved.reshape([array.shape[k] for k in kept] + [-1])
    return getattr(np, kind)(rows, axis=-1)


def assert_close(expected, got):
    assert (got.dtype, got.shape) == (expected.dtype, expected.shape)
    tolerance = {"float16": 1e-2, "float32": 2e-5, "complex64": 2e-5}
    rtol = tolerance.get(got.dtype.name, 1e-10)
    np.testing.assert_allclose(got, expected, rtol, rtol)


@pytest.mark.parametrize("shape", [(5,), (40, 3), (2, 3, 4), (2, 1, 3, 2)])
def test_every_subset_of_axes_reduces_as_in_numpy(compile_program, rng, shape):
    b, arrays, expected = Builder(), [], []
    subsets = [
        axes
        for count in range(1, len(shape) + 1)
        for axes in itertools.combinations(range(len(shape)), count)
    ]
    few = {k: DTYPES[k] for k in ("bool", "float64")}
    for dtype, kinds in (DTYPES if len(shape) < 4 else few).items():
        array = numbers(rng, shape, dtype)
        arrays.append(array)
        x = b.input(dtype, [1 if n == 1 else None for n in shape])
        wide = "float32" if dtype == "float16" else dtype
        for axes, kind in itertools.product(subsets, kinds):
            if kind.startswith("arg"):
                b.program.outputs.append(b.reduce(kind, x, axes, "int64", "int64"))
                expected.append(position(kind, array, axes))
                continue
            b.program.outputs.append(b.reduce(kind, x, axes, dtype, wide))
            expected.append(np.asarray(KINDS[kind](array.astype(wide), axis=axes)))
    results = compile_program(b)(*arrays)
    for want, got in zip(expected, results, strict=True):
        assert_close(want.astype(got.dtype), got)


@pytest.fixture(scope="module")
def bordered(compile_program):
    """Sums, maxima and positions of vectors and of columns."""
    b = Builder()
    x, y = b.input("float64", (None,)), b.input("float32", (None, 3))
    i = b.input("int32", (None,))
    b.program.outputs = [
        b.reduce("add", x, (0,)),
        b.reduce("argmax", x, (0,), "int64", "int64"),
        b.reduce("add", y, (0,)),
        b.reduce("add", y, (0, 1)),
        b.reduce("max", y, (1,)),
        b.reduce("add", i, (0,), "int64", "int64"),
    ]
    return compile_program(b)


@pytest.mark.parametrize("n", BORDERS)
def test_reductions_are_right_at_the_borders_of_blocks(bordered, rng, n):
    x, y = rng.standard_normal(n), rng.standard_normal((n, 3)).astype("float32")
    i = rng.integers(-(2**31), 2**31, n).astype("int32")
    total, top, columns, whole, rows, integers = bordered(x, y, i)
    np.testing.assert_allclose(total, x.sum(), 1e-12, 1e-10)
    if n:
        assert top == x.argmax()
    np.testing.assert_allclose(columns, y.sum(0, dtype=float), 1e-4, 1e-3)
    np.testing.assert_allclose(whole, y.sum(dtype=float), 1e-4, 1e-3)
    np.testing.assert_array_equal(rows, y.max(1))
    assert integers == i.sum(dtype="int64")


@pytest.mark.parametrize("n", [33, 4097, 140_000])
def test_results_have_the_same_bits_on_one_thread_and_two(bordered, rng, n):
    x, y = rng.standard_normal(n), rng.standard_normal((n, 3)).astype("float32")
    i = np.zeros(n, "int32")
    one, two = (bordered(x, y, i, threads=threads) for threads in (1, 2))
    assert [a.tobytes() for a in one] == [a.tobytes() for a in two]


def test_a_sum_of_ten_million_numbers_is_as_accurate_as_numpys(bordered, rng):
    y = rng.random((100_000, 3)).astype("float32")
    result = bordered(np.zeros(1), y, np.zeros(1, "int32"))[3]
    exact = y.sum(dtype=float)
    assert abs(float(result) - exact) <= max(4 * abs(float(y.sum()) - exact), 0.02)


@pytest.fixture(scope="module")
def odd(compile_program):
    """Maxima, minima and their positions, by rows."""
    b = Builder()
    x = b.input("float64", (None, None))
    b.program.outputs = [b.reduce(kind, x, (1,)) for kind in ("max", "min")]
    b.program.outputs += [
        b.reduce(kind, x, (1,), "int64", "int64") for kind in ("argmax", "argmin")
    ]
    return compile_program(b)


@pytest.mark.parametrize("at", [0, 1, 31, 32, 4096, 4999])
def test_nan_goes_through_maxima_and_minima_from_any_lane(odd, at):
    x = np.ones((2, 5000))
    x[0, at] = np.nan
    high, low, first, last = odd(x)
    np.testing.assert_array_equal(high, [np.nan, 1])
    np.testing.assert_array_equal(low, [np.nan, 1])
    np.testing.assert_array_equal(first, [at, 0])
    np.testing.assert_array_equal(last, [at, 0])


def test_the_first_of_equal_elements_is_the_position(odd):
    x = np.array([[0.0, 2, 2, -1, -1], [-np.inf] * 5, [np.inf] * 5, [-0.0, 0, 0, 0, 0]])
    _, _, first, last = odd(x)
    np.testing.assert_array_equal(first, [1, 0, 0, 0])
    np.testing.assert_array_equal(last, [3, 0, 0, 0])


def test_the_empty_sum_is_zero_and_the_empty_maximum_the_least_number(odd, bordered):
    total = bordered(np.zeros(0), np.zeros((0, 3), "float32"), np.zeros(0, "int32"))
    np.testing.assert_array_equal(total[2], np.zeros(3))
    np.testing.assert_array_equal(odd(np.zeros((2, 0)))[0], [-np.inf, -np.inf])
