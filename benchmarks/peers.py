"""The libraries that a benchmark compares with, their versions and settings."""

import importlib
import importlib.metadata
import os
from collections.abc import Callable
from types import ModuleType
from typing import Any

__all__ = ["PEERS", "describe", "load_peer"]

PEERS = ["numpy", "jax", "pytensor", "numba", "numexpr", "torch"]


def load_peer(name: str) -> Any:
    """Import a peer, set to 64 bits and to all cores.

    Raises
    ------
    ImportError
        It isn't installed, or cannot be imported here.
    """
    if name == "jax":
        os.environ.setdefault("JAX_PLATFORMS", "cpu")
    module = importlib.import_module(name)
    if name == "jax":
        module.config.update("jax_enable_x64", True)
    return module


def describe(name: str) -> str:
    """Return a peer's version and settings, or why it is missing."""
    try:
        module = load_peer(name)
    except ImportError as error:
        # torch is too large to come with the others.
        what = name if name == "torch" else "'theanolike[bench]'"
        return f"{name}: missing ({error}); `pip install {what}` brings it"
    return f"{name} {importlib.metadata.version(name)}: {_settings(name, module)}"


def _settings(name: str, module: ModuleType) -> str:
    cores = len(os.sched_getaffinity(0))
    match name:
        case "jax":
            return f"{module.devices()[0].platform}, 64 bits on, {cores} cores to use"
        case "pytensor":
            linker = module.compile.mode.get_default_mode().linker
            return f"its default mode, {type(linker).__name__}"
        case "numba":
            return (
                f"njit; {module.config.NUMBA_NUM_THREADS} threads where parallel=True"
            )
        case "numexpr":
            return f"{module.nthreads} threads"
        case "torch":
            return f"{module.get_num_threads()} threads"
    return f"one thread, BLAS on {cores} cores"


def on_one_thread(work: Callable[[], Any]) -> Callable[[], Any]:
    """Return our work done on one thread, though others are measured on several.

    All functions share the one pool, so it is made smaller for each call.
    """
    from theanolike import _runtime

    def alone() -> Any:
        threads = _runtime.threads()
        _runtime.set_threads(1)
        try:
            return work()
        finally:
            _runtime.set_threads(threads)

    return alone
