"""Is optimising linear in the graph? Microseconds a node, without the C++ compiler.

The compiler is replaced by a library that does nothing. Peers are asked for the same up
to their compilers: PyTensor for its rewrites, JAX for tracing and lowering.
"""

import tempfile
from collections.abc import Iterator

from benchmarks.cold import child
from benchmarks.measure import OURS, Answer, Question

STUB = """
import gc, json, sys, time
import numpy as np
import theanolike as theano, theanolike.tensor as T
from theanolike.cache import open_store
from theanolike.codegen import build, compile as stages
from theanolike.compile.maker import FunctionMaker
spent = {}
def timed(owner, name, what):
    inner = getattr(owner, name)
    def call(*arguments, **names):
        begin = time.perf_counter()
        try:
            return inner(*arguments, **names)
        finally:
            spent[what] = spent.get(what, 0.0) + time.perf_counter() - begin
    setattr(owner, name, call)
theano.function([], T.as_tensor_variable(1.0))()
EMPTY = 'extern "C" i32 tl_compute(tl_call*) { return TL_OK; }\\n'
library = build.build(build.INCLUDE + "\\n" + EMPTY, store=open_store())
build.compile_unit = lambda *arguments: library
timed(FunctionMaker, "rewrite", "rewriting")
timed(stages, "emit", "lowering to text")
def measure(inputs, outputs, updates=()):
    spent.clear()
    gc.collect()
    begin = time.perf_counter()
    theano.function(inputs, outputs, updates=list(updates))
    spent["function()"] = time.perf_counter() - begin
"""
CURVE = (
    STUB
    + """
from theanolike.graph.traverse import toposort
n = int(sys.argv[1])
def chain():
    x = h = T.dvector()
    for k in range(n):
        h = T.tanh(h) if k % 2 else h + x
    return [x], h, []
def tree():
    row = inputs = [T.dvector() for _ in range(n // 2)]
    while row[1:]:
        pairs = zip(row[::2], row[1::2])
        row = [T.tanh(a + b) for a, b in pairs] + row[len(row) // 2 * 2 :]
    return inputs, row[0], []
def wide_sum():
    x = T.dvector()
    terms = [(1.0 + k % 7) * T.exp(x * (k + 1.0)) for k in range(n // 4)]
    return [x], sum(terms), []
def shared_subexpressions():
    x, y = T.dvectors(2)
    terms = [T.sin(x * (k + 1.0) + y) * 2.0 for k in range(n // 10) for _ in "ab"]
    return [x, y], sum(terms), []
def layers():
    x = h = T.dmatrix()
    weights = [theano.shared(np.eye(3)) for _ in range(n // 25)]
    for w in weights:
        h = T.tanh(T.dot(h, w))
    gradients = T.grad((h**2).sum(), weights)
    updates = [(w, w - 0.1 * g) for w, g in zip(weights, gradients)]
    return [x], (h**2).sum(), updates
printed = {}
for make in [chain, tree, wide_sum, shared_subexpressions, layers]:
    inputs, output, updates = make()
    nodes = len(list(toposort([output, *(new for _, new in updates)])))
    measure(inputs, output, updates)
    for what, seconds in spent.items():
        printed[make.__name__.replace("_", " ") + f", {what}"] = seconds / nodes
print(json.dumps(printed))
"""
)
LAYERS = {
    OURS: STUB
    + """
count = int(sys.argv[1])
begin = time.perf_counter()
x = h = T.dmatrix()
weights = [theano.shared(np.eye(20)) for _ in range(count)]
for w in weights:
    h = T.tanh(T.dot(h, w))
gradients = T.grad((h**2).sum(), weights)
updates = [(w, w - 0.1 * g) for w, g in zip(weights, gradients)]
measure([x], (h**2).sum(), updates)
print(json.dumps({"seconds": time.perf_counter() - begin}))
""",
    "pytensor": """
import json, sys, time
import numpy as np
import pytensor, pytensor.tensor as pt
from pytensor.graph.fg import FunctionGraph
count = int(sys.argv[1])
rewriter = pytensor.compile.mode.get_default_mode().optimizer
begin = time.perf_counter()
x = h = pt.dmatrix()
weights = [pytensor.shared(np.eye(20)) for _ in range(count)]
for w in weights:
    h = pt.tanh(pt.dot(h, w))
gradients = pytensor.grad((h**2).sum(), weights)
news = [w - 0.1 * g for w, g in zip(weights, gradients)]
rewriter.rewrite(FunctionGraph([x, *weights], [(h**2).sum(), *news], clone=True))
print(json.dumps({"seconds": time.perf_counter() - begin}))
""",
    "jax": """
import json, sys, time
from benchmarks.peers import load_peer
jax = load_peer("jax")
np = jax.numpy
count = int(sys.argv[1])
weights, x = [np.eye(20)] * count, np.ones((3, 20))
def cost(weights, x):
    for w in weights:
        x = np.tanh(x @ w)
    return (x**2).sum()
def step(weights, x):
    value, gradients = jax.value_and_grad(cost)(weights, x)
    return value, [w - 0.1 * g for w, g in zip(weights, gradients)]
begin = time.perf_counter()
jax.jit(step).lower(weights, x)
print(json.dumps({"seconds": time.perf_counter() - begin}))
""",
}


def answers(*, smoke: bool, wanted: set[str], repeats: int) -> Iterator[Answer]:
    """Yield the curves of a node's cost, then layers beside the peers."""
    for count in [100] if smoke else [1_000, 10_000, 100_000]:
        title = f"a node's share of function(), without the compiler: {count} nodes"
        aim = "500 us, rewriting 200 us; within 1.5 x from 1 000 to 100 000 nodes"
        answer = Answer(Question(title, aim, {}))
        for _ in range(1 if count > 10_000 else repeats):
            _keep_all(answer, CURVE, count)
        yield answer
    for count in [2] if smoke else [10, 50, 200]:
        title = f"graph, gradient and all before the compiler, {count} layers"
        answer = Answer(Question(title, "none was set", {}))
        for _ in range(repeats):
            for name, code in LAYERS.items():
                if name in {*wanted, OURS}:
                    _keep_all(answer, code, count, name)
        yield answer


def _keep_all(answer: Answer, code: str, count: int, name: str = "") -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            printed = child(code, str(count), folder=folder)
        except RuntimeError as error:
            if name in {"", OURS}:
                raise
            answer.gaps[name] = str(error).splitlines()[-1]
            return
    for what, given in printed.items():
        seconds, key = float(given), name or what
        answer.seconds[key] = min(answer.seconds.get(key, seconds), seconds)
