"""Products of float matrices by the runtime's own kernels, each that there is."""

import itertools

import numpy as np
import pytest

from theanolike import _runtime

pytestmark = pytest.mark.compiler

# Output 0: alpha op(a) op(b) + beta c.
GEMM = """
i32 tl_compute(tl_call* c) {
  const tl_array *a = c->inputs, *b = a + 1, *x = a + 2, *alpha = a + 3, *beta = a + 4;
  const i64 ta = *(const i64*)a[5].data, tb = *(const i64*)a[6].data;
  i64 m = x->shape[0], n = x->shape[1], k = a->shape[ta ? 0 : 1];
  u8* z = (u8*)c->table->output(c, 0, x->shape);
  for (i64 i = 0; i < m * n * %(itemsize)d; ++i) z[i] = ((const u8*)x->data)[i];
  c->table->%(letter)sgemm(ta, tb, m, n, k, alpha->data, a->data, a->shape[1],
                           b->data, b->shape[1], beta->data, z, n);
  return TL_OK;
}
"""
DTYPES = {"float32": "s", "float64": "d"}
# Ends of tiles, panels and blocks of the depth, and what threads share.
SIZES = [
    *((1, 1, 1), (2, 3, 4), (3, 4, 1), (7, 13, 5), (8, 48, 9), (9, 49, 33)),
    *((17, 8, 40), (1, 100, 70), (100, 1, 70), (30, 25, 514), (150, 10, 300)),
    *((10, 131, 400), (2, 3, 0), (0, 3, 2), (3, 0, 2)),
]
KERNELS = _runtime.products()


@pytest.fixture
def gemm(unit, tools):
    """Return a product of two matrices as they are given, each transposed or not."""

    def build(dtype):
        fields = {"itemsize": np.dtype(dtype).itemsize, "letter": DTYPES[dtype]}
        inputs = [tools.argument(name, dtype, 2) for name in "abc"]
        inputs += [tools.argument(name, dtype) for name in ("alpha", "beta")]
        inputs += [tools.argument(name, "int64") for name in ("ta", "tb")]
        text = GEMM % fields
        f = tools.make(unit(text), inputs, [tools.spec(dtype, 2)], release_gil=True)

        def product(a, b, c, alpha=1.0, beta=0.0, ta=0, tb=0):
            left, right = (x.T.copy() if t else x for x, t in ((a, ta), (b, tb)))
            return f(left, right, c, *np.array([alpha, beta], dtype), ta, tb)

        return product

    return build


@pytest.fixture(autouse=True)
def _restored():
    threads = _runtime.threads()
    yield
    _runtime.set_products()
    _runtime.set_threads(threads)


def given(rng, size, dtype):
    m, n, k = size
    return [rng.standard_normal(s).astype(dtype) for s in ((m, k), (k, n), (m, n))]


@pytest.mark.parametrize("kernel", [*KERNELS, "blas"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_products_of_all_sizes_and_layouts_are_right(gemm, rng, dtype, kernel):
    f = gemm(dtype)
    _runtime.set_products(kernel)
    for size, ta, tb in itertools.product(SIZES, (0, 1), (0, 1)):
        a, b, c = given(rng, size, dtype)
        for alpha, beta in [(1.0, 0.0), (-0.5, 1.0), (0.25, -2.0)]:
            z = f(a, b, c, alpha, beta, ta, tb)
            x, y, start = (v.astype("float64") for v in (a, b, c))
            bound = abs(alpha) * abs(x) @ abs(y) + abs(beta * start)
            error = abs(z - (alpha * x @ y + beta * start))
            assert (error <= (size[2] + 2) * np.finfo(dtype).eps * bound).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_bits_depend_neither_on_threads_nor_on_the_width_of_vectors(gemm, rng, dtype):
    f = gemm(dtype)
    fused = [kernel for kernel in KERNELS if kernel != "plain"]
    for kernels, size in itertools.product(
        [fused, ["plain"]],
        [(150, 131, 70), (10, 500, 100), (900, 10, 60), (40, 40, 600)],
    ):
        a, b, c = given(rng, size, dtype)
        found = []
        for kernel, threads in itertools.product(kernels, (1, 2, 3, 5)):
            _runtime.set_products(kernel)
            _runtime.set_threads(threads)
            found.append(f(a, b, c, -0.3, 0.7))
        for other in found[1:]:
            np.testing.assert_array_equal(other, found[0])


@pytest.mark.parametrize("kernel", KERNELS)
def test_what_is_not_finite_spoils_what_it_is_multiplied_for(gemm, kernel):
    f = gemm("float64")
    _runtime.set_products(kernel)
    a, b, c = np.zeros((9, 60)), np.ones((60, 30)), np.full((9, 30), np.nan)
    a[3, 4] = 1.0
    b[7, 2], b[4, 28] = np.nan, np.inf
    z = f(a, b, c)
    assert np.isnan(z[:, 2]).all()
    assert np.isnan(np.delete(z[:, 28], 3)).all()
    assert z[3, 28] == np.inf
    np.testing.assert_array_equal(z[0, 3:28], np.zeros(25))
    assert np.isnan(f(a, b, np.ones_like(c), 0.0, 1.0)[:, 2]).all()


def test_another_kernel_than_the_processor_has_is_refused():
    with pytest.raises(ValueError, match=r"plain, blas or nothing .*, got sse9"):
        _runtime.set_products("sse9")
