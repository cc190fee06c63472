"""``python -m theanolike``: a report for bug reports; ``run PROGRAM``: Theano's name.

``python -m theanolike run PROGRAM [ARGUMENT ...]`` runs a program that says ``import
theano`` on theanolike.
"""

import platform
import runpy
import sys
from importlib import metadata
from pathlib import Path

import theanolike
from theanolike.aliases import install_as_theano
from theanolike.cache import open_store
from theanolike.codegen.toolchain import find_compiler
from theanolike.config import config

PACKAGES = ("numpy", "scipy-openblas32", "pybind11", "ziglang")


def version_of(package: str) -> str:
    """Return the installed version of a package, or that it is missing."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def report() -> str:
    """Return what a bug report should begin with."""
    rows = {
        "theanolike": theanolike.__version__,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "platform": platform.platform(),
        **{package: version_of(package) for package in PACKAGES},
        "compiler": compiler(),
        "cache": config.cachedir,
        "blas": config.blas.library or "scipy-openblas32",
        "threads": str(config.threads or "one per core"),
        "folder": str(Path(theanolike.__file__).parent),
    }
    width = max(map(len, rows))
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows.items())


def compiler() -> str:
    """Return the compiler that the next compilation would use."""
    found = find_compiler(config.cxx, store=open_store(config.cachedir))
    if found is None:
        return "none; functions are interpreted"
    return f"{' '.join(found.command)} ({found.version})"


def run(program: str, arguments: list[str]) -> None:
    """Run a program as ``__main__`` with ``theano`` meaning theanolike."""
    install_as_theano()
    sys.argv = [program, *arguments]
    sys.path.insert(0, str(Path(program).resolve().parent))
    runpy.run_path(program, run_name="__main__")


def main(arguments: list[str]) -> int:
    """Do what the command line says and return the exit status."""
    match arguments:
        case []:
            print(report())
        case ["run", program, *rest]:
            run(program, rest)
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
