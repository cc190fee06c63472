"""Calls of a unit back into Python."""

import sys

import numpy as np
import pytest

from theanolike import _runtime

pytestmark = pytest.mark.compiler

# Output 0: what host call 0 makes of input 0, or of a copy of it in the workspace.
CALL = """
i32 tl_compute(tl_call* c) {
  tl_array x = c->inputs[0], y;
  i64 n = x.shape[0];
  if (%(copy)d) {
    double* work = (double*)c->table->workspace(c, n * 8);
    for (i64 i = 0; i < n; ++i) work[i] = ((const double*)x.data)[i];
    x.data = work;
  }
  i32 code = c->table->host(c, %(site)d, &x, &y);
  if (code != TL_OK) return code;
  double* z = (double*)c->table->output(c, 0, y.shape);
  for (i64 i = 0; i < y.shape[0]; ++i) z[i] = ((const double*)y.data)[i];
  return TL_OK;
}
"""


@pytest.fixture(params=[False, True], ids=["held", "released"])
def calling(unit, tools, request):
    def build(callable_, *, copy=False, site=0):
        tensor = tools.spec("float64", 1)
        return tools.make(
            unit(CALL % {"copy": copy, "site": site}),
            [tools.argument("x", "float64", 1)],
            [tensor],
            host=[(callable_, [tensor], [tensor])],
            release_gil=request.param,
        )

    return build


def test_a_host_call_gets_arrays_and_gives_arrays(calling):
    f = calling(lambda xs: [xs[0] * 2])
    np.testing.assert_array_equal(f(np.arange(3.0)), [0, 2, 4])


@pytest.mark.parametrize("copy", [False, True])
def test_what_a_host_call_gets_is_read_only_and_may_be_kept(calling, copy):
    kept = []

    def double(xs):
        kept.extend(xs)
        with pytest.raises(ValueError, match="read-only"):
            xs[0][0] = 1
        return [xs[0] * 2]

    f = calling(double, copy=copy)
    for k in range(3):
        f(np.full(3, float(k)))
    np.testing.assert_array_equal(kept, [[0] * 3, [1] * 3, [2] * 3])


def test_an_exception_is_raised_as_it_is(calling):
    error = KeyError("mine")

    def bad(xs):
        raise error

    with pytest.raises(KeyError) as caught:
        calling(bad)(np.ones(2))
    assert caught.value is error


@pytest.mark.parametrize(
    "result", [lambda x: [x[::2]], lambda x: (x[::2],), lambda x: [np.ma.array(x[::2])]]
)
def test_results_of_any_layout_are_taken(calling, result):
    f = calling(lambda xs: result(xs[0]))
    np.testing.assert_array_equal(f(np.arange(4.0)), [0, 2])


@pytest.mark.parametrize(
    "result",
    [None, [], [1.0], [np.ones((2, 2))], [np.ones(2, "float32")], [np.ones(2)] * 2],
    ids=repr,
)
def test_results_of_another_type_are_an_error(calling, result):
    with pytest.raises(TypeError, match="expected"):
        calling(lambda xs: result)(np.ones(2))


def test_an_unknown_site_is_an_error(calling):
    with pytest.raises(RuntimeError, match="host call below 1, got 4"):
        calling(lambda xs: xs, site=4)(np.ones(2))


def test_a_function_may_call_itself_through_a_host_call(calling):
    depth: list[int] = []

    def deeper(xs):
        depth.append(len(depth))
        return [xs[0] + (f(xs[0]) if len(depth) < 5 else 0)]

    f = calling(deeper, copy=True)
    np.testing.assert_array_equal(f(np.ones(2)), [5, 5])
    np.testing.assert_array_equal(depth, range(5))


def test_host_calls_keep_no_reference(calling):
    x = np.ones(3)
    f = calling(lambda xs: [xs[0] + 1])
    f(x)
    count, blocks = sys.getrefcount(x), sys.getallocatedblocks()
    for _ in range(1000):
        f(x)
    assert sys.getrefcount(x) == count
    assert abs(sys.getallocatedblocks() - blocks) < 50


def test_a_host_call_that_updates_the_caller_s_variable_is_an_error(unit, tools):
    cell = _runtime.Cell(np.zeros(2), "w")
    tensor = tools.spec("float64", 1)
    update = tools.make(lambda xs: ([], [np.ones(2)]), updates=[(cell, *tensor)])
    text = CALL.replace("output(c, 0, y.shape)", "output(c, 0, x.shape)")
    f = tools.make(
        unit(text % {"copy": False, "site": 0}),
        [tools.argument("x", "float64", 1)],
        updates=[(cell, *tensor)],
        host=[(lambda xs: [update(), xs[0]][1:], [tensor], [tensor])],
    )
    with pytest.raises(RuntimeError, match="'w' to be free"):
        f(np.ones(2))
    np.testing.assert_array_equal(cell.value, [0, 0])
    update()
    np.testing.assert_array_equal(cell.value, [1, 1])


def test_fail_gets_what_host_calls_answered(unit, tools):
    text = """
    i32 tl_compute(tl_call* c) {
      tl_array x = c->inputs[0], y;
      for (i32 k = 0; k < 3; ++k) {
        i32 code = c->table->host(c, k % 2, &x, &y);
        if (code != TL_OK) return code;
      }
      c->error.code = TL_VALUE;
      return TL_VALUE;
    }
    """
    tensor = tools.spec("float64", 1)
    doubled = (lambda xs: [xs[0] * 2], [tensor], [tensor])
    wrong = (lambda xs: [1 / xs[0].size.__rsub__(2)], [tensor], [tensor])
    halved = (lambda xs: [xs[0] / 2], [tensor], [tensor])
    inputs = [tools.argument("x", "float64", 1)]
    f = tools.make(unit(text), inputs, host=[doubled, halved])
    with pytest.raises(tools.Failed) as caught:
        f(np.ones(2))
    calls = caught.value.args[4]
    assert [(site, answer[0].tolist()) for site, answer in calls] == [
        (0, [2, 2]),
        (1, [0.5, 0.5]),
        (0, [2, 2]),
    ]
    asked = []
    f = tools.make(
        unit(text),
        inputs,
        host=[doubled, wrong],
        fail=lambda *record: asked.append(record),
    )
    with pytest.raises(ZeroDivisionError):
        f(np.ones(2))
    (code, site, _, _, calls) = asked[0]
    assert (code, site) == (4, 1)
    assert isinstance(calls[1][1], ZeroDivisionError)
