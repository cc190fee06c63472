"""Memory of results, and its reuse."""

import gc
import sys

import numpy as np
import pytest

from theanolike import _runtime

pytestmark = pytest.mark.compiler

# Output 0: n float64 numbers, all k.
FILL = """
i32 tl_compute(tl_call* c) {
  i64 n = *(const i64*)c->inputs[0].data;
  double k = *(const double*)c->inputs[1].data;
  double* z = (double*)c->table->output(c, 0, &n);
  if (!z) return TL_MEMORY;
  for (i64 i = 0; i < n; ++i) z[i] = k;
  return TL_OK;
}
"""
LARGE = 5_000_000


@pytest.fixture
def fill(unit, tools):
    inputs = [tools.argument("n", "int64"), tools.argument("k")]
    made = tools.make(unit(FILL), inputs, [tools.spec("float64", 1)], release_gil=True)
    yield made
    _runtime.trim(made)


def test_a_large_result_takes_the_place_of_one_that_is_gone(fill):
    first = fill(LARGE, 1.0)
    address = first.ctypes.data
    del first
    assert fill(LARGE, 2.0).ctypes.data == address
    assert fill(LARGE - 1000, 2.0).ctypes.data == address


def test_a_large_result_that_is_still_there_is_left_alone(fill):
    results = [fill(LARGE, float(k)) for k in range(4)]
    view = results[0][1:]
    del results[0]
    other = fill(LARGE, 9.0)
    assert view[-1] == 0.0
    assert [z[-1] for z in results] == [1.0, 2.0, 3.0]
    assert other[-1] == 9.0
    for z in (*results, other):
        assert z.ctypes.data % 64 == 0


def test_results_of_any_size_are_resized_and_freed_as_numpy_does(fill):
    for n in (1, 100, LARGE):
        z = fill(n, 3.0)
        z.resize(2 * n, refcheck=False)
        assert z[n - 1] == 3.0
        assert z[-1] == 0.0
        z.resize(1, refcheck=False)
        assert z[0] == 3.0


def test_results_that_go_leave_nothing_behind(fill):
    gc.collect()
    fill(10, 1.0)
    blocks = sys.getallocatedblocks()
    for n in range(1, 2000):
        fill(n, 1.0)
    assert abs(sys.getallocatedblocks() - blocks) < 50


def test_a_result_is_copied_sorted_and_changed_like_any_other(fill):
    z = fill(10_000, 4.0)
    np.testing.assert_array_equal(np.sort(z.copy())[-1:], [4.0])
    z += 1
    assert z[-1] == 5.0
