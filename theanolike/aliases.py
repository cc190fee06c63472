"""Theano's dotted names, served as the module objects that stand behind them.

`install_as_theano` makes ``import theano.X`` give theanolike's X. Always on: an old
name such as ``theanolike.gof`` is `theanolike.legacy.gof`. No module is loaded twice.
The finders derive from no class of `importlib.abc`, which imports much.
"""

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

__all__ = ["install_as_theano", "serve_legacy_names", "uninstall_as_theano"]

OURS, THEIRS = "theanolike", "theano"
LEGACY = f"{OURS}.legacy"


class _AliasLoader:
    """Gives a module that is imported under its own name already."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        self.spec = module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self.module

    def exec_module(self, module: ModuleType) -> None:
        # the import system has just put the alias's spec in place of the real one
        module.__spec__ = self.spec


def _alias(fullname: str, real: str) -> ModuleSpec:
    loader: Any = _AliasLoader(importlib.import_module(real))
    return ModuleSpec(fullname, loader)


class _AliasFinder:
    """Finds the children of a package that was imported under an alias."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        parent, _, child = fullname.rpartition(".")
        if parent.partition(".")[0] not in {OURS, THEIRS}:
            return None
        real = sys.modules[parent].__name__ if parent in sys.modules else parent
        if real == parent or real.partition(".")[0] != OURS:
            return None
        if importlib.util.find_spec(f"{real}.{child}") is None:
            return None
        return _alias(fullname, f"{real}.{child}")


class _LegacyFinder:
    """Finds ``theanolike.X`` in the legacy folder when it is nowhere else."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        root, _, rest = fullname.partition(".")
        if root != OURS or not rest or rest.partition(".")[0] == "legacy":
            return None
        real = f"{LEGACY}.{rest}"
        try:
            found = importlib.util.find_spec(real)
        except ModuleNotFoundError:
            return None
        return None if found is None else _alias(fullname, real)


_alias_finder = _AliasFinder()
_legacy_finder = _LegacyFinder()


def serve_legacy_names() -> None:
    """Serve Theano's old dotted names below theanolike; `theanolike` calls this."""
    if _alias_finder not in sys.meta_path:
        sys.meta_path.insert(0, _alias_finder)
        sys.meta_path.append(_legacy_finder)


def install_as_theano() -> None:
    """Make ``import theano`` and ``from theano.X import y`` give theanolike.

    Notes
    -----
    An installed Theano that was imported before keeps its module objects where
    programs hold them; new imports get theanolike's.

    Examples
    --------
    >>> install_as_theano()
    >>> import theano, theanolike
    >>> theano is theanolike
    True
    >>> uninstall_as_theano()
    """
    serve_legacy_names()
    uninstall_as_theano()
    # registered at once: importing them later would set each as an attribute of its
    # package, over the object of the same name that the package shows (config)
    for name, module in list(sys.modules.items()):
        root, dot, rest = name.partition(".")
        if root == OURS and isinstance(module, ModuleType):
            sys.modules[f"{THEIRS}{dot}{rest}"] = module


def uninstall_as_theano() -> None:
    """Forget all modules imported as ``theano``."""
    for name in list(sys.modules):
        if name.partition(".")[0] == THEIRS:
            del sys.modules[name]
