"""Graphs far deeper than the stack: default recursion limit, 8 MB of stack."""

import resource
import subprocess
import sys

import pytest

PROGRAM = """
import copy, pickle, sys
import theanolike.types.constructors as C
from theanolike.gradient import grad
from theanolike.graph.check import check_graph
from theanolike.graph.digest import graph_digest
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.pretty import pp
from theanolike.graph.printing import debugprint, min_informative_str
from theanolike.graph.traverse import toposort
from theanolike.types.variable import functions

f = functions()
assert sys.getrecursionlimit() == 1000
n = {n}
x = C.dscalar("x")


def chain():
    y = x
    for _ in range(n):
        y = f.sin(y)
    return y


def wide():
    return f.add(*[f.sin(x) for _ in range(n)])


def ladder():
    y = x
    for _ in range(n // 2):
        y = y * y
    return y


def guarded():
    y = x
    for _ in range(n // 4):
        y = f.switch(y > 0, f.log(y), y)
    return y


y = {shape}()
gx = grad(y, x)
nodes = toposort([y, gx])
assert len(nodes) > n // 2
roots = pickle.loads(pickle.dumps([x, y, gx]))
assert len(toposort(roots[1:])) == len(nodes)
assert graph_digest([x], [y, gx]) == graph_digest(roots[:1], roots[1:])
copied = copy.deepcopy([y, gx])
assert len(toposort(copied)) == len(nodes)
fgraph = FunctionGraph([x], [y, gx])
check_graph(fgraph)
assert debugprint(gx, file="str").count("\\n") > n // 2
assert pp(y) and min_informative_str(y)
assert hash(y) == hash(y)
del roots, copied, fgraph, nodes, y, gx
print("done")
"""


def limit_stack():
    resource.setrlimit(resource.RLIMIT_STACK, (8 << 20, 8 << 20))


@pytest.mark.parametrize(
    "n", [5_000, pytest.param(100_000, marks=pytest.mark.slow)], ids=["small", "large"]
)
@pytest.mark.parametrize("shape", ["chain", "wide", "ladder", "guarded"])
def test_a_deep_graph_is_built_derived_copied_printed_and_freed(shape, n):
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(n=n, shape=shape)],
        check=False,
        capture_output=True,
        text=True,
        preexec_fn=limit_stack,
    )
    assert run.stderr == ""
    assert run.stdout == "done\n"
