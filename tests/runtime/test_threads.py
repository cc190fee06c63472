"""The pool of threads: regions, teams, forks."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from theanolike import _runtime

pytestmark = pytest.mark.compiler

# Output 0: how often each element of [0, n) was visited; below 0 where a range
# was not a multiple of the grain.
VISIT = """
struct Job { tl_call* c; i64* z; i64 n, grain; };
static void visit(void* data, i64 begin, i64 end) {
  Job* job = (Job*)data;
  bool whole = begin % job->grain == 0 && (end == job->n || end % job->grain == 0);
  for (i64 i = begin; i < end; ++i) __atomic_add_fetch(job->z + i, whole ? 1 : -100, 0);
}
static void nested(void* data, i64 begin, i64 end) {
  Job* job = (Job*)data;
  Job inner = {job->c, job->z + begin, end - begin, 1};
  job->c->table->parallel(job->c, visit, &inner, end - begin, 1);
}
i32 tl_compute(tl_call* c) {
  Job job = {c, 0, *(const i64*)c->inputs[0].data, *(const i64*)c->inputs[1].data};
  job.z = (i64*)c->table->output(c, 0, &job.n);
  for (i64 i = 0; i < job.n; ++i) job.z[i] = 0;
  c->table->parallel(c, BODY, &job, job.n, job.grain);
  return TL_OK;
}
"""


@pytest.fixture(params=["visit", "nested"])
def visits(unit, tools, request):
    inputs = [tools.argument("n", "int64"), tools.argument("grain", "int64")]
    return tools.make(
        unit(VISIT.replace("BODY", request.param)),
        inputs,
        [tools.spec("int64", 1)],
        release_gil=True,
    )


@pytest.fixture(autouse=True)
def threads_as_before():
    before = _runtime.threads()
    yield
    _runtime.set_threads(before)


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
def test_every_element_is_visited_once(visits, threads):
    _runtime.set_threads(threads)
    assert _runtime.threads() == threads
    for n in (0, 1, 2, 7, 64, 1000, 100_003):
        for grain in (1, 3, 64, 5000):
            np.testing.assert_array_equal(visits(n, grain), np.ones(n, "int64"))


def test_units_see_the_number_of_threads(unit, tools):
    text = """
    i32 tl_compute(tl_call* c) {
      *(double*)c->table->output(c, 0, nullptr) = c->table->threads;
      return TL_OK;
    }
    """
    f = tools.make(unit(text), [], [tools.spec("float64")])
    for threads in (1, 3):
        _runtime.set_threads(threads)
        assert f() == threads


def test_there_is_at_least_one_thread():
    with pytest.raises(ValueError, match="at least 1 thread, got 0"):
        _runtime.set_threads(0)


def test_the_number_may_change_while_calls_run(visits):
    stop = threading.Event()
    wrong = []

    def work():
        while not stop.is_set():
            if not (visits(10_000, 16) == 1).all():
                wrong.append(1)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for k in range(20):
        _runtime.set_threads(1 + k % 4)
    stop.set()
    for worker in workers:
        worker.join()
    assert not wrong


def call_in_threads(f, calls, *, threads=8):
    """Return how many results were wrong when `threads` threads call `f` at once."""
    wrong = []

    def work(k):
        for i in range(calls):
            x = np.full(1 + (i * 37 + k) % 300, float(k))
            if not np.array_equal(f(x), 2 * x + 1):
                wrong.append((k, i))

    workers = [threading.Thread(target=work, args=(k,)) for k in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return len(wrong)


# Output 0: 2 x + 1 by way of the workspace, on the pool.
DOUBLE = """
struct Job { const double* x; double* w; double* z; };
static void run(void* data, i64 begin, i64 end) {
  Job* job = (Job*)data;
  for (i64 i = begin; i < end; ++i) job->w[i] = 2 * job->x[i];
  for (i64 i = begin; i < end; ++i) job->z[i] = job->w[i] + 1;
}
i32 tl_compute(tl_call* c) {
  const i64* shape = c->inputs[0].shape;
  Job job = {(const double*)c->inputs[0].data,
             (double*)c->table->workspace(c, shape[0] * 8),
             (double*)c->table->output(c, 0, shape)};
  c->table->parallel(c, run, &job, shape[0], 16);
  return TL_OK;
}
"""


@pytest.fixture(params=[False, True, 100], ids=["held", "released", "by size"])
def double(unit, tools, request):
    tensor = tools.spec("float64", 1)
    inputs = [tools.argument("x", "float64", 1)]
    return tools.make(unit(DOUBLE), inputs, [tensor], release_gil=request.param)


def test_one_function_may_be_called_by_many_threads_at_once(double):
    assert call_in_threads(double, 200) == 0


@pytest.mark.slow
def test_one_function_may_be_called_by_many_threads_for_long(double):
    assert call_in_threads(double, 20_000) == 0


def test_large_results_made_without_the_gil_are_ordinary_arrays(unit, tools):
    tensor = tools.spec("float64", 1)
    inputs = [tools.argument("x", "float64", 1)]
    f = tools.make(unit(DOUBLE), inputs, [tensor], release_gil=True)
    for n in (0, 1, 1000, 1_000_000):
        z = f(np.arange(float(n)))
        assert z.flags.owndata
        assert z.flags.writeable
        assert z.base is None
        np.testing.assert_array_equal(z, 2 * np.arange(n) + 1)
        z.resize(2 * n + 1, refcheck=False)


# Output 0: the members of a team; each step waits for all members, 1000 times.
TEAM = """
struct Job { i64 steps, arrived, wrong, members; };
static void step(void* data, i64 member, i64 members) {
  Job* job = (Job*)data;
  if (member == 0) job->members = members;
  for (i64 k = 1; k <= job->steps; ++k) {
    __atomic_add_fetch(&job->arrived, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&job->arrived, __ATOMIC_SEQ_CST) < k * members) {}
    if (__atomic_load_n(&job->arrived, __ATOMIC_SEQ_CST) > (k + 1) * members)
      job->wrong = 1;
  }
}
static void inner(void* data, i64, i64) {
  Job* job = *(Job**)data;
  tl_call* c = ((tl_call**)data)[1];
  c->table->team(c, step, job, 4);
}
i32 tl_compute(tl_call* c) {
  Job job = {1000, 0, 0, 0};
  void* both[] = {&job, c};
  if (NESTED) c->table->parallel(c, inner, both, 1, 1);
  else c->table->team(c, step, &job, 2);
  *(double*)c->table->output(c, 0, nullptr) = job.wrong ? -1 : job.members;
  return TL_OK;
}
"""


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_members_of_a_team_run_at_the_same_time(unit, tools, threads):
    outputs = [tools.spec("float64")]
    f = tools.make(unit(TEAM.replace("NESTED", "0")), [], outputs, release_gil=True)
    _runtime.set_threads(threads)
    assert [f() for _ in range(10)] == [min(threads, 2)] * 10


def test_a_team_inside_a_region_has_one_member(unit, tools):
    text = TEAM.replace("NESTED", "1").replace("both, 1, 1", "both, 2, 1")
    text = text.replace(
        "static void inner(void* data, i64, i64) {",
        """
