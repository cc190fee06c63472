"""The libraries that a benchmark compares with, their versions and settings."""

import importlib
import importlib.metadata
import os
from types import ModuleType
from typing import Any

__all__ = ["PEERS", "describe", "load_peer"]

PEERS = ["numpy", "jax", "pytensor", "numba", "numexpr"]


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
        return f"{name}: missing ({error}); `pip install 'theanolike[bench]'` brings it"
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
    return f"one thread, BLAS on {cores} cores"
