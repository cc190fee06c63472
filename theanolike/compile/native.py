"""What the runtime is told: threads, BLAS, users' ops, functions as bodies."""

import functools
import importlib.util
import os
from pathlib import Path
from typing import Any

import numpy as np

from theanolike import _runtime
from theanolike._runtime import Unit
from theanolike.compile.request import (
    Body,
    Executable,
    Request,
    argument_spec,
    tensor_spec,
)
from theanolike.graph.apply import Apply


def prepare_runtime(threads: int, library: str) -> None:
    """Tell the runtime its threads and its BLAS, as the configuration is now."""
    wanted = threads or os.cpu_count() or 1
    if _runtime.threads() != wanted:
        _runtime.set_threads(wanted)
    choose_blas(library)


@functools.cache
def choose_blas(library: str) -> None:
    """Tell the runtime its BLAS, once for each of them."""
    if _runtime.blas()["opened"]:
        return
    path, prefix = (library, "") if library else bundled_blas()
    if path:
        _runtime.set_blas(path, prefix)


def bundled_blas() -> tuple[str, str]:
    """Return path and symbol prefix of the scipy-openblas32 wheel, or empty texts."""
    found = importlib.util.find_spec("scipy_openblas32")
    for folder in (found and found.submodule_search_locations) or ():
        for path in sorted(Path(folder, "lib").glob("libscipy_openblas*")):
            return str(path), "scipy_"
    return "", ""


def host_entry(node: Apply) -> tuple[Any, list[Any], list[Any]]:
    """Return what the runtime needs to call back a user's op."""
    from theanolike.compile.replay import perform_recorded

    def call(arrays: list[Any]) -> list[Any]:
        copies = [given(array) for array in arrays]
        try:
            return perform_recorded(node, copies)
        except Exception as error:
            # For the message; it is built where the call is known.
            if not hasattr(error, "inside"):
                error.inside = node, copies  # type: ignore[attr-defined]
            raise

    # A user's op may write to what its destroy_map names, and sees copies there.
    given = np.array if node.op.destroy_map else (lambda array: array)
    return (
        call,
        [tensor_spec(variable.type) for variable in node.inputs],
        [tensor_spec(variable.type) for variable in node.outputs],
    )


def inner_function(executable: Executable, request: Request) -> Any:
    """Return the executable as a function of arrays that updates nothing.

    It gives the outputs and the new values in one list; the runtime takes such a
    function as the body of another.
    """

    def unreachable(*given: Any) -> Any:
        raise AssertionError(f"arguments were checked before, got {given!r}")

    return _runtime.Function(
        companion=executable,
        body=executable.body,
        inputs=[(None, *argument_spec(v.type), None) for v in request.graph.inputs],
        captured=executable.constants,
        outputs=[tensor_spec(v.type) for v in request.graph.outputs],
        updates=[],
        form="list",
        convert=unreachable,
        fail=executable.fail,
        refuse=unreachable,
        release_gil=executable.release_gil,
        host=executable.hosts,
        layouts=executable.layouts,
    )


def python_body(executable: Executable, request: Request) -> Body:
    """Return the executable as a Python body, for those that time or compare bodies."""
    if not isinstance(executable.body, Unit):
        return executable.body
    inner = inner_function(executable, request)
    n_outputs = request.n_outputs

    def body(arrays: list[Any]) -> tuple[list[Any], list[Any]]:
        results = inner(*arrays)
        return results[:n_outputs], results[n_outputs:]

    return body