static void inner(void* data, i64 begin, i64) {
  if (begin != 0) return;""",
    )
    f = tools.make(unit(text), [], [tools.spec("float64")], release_gil=True)
    _runtime.set_threads(2)
    assert f() == 1


FORK = """
import os, sys, threading, time
import numpy as np
from theanolike import _runtime
_runtime.set_threads(3)
cell = _runtime.Cell(np.array(0.0))
def make(body, **changes):
    pieces = dict(companion=None, inputs=[("x", 12, 1, (-1,), None)], captured=[],
        outputs=[(12, 1)], updates=[], form="single", convert=print, fail=print,
        refuse=print, release_gil=True)
    return _runtime.Function(body=body, **(pieces | changes))
f = make(_runtime.Unit(sys.argv[1]))
x = np.ones(100_000)
right = lambda: bool((f(x) == 3).all())
assert right()
busy = make(lambda xs: time.sleep(0.5) or ([], [xs[0]]), inputs=[], outputs=[],
    captured=[(cell, 12, 0, ())], updates=[(cell, 12, 0)], form="none")
threading.Thread(target=busy).start()
threading.Thread(target=lambda: [right() for _ in range(100)]).start()
time.sleep(0.1)
child = os.fork()
if child == 0:
    cell.value = np.array(1.0)   # the thread that held it is not here
    good = all(right() for _ in range(20)) and cell.value == 1
    os._exit(0 if good else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), right())
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_computes_on(library):
    command = [sys.executable, "-c", FORK, str(library(DOUBLE))]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "0 True\n", done.stderr
