"""Kernels that differ in numbers only are one, which takes the numbers."""

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T

pytestmark = pytest.mark.compiler


def kernels(f):
    """Return the definitions of kernels in the text."""
    lines = f.source.splitlines()
    return [line for line in lines if line.startswith("static void kernel_")]


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@pytest.mark.parametrize("terms", [30, 500])
def test_terms_with_numbers_of_their_own_share_few_kernels(terms, dtype, rng):
    c = rng.standard_normal(terms).astype(dtype)
    d = (rng.permutation(terms) + 30).astype(dtype) / 256
    x = T.vector(dtype=dtype)
    pairs = zip(c, d, strict=True)
    f = theano.function([x], sum(a * T.exp(-b * x) for a, b in pairs))
    assert len({k.split("(")[0] for k in kernels(f) if "_run" not in k}) <= 4
    given = np.linspace(0, 1, 7).astype(dtype)
    with np.errstate(all="ignore"):
        expected = (c[:, None] * np.exp(-d[:, None] * given)).sum(0)
    rtol = {"float64": 1e-12, "float32": 1e-4, "float16": 0.5}[dtype]
    np.testing.assert_allclose(f(given), expected, rtol, rtol * terms**0.5)


@pytest.mark.parametrize("steps", [4, 80])
@pytest.mark.parametrize("dtype", ["int8", "int32", "int64", "uint64", "float32"])
def test_numbers_of_every_kind_arrive_as_they_are(steps, dtype):
    x = T.vector(dtype=dtype)
    if dtype == "float32":
        numbers = np.float32(3.4e38) / np.arange(1, steps + 1).astype(dtype)
    else:
        numbers = np.iinfo(dtype).max - np.arange(steps).astype(dtype)
    y = x
    outputs = []
    for number in numbers:
        y = T.maximum(x - y.max(), number)
        outputs.append(y)
    f = theano.function([x], outputs)
    g = theano.function([x], outputs, mode="FAST_COMPILE")
    given = np.ones(3, dtype)
    for one, other in zip(f(given), g(given), strict=True):
        np.testing.assert_array_equal(one, other)
    assert len(kernels(f)) < 3 * min(steps, 5)


def test_a_number_that_all_kernels_have_stays_in_the_text():
    x = T.dvector()
    y = x
    for k in range(4):
        y = T.dot(T.outer(y, x), T.tanh(x * 1.25 + y / (k + 3.0)))
    source = theano.function([x], y).source
    assert "1.25" in source
    assert any("double k" in line for line in source.splitlines())


def test_divisors_of_integers_and_exponents_stay_in_the_text():
    x = y = T.lvector()
    for n in (7, 11, 13):
        y = x // n + y.max()
    f = theano.function([x], y)
    assert not any("k0" in line for line in kernels(f))
    assert all(f", {n})" in f.source for n in (7, 11, 13))
