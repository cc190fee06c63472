"""Find a C++ compiler and say how to call it; nothing here compiles a unit.

A compiler is looked for when the first unit is built, never at import. What
``--version`` answered is kept in the cache, so a warm start runs no process.
"""

import contextlib
import importlib.util
import logging
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

from theanolike.cache import Store, digest, open_store
from theanolike.errors import NoCompilerError

Kind = Literal["gcc", "clang", "zig"]

log = logging.getLogger("theanolike.codegen")

# They hide which compiler runs, and a unit is compiled once anyway.
LAUNCHERS = frozenset({"ccache", "sccache", "distcc", "icecc"})

NO_COMPILER = (
    "A C++ compiler is needed for compiled functions and {problem}; install g++ or"
    " clang++ with the system's package manager, or point theanolike.config.cxx or"
    " $CXX at one, or run: pip install 'theanolike[compiler]'"
)

# Semantics first: no reassociation, no finite-math assumptions, no fused multiply-add
# that the emitter did not write, integers that wrap. The other half keeps the compiler
# quick: a unit throws nothing, unwinds nothing and has no use for canaries.
#
# Linking, gcc 12.2, a kernel of 30 lines, medians in ms: 29; without -pipe 31; without
# -nostdlib 37; with gold 30; without build id, identification or linker plugin 29;
# an empty unit 13; zig (clang 22) 29.
COMMON_FLAGS = (
    "-std=c++17",
    "-fPIC",
    "-shared",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-ffp-contract=off",
    "-fwrapv",
    "-fno-exceptions",
    "-fno-rtti",
    "-fno-asynchronous-unwind-tables",
    "-fno-stack-protector",
)

# Optimising, ms for a unit of 40 kernels, then microseconds for some of eleven written
# by hand: exp-tanh formula, softmax by rows, 32-state recursion, rows times rows.
#
#                                               compile   exp  soft   rec  rows
#   gcc 12.2 -O3                                    716   300   245  29.5  47.0
#   -O2, vectorised at dynamic cost                 608   298   214  31.7  62.8
#   the same with -fpeel-loops                      688   294   216  29.7  46.4
#   the same without -ftree-vrp                     589   294   216  29.4  46.8
#   -O1, vectorised and peeled                      388   309   220  30.5  50.1
#   zig (clang 22) -O3                              438   322   224  32.5  47.4
#   zig -O2: taken                                  420   322   224  32.5  47.3
#
# The other kernels (dot, stencil, logistic map and step, select, warping, integers)
# differ by less than 5 percent between the rows of gcc, and no bit differs anywhere.
#
# What the library emits has loops that gcc does not vectorise once its dominator
# optimisations have made branches of maxima and choices: without these X.T @ f(X @ w)
# takes 0.05 of the time, maxima of columns 0.5, a choice 0.35. Times of 18 functions
# over those of -O2, vectorised, peeled, no vrp, and of compiling a perceptron's step:
#
#                                            compile   run, geometric mean
#   -O1                                         0.74   1.07 (one recursion 2.2)
#   -O1 -ftree-pre -fcaller-saves               0.78   1.02
#   -O2 without dominator optimisations         0.95   0.65
#   -O1 -ftree-pre -fcaller-saves -fgcse
#   without dominator optimisations: taken      0.77   0.65
#
# Registers for a function at once, not loop by loop, take 0.93 of the time to compile
# and run as fast. Without peeling, vectorised remainders or gcse it would be 0.91, 0.94
# and 0.93, but then sums of rows take 1.6, short rows 1.4, and many logistic maps 1.2
# to 1.4 of the time.
OPTIMIZE: dict[Kind, tuple[str, ...]] = {
    "gcc": (
        "-O1",
        "-ftree-vectorize",
        "-fvect-cost-model=dynamic",
        "-fpeel-loops",
        "-ftree-pre",
        "-fgcse",
        "-fno-tree-dominator-opts",
        "-fcaller-saves",  # else what a loop carries lives in memory
        "-fira-region=one",
    ),
    "clang": ("-O2",),
    "zig": ("-O2",),
}


