"""Products of matrices inside of loops: the unit's own kernel, alone and in teams."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike import _runtime

pytestmark = pytest.mark.compiler


def on_threads(counts, call):
    """Return what a call gives on each number of threads."""
    before = _runtime.threads()
    found = []
    try:
        for count in counts:
            _runtime.set_threads(count)
            found.append(call())
    finally:
        _runtime.set_threads(before)
    return found


def mixed(h, w, v):
    """Return products of fixed and of moving factors, of both layouts each."""
    fixed = T.tanh(0.5 * T.dot(T.dot(h, w), v.T) - 2 * h)
    return fixed + 0.1 * T.dot(h, T.dot(h.T, fixed)) + T.dot(T.dot(h, h.T), h) * 0.01


def products(dtype, n_steps):
    h, w, v = (T.matrix(n, dtype=dtype) for n in "hwv")
    last = theano.scan(mixed, outputs_info=h, non_sequences=[w, v], n_steps=n_steps)
    return [h, w, v], last[0][-1]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_products_of_all_shapes_and_layouts_are_those_of_numpy(rng, dtype):
    inputs, last = products(dtype, 2)
    f = theano.function(inputs, last)
    assert f.plan.count("product (") == 6
    assert "library" not in f.plan
    slow = theano.function(inputs, last, mode="FAST_COMPILE")
    shapes = [(1, 1, 1), (8, 32, 3), (9, 33, 40), (3, 70, 300), (0, 2, 3), (2, 0, 3)]
    for m, n, k in [*shapes, (2, 3, 0)]:
        given = [
            (rng.normal(size=s) / max(k, 1) ** 0.5).astype(dtype)
            for s in ((m, k), (k, n), (k, n))
        ]
        tolerance = 1e-4 if dtype == "float32" else 1e-12
        np.testing.assert_allclose(f(*given), slow(*given), tolerance, tolerance)
