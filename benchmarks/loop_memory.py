"""Does a backward pass take the memory that was planned? 10,000 steps, Linux only."""

import tempfile
from collections.abc import Iterator

from benchmarks.cold import child
from benchmarks.measure import OURS, Answer, Question

# The peak of the process is set back before the call that counts.
CHILD = """
import json, sys
import numpy as np
import theanolike as theano, theanolike.tensor as T

memory, steps, width = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
start, w = T.dvector("start"), T.dvector("w")
rows, _ = theano.scan(
    lambda h, w: T.tanh(h * w), None, start, w, n_steps=steps, memory=memory
)
slope = theano.function([start, w], T.grad(rows[-1].sum(), w))
given = np.ones(width), np.full(width, 0.9)

def status(key):
    lines = open("/proc/self/status").read().splitlines()
    return next(1024 * int(l.split()[1]) for l in lines if l.startswith(key))

open("/proc/self/clear_refs", "w").write("5")
before = status("VmRSS")
slope(*given)
taken = status("VmHWM") - before
print(json.dumps({"taken": taken, "planned": slope.memory_plan(*given).total}))
"""


def answers(*, smoke: bool, wanted: set[str], repeats: int) -> Iterator[Answer]:  # noqa: ARG001
    """Yield what a call takes beside what `memory_plan` says, for both plans."""
    steps, width = (50, 8) if smoke else (10_000, 4_000)
    for memory in ("all", "sqrt"):
        title = f"peak memory of a gradient, {steps:,} steps of {width:,} numbers"
        question = Question(f'{title}, memory="{memory}"', "as planned within 10 %", {})
        answer = Answer(question, unit=("MB", 1e-6))
        with tempfile.TemporaryDirectory() as folder:
            for _ in range(repeats):
                arguments = memory, str(steps), str(width)
                printed = child(CHILD, *arguments, folder=folder)
                taken = float(printed["taken"])
                answer.seconds[OURS] = min(answer.seconds.get(OURS, taken), taken)
                answer.seconds["planned"] = float(printed["planned"])
        yield answer
