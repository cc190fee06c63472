"""BLAS by way of the table, on the runtime's threads."""

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import scipy_openblas32

from theanolike import _runtime

pytestmark = pytest.mark.compiler

# Output 0: alpha op(a) op(b) + beta c.
GEMM = """
i32 tl_compute(tl_call* c) {
  const tl_array *a = c->inputs, *b = a + 1, *x = a + 2, *alpha = a + 3, *beta = a + 4;
  i64 m = x->shape[0], n = x->shape[1], k = a->shape[%(ta)d ? 0 : 1];
  u8* z = (u8*)c->table->output(c, 0, x->shape);
  for (i64 i = 0; i < m * n * %(itemsize)d; ++i) z[i] = ((const u8*)x->data)[i];
  c->table->%(letter)sgemm(%(ta)d, %(tb)d, m, n, k, alpha->data, a->data, a->shape[1],
                           b->data, b->shape[1], beta->data, z, n);
  return TL_OK;
}
"""
LETTERS = {"float32": "s", "float64": "d", "complex64": "c", "complex128": "z"}


@pytest.fixture(scope="module", autouse=True)
def openblas():
    folder = Path(scipy_openblas32.get_lib_dir())
    name = f"lib{scipy_openblas32.get_library()}.so"
    _runtime.set_blas(str(folder / name), "scipy_")


@pytest.fixture
def gemm(unit, tools):
    def build(dtype, ta=0, tb=0):
        itemsize = np.dtype(dtype).itemsize
        letter = LETTERS[dtype]
        text = GEMM % {"ta": ta, "tb": tb, "itemsize": itemsize, "letter": letter}
        inputs = [tools.argument(name, dtype, 2) for name in "abc"]
        inputs += [tools.argument(name, dtype) for name in ("alpha", "beta")]
        return tools.make(unit(text), inputs, [tools.spec(dtype, 2)], release_gil=True)

    return build


def make(rng, shape, dtype):
    x = rng.standard_normal(shape)
    if np.dtype(dtype).kind == "c":
        x = x + 1j * rng.standard_normal(shape)
    return x.astype(dtype)


@pytest.mark.parametrize("transposed", [(0, 0), (0, 1), (1, 0), (1, 1)])
@pytest.mark.parametrize("dtype", LETTERS)
def test_a_product_agrees_with_numpy(gemm, rng, dtype, transposed):
    ta, tb = transposed
    f = gemm(dtype, ta, tb)
    for m, n, k in [(1, 1, 1), (3, 4, 5), (70, 30, 50), (300, 200, 100), (2, 3, 0)]:
        a = make(rng, (k, m) if ta else (m, k), dtype)
        b = make(rng, (n, k) if tb else (k, n), dtype)
        c = make(rng, (m, n), dtype)
        alpha, beta = make(rng, (2,), dtype)
        expected = alpha * (a.T if ta else a) @ (b.T if tb else b) + beta * c
        tolerance = 1e-4 if np.finfo(dtype).bits == 32 else 1e-11
        z = f(a, b, c, alpha, beta)
        np.testing.assert_allclose(z, expected, rtol=tolerance, atol=tolerance)


def test_a_zero_beta_does_not_read_the_target(gemm):
    f = gemm("float64")
    for k in (0, 2):
        z = f(np.ones((2, k)), np.ones((k, 2)), np.full((2, 2), np.nan), 1.0, 0.0)
        np.testing.assert_array_equal(z, np.full((2, 2), float(k)))


def test_an_empty_product_is_empty(gemm):
    z = gemm("float64")(np.ones((0, 3)), np.ones((3, 2)), np.ones((0, 2)), 1.0, 0.0)
    assert z.shape == (0, 2)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_products_of_many_threads_at_once_are_right(gemm, rng, threads):
    f = gemm("float64")
    a = rng.standard_normal((256, 256))
    expected = a @ a
    zero = np.zeros_like(a)
    before = _runtime.threads()
    _runtime.set_threads(threads)
    wrong: list[object] = []

    def work():
        results = [f(a, a, zero, 1.0, 0.0) for _ in range(10)]
        wrong.extend(z for z in results if not np.allclose(z, expected))

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    _runtime.set_threads(before)
    assert not wrong


