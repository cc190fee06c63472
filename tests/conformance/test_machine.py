"""A machine that lacks something, and names that the printed source must bear."""

import re
import subprocess
import sys

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike import _runtime

UNBUILT = """
import sys
sys.modules["theanolike._runtime"] = None
import theanolike
"""


def test_without_the_runtime_the_import_names_the_one_command():
    done = subprocess.run(
        [sys.executable, "-c", UNBUILT], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "ImportError: theanolike._runtime is not built" in done.stderr
    assert "`pip install -e .`" in done.stderr


@pytest.mark.compiler
def test_names_like_those_of_the_generated_text_stay_apart_in_the_source():
    names = ["i0", "n0", "p0", "v0", "c", "begin", "double"]
    variables = [T.dmatrix(name) for name in names]
    f = theano.function(variables, sum(T.tanh(v) for v in variables))
    parameters = re.search(r"void kernel_0_piece\((.*?)\)", f.source).group(1)
    declared = [part.split()[-1] for part in parameters.split(",")]
    assert len(declared) == len(set(declared))
    loops = re.findall(r"for \(i64 (\w+) = ", f.source)
    assert not set(loops) & set(declared)


@pytest.mark.compiler
@pytest.mark.parametrize("calls", [10_000, pytest.param(10**6, marks=pytest.mark.slow)])
def test_calls_allocate_nothing_but_their_outputs(calls):
    x, w = T.dvector("x"), theano.shared(np.zeros(3), name="w")
    outputs = [T.tanh(x).sum(), T.dot(x, w)]
    f = theano.function([x], outputs, updates=[(w, w + T.exp(-x))])
    value = np.arange(3.0)
    for _ in range(10):
        f(value)
    before = _runtime.allocations()
    for _ in range(calls):
        f(value)
    assert _runtime.allocations() == before
    np.testing.assert_allclose(w.get_value(), (calls + 10) * np.exp(-value))
