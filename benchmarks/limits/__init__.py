"""C++ and Fortran by hand: what the hardware allows, compiled when a benchmark runs."""

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

__all__ = ["FLAGS", "FORTRAN_FLAGS", "call_limit", "load_fortran", "load_limit"]

EXACT_FLAGS = ["-O3", "-march=native", "-std=c++20", "-fPIC"]
FLAGS = [*EXACT_FLAGS, "-ffast-math"]
FORTRAN_FLAGS = ["-O3", "-march=native", "-ffast-math", "-fPIC"]


@functools.cache
def load_limit(name: str, *, exact: bool = False) -> ctypes.CDLL:
    """Compile ``limits/<name>.cpp`` with g++ and open it; `exact`: NaN semantics kept.

    Raises
    ------
    ImportError
        There is no g++.
    """
    flags = EXACT_FLAGS if exact else FLAGS
    return _load("g++", flags, f"{name}.cpp", ["-lmvec", "-lm", "-pthread"])


@functools.cache
def load_fortran(name: str) -> ctypes.CDLL:
    """Compile ``limits/<name>.f90`` with gfortran and open it.

    Raises
    ------
    ImportError
        There is no gfortran.
    """
    return _load("gfortran", FORTRAN_FLAGS, f"{name}.f90", [])


def _load(
    compiler: str, flags: list[str], name: str, libraries: list[str]
) -> ctypes.CDLL:
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder)
    source = Path(__file__).with_name(name)
    library = Path(folder) / source.with_suffix(".so").name
    part = str(library.with_suffix(".o"))
    # Linked without -ffast-math, which would flush denormals in the whole process.
    commands = [
        [compiler, *flags, "-c", "-o", part, str(source)],
        [compiler, "-shared", "-o", str(library), part, *libraries],
    ]
    try:
        for command in commands:
            subprocess.run(  # noqa: S603
                command, check=True, capture_output=True, text=True, cwd=folder
            )
    except FileNotFoundError as error:
        raise ImportError(f"{compiler} is not on PATH") from error
    return ctypes.CDLL(str(library))


def call_limit(function: Any, *arguments: NDArray[Any] | float) -> None:
    """Call it with arrays as pointers, floats as double, ints as int64."""
    function(*(_as_c(argument) for argument in arguments))


def _as_c(argument: NDArray[Any] | float) -> Any:
    if isinstance(argument, np.ndarray):
        return ctypes.c_void_p(argument.ctypes.data)
    if isinstance(argument, int):
        return ctypes.c_int64(argument)
    return ctypes.c_double(argument)
