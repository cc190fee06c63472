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

__all__ = ["FLAGS", "call_limit", "load_limit"]

FLAGS = ["-O3", "-march=native", "-ffast-math", "-std=c++20", "-fPIC"]


@functools.cache
def load_limit(name: str) -> ctypes.CDLL:
    """Compile ``limits/<name>.cpp`` with g++ and open it.

    Raises
    ------
    ImportError
        There is no g++.
    """
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder)
    library = Path(folder) / f"{name}.so"
    source = Path(__file__).with_name(f"{name}.cpp")
    part = str(library.with_suffix(".o"))
    # Linked without -ffast-math, which would flush denormals in the whole process.
    commands = [
        ["g++", *FLAGS, "-c", "-o", part, str(source)],
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
