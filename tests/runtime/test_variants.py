"""Bodies made for extents of 1."""

import gc
import sys
import weakref

import numpy as np
import pytest

from theanolike import _runtime

pytestmark = pytest.mark.compiler

# x + y of two vectors of one length, and of a y of length 1.
EQUAL = """
i32 tl_compute(tl_call* c) {
  const i64 *n = c->inputs[0].shape, *m = c->inputs[1].shape;
  if (n[0] != m[0]) {
    c->error.site = 5;
    return n[0] == 1 || m[0] == 1 ? TL_BROADCAST : TL_SHAPE;
  }
  double* z = (double*)c->table->output(c, 0, n);
  const double *x = (const double*)c->inputs[0].data;
  const double *y = (const double*)c->inputs[1].data;
  for (i64 i = 0; i < n[0]; ++i) z[i] = x[i] + y[i];
  return TL_OK;
}
"""
RIGHT_IS_ONE = """
i32 tl_compute(tl_call* c) {
  const i64* n = c->inputs[0].shape;
  double* z = (double*)c->table->output(c, 0, n);
  for (i64 i = 0; i < n[0]; ++i)
    z[i] = ((const double*)c->inputs[0].data)[i] + *(const double*)c->inputs[1].data;
  return TL_OK;
}
"""


@pytest.fixture(params=["unit", "function", "callable"])
def adding(unit, tools, request):
    """Return x + y and the list of the calls of its `fail`."""
    inputs = [tools.argument(name, "float64", 1) for name in "xy"]
    outputs = [tools.spec("float64", 1)]
    inner = unit(RIGHT_IS_ONE)
    variant = {
        "unit": inner,
        "function": tools.make(inner, inputs, outputs, form="list"),
        "callable": lambda xs: ([xs[0] + xs[1]], []),
    }[request.param]
    asked = []

    def fail(code, site, values, arrays, calls):
        if code != 2:
            raise tools.Failed(code)
        asked.append([x.shape for x in arrays])
        return variant

    return tools.make(unit(EQUAL), inputs, outputs, fail=fail), asked


def test_a_variant_is_asked_for_once(adding):
    f, asked = adding
    x, one = np.arange(3.0), np.ones(1)
    for _ in range(3):
        np.testing.assert_array_equal(f(x, one), x + 1)
        np.testing.assert_array_equal(f(x, x), 2 * x)
        np.testing.assert_array_equal(f(x[:2], one), x[:2] + 1)
    assert asked == [[(3,), (1,)]]


def test_a_variant_runs_for_its_pattern_only(adding, tools):
    f, asked = adding
    x, one = np.arange(3.0), np.ones(1)
    f(x, one)
    with pytest.raises(tools.Failed):
        f(x, x[:2])
    np.testing.assert_array_equal(f(one, one), [2.0])
    assert len(asked) == 1


def test_no_more_than_8_variants_are_kept(unit, tools):
    inputs = [tools.argument(f"x{k}", "float64", 1) for k in range(10)]
    asked = []

    def fail(*record):
        asked.append(record)
        return lambda xs: ([], [])

    f = tools.make(
        unit("i32 tl_compute(tl_call*) { return TL_BROADCAST; }"),
        inputs,
        fail=fail,
    )
    for _ in range(2):
        for k in range(10):
            f(*(np.ones(1 if i == k else 2) for i in range(10)))
    assert len(asked) == 12


def test_updates_come_from_a_function_as_body(unit, tools):
    tensor = tools.spec("float64", 1)
    inputs = [tools.argument(name, "float64", 1) for name in "xw"]
    inner = tools.make(unit(EQUAL), inputs, [tensor], form="list")
    cell = _runtime.Cell(np.zeros(2))
    f = tools.make(
        inner,
        inputs[:1],
        captured=[(cell, *tensor, (-1,))],
        updates=[(cell, *tensor)],
    )
    for _ in range(3):
        assert f(np.ones(2)) == []
    np.testing.assert_array_equal(cell.value, [3, 3])
    with pytest.raises(tools.Failed):
        f(np.ones(3))


def test_calls_of_a_variant_show_no_python_event(unit, tools):
    inputs = [tools.argument(name, "float64", 1) for name in "xy"]
    outputs = [tools.spec("float64", 1)]
    inner = tools.make(unit(RIGHT_IS_ONE), inputs, outputs, form="list")
    f = tools.make(unit(EQUAL), inputs, outputs, fail=lambda *record: inner)
    x, one = np.arange(3.0), np.ones(1)
    f(x, one)
    events = []
    sys.setprofile(lambda frame, event, arg: events.append(event))
    f(x, one)
    sys.setprofile(None)
    assert events == ["c_call"]


def test_a_variant_that_refers_to_the_function_is_collected(unit, tools):
    class Variant:
        function: _runtime.Function

        def __call__(self, xs):
            return [], []

    variant = Variant()
    inputs = [tools.argument("x", "float64", 1)]
    text = "i32 tl_compute(tl_call*) { return TL_BROADCAST; }"
    found = [variant]
    f = tools.make(unit(text), inputs, fail=lambda *record: found.pop())
    f(np.ones(1))
    variant.function = f
    gone = weakref.ref(f)
    del f, variant
    gc.collect()
    assert gone() is None
