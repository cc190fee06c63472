"""Rows of few elements, which go side by side, and positions of extremes in lanes."""

from typing import Any

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.testing import Array

REAL = ("float16", "float32", "float64")
DTYPES = (*REAL, "int8", "uint16", "int64", "bool")
SHAPES = [(0, 3), (1, 1), (15, 2), (16, 3), (17, 10), (33, 24), (50, 32), (18, 33)]


def numbers(shape: tuple[int, ...], dtype: str, seed: int = 0) -> Array:
    """Return numbers with many ties; of floats also zeros of both signs."""
    rng = np.random.default_rng(seed)
    drawn = rng.integers(-3, 4, shape)
    if dtype in REAL:
        signs = np.where(rng.random(shape) < 0.5, -1.0, 1.0)
        return (abs(drawn) * signs).astype(dtype)
    return drawn.astype(dtype)


def spoil(x: Array, seed: int) -> Array:
    """Put infinities and NaN in some rows."""
    rng = np.random.default_rng(seed)
    spoilt = x.copy()
    for bad in (np.nan, np.inf, -np.inf):
        spoilt[rng.random(x.shape) < 0.1] = bad
    if len(spoilt) > 1:
        spoilt[1] = -np.inf
    return spoilt


@pytest.mark.parametrize("columns", [None, 4])
@pytest.mark.parametrize("dtype", DTYPES)
def test_reductions_of_short_rows_are_those_of_the_interpreter(
    dtype: str, columns: int | None
) -> None:
    x = T.TensorType(dtype, (None, columns))("x")
    made = [x.sum(1), x.max(1), x.min(1), x.argmax(1), x.argmin(1), x.prod(1)]
    if dtype == "bool":
        made += [x.any(1), x.all(1)]
    compiled = theano.function([x], made)
    interpreted = theano.function([x], made, mode="FAST_COMPILE")
    shapes = SHAPES if columns is None else [(n, columns) for n in (0, 1, 16, 35)]
    for seed, shape in enumerate(shapes):
        given = numbers(shape, dtype, seed)
        values = [given, given[::-1, ::-1]]
        if dtype in REAL:
            values.append(spoil(given, seed))
        for value in values:
            with np.errstate(all="ignore"):
                expected = interpreted(value)
            for ours, theirs in zip(compiled(value), expected, strict=True):
                assert ours.dtype == theirs.dtype
                np.testing.assert_allclose(
                    ours, theirs, rtol=1e-3 if dtype == "float16" else 1e-5
                )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("columns", [None, 3, 10, 16])
def test_a_row_has_the_same_bits_alone_and_among_others(
    dtype: str, columns: int | None
) -> None:
    x = T.TensorType(dtype, (None, columns))("x")
    w = T.TensorType(dtype, (columns,))("w")
    shifted = x - x.mean(1, keepdims=True)
    made = [
        T.nnet.softmax(x),
        T.exp(x).sum(1),
        T.dot(x, w),
        T.sqr(shifted).sum(1),
        T.nnet.logsoftmax(x).argmax(1),
    ]
    f = theano.function([x, w], made)
    rng = np.random.default_rng(1)
    for n in (1, 2, 10, 31, 32) if columns is None else (columns,):
        rows = rng.normal(size=(35, n)).astype(dtype)
        weights = rng.normal(size=n).astype(dtype)
        together = f(rows, weights)
        for i in range(len(rows)):
            for all_rows, alone in zip(
                together, f(rows[i : i + 1], weights), strict=True
            ):
                assert all_rows[i].tobytes() == alone[0].tobytes()


def test_zeros_sum_to_plus_zero_in_short_rows() -> None:
    x = T.dmatrix("x")
    f = theano.function([x], x.sum(1))
    sums = f(np.full((17, 3), -0.0))
    assert not np.signbit(sums).any()


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "uint8"])
@pytest.mark.parametrize("axis", [0, 1])
def test_positions_are_the_first_of_equal_ones_and_of_nan(
    dtype: str, axis: int
) -> None:
    x = T.matrix("x", dtype=dtype)
    largest, where = T.max_and_argmax(x, axis=axis)
    f = theano.function([x], [x.argmax(axis), x.argmin(axis), largest, where])
    shapes = [(1, 1), (3, 31), (2, 32), (5, 33), (2, 100), (1, 4096 * 2 + 7), (40, 17)]
    for seed, shape in enumerate(shapes):
        given = numbers(shape, dtype, seed)
        values = [given, given[:, ::-1], np.full_like(given, 1)]
        if "float" in dtype:
            values += [spoil(given, seed), np.full_like(given, np.nan)]
            values += [np.full_like(given, np.inf), np.full_like(given, -np.inf)]
        for one in values:
            value = one if axis else np.ascontiguousarray(one.T)
            high, low, top, at = f(value)
            np.testing.assert_array_equal(high, value.argmax(axis))
            np.testing.assert_array_equal(low, value.argmin(axis))
            np.testing.assert_array_equal(top, value.max(axis))
            np.testing.assert_array_equal(at, value.argmax(axis))


def test_positions_over_several_axes_count_in_rows() -> None:
    x = T.ftensor3("x")
    f = theano.function([x], [x.argmax(), x.flatten(2).argmax(1)])
    value = numbers((20, 3, 11), "float32")
    whole, rows = f(value)
    assert whole == value.argmax()
    np.testing.assert_array_equal(rows, value.reshape(20, -1).argmax(1))


def test_rows_are_the_same_for_any_number_of_threads() -> None:
    x = T.fmatrix("x")
    made = [T.nnet.softmax(x), x.argmax(1), x.argmax(0)]
    value = numbers((9001, 7), "float32") * np.float32(0.3)
    found = []
    for threads in (1, 2):
        with theano.config.change_flags(threads=threads):
            f = theano.function([x], made)
            found.append([a.tobytes() for a in f(value)])
    assert found[0] == found[1]


@pytest.mark.parametrize("rows", [None, 24, 16])
def test_what_short_rows_make_is_summed_over_the_rows(rows: int | None) -> None:
    x = T.TensorType("float64", (rows, rows))("x")
    w = T.TensorType("float64", (rows,))("w")
    products = T.dot(x, w)
    f = theano.function([x, w], [products, T.sqr(products).sum()])
    alone = theano.function([x, w], products)
    rng = np.random.default_rng(2)
    for n in (0, 1, 8, 17, 32, 35) if rows is None else (rows,):
        matrix, vector = rng.normal(size=(n, n)), rng.normal(size=n)
        made, total = f(matrix, vector)
        assert made.tobytes() == alone(matrix, vector).tobytes()
        np.testing.assert_allclose(made, matrix @ vector, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(total, ((matrix @ vector) ** 2).sum(), rtol=1e-12)


@pytest.mark.parametrize("rows", [None, 24])
def test_loops_take_short_rows_side_by_side(rows: int | None) -> None:
    matrices = T.TensorType("float64", (None, rows, rows))("matrices")

    def power(matrix: Any) -> Any:
        def step(v: Any) -> Any:
            w = T.dot(matrix, v)
            return w / T.sqrt(T.sqr(w).sum())

        start = T.ones_like(matrix[0])
        return theano.scan(step, outputs_info=[start], n_steps=3)[0][-1]

    made = theano.map(power, [matrices])[0]
    f = theano.function([matrices], made)
    n = rows or 11
    given = np.random.default_rng(3).random((3, n, n))
    v = np.ones((3, n))
    for _ in range(3):
        v = np.einsum("bij,bj->bi", given, v)
        v /= np.sqrt((v**2).sum(1, keepdims=True))
    np.testing.assert_allclose(f(given), v, rtol=1e-12)
