"""One library with a loop over every scalar primitive, and programs without a graph."""

import ctypes
import dataclasses
import platform
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from theanolike import _runtime
from theanolike.cache import open_store
from theanolike.codegen import build as builder
from theanolike.codegen import primitives, scalars
from theanolike.codegen.emit_cxx import emit_unit
from theanolike.codegen.snippets import snippet_text
from theanolike.codegen.toolchain import command_line, require_compiler
from theanolike.compile.native import prepare_runtime
from theanolike.errors import UnsupportedError

ABI = '#include "{}"\n'
PARTS = {"complex64": "float32", "complex128": "float64"}
PREDICATES = {"lt", "le", "gt", "ge", "eq", "ne", "isnan", "isinf", "isfinite"}
TO_PARTS = {"abs", "real", "imag", "angle"}
TERNARY = {"select", "fma"}
BINARY = set(
    "add sub mul truediv floordiv mod fmod pow hypot arctan2 copysign maximum minimum"
    " lt le gt ge eq ne and or xor left_shift right_shift make_complex"
    " guessed_maximum guessed_minimum inside".split()
)
# Equal loops must not become one, nor copies calls of memcpy: each is looked up in the
# compiler's report.
REPORT = (
    "-fopt-info-vec-optimized",
    "-fno-ipa-icf",
    "-fno-tree-loop-distribute-patterns",
)


def operands(name, dtype):
    if name == "select":
        return ["bool", dtype, dtype]
    if name == "make_complex":
        return [PARTS[dtype]] * 2
    return [dtype] * (3 if name in TERNARY else 2 if name in BINARY else 1)


def result(name, dtype):
    if name in PREDICATES:
        return "bool"
    return PARTS.get(dtype, dtype) if name in TO_PARTS else dtype


def defined(name, dtype):
    try:
        primitives.cost(name, dtype)
    except UnsupportedError:
        return False
    return True


def loop(symbol, sources, target, text):
    """Return a C function that applies `text`, of x0, x1..., to arrays."""
    memory, local = scalars.CTYPE, scalars.ARITHMETIC
    params = "".join(
        f"const {memory[s]}* __restrict a{i}, " for i, s in enumerate(sources)
    )
    loads = " ".join(
        f"{local[s]} x{i} = {scalars.loaded(f'a{i}[i]', s)}; (void)x{i};"
        for i, s in enumerate(sources)
    )
    return (
        f'extern "C" i64 {symbol}({params}{memory[target]}* __restrict r, i64 n)'
        f" {{ i64 bad = 0; for (i64 i = 0; i < n; i++) {{ {loads}"
        f" {local[target]} y = {text}; r[i] = {scalars.stored('y', target)}; }}"
        " return bad; }\n"
    )


@dataclasses.dataclass
class Loops:
    """The library, and which of its loops gcc vectorised."""

    library: ctypes.CDLL
    vectorised: set[str]

    def run(self, symbol, target, *arrays):
        """Return the results and the flag."""
        out = np.empty(arrays[0].size, target)
        function = getattr(self.library, symbol)
        function.restype = ctypes.c_int64
        pointers = [ctypes.c_void_p(a.ctypes.data) for a in (*arrays, out)]
        return out, function(*pointers, ctypes.c_int64(out.size))

    def __call__(self, name, dtype, *arrays):
        dense = [np.ascontiguousarray(a) for a in arrays]
        assert [a.dtype.name for a in dense] == operands(name, dtype)
        return self.run(f"exact_{name}_{dtype}", result(name, dtype), *dense)[0]

    def fast(self, name, dtype, *arrays):
        return self.run(f"fast_{name}_{dtype}", result(name, dtype), *arrays)

    def cast(self, array, to):
        return self.run(f"cast_{array.dtype.name}_{to}", to, array)[0]


def rows():
    return [
        (name, dtype)
        for name in sorted(primitives.PRIMITIVES - {"cast"})
        for dtype in scalars.CTYPE
        if defined(name, dtype)
    ]


def sources():
    for name, dtype in rows():
        kinds, target = operands(name, dtype), result(name, dtype)
        args = [f"x{i}" for i in range(len(kinds))]
        text = primitives.expression(name, target, args, kinds)
        yield loop(f"exact_{name}_{dtype}", kinds, target, text)
        if primitives.has_fast(name, dtype):
            text = primitives.fast_expression(name, target, args, kinds, "bad")
            yield loop(f"fast_{name}_{dtype}", kinds, target, text)
    for from_ in scalars.CTYPE:
        for to in scalars.CTYPE:
            text = scalars.cast("x0", from_, to)
            yield loop(f"cast_{from_}_{to}", [from_], to, text)


