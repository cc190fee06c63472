"""Graphs of 100 000 nodes compile and run in default mode.

Each in a process of its own with Python's recursion limit and a stack of 8 MB.
"""

import os
import subprocess
import sys
import textwrap

import pytest

pytestmark = pytest.mark.compiler

PROLOGUE = """
import gc, resource, sys
resource.setrlimit(resource.RLIMIT_STACK, (8 << 20, 8 << 20))
import numpy as np
import theanolike as theano
import theanolike.tensor as T
assert sys.getrecursionlimit() == 1000
n = int(sys.argv[1])
x, given = T.dvector("x"), np.linspace(-1, 1, 6)
y, z = x, given.copy()
"""
EPILOGUE = """
f = theano.function([x], y)
np.testing.assert_allclose(f(given), z, 1e-6, 1e-9)
assert f.plan != "interpreted"
del f, x, y
gc.collect()
"""
GRAPHS = {
    "chain": """
        for k in range(n):
            y, z = (T.sin(y), np.sin(z)) if k % 2 else (y * 1.01, z * 1.01)
        """,
    "wide sum": """
        for k in range(n // 2):
            y, z = y + x * float(k % 7), z + given * float(k % 7)
        """,
    "ladder": """
        a, b, p, q = y, y * 0.5, z, z * 0.5
        for k in range(n // 4):
            a, b = T.tanh(a + b), T.tanh(a - b)
            p, q = np.tanh(p + q), np.tanh(p - q)
        y, z = a * b, p * q
        """,
    "products": """
        matrix = np.eye(6) * 0.999
        w = theano.shared(matrix)
        for k in range(n):
            y, z = T.dot(y, w), z @ matrix
        """,
    "slices": """
        given = np.arange(n + 5.0)
        z = given[n:]
        for k in range(n):
            y = y[1:]
        """,
    "slices of both kinds": """
        for k in range(n):
            y, z = (y[::-1], z[::-1]) if k % 2 else (y[0:6], z[0:6])
        """,
    "choices": """
        for k in range(n // 4):
            y = T.switch(y > 0, y - 0.01, y + 0.02)
            z = np.where(z > 0, z - 0.01, z + 0.02)
        """,
    "assignments": """
        for k in range(n):
            y = T.set_subtensor(y[k % 6], float(k % 3))
            z[k % 6] = k % 3
        """,
    "gradient": """
        v = x
        for k in range(n // 8):
            v = T.sin(v) * 0.5
        y = T.grad(v.sum(), x)
        v, z = given, np.ones(6)
        for k in range(n // 8):
            v, z = np.sin(v) * 0.5, z * np.cos(v) * 0.5
        """,
}
SHORT = {"ladder", "products", "assignments", "gradient"}


def run(graph, nodes):
    script = PROLOGUE + textwrap.dedent(GRAPHS[graph]) + EPILOGUE
    done = subprocess.run(
        [sys.executable, "-c", script, str(nodes)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize("graph", GRAPHS)
def test_thousands_of_nodes_compile_under_the_default_limits(graph):
    run(graph, 3000 if graph in SHORT else 20_000)


@pytest.mark.slow
@pytest.mark.parametrize("graph", GRAPHS)
def test_a_hundred_thousand_nodes_compile_under_the_default_limits(graph):
    run(graph, 100_000)
