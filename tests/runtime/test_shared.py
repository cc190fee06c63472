"""Cells: values that live between calls, their locks."""

import gc
import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from theanolike import _runtime

pytestmark = pytest.mark.compiler

# Output 0 and the new value of cell 0: captured value + argument, both vectors.
STEP = """
i32 tl_compute(tl_call* c) {
  const tl_array& x = c->inputs[0];
  const tl_array& w = c->inputs[1];
  if (x.shape[0] != w.shape[0]) {
    c->error.code = TL_SHAPE;
    c->error.site = 3;
    c->error.values[1] = x.shape[0];
    c->error.values[2] = w.shape[0];
  }
  for (i32 k = 0; k < 2; ++k) {
    double* z = (double*)c->table->output(c, k, w.shape);
    for (i64 i = 0; i < w.shape[0]; ++i)
      z[i] = ((const double*)x.data)[i < x.shape[0] ? i : 0] +
             ((const double*)w.data)[i];
  }
  return c->error.code;
}
"""

# Adds the argument to cell 0, in its own storage where nobody can see it: output 0 says
# whether.
IN_PLACE = """
i32 tl_compute(tl_call* c) {
  const tl_array& x = c->inputs[0];
  const tl_array& w = c->inputs[1];
  double* flag = (double*)c->table->output(c, 0, nullptr);
  *flag = c->table->target(c, 0, w.shape) != nullptr;
  if (*flag == 0) {
    double* z = (double*)c->table->output(c, 1, w.shape);
    for (i64 i = 0; i < w.shape[0]; ++i)
      z[i] = *(const double*)x.data + ((const double*)w.data)[i];
  }
  return TL_OK;
}
void tl_commit(tl_call* c) {
  double* w = (double*)c->outputs[1].data;
  if (w != c->inputs[1].data) return;
  double step = *(const double*)c->inputs[0].data;
  for (i64 i = 0; i < c->inputs[1].shape[0]; ++i) w[i] += step;
}
"""


@pytest.fixture
def cell():
    return _runtime.Cell(np.arange(3.0), "w")


@pytest.fixture
def step(unit, tools, cell):
    tensor = tools.spec("float64", 1)
    return tools.make(
        unit(STEP),
        [tools.argument("x", "float64", 1)],
        [tensor],
        captured=[(cell, *tensor, (-1,))],
        updates=[(cell, *tensor)],
    )


@pytest.fixture
def in_place(unit, tools, cell):
    tensor = tools.spec("float64", 1)
    return tools.make(
        unit(IN_PLACE),
        [tools.argument("x")],
        [tools.spec("float64")],
        captured=[(cell, *tensor, (-1,))],
        updates=[(cell, *tensor)],
    )


def test_a_cell_holds_the_very_object():
    value = object()
    cell = _runtime.Cell(value)
    assert cell.value is value
    cell.value = other = np.zeros(3)
    assert cell.value is other


def test_the_last_call_s_output_is_not_the_new_value(step, cell):
    out = step(np.ones(3))
    np.testing.assert_array_equal(out, [1, 2, 3])
    np.testing.assert_array_equal(cell.value, [1, 2, 3])
    out[:] = 100
    np.testing.assert_array_equal(cell.value, [1, 2, 3])


def test_a_value_the_user_holds_is_never_overwritten(step, cell):
    seen = [cell.value]
    for _ in range(5):
        step(np.ones(3))
        seen.append(cell.value)
    for k, value in enumerate(seen):
        np.testing.assert_array_equal(value, np.arange(3) + k)


def test_new_values_take_turns_in_two_arrays_that_nobody_else_holds(step, cell):
    addresses = set()
    for _ in range(6):
        step(np.ones(3))
        addresses.add(cell.value.ctypes.data)
    assert len(addresses) <= 3  # the first one is the user's


def test_a_failing_call_changes_nothing(step, cell, tools):
    before = cell.value
    with pytest.raises(tools.Failed) as caught:
        step(np.ones(2))
    assert caught.value.args[:3] == (1, 3, (0, 2, 3, 0, 0, 0))
    assert caught.value.args[3][1] is before
    assert cell.value is before
    step(np.ones(3))
    np.testing.assert_array_equal(before, [0, 1, 2])


def test_a_new_value_may_have_another_shape(step, cell):
    step(np.ones(3))
    cell.value = np.zeros(5)
    np.testing.assert_array_equal(step(np.ones(5)), np.ones(5))
    assert cell.value.shape == (5,)


def test_a_commit_in_place_keeps_the_storage_that_nobody_else_sees(in_place, cell):
    cell.value = np.zeros(3)
    address = cell.value.ctypes.data
    assert [float(in_place(1.0)) for _ in range(3)] == [1.0, 1.0, 1.0]
    np.testing.assert_array_equal(cell.value, [3, 3, 3])
    assert cell.value.ctypes.data == address


HOLDERS: dict[str, Callable[[Any], Any]] = {
    "array": lambda x: x,
    "view": lambda x: x[1:],
    "memoryview": memoryview,
    "weak reference": weakref.ref,
}


