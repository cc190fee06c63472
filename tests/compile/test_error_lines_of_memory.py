"""An array that is too large is refused with its shape, its bytes and the user's line."""

# ruff: noqa: E501, PLW0108 - a formula stands on one line, which is what is tested

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike import scan
from theanolike.compile.sizes import MOST_BYTES
from theanolike.errors import AllocationError
from theanolike.legacy.ifelse import ifelse

x, A = T.dvector("x"), T.dmatrix("A")
n, m = T.lscalar("n"), T.lscalar("m")
SIZES = [(1 << 32, 1 << 32), (1 << 62, 1 << 32), ((1 << 63) - 1, 3)]
# Each with the op as it is written.
TOO_LARGE = {
    "zeros": ("Alloc", lambda: T.zeros((n, m))),
    "alloc": ("Alloc", lambda: T.exp(T.alloc(x, n, m, 3))),
    "sum of alloc": ("Alloc", lambda: T.alloc(x[1], n, m).sum()),
    "no elements": ("Alloc", lambda: T.zeros((n, m, m * 0, m))),
    "tile": ("Tile", lambda: T.tile(A, (n, m)) * 2),
    "sum of tile": ("Tile", lambda: T.tile(A, (n, m)).sum()),
    "eye": ("Eye{dtype='float64'}", lambda: T.eye(n, m)),
    "reshape": ("Reshape{3}", lambda: x[:0].reshape((n, m, 4))),
    "scan": ("Alloc", lambda: scan(lambda i: T.zeros((n, m)).sum(0)[0] + i, T.arange(3))[0]),
    "branch": ("Alloc", lambda: ifelse(n > 5, T.zeros((n, m)), A)),
}  # fmt: skip
LONG = {
    "repeat": ("Repeat{axis=1}", lambda: T.repeat(A, n, axis=1)),
    "arange": ("ARange{dtype='int64'}", lambda: T.arange(n)),
    "sum of arange": ("ARange{dtype='int64'}", lambda: T.arange(-n, n).sum()),
    "steps of arange": ("ARange{dtype='int64'}", lambda: T.arange(-n, n, 2)),
    "arange of floats": ("ARange{dtype='int64'}", lambda: T.arange(0.0, T.cast(n, "float64") * 2)),
    "join": ("Alloc", lambda: T.concatenate([T.zeros((n,)), T.zeros((n,))])),
    "broadcast": ("Alloc", lambda: (T.zeros((n, 1)) + T.zeros((1, n))).sum()),
    "rows": ("a scan", lambda: scan(lambda s: s * 2, None, x[0], n_steps=n)[0]),
    "tile by a constant": ("Tile", lambda: T.tile(x, (1 << 62,)).sum()),
    "repeat by a constant": ("Repeat{axis=0}", lambda: T.repeat(x, 1 << 62)),
    "indices": ("Alloc", lambda: A[T.zeros((n,), "int64")]),
}  # fmt: skip


def message(formula, sizes, mode):
    f = theano.function([x, A, n, m], formula(), mode=mode, on_unused_input="ignore")
    texts = []
    for a, b in sizes:
        with pytest.raises(MemoryError) as caught:
            f(np.arange(3.0), np.ones((2, 3)), a, b)
        assert isinstance(caught.value, AllocationError)
        texts.append(str(caught.value))
    return texts


def check(text, op, formula):
    lines = text.splitlines()
    assert "an array with shape (" in lines[0], text
    assert " bytes for " in lines[0] or "no elements" in lines[0], text
    assert f"  in {op}" == lines[1], text
    assert f"  written at {__file__}:{formula.__code__.co_firstlineno}" in lines, text
    assert "of shape " in text
    assert lines[-1].endswith("."), text


@pytest.mark.parametrize("name", TOO_LARGE)
def test_an_array_that_is_too_large_is_told_with_its_line(name, mode):
    op, formula = TOO_LARGE[name]
    for text in message(formula, SIZES, mode):
        check(text, op, formula)


@pytest.mark.parametrize("name", LONG)
def test_an_array_that_is_too_long_is_told_with_its_line(name, mode):
    op, formula = LONG[name]
    for text in message(formula, SIZES[1:], mode):
        check(text, op, formula)


def test_the_message_has_shape_and_bytes(mode):
    (text,) = message(lambda: T.tile(x, (n,)), SIZES[1:2], mode)
    assert text.splitlines()[0] == (
        "Unable to allocate 110680464442257309696 bytes for an array with shape "
        "(13835058055282163712,) and data type float64."
    )


def test_integers_that_fit_are_taken(mode):
    outputs = [
        T.arange(-n, n, n),
        T.tile(x, (m,)),
        x[n:m:n],
        T.eye(3, 3, n).sum(),
        T.alloc(x[1], m, m).sum(),
        scan(lambda s: (s * 2, theano.scan_module.until(s > 9)), None, x[1], n_steps=n)[
            0
        ],
    ]
    f = theano.function([x, n, m], outputs, mode=mode)
    found = f(np.arange(3.0), 1 << 61, 2)
    for value, expected in zip(
        found,
        [[-(1 << 61), 0], [0, 1, 2, 0, 1, 2], [], 0, 4, [2, 4, 8, 16, 32]],
        strict=True,
    ):
        assert value.shape[:1] == np.shape(expected)[:1]
        if np.size(expected) != 5:
            np.testing.assert_array_equal(value, expected)


def test_a_negative_extent_is_an_error_of_a_sum_too(mode):
    f = theano.function([x, n], T.alloc(x[1], n).sum(), mode=mode)
    assert f(np.arange(3.0), 4) == 4
    with pytest.raises(ValueError, match="negative"):
        f(np.arange(3.0), -4)


def test_a_failing_allocation_changes_nothing(mode):
    w, u = theano.shared(np.ones(2), "w"), theano.shared(0)
    f = theano.function([n], updates=[(u, u + 1), (w, T.tile(w, (n,)))], mode=mode)
    with pytest.raises(MemoryError, match="Unable to allocate"):
        f(1 << 62)
    assert u.get_value() == 0
    np.testing.assert_array_equal(w.get_value(), [1, 1])
    f(2)
    assert w.get_value().shape == (4,)


@pytest.mark.parametrize(
    "build",
    [
        lambda: T.zeros((1 << 40, 1 << 40)),
        lambda: T.arange(1 << 62),
        lambda: T.eye(1 << 40),
        lambda: T.tile(T.zeros((3,)), (1 << 62,)),
        lambda: T.TensorType("float32", (1 << 30, 1 << 30)),
    ],
)
def test_what_static_shapes_make_too_large_is_refused_where_it_is_written(build):
    with pytest.raises(MemoryError, match="Unable to allocate"):
        build()
    assert T.TensorType("int8", (MOST_BYTES,)).ndim == 1


def test_extents_of_empty_arguments_do_not_overflow(mode):
    y = T.dmatrix("y")
    f = theano.function([A, y], T.exp(T.dot(A, y)).sum(0), mode=mode)
    with pytest.raises(MemoryError, match="Unable to allocate"):
        f(np.zeros((1 << 40, 0)), np.zeros((0, 1 << 40)))
    np.testing.assert_array_equal(f(np.zeros((2, 0)), np.zeros((0, 3))), [2, 2, 2])
    g = theano.function([A], T.concatenate([A, A]), mode=mode)
    assert g(np.zeros((1 << 40, 0))).shape == (1 << 41, 0)
