"""Units written by hand, and functions whose Python parts only report."""

import shutil
import subprocess
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from theanolike import _runtime

PRELUDE = """
#include "theanolike/abi.h"
extern "C" i32 tl_compute(tl_call*);
"""


SILENT = (4, 5)  # codes of which the runtime itself says enough


class Refused(TypeError):
    """What the fake `refuse` and `convert` raise."""


class Failed(ValueError):
    """What the fake `fail` raises."""


def convert(index, value):
    raise Refused(index, value)


def refuse(args, kwargs):
    raise Refused(args, kwargs)


def fail(*record):
    if record[0] in SILENT:
        return
    raise Failed(*record)


def spec(dtype, ndim=0):
    """Return (type number, rank)."""
    return (-1 if dtype is object else np.dtype(dtype).num, ndim)


def argument(name, dtype="float64", ndim=0, *, shape=None, default=None, flags=0):
    """Return an entry of `inputs`."""
    shape = (-1,) * ndim if shape is None else shape
    return (name, *spec(dtype, ndim), shape, default, flags)


def make(body, inputs=(), outputs=(), **changes):
    """Return a Function with the fakes above."""
    pieces: dict[str, Any] = {
        "companion": SimpleNamespace(),
        "captured": [],
        "updates": [],
        "form": "single" if len(outputs) == 1 else "list",
        "convert": convert,
        "fail": fail,
        "refuse": refuse,
        "release_gil": False,
    }
    return _runtime.Function(
        body=body, inputs=inputs, outputs=outputs, **(pieces | changes)
    )


@pytest.fixture(scope="session")
def tools():
    """Return what the tests make functions with."""
    return SimpleNamespace(
        make=make, argument=argument, spec=spec, Refused=Refused, Failed=Failed
    )


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    """Return a function that compiles C++ text to the path of a library."""
    compiler = shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        pytest.skip("needs a C++ compiler")
    folder = tmp_path_factory.mktemp("units")
    include = str(files("theanolike.codegen") / "include")
    made: dict[str, Path] = {}

    def build(text):
        if text not in made:
            source = folder / f"unit{len(made)}.cpp"
            source.write_text(PRELUDE + text)
            output = source.with_suffix(".so")
            command = [compiler, "-O1", "-shared", "-fPIC", "-I", include]
            subprocess.run([*command, "-o", output, source], check=True)
            made[text] = output
        return made[text]

    return build


@pytest.fixture(scope="session")
def unit(library):
    """Return a function that compiles C++ text to an opened unit."""
    return lambda text: _runtime.Unit(library(text))


ADD = """
i32 tl_compute(tl_call* c) {
  double* z = (double*)c->table->output(c, 0, nullptr);
  *z = *(const double*)c->inputs[0].data + 2 * *(const double*)c->inputs[1].data;
  return TL_OK;
}
"""


@pytest.fixture
def add(unit, tools):
    """Return the function a + 2*b of two float64 scalars."""
    inputs = [tools.argument("a"), tools.argument("b")]
    return tools.make(unit(ADD), inputs, [tools.spec("float64")])
