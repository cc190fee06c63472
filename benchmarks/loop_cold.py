"""How long until a loop's first result? `function()` and a call, in new processes.

Import times are not counted, of anybody.
"""

import tempfile
from collections.abc import Iterator

from benchmarks.cold import child
from benchmarks.measure import Answer, Question

CHILD = """
import importlib, json, sys, time
from benchmarks.peers import load_peer
module, place, name, small = sys.argv[1:]
module = importlib.import_module("benchmarks." + module)
question = list(module.questions(smoke=small == "small"))[int(place)]
try:
    if name == "theanolike":
        import theanolike, theanolike.tensor
    else:
        load_peer(name)
    if name == "jax":
        import jax
        jax.block_until_ready(jax.numpy.zeros(3) + 1)
except ImportError as error:
    print(json.dumps({"gap": str(error)}))
    raise SystemExit
start = time.perf_counter()
try:
    question.makers[name]()()
except ArithmeticError as error:  # a wrong result
    print(json.dumps({"gap": str(error)}))
    raise SystemExit
print(json.dumps({"seconds": time.perf_counter() - start}))
"""
WORKS = {
    "logistic map": ("logistic_map", 0),
    "heat": ("heat", 0),
    "waves": ("wave", 0),
    "HMM, forward": ("hmm", 0),
    "HMM, gradient": ("hmm", 2),
    "warping": ("warping", 0),
    "LSTM, gradient": ("lstm", 0),
}


def answers(*, smoke: bool, wanted: set[str], repeats: int) -> Iterator[Answer]:
    """Yield the time to the first result of each loop, with an empty cache."""
    size = "small" if smoke else "full"
    works = ["waves"] if smoke else list(WORKS)
    names = ["theanolike", *sorted({"jax", "pytensor"} & wanted)]
    for work in works:
        title = f"function() and first call, cold: {work}"
        answer = Answer(Question(title, "faster than jax's first call", {}))
        module, place = WORKS[work]
        for _ in range(repeats):
            for name in names:
                with tempfile.TemporaryDirectory() as folder:
                    arguments = module, str(place), name, size
                    printed = child(CHILD, *arguments, folder=folder)
                if "gap" in printed:
                    answer.gaps[name] = str(printed["gap"])
                    continue
                seconds = float(printed["seconds"])
                answer.seconds[name] = min(answer.seconds.get(name, seconds), seconds)
        yield answer
