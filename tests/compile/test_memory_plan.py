"""What `memory_plan` reckons is what a process comes to use."""

import subprocess
import sys

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.errors import UnsupportedError

PROGRAM = """
import sys
from pathlib import Path

import numpy as np

import theanolike as theano
import theanolike.tensor as T

memory, size = sys.argv[1], int(sys.argv[2])
x, n = T.dvector("x"), T.lscalar("n")
rows, _ = theano.scan(
    lambda s: T.sin(s) * 1.5, outputs_info=x, n_steps=n, memory=memory
)
cost = (rows[-1] ** 2).sum()
f = theano.function([x, n], [cost, T.grad(cost, x)])


def peak():
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


value = np.ones(size)
f(value, 2)
planned = f.memory_plan((size,), 10_000).total
Path("/proc/self/clear_refs").write_text("5")  # the peak is what is used now
before = peak()
f(value, 10_000)
print(peak() - before, planned)
"""


@pytest.mark.parametrize(("memory", "size"), [("all", 500), ("sqrt", 5000)])
def test_a_backward_pass_takes_what_is_planned(memory, size):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, memory, str(size)],
        capture_output=True,
        text=True,
        check=True,
    )
    measured, planned = map(int, done.stdout.split())
    assert planned == pytest.approx(measured, rel=0.1)


def test_blocks_keep_the_root():
    x, n = T.dvector("x"), T.lscalar("n")
    plans = {}
    for memory in ("all", "sqrt"):
        rows, _ = theano.scan(
            lambda s: s / 2 + T.sin(s), outputs_info=x, n_steps=n, memory=memory
        )
        f = theano.function([x, n], T.grad(rows[-1].sum(), x))
        plans[memory] = f.memory_plan((1000,), 10_000)
    assert plans["sqrt"].total < plans["all"].total / 20
    for plan in plans.values():
        assert plan.loops[0].steps == 10_000
        assert plan.loops[0].all == 10_000 * 1000 * 8
        assert plan.loops[0].root == 300 * 1000 * 8
    assert "with memory='sqrt' 2.289 MiB" in str(plans["all"])


def test_outputs_and_workspace_are_told_apart():
    x = T.dmatrix("x")
    w = theano.shared(np.ones((30, 20)), "w")
    y = T.dot(T.exp(T.dot(x, w)), w.T)
    f = theano.function([x], y, updates={w: w * 2})
    plan = f.memory_plan((100, 30))
    assert plan.outputs == 100 * 30 * 8
    assert plan.workspace == 2 * 100 * 20 * 8
    assert plan == f.memory_plan(x=np.zeros((100, 30)))


def test_a_size_that_only_the_run_tells_is_refused():
    x = T.dvector("x")
    f = theano.function([x], x[x > 0] * 2)
    with pytest.raises(UnsupportedError, match="depends on values"):
        f.memory_plan((10,))
    f = theano.function([x], x * 2, mode="FAST_COMPILE")
    with pytest.raises(UnsupportedError, match="interpreted"):
        f.memory_plan((10,))
    with pytest.raises(TypeError, match="Missing required input: x"):
        f.memory_plan()