@dataclass(frozen=True)
class Compiler:
    """A compiler that answered.

    Attributes
    ----------
    command : tuple of str
        How to start it, the first an absolute path.
    kind : str
        Whose options it takes: 'gcc', 'clang' or 'zig'.
    version : str
        The first line of what it says about itself.
    identity : str
        A digest of its whole answer and of the sizes of its files, for keys.
    extra : tuple of str
        Further options of the user's, after ours.
    """

    command: tuple[str, ...]
    kind: Kind
    version: str
    identity: str
    extra: tuple[str, ...] = ()


_found: dict[tuple[str, ...], Compiler | None] = {}


def find_compiler(cxx: str = "", *, store: Store | None = None) -> Compiler | None:
    """Return the compiler to use, or None.

    Parameters
    ----------
    cxx : str
        What the user configured, possibly with arguments. If it is not empty no other
        one is tried; else it is ``$CXX``, ``g++``, ``clang++`` and the ``ziglang``
        wheel, in this order.
    store : Store, optional
        Where the answers of compilers are kept; by default the user's cache.
    """
    store = store or open_store()
    own, path = os.environ.get("CXX", ""), os.environ.get("PATH", "")
    question = (cxx, own, path, str(store.root))
    if question not in _found:
        names = [cxx] if cxx else [own, "g++", "clang++"]
        commands = [split_command(name) for name in names if name]
        if not cxx:
            commands.append(zig_command())
        answers = (probe(command, store) for command in commands if command)
        _found[question] = next((x for x in answers if x is not None), None)
    return _found[question]


def require_compiler(
    cxx: str = "", options: str = "", *, store: Store | None = None
) -> Compiler:
    """Return the compiler to use, with the user's further `options`.

    Raises
    ------
    NoCompilerError
        There is none; the message names the three ways to get one.
    """
    compiler = find_compiler(cxx, store=store)
    if compiler is None:
        problem = f"{cxx!r} (config.cxx) is none" if cxx else "none was found"
        raise NoCompilerError(NO_COMPILER.format(problem=problem))
    return replace(compiler, extra=(*compiler.extra, *shlex.split(options)))


def command_line(compiler: Compiler, *sources: str, output: str) -> list[str]:
    """Return the arguments that turn source or object files into a shared library."""
    # A unit asks nothing of the C++ library. What gcc may call by itself, such as the
    # division of 128-bit integers, is in libgcc.a; memcpy comes with the process.
    libraries = ["-lgcc"] if compiler.kind == "gcc" and sys.platform == "linux" else []
    options = [*flags(compiler), *compiler.extra]
    return [*compiler.command, *options, *sources, "-o", output, *libraries]


def flags(compiler: Compiler) -> tuple[str, ...]:
    """Return the options for a unit, made for the CPU of this machine."""
    optimize = OPTIMIZE[compiler.kind]
    chosen = [*optimize, *COMMON_FLAGS, *cpu_flags(os.uname().machine, cpu_features())]
    if sys.platform == "darwin":
        chosen += ["-undefined", "dynamic_lookup"]
    else:
        chosen += ["-nostdlib", "-pipe"]
    if compiler.kind == "zig":
        chosen.append("-fno-sanitize=undefined")
    return tuple(chosen)


def cpu_flags(machine: str, features: str) -> list[str]:
    """Return the options that name the CPU."""
    if sys.platform == "darwin" and machine == "arm64":
        return []  # the default of Apple's compiler is the oldest such machine
    if machine == "aarch64":
        return ["-mcpu=native"]
    if machine not in {"x86_64", "AMD64"}:
        return []
    # Compilers stay at 256 bits because of the first CPUs with AVX-512, which slowed
    # down. VBMI2 came with Ice Lake and Zen 4, which do not; 1.3 to 2.4 times as fast.
    wide = "avx512_vbmi2" in features.split()
    return ["-march=native", *(["-mprefer-vector-width=512"] if wide else [])]


@cache
def cpu_features() -> str:
    """Return vendor, model and instruction sets of the CPU, without a process.

    ``-march=native`` means something else on each machine that shares the cache;
    this text stands for it in keys.
    """
    system = os.uname()
    try:
        # The first processor is enough, and cheap even where there are hundreds.
        with Path("/proc/cpuinfo").open("rb", buffering=0) as file:
            text = file.read(16384).decode(errors="replace")
    except OSError:
        return f"{system.sysname} {system.machine}"
    return f"{system.machine} {parse_cpuinfo(text)}"


