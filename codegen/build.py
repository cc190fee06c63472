"""From the text of a unit to the path of its shared library, through the cache.

Loading the library is the runtime's work.
"""

import logging
import re
import subprocess
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from theanolike.cache import Store, digest
from theanolike.codegen.split import split
from theanolike.codegen.toolchain import (
    Compiler,
    command_line,
    cpu_features,
    environment,
    require_compiler,
)
from theanolike.errors import CompilationError

log = logging.getLogger("theanolike.codegen")

INCLUDE = '#include "theanolike/abi.h"'
SOURCE, LIBRARY = "unit.cpp", "unit.so"
ERROR = re.compile(
    rf"^{re.escape(SOURCE)}:(\d+):(?:\d+:)? (?:fatal )?error: (.*)$", re.MULTILINE
)


def build(
    text: str,
    *,
    store: Store,
    compiler: Compiler | None = None,
    describe: Callable[[int], str] | None = None,
    kernels: Sequence[str] = (),
) -> Path:
    """Return the shared library of a unit, compiled unless the cache has it.

    Parameters
    ----------
    text : str
        C++ over ``theanolike/abi.h``, whose text is put before it.
    store : Store
        The cache.
    compiler : Compiler, optional
        By default the one that `find_compiler` finds.
    describe : callable, optional
        Says for a line of `text`, counted from 1, which op emitted it.
    kernels : sequence of str
        The parts of `text` that may be compiled on their own.

    Raises
    ------
    CompilationError
        The compiler refused the unit.
    NoCompilerError
        There is no compiler.
    """
    compiler = compiler or require_compiler(store=store)
    key = unit_key(text, compiler)
    found = store.get(key)
    if found is not None:
        return found
    return compile_unit(text, key, store, compiler, describe, kernels)


def unit_key(text: str, compiler: Compiler) -> str:
    """Return the key of a unit: all that decides what the compiler makes of it."""
    arguments = command_line(compiler, SOURCE, output=LIBRARY)[len(compiler.command) :]
    return digest(
        "unit",
        with_header(text),
        *arguments,
        compiler.identity,
        cpu_features(),
    )


def with_header(text: str) -> str:
    """Return the unit in one file, line n of `text` at n + `header_lines`."""
    return header() + text.replace(INCLUDE, "", 1)


@cache
def header() -> str:
    """Return ``abi.h`` without comments: a better comment recompiles nothing."""
    folder = Path(__file__).parent / "include"
    text = (folder / "theanolike" / "abi.h").read_text("utf-8")
    code = re.sub(r"//[^\n]*", "", text)
    lines = [line.rstrip() for line in code.splitlines()]
    return "".join(f"{line}\n" for line in lines if line)


def compile_unit(
    text: str,
    key: str,
    store: Store,
    compiler: Compiler,
    describe: Callable[[int], str] | None,
    kernels: Sequence[str] = (),
) -> Path:
    """Compile a unit in the cache's work folder and store it."""
    source = with_header(text)
    begin = time.perf_counter()
    with store.work_folder() as scratch:
        parts = split(source, kernels)
        problem = _compile_parts(parts, store, scratch, compiler) if parts[1:] else "-"
        if problem:  # once more in one piece: its error names a line of the whole text
            _compile_whole(source, key, store, scratch, compiler, describe)
        if problem and parts[1:]:
            log.warning("A unit compiles, but not in two files: %s", problem)
        path = store.put(key, {LIBRARY: scratch / LIBRARY, SOURCE: source.encode()})
    log.debug("compiled %s in %.3f s", path, time.perf_counter() - begin)
    return path


def _compile_parts(
    parts: Sequence[str], store: Store, scratch: Path, compiler: Compiler
) -> str:
    """Compile source files side by side and link them; return what went wrong."""
    objects = []
    running = []
    for number, part in enumerate(parts):
        name = f"part{number}"
        (scratch / f"{name}.cpp").write_text(part, "utf-8")
        objects.append(f"{name}.o")
        command = command_line(compiler, "-c", f"{name}.cpp", output=objects[-1])
        running.append(_start(command, store, scratch))
    outputs = [process.communicate()[0] for process in running]
    if any(process.returncode for process in running):
        return b"".join(outputs).decode("utf-8", "replace")
    linking = _start(command_line(compiler, *objects, output=LIBRARY), store, scratch)
    output = linking.communicate()[0]
    if linking.returncode or not (scratch / LIBRARY).is_file():
        return output.decode("utf-8", "replace") or "nothing was linked"
    return ""


def _compile_whole(
    source: str,
    key: str,
    store: Store,
    scratch: Path,
    compiler: Compiler,
    describe: Callable[[int], str] | None,
) -> None:
    (scratch / SOURCE).write_text(source, "utf-8")
    command = command_line(compiler, SOURCE, output=LIBRARY)
    process = _start(command, store, scratch)
    output = process.communicate()[0].decode("utf-8", "replace")
    if process.returncode or not (scratch / LIBRARY).is_file():
        kept = store.keep(f"{key}.cpp", source)
        store.keep(f"{key}.log", output)
        problem = first_error(process.returncode, output, describe)
        raise CompilationError(
            f"The C++ compiler ({compiler.version}) must accept what theanolike"
            f" emits, it says {problem}; please report it with {kept} and the .log"
            " file beside it"
        )


def _start(
    command: list[str], store: Store, scratch: Path
) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(  # noqa: S603  # a list, no shell
            command,
            cwd=scratch,
            env=environment(store, scratch),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    except OSError as error:
        raise CompilationError(
            f"The C++ compiler {command[0]} was found before and cannot be"
            f" started now ({error}); install it again or set theanolike.config.cxx"
        ) from error


def first_error(code: int, output: str, describe: Callable[[int], str] | None) -> str:
    """Return the first error of a compiler's output, with the op that it is about."""
    if code < 0:
        return f"nothing: signal {-code} ended it, perhaps for lack of memory"
    found = ERROR.search(output)
    if found is None:
        lines = [line.strip() for line in output.splitlines() if line.strip()]
        telling = [line for line in lines if "error" in line.lower()] or lines
        return repr(telling[0]) if telling else f"nothing and ended with code {code}"
    line = int(found[1]) - header().count("\n")
    op = describe(line) if describe is not None and line > 0 else ""
    return f"{found[2]!r} of line {found[1]}" + (f", emitted for {op}" if op else "")
