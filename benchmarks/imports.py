"""Is importing light? `import theanolike` plus a formula, against NumPy's import."""

import tempfile
from collections.abc import Iterator

from benchmarks.cold import child
from benchmarks.measure import Answer, Question

OURS = """
import theanolike as theano, theanolike.tensor as T
a, b = T.dscalars("a", "b")
str(theano.pp(a + 2 * b))
"""
NUMPY = "import numpy\n"
CHILD = """
import json, sys, time
start = time.perf_counter()
{code}
seconds = time.perf_counter() - start
heavy = [m for m in ("sympy", "networkx", "scipy", "subprocess") if m in sys.modules]
print(json.dumps({{"seconds": seconds, "heavy": " ".join(heavy)}}))
"""


def answers(*, smoke: bool, wanted: set[str], repeats: int) -> Iterator[Answer]:
    """Yield the two imports, each in processes of their own."""
    del wanted
    answer = Answer(
        Question(
            "import, and a + 2*b built and printed",
            "at most 2 x numpy's import; no compiler, sympy, networkx, scipy loaded",
            {},
        )
    )
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(1 if smoke else 5 * repeats):
            for name, code in [("theanolike", OURS), ("numpy (import)", NUMPY)]:
                printed = child(CHILD.format(code=code), folder=folder)
                seconds = float(printed["seconds"])
                answer.seconds[name] = min(answer.seconds.get(name, seconds), seconds)
                if name == "theanolike" and printed["heavy"]:
                    answer.gaps["loaded"] = str(printed["heavy"])
    yield answer
