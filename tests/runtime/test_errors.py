"""A unit's error record, and signals."""

import subprocess
import sys

import numpy as np
import pytest

pytestmark = pytest.mark.compiler

FAIL = """
i32 tl_compute(tl_call* c) {
  c->table->output(c, 0, nullptr);
  c->error.code = %(code)d;
  c->error.site = 7;
  for (int k = 0; k < 6; ++k) c->error.values[k] = k + 1;
  return %(code)d;
}
"""


@pytest.fixture
def failing(unit, tools):
    def build(code, **changes):
        inputs = [tools.argument("a"), tools.argument("v", "float64", 1)]
        outputs = [tools.spec("float64")]
        return tools.make(unit(FAIL % {"code": code}), inputs, outputs, **changes)

    return build


@pytest.mark.parametrize("released", [False, True])
@pytest.mark.parametrize("code", [1, 2, 3, 6, 7, 8, 77])
def test_fail_gets_the_record_and_the_inputs(failing, tools, code, released):
    v = np.ones(2)
    with pytest.raises(tools.Failed) as caught:
        failing(code, release_gil=released)(2.0, v)
    assert caught.value.args[:3] == (code, 7, (1, 2, 3, 4, 5, 6))
    inputs = caught.value.args[3]
    np.testing.assert_array_equal(inputs[0], np.array(2.0), strict=True)
    assert inputs[1] is v


def test_a_call_works_after_one_that_failed(failing, tools):
    f = failing(3)
    for _ in range(3):
        with pytest.raises(tools.Failed):
            f(1.0, np.ones(1))


def test_memory_that_is_not_there_is_a_memory_error(failing):
    with pytest.raises(MemoryError, match="1 bytes"):
        failing(5)(1.0, np.ones(1))


@pytest.mark.parametrize("released", [False, True])
@pytest.mark.parametrize("extent", [1 << 40, 1 << 62, -1])
def test_an_output_that_cannot_be_is_a_memory_error(unit, tools, extent, released):
    text = """
    i32 tl_compute(tl_call* c) {
      i64 shape[] = {*(const i64*)c->inputs->data, 16};
      return c->table->output(c, 0, shape) ? TL_OK : TL_MEMORY;
    }
    """
    inputs, outputs = [tools.argument("n", "int64")], [tools.spec("float64", 2)]
    f = tools.make(unit(text), inputs, outputs, release_gil=released)
    with pytest.raises(MemoryError):
        f(extent)


@pytest.mark.parametrize("code", [4, 9])
def test_a_stop_without_an_exception_says_so(failing, code):
    with pytest.raises(RuntimeError, match=f"stopped with code {code}"):
        failing(code)(1.0, np.ones(1))


def test_fail_may_name_another_body_for_this_call(failing, unit):
    text = """
    i32 tl_compute(tl_call* c) {
      *(double*)c->table->output(c, 0, nullptr) = *(const double*)c->inputs[0].data;
      return TL_OK;
    }
    """
    bodies = [unit(FAIL % {"code": 2}), unit(text)]
    f = failing(2, fail=lambda *record: bodies.pop(0))
    assert f(5.0, np.ones(1)) == 5.0
    g = failing(2, fail=lambda *record: lambda xs: ([np.array(xs[0] + 1)], []))
    assert g(5.0, np.ones(1)) == 6.0


def test_bodies_that_all_fail_are_an_error(failing, unit):
    other = unit(FAIL % {"code": 2})
    with pytest.raises(RuntimeError, match="9 bodies failed"):
        failing(2, fail=lambda *record: other)(1.0, np.ones(1))


def test_a_fail_that_does_not_raise_is_an_error(failing):
    with pytest.raises(
        RuntimeError, match="code 3 at site 7, and `fail` returned None"
    ):
        failing(3, fail=lambda *record: None)(1.0, np.ones(1))


def test_an_exception_of_a_python_body_is_raised_as_it_is(tools):
    error = ValueError("mine")

    def body(xs):
        raise error

    with pytest.raises(ValueError, match="mine") as caught:
        tools.make(body)()
    assert caught.value is error


def test_a_unit_that_makes_no_output_is_an_error(unit, tools):
    nothing = unit("i32 tl_compute(tl_call*) { return 0; }")
    with pytest.raises(RuntimeError, match="made no output 0"):
        tools.make(nothing, [], [tools.spec("float64")])()


FOREVER = """
static void step(void* data, i64, i64) {
  tl_call* c = (tl_call*)data;
  while (!c->table->poll(c));
}
i32 tl_compute(tl_call* c) {
  if (%(pool)d) c->table->parallel(c, step, c, 2, 1);
  while (!c->table->poll(c));
  return TL_INTERRUPTED;
}
"""

PROGRAM = """
import os, signal, sys, threading, time
import numpy as np
from theanolike import _runtime
_runtime.set_threads(2)
cell = _runtime.Cell(np.zeros(2))
f = _runtime.Function(companion=None, body=_runtime.Unit(sys.argv[1]), inputs=[],
    captured=[], outputs=[], updates=[(cell, 12, 1)], form="list", convert=print,
    fail=print, refuse=print, release_gil=sys.argv[2] == "True")
before = cell.value
done = []
def stop():
    time.sleep(0.2)
    done.append(time.perf_counter())
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=stop).start()
try:
    f()
except KeyboardInterrupt:
    print("interrupted", time.perf_counter() - done[0] < 5, cell.value is before)
"""


@pytest.mark.parametrize("pool", [0, 1])
@pytest.mark.parametrize("released", [False, True])
def test_a_long_loop_stops_at_ctrl_c(library, released, pool):
    path = library(FOREVER % {"pool": pool})
    command = [sys.executable, "-c", PROGRAM, str(path), str(released)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stdout == "interrupted True True\n", done.stderr