def test_a_product_inside_a_parallel_region_is_right(unit, tools, rng):
    text = """
    struct Job { tl_call* c; double* z; };
    static void run(void* data, i64 begin, i64 end) {
      Job* job = (Job*)data;
      const tl_array* a = job->c->inputs;
      i64 n = a->shape[0];
      double one = 1, zero = 0;
      for (i64 i = begin; i < end; ++i)
        job->c->table->dgemm(0, 0, n, n, n, &one, a->data, n, a->data, n, &zero,
                             job->z + i * n * n, n);
    }
    i32 tl_compute(tl_call* c) {
      i64 shape[] = {4, c->inputs->shape[0], c->inputs->shape[0]};
      Job job = {c, (double*)c->table->output(c, 0, shape)};
      c->table->parallel(c, run, &job, 4, 1);
      return TL_OK;
    }
    """
    f = tools.make(
        unit(text),
        [tools.argument("a", "float64", 2)],
        [tools.spec("float64", 3)],
        release_gil=True,
    )
    before = _runtime.threads()
    _runtime.set_threads(2)
    a = rng.standard_normal((200, 200))
    z = f(a)
    _runtime.set_threads(before)
    np.testing.assert_allclose(z, [a @ a] * 4, atol=1e-10)


def test_a_routine_is_found_by_its_fortran_name(unit, tools):
    text = """
    typedef void (*Cholesky)(const char*, const i32*, double*, const i32*, i32*, u64);
    i32 tl_compute(tl_call* c) {
      Cholesky dpotrf = (Cholesky)c->table->routine(c, "dpotrf");
      double* z = (double*)c->table->output(c, 0, nullptr);
      i32 n = 1, info = -1;
      *z = 9;
      dpotrf("L", &n, z, &n, &info, 1);
      if (info != 0 || c->table->routine(c, "nonsense")) return TL_LIBRARY;
      return TL_OK;
    }
    """
    assert tools.make(unit(text), [], [tools.spec("float64")])() == 3.0


def test_another_library_is_refused_once_one_is_open(gemm):
    one = np.ones((1, 1), "complex128")
    gemm("complex128")(one, one, one, 1.0, 0.0)
    state = _runtime.blas()
    assert state["opened"]
    assert state["problem"] == ""
    _runtime.set_blas(state["path"], state["prefix"])
    with pytest.raises(ValueError, match="is open already"):
        _runtime.set_blas("/other.so")


WITHOUT = """
import sys
import numpy as np
from theanolike import _runtime
if sys.argv[2]:
    _runtime.set_blas(sys.argv[2], "")
m = ("a", 12, 2, (-1, -1), None)
s = ("s", 12, 0, (), None)
f = _runtime.Function(companion=None, body=_runtime.Unit(sys.argv[1]),
    inputs=[m, m, m, s, s], captured=[], outputs=[(12, 2)], updates=[], form="single",
    convert=print, fail=print, refuse=print, release_gil=True)
a = np.arange(12.0).reshape(3, 4)
print(np.array_equal(f(a, a.T, np.ones((3, 3)), 2.0, 3.0), 2 * a @ a.T + 3))
_runtime.set_products("blas")
print(np.array_equal(f(a, a.T, np.ones((3, 3)), 2.0, 3.0), 2 * a @ a.T + 3))
print(_runtime.blas()["problem"])
"""


@pytest.mark.parametrize("path", ["", "/nowhere/blas.so"])
def test_without_a_library_products_are_right(library, path):
    fields = {"ta": 0, "tb": 0, "itemsize": 8, "letter": "d"}
    command = [sys.executable, "-c", WITHOUT, str(library(GEMM % fields)), path]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=True
    )
    *products, problem = done.stdout.splitlines()
    assert products == ["True", "True"]
    assert path in problem
    assert problem
