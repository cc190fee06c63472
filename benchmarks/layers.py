"""Does `function()` grow with the layers? Nets of 10, 50 and 200 equal layers."""

import tempfile
from collections.abc import Iterator

from benchmarks.cold import child
from benchmarks.measure import Answer, Question

CHILD = """
import json, sys, time
import numpy as np
import theanolike as theano, theanolike.tensor as T
from theanolike.codegen import build
layers = int(sys.argv[1])
spent = [0.0]
inner = build.compile_unit
def timed(*arguments, **names):
    begin = time.perf_counter()
    try:
        return inner(*arguments, **names)
    finally:
        spent[0] += time.perf_counter() - begin
build.compile_unit = timed
rng = np.random.default_rng(0)
theano.function([], T.as_tensor_variable(1.0))()
spent[0] = 0.0
start = time.perf_counter()
x = h = T.dmatrix("x")
weights = [theano.shared(rng.normal(size=(20, 20)) / 5) for _ in range(layers)]
for w in weights:
    h = T.tanh(T.dot(h, w))
cost = (h**2).sum()
updates = [(w, w - 0.1 * g) for w, g in zip(weights, T.grad(cost, weights))]
f = theano.function([x], cost, updates=updates)
seconds = time.perf_counter() - start
f(np.ones((3, 20)))
print(json.dumps({"seconds": seconds, "compiler": spent[0]}))
"""


def answers(*, smoke: bool, wanted: set[str], repeats: int) -> Iterator[Answer]:
    """Yield one answer whose contestants are numbers of layers."""
    del wanted
    counts = [2, 4] if smoke else [10, 50, 200]
    answer = Answer(
        Question(
            "graph, gradient and function() of so many layers, empty cache",
            "linear in the layers, the compiler's share nearly flat",
            {},
        )
    )
    for _ in range(repeats):
        for count in counts:
            with tempfile.TemporaryDirectory() as folder:
                printed = child(CHILD, str(count), folder=folder)
            for part in ["seconds", "compiler"]:
                what = "the C++ compiler" if part == "compiler" else "all"
                seconds = float(printed[part])
                name = f"{count} layers, {what}"
                answer.seconds[name] = min(answer.seconds.get(name, seconds), seconds)
    yield answer