def build(folder, text, extra=()):
    """Compile a unit as the package does and return the library and the report."""
    header = Path(scalars.__file__).parent / "include" / "theanolike" / "abi.h"
    source, output = folder / "unit.cpp", folder / "unit.so"
    source.write_text(ABI.format(header) + text)
    compiler = dataclasses.replace(require_compiler(), extra=tuple(extra))
    command = command_line(compiler, str(source), output=str(output))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:2000]
    return ctypes.CDLL(str(output)), done.stderr


def unit_text():
    pairs = [*rows(), *(("cast", dtype) for dtype in scalars.CTYPE)]
    snippets = "".join(map(snippet_text, primitives.snippets(pairs)))
    return snippets + "".join(sources())


def vectorised_symbols(text, report):
    lines = text.splitlines()
    found = re.findall(r"unit\.cpp:(\d+):\d+: optimized: loop vectorized", report)
    # the include is line 1
    heads = (re.search(r"i64 (\w+)\(", lines[int(n) - 2]) for n in found)
    return {head[1] for head in heads if head}


@pytest.fixture(scope="session")
def loops(tmp_path_factory):
    """Every primitive on every dtype, compiled with the flags of a unit."""
    kind = require_compiler().kind
    text = unit_text()
    report = REPORT if kind == "gcc" else ()
    library, said = build(tmp_path_factory.mktemp("scalars"), text, report)
    return Loops(library, vectorised_symbols(text, said))


@pytest.fixture(scope="session")
def plain_loops(tmp_path_factory):
    """The same for the plainest x86-64: no fused multiply-add, no rounding."""
    if platform.machine() != "x86_64":
        pytest.skip("-march=x86-64 is for x86-64")
    folder = tmp_path_factory.mktemp("plain")
    library, _ = build(folder, unit_text(), ["-march=x86-64"])
    return Loops(library, set())


@pytest.fixture
def compile_unit(tmp_path):
    """A function that compiles C++ text after abi.h."""
    return lambda text, extra=(): build(tmp_path, text, extra)


class UnitFailedError(Exception):
    """What a unit says instead of a result: code, site, and the numbers it noted."""


class CompiledProgram:
    """A loop program compiled by itself, without a graph; called with arrays."""

    def __init__(self, b, folder):
        self.inputs = [(v.dtype, v.ndim) for v in b.program.inputs]
        outputs = [(np.dtype(v.dtype).num, v.ndim) for v in b.program.outputs]
        self.unit = emit_unit(b.program)
        numbers = [(np.dtype(dtype).num, ndim) for dtype, ndim in self.inputs]
        self.function = _runtime.Function(
            companion=self,
            body=_runtime.Unit(builder.build(self.unit.text, store=open_store(folder))),
            inputs=[(None, num, ndim, (-1,) * ndim, None) for num, ndim in numbers],
            captured=[
                (_runtime.Cell(array), array.dtype.num, array.ndim, array.shape)
                for array in self.unit.constants
            ],
            outputs=outputs,
            updates=[],
            form="list",
            convert=self.convert,
            fail=self.fail,
            refuse=self.fail,
            release_gil=False,
        )

    def convert(self, i, value):
        array = np.asarray(value)
        assert (array.dtype, array.ndim) == self.inputs[i]
        return array.copy()

    def fail(self, *said):
        raise UnitFailedError(*said[:3])

    def __call__(self, *arrays, threads=2):
        before = _runtime.threads()
        _runtime.set_threads(threads)
        try:
            return self.function(*arrays)
        finally:
            _runtime.set_threads(before)


@pytest.fixture(scope="session")
def compile_program(cache_directory):
    """A function that compiles what a Builder holds."""
    prepare_runtime(2, "")
    return lambda b: CompiledProgram(b, Path(cache_directory))


@pytest.fixture
def failure():
    """The error that a compiled program raises."""
    return UnitFailedError


PRESSED = """
import os, signal, sys, threading, time
import numpy as np
import theanolike as theano
import theanolike.tensor as T
from theanolike import _runtime

pressed = []

def stop():
    time.sleep(0.3)
    pressed.append(time.perf_counter())
    os.kill(os.getpid(), signal.SIGINT)

{setup}
threading.Thread(target=stop).start()
try:
    {call}
except KeyboardInterrupt:
    print("stopped", time.perf_counter() - pressed[0] < 5)
{afterwards}
"""


@pytest.fixture
def stopped_by_ctrl_c():
    """A function that runs a program whose call never ends, and returns what it says.

    Ctrl-C is pressed during the call; `stopped True` if it stopped soon. What it prints
    afterwards comes next, and what went wrong.
    """

    def run(setup, call, afterwards=""):
        text = PRESSED.format(setup=setup, call=call, afterwards=afterwards)
        done = subprocess.run(
            [sys.executable, "-c", text],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.stdout.splitlines(), done.stderr

    return run
