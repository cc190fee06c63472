"""How long until the first step? `function()` of the perceptron, in new processes.

Import times are not counted, of anybody.
"""

import atexit
import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Answer, Question

CHILD = """
import json, sys, time
from benchmarks.perceptron import Perceptron
from benchmarks.peers import load_peer
name, small = sys.argv[1], sys.argv[2] == "small"
by = Perceptron((6, 5, 3) if small else (784, 500, 10), 4 if small else 100, "float64")
try:
    if name == "theanolike":
        import theanolike, theanolike.tensor
    else:
        load_peer(name)
    if name == "jax":
        import jax
        jax.block_until_ready(jax.numpy.zeros(3) + 1)
    if name == "pytensor":
        import pytensor.tensor.special
except ImportError as error:
    print(json.dumps({"gap": str(error)}))
    raise SystemExit
start = time.perf_counter()
getattr(by, name)()()
print(json.dumps({"seconds": time.perf_counter() - start}))
"""
ROOT = Path(__file__).resolve().parents[1]


@functools.cache
def bytecode() -> str:
    """Return a folder for compiled Python: the first process of a kind fills it."""
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder)
    return folder


def child(code: str, *arguments: str, folder: str) -> dict[str, float | str]:
    """Run `code` in a new Python with its caches in `folder`; return what it prints."""
    environment = os.environ | {
        "THEANOLIKE_CACHE": folder,
        "PYTENSOR_FLAGS": f"base_compiledir={folder}/pytensor",
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        "PYTHONPYCACHEPREFIX": bytecode(),
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=ROOT,
    )
    if done.returncode:
        raise RuntimeError(f"A process for {arguments} failed:\n{done.stderr}")
    printed: dict[str, float | str] = json.loads(done.stdout.splitlines()[-1])
    return printed


def answers(*, smoke: bool, wanted: set[str], repeats: int) -> Iterator[Answer]:
    """Yield the times with an empty cache, and with a filled one."""
    size = "small" if smoke else "full"
    names = [
        n for n in ["theanolike", "jax", "pytensor"] if n in {*wanted, "theanolike"}
    ]
    cold = Answer(
        Question(
            "function() and first call of the perceptron step, cold: new process, "
            "empty cache",
            "0.6 x jax's first call",
            {},
        )
    )
    warm = Answer(
        Question("the same, warm: new process, filled cache", "no aim was set", {})
    )
    for _ in range(repeats):
        for name in names:
            with tempfile.TemporaryDirectory() as folder:
                for answer in [cold, warm]:
                    _keep(answer, name, child(CHILD, name, size, folder=folder))
    yield cold
    yield warm


def _keep(answer: Answer, name: str, printed: dict[str, float | str]) -> None:
    if "gap" in printed:
        answer.gaps[name] = f"missing: {printed['gap']}"
        return
    seconds = float(printed["seconds"])
    answer.seconds[name] = min(answer.seconds.get(name, seconds), seconds)
