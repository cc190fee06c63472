"""C++ written by hand: what the hardware allows, compiled when a benchmark runs."""

import atexit
import ctypes
import functools
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["EXACT_FLAGS", "FLAGS", "call_limit", "load_limit"]

EXACT_FLAGS = ["-O3", "-march=native", "-std=c++20", "-fPIC"]
FLAGS = [*EXACT_FLAGS, "-ffast-math"]


@functools.cache
def load_limit(name: str, *, exact: bool = False) -> ctypes.CDLL:
    """Compile ``limits/<name>.cpp`` with g++ and open it; `exact`: NaN semantics kept.

    Raises
    ------
    ImportError
        There is no g++.
    """
    flags = EXACT_FLAGS if exact else FLAGS
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder)
    library = Path(folder) / f"{name}.so"
    source = Path(__file__).with_name(f"{name}.cpp")
    part = str(library.with_suffix(".o"))
    # Linked without -ffast-math, which would flush denormals in the whole process.
    commands = [
        ["g++", *flags, "-c", "-o", part, str(source)],
        ["g++", "-shared", "-o", str(library), part, "-lmvec", "-lm", "-pthread"],
    ]
    try:
        for command in commands:
            subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    except FileNotFoundError as error:
        raise ImportError("g++ is not on PATH") from error
    return ctypes.CDLL(str(library))


def call_limit(function: Any, *arguments: NDArray[Any] | float) -> None:
    """Call C++ with arrays as pointers, floats as double, ints as int64."""
    function(*(_as_c(argument) for argument in arguments))


def _as_c(argument: NDArray[Any] | float) -> Any:
    if isinstance(argument, np.ndarray):
        return ctypes.c_void_p(argument.ctypes.data)
    if isinstance(argument, int):
        return ctypes.c_int64(argument)
    return ctypes.c_double(argument)