def parse_cpuinfo(text: str) -> str:
    """Return what decides code generation in the first block of ``/proc/cpuinfo``."""
    rows = (line.partition(":") for line in text.partition("\n\n")[0].splitlines())
    fields = {name.strip().lower(): value.strip() for name, _, value in rows}
    names = ("vendor_id", "cpu family", "model", "cpu implementer", "cpu part")
    model = [f"{name}={fields[name]}" for name in names if name in fields]
    sets = fields.get("flags", fields.get("features", "")).split()
    return " ".join([*model, *sorted(sets)])


def split_command(text: str) -> tuple[str, ...]:
    """Split a command with arguments; the path of a file stays whole."""
    if Path(text).is_file():
        return (text,)
    try:
        return tuple(shlex.split(text))
    except ValueError:  # a lone quote
        return (text,)


def zig_command() -> tuple[str, ...]:
    """Return how to call the ``ziglang`` wheel's compiler, () without the wheel."""
    spec = importlib.util.find_spec("ziglang")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        # The program itself: `python -m ziglang` would start an interpreter first.
        for name in ("zig", "zig.exe"):
            if (Path(folder) / name).is_file():
                return (str(Path(folder) / name), "c++")
    return ()


def probe(command: tuple[str, ...], store: Store) -> Compiler | None:
    """Return the compiler that a command starts, or None if it starts none."""
    program = find_program(command[0])
    if program is None:
        return None
    command = (program, *command[1:])
    files = [path for word in command if (path := find_program(word)) is not None]
    answer = ask_version(command, files, store)
    kind = kind_of(command, answer)
    if kind is None:
        log.info("%s is no compiler that theanolike knows", shlex.join(command))
        return None
    sizes = [str(Path(path).stat().st_size) for path in files]
    identity = digest("compiler", kind, *command[1:], *sizes, answer)
    return Compiler(command, kind, answer.splitlines()[0], identity)


def find_program(name: str) -> str | None:
    """Return the path of a program that is no launcher of other programs."""
    if Path(name).name != name:
        found = shutil.which(Path(name).expanduser())
        return None if found is None else str(Path(found).absolute())
    for folder in os.get_exec_path():
        path = shutil.which(name, path=folder)
        if path and (Path(path).resolve().name not in LAUNCHERS or name in LAUNCHERS):
            return str(Path(path).absolute())
    return None


def ask_version(command: tuple[str, ...], files: list[str], store: Store) -> str:
    """Return what a compiler says to ``--version``, '' if it fails, asking it once."""
    parts = ["version", *command]
    for path in files:
        status = Path(path).stat()
        parts += [str(Path(path).resolve()), str(status.st_size)]
        parts += [str(status.st_mtime_ns), str(status.st_ino)]
    key = digest(*parts)
    known = store.get(key)
    if known is not None:
        return known.read_text("utf-8", "replace")
    try:
        result = subprocess.run(  # noqa: S603  # a list, and the user's own choice
            [*command, "--version"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(store),
            timeout=60,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        log.info("%s does not answer: %s", shlex.join(command), error)
        return ""
    store.put(key, {"version.txt": result.stdout})
    return result.stdout.decode("utf-8", "replace")


def kind_of(command: tuple[str, ...], answer: str) -> Kind | None:
    """Tell compilers apart by what they say: ``g++`` may well be clang."""
    if Path(command[0]).stem == "zig":
        return "zig" if answer.strip() else None
    if "clang" in answer:
        return "clang"
    return "gcc" if "Free Software Foundation" in answer else None


def environment(store: Store, scratch: Path | None = None) -> dict[str, str]:
    """Return the variables for a compiler's process, all its files in the cache."""
    chosen = dict(os.environ, LC_ALL="C", ZIG_GLOBAL_CACHE_DIR=str(store.root / "zig"))
    with contextlib.suppress(KeyError):
        del chosen["CLICOLOR_FORCE"]
    if scratch is not None:
        # What zig keeps of one unit is of no use for the next.
        chosen |= {"TMPDIR": str(scratch), "ZIG_LOCAL_CACHE_DIR": str(scratch / "zig")}
    return chosen
