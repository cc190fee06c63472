"""Scratch memory between calls."""

import numpy as np
import pytest

from theanolike import _runtime

pytestmark = pytest.mark.compiler

# Fills `n` pieces of `bytes` each; output 0 says whether they are whole and aligned.
FILL = """
i32 tl_compute(tl_call* c) {
  i64 n = *(const i64*)c->inputs[0].data, bytes = *(const i64*)c->inputs[1].data;
  u8* pieces[64];
  double good = 1;
  for (i64 k = 0; k < n; ++k) {
    pieces[k] = (u8*)c->table->workspace(c, bytes);
    if (!pieces[k]) { c->error.values[0] = bytes; return TL_MEMORY; }
    if ((u64)pieces[k] % 64) good = 0;
    for (i64 i = 0; i < bytes; i += 61) pieces[k][i] = (u8)k;
  }
  for (i64 k = 0; k < n; ++k)
    for (i64 i = 0; i < bytes; i += 61)
      if (pieces[k][i] != (u8)k) good = 0;
  *(double*)c->table->output(c, 0, nullptr) = good;
  return TL_OK;
}
"""


@pytest.fixture
def fill(unit, tools):
    inputs = [tools.argument("n", "int64"), tools.argument("bytes", "int64")]
    return tools.make(unit(FILL), inputs, [tools.spec("float64")])


def growth(f, *args):
    before = _runtime.allocations()
    assert f(*args) == 1.0
    return _runtime.allocations() - before


def test_pieces_of_one_call_are_apart_and_aligned(fill):
    for n, size in [(1, 0), (3, 1), (5, 1000), (64, 7), (2, 100_000)]:
        assert fill(n, size) == 1.0


def test_a_steady_call_allocates_nothing(fill):
    fill(5, 1000)
    assert [growth(fill, 5, 1000) for _ in range(10)] == [0] * 10
    assert growth(fill, 2, 500) == 0


def test_a_workspace_that_is_far_too_large_is_given_back(fill):
    fill(1, 1 << 24)
    for _ in range(128):
        fill(1, 100)
    assert growth(fill, 1, 1 << 24) > 0


def test_trim_gives_the_memory_back(fill):
    fill(1, 1000)
    _runtime.trim(fill)
    assert growth(fill, 1, 1000) > 0
    with pytest.raises(TypeError, match="Function"):
        _runtime.trim(np.ones)


def test_memory_that_is_not_there_is_a_memory_error(fill):
    with pytest.raises(MemoryError):
        fill(1, 1 << 62)
    with pytest.raises(MemoryError):
        fill(1, -1)