@pytest.mark.parametrize("holder", HOLDERS)
def test_no_commit_in_place_where_somebody_could_see_it(in_place, cell, holder):
    cell.value = np.zeros(3)
    held = HOLDERS[holder](cell.value)
    assert in_place(1.0) == 0.0
    np.testing.assert_array_equal(cell.value, [1, 1, 1])
    if holder != "weak reference":
        assert not np.asarray(held).any()
    del held
    assert in_place(1.0) == 1.0
    np.testing.assert_array_equal(cell.value, [2, 2, 2])


@pytest.mark.parametrize(
    "value",
    [np.arange(6.0)[::2], np.arange(6.0)[:3], np.frombuffer(np.zeros(3))],
    ids=["strided", "borrowed", "read-only owner"],
)
def test_no_commit_in_place_into_storage_that_is_not_the_cell_s_own(
    in_place, cell, value
):
    copy = value.copy()
    cell.value = value
    assert in_place(1.0) == 0.0
    np.testing.assert_array_equal(value, copy)
    np.testing.assert_array_equal(cell.value, copy + 1)


def test_a_cell_that_is_read_while_its_storage_is_granted_gives_a_copy(tools, unit):
    cell = _runtime.Cell(np.zeros(3))
    tensor = tools.spec("float64", 1)
    seen: list[Any] = []

    def read(_):
        seen.append(cell.value)
        return []

    text = IN_PLACE.replace(
        "return TL_OK;", "return c->table->host(c, 0, nullptr, nullptr);"
    )
    f = tools.make(
        unit(text),
        [tools.argument("x")],
        [tools.spec("float64")],
        captured=[(cell, *tensor, (-1,))],
        updates=[(cell, *tensor)],
        host=[(read, [], [])],
    )
    assert f(1.0) == 1.0
    np.testing.assert_array_equal(seen[0], [0, 0, 0])
    np.testing.assert_array_equal(cell.value, [1, 1, 1])


def test_one_cell_cannot_have_two_updates(cell, tools):
    tensor = tools.spec("float64", 1)
    with pytest.raises(ValueError, match="one update for each cell"):
        tools.make(print, updates=[(cell, *tensor), (cell, *tensor)])


def test_setting_a_cell_inside_a_call_that_updates_it_is_an_error(cell, tools):
    def body(arrays):
        cell.value = None

    tensor = tools.spec("float64", 1)
    f = tools.make(body, updates=[(cell, *tensor)])
    with pytest.raises(RuntimeError, match="shared variable 'w' to be free"):
        f()
    cell.value = np.zeros(1)


def test_a_call_that_calls_itself_on_one_cell_is_an_error(cell, tools):
    tensor = tools.spec("float64", 1)
    calls = []

    def body(arrays):
        calls.append(1)
        return f()

    f = tools.make(body, updates=[(cell, *tensor)])
    with pytest.raises(RuntimeError, match="in progress in this thread"):
        f()
    assert len(calls) == 1


def test_updating_calls_of_one_cell_exclude_each_other(tools):
    cell = _runtime.Cell(np.array(0))
    scalar = tools.spec("int64")

    def body(arrays):
        value = int(arrays[0])
        threading.Event().wait(0.001)  # lets the other threads in
        return [], [np.array(value + 1)]

    f = tools.make(body, captured=[(cell, *scalar, ())], updates=[(cell, *scalar)])
    threads = [
        threading.Thread(target=lambda: [f() for _ in range(5)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cell.value == 20


def test_setting_a_cell_waits_for_a_call_of_another_thread(tools, cell):
    inside, release = threading.Event(), threading.Event()

    def body(arrays):
        inside.set()
        release.wait(10)
        return [], [np.ones(1)]

    f = tools.make(body, updates=[(cell, *tools.spec("float64", 1))])
    calling = threading.Thread(target=f)
    calling.start()
    inside.wait(10)
    before = cell.value
    setting = threading.Thread(target=setattr, args=(cell, "value", np.full(1, 7.0)))
    setting.start()
    setting.join(0.1)
    assert cell.value is before
    release.set()
    calling.join()
    setting.join()
    assert cell.value == 7


def test_a_circle_of_waiting_threads_is_an_error_in_one_of_them(tools):
    scalar = tools.spec("int64")
    cells = [_runtime.Cell(np.array(0), name) for name in "ab"]
    barrier = threading.Barrier(2)
    inner = [
        tools.make(lambda _: ([], [np.array(1)]), updates=[(c, *scalar)]) for c in cells
    ]
    problems = []

    def run(mine, other):
        def body(arrays):
            barrier.wait(10)
            inner[other]()
            return [], [np.array(2)]

        try:
            tools.make(body, updates=[(cells[mine], *scalar)])()
        except RuntimeError as error:
            problems.append(str(error))

    threads = [threading.Thread(target=run, args=pair) for pair in ((0, 1), (1, 0))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(problems) == 1
    assert "wait for each other" in problems[0]


def test_a_cell_in_a_cycle_is_collected():
    class Holder:
        cell: _runtime.Cell

    holder = Holder()
    holder.cell = _runtime.Cell(holder)
    gone = weakref.ref(holder)
    gone_cell = weakref.ref(holder.cell)
    del holder
    gc.collect()
    assert gone() is None
    assert gone_cell() is None
