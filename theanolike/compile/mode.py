"""Modes: which rewrites run on a function's graph, and what executes it."""

import dataclasses
import warnings
from collections.abc import Callable, Iterable
from typing import Any

from theanolike.compile.executable import make_executable
from theanolike.compile.request import Executable, Request
from theanolike.config import config
from theanolike.flags import Snapshot
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.origin import user_stacklevel
from theanolike.pending import pending_names
from theanolike.rewrites.databases import Query, optdb
from theanolike.rewrites.engine import optimize
from theanolike.rewrites.optimizers import as_optimizer

__all__ = [
    "FAST_COMPILE",
    "FAST_RUN",
    "Mode",
    "ProfileMode",
    "get_default_mode",
    "get_mode",
    "optdb",
    "predefined_linkers",
    "predefined_modes",
    "predefined_optimizers",
    "register_linker",
    "register_mode",
    "register_optimizer",
]

__getattr__ = pending_names(__name__)

# What names of Theano's linkers mean here.
predefined_linkers: dict[str, str] = {
    "py": "interpreted",
    "c": "compiled",
    "c|py": "compiled",
    "c|py_nogc": "compiled",
    "vm": "compiled",
    "cvm": "compiled",
    "vm_nogc": "compiled",
    "cvm_nogc": "compiled",
}
# Behind everything that is registered.
_LAST = float("inf")
# Canonical names of the optimizers; the rewrites decide what each runs.
predefined_optimizers: dict[str, Any] = {
    "None": "None",
    "merge": "merge",
    "o1": "fast_compile",
    "fast_compile": "fast_compile",
    "o2": "o2",
    "o3": "o3",
    "o4": "fast_run",
    "fast_run": "fast_run",
    "fast_run_stable": "fast_run_stable",
    "stabilize": "stabilize",
    "unsafe": "unsafe",
}


class Mode:
    """How functions are made.

    Parameters
    ----------
    linker : str, optional
        "py" interprets, all others compile; the default is the configuration's.
    optimizer : str or None
        Which rewrites run: "fast_run", "fast_compile", "None"... "default" is the
        configuration's.

    Attributes
    ----------
    include, exclude, require : frozenset of str
        Tags of rewrites to add, to leave out, and that each must have.
    """

    # Subclasses that watch each node run their graphs on the interpreter.
    watch: Callable[..., None] | None = None
    profiles: bool = False

    def __init__(self, linker: Any = None, optimizer: Any = "default") -> None:
        self.provided_linker = linker
        self.provided_optimizer = optimizer
        self.linker = str(config.linker) if linker is None else linker
        chosen = config.optimizer if optimizer == "default" else optimizer
        self.registered: tuple[tuple[Any, float], ...] = ()
        self.include: frozenset[str] = frozenset()
        self.exclude: frozenset[str] = frozenset()
        self.require: frozenset[str] = frozenset()
        self.optimizer = self._known_optimizer(chosen)
        if self.linker not in predefined_linkers:
            raise ValueError(
                f"Expected a linker of {', '.join(predefined_linkers)}, got {linker!r}."
            )

    def _known_optimizer(self, chosen: Any) -> str:
        if isinstance(chosen, Query):
            self.include, self.exclude = chosen.include, chosen.exclude
            self.require = chosen.require
            self.registered = chosen.extra_optimizations
            return "None"
        if chosen is not None and not isinstance(chosen, str):
            self.registered = ((as_optimizer(chosen), _LAST),)
            return "None"
        name = "None" if chosen is None else chosen
        if name not in predefined_optimizers:
            raise ValueError(
                f"Expected an optimizer of {', '.join(predefined_optimizers)}, got "
                f"{chosen!r}."
            )
        canonical = predefined_optimizers[name]
        return (
            canonical
            if isinstance(canonical, str)
            else self._known_optimizer(canonical)
        )

    @property
    def is_compiled(self) -> bool:
        """Whether functions are compiled to C++ rather than interpreted."""
        return predefined_linkers[self.linker] == "compiled" and self.watch is None

    def _copy(self, **changes: Any) -> "Mode":
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin.__dict__.update(changes)
        return twin

    def including(self, *tags: str) -> "Mode":
        """Return this mode with the rewrites of these tags too."""
        return self._copy(include=self.include | set(tags))

    def excluding(self, *tags: str) -> "Mode":
        """Return this mode without the rewrites of these tags or names."""
        return self._copy(exclude=self.exclude | set(tags))

    def requiring(self, *tags: str) -> "Mode":
        """Return this mode with only rewrites that have all these tags."""
        return self._copy(require=self.require | set(tags))

    def register(self, *optimizations: Any) -> "Mode":
        """Return this mode with rewriters of the user's own.

        Each is an object with `optimize(fgraph)`, or a pair of one and its position in
        `optdb`; without one it runs after all others.
        """
        pairs = [o if isinstance(o, tuple) else (o, _LAST) for o in optimizations]
        own = [(as_optimizer(one), float(position)) for one, position in pairs]
        return self._copy(registered=(*self.registered, *own))

    def clone(
        self, link_kwargs: Any = None, optimizer: Any = "", **kwargs: Any
    ) -> "Mode":
        """Return a copy of this mode, with another optimizer if given.

        `link_kwargs` and further arguments tune linkers of Theano that are not here.
        """
        if optimizer == "":
            return self._copy()
        twin = self._copy(registered=(), provided_optimizer=optimizer)
        twin.optimizer = twin._known_optimizer(  # noqa: SLF001 - of this class
            config.optimizer if optimizer == "default" else optimizer
        )
        return twin

    def optimize(self, fgraph: FunctionGraph, snapshot: Snapshot) -> Any:
        """Rewrite `fgraph`; return the rewriters' report."""
        return optimize(fgraph, self, snapshot)

    def build(self, request: Request) -> Executable:
        """Return what runs a graph in this mode."""
        if self.watch is not None:
            request = dataclasses.replace(request, watch=self.watch)
        return make_executable(request, is_compiled=self.is_compiled)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), self.linker, self.optimizer, self.include))

    def __str__(self) -> str:
        return (
            f"{type(self).__name__}(linker={self.linker}, optimizer={self.optimizer})"
        )

    __repr__ = __str__


class ProfileMode(Mode):
    """As FAST_RUN, with `profile=True`: Theano's old way to ask for it."""

    profiles = True


FAST_COMPILE = Mode("py", "fast_compile")
FAST_RUN = Mode("cvm", "fast_run")
predefined_modes: dict[str, Mode] = {
    "FAST_COMPILE": FAST_COMPILE,
    "FAST_RUN": FAST_RUN,
}
# Modes that are made when their name is first used.
_made_on_use: dict[str, Callable[[], Mode]] = {
    "Mode": Mode,
    "ProfileMode": ProfileMode,
}


def register_maker(name: str, make: Callable[[], Mode]) -> None:
    """Let the mode string `name` mean what `make` returns."""
    _made_on_use[name] = make


def get_mode(orig_string: Any) -> Mode:
    """Return the mode of a name, a mode itself, or the configuration's for None.

    Raises
    ------
    Exception
        There is no such name.
    """
    if orig_string is None:
        return get_default_mode()
    if isinstance(orig_string, Mode):
        return orig_string
    if orig_string == "DEBUG_MODE":
        level = user_stacklevel()
        warnings.warn("DEBUG_MODE is deprecated; use DebugMode.", stacklevel=level)
        orig_string = "DebugMode"
    if orig_string in predefined_modes:
        return predefined_modes[orig_string]
    if orig_string in _made_on_use:
        return _made_on_use[orig_string]()
    raise Exception(  # noqa: TRY002 - Theano's type
        f"No predefined mode exist for string: {orig_string}"
    )


def get_default_mode() -> Mode:
    """Return the mode of the configuration, with its tags."""
    mode = get_mode(str(config.mode))
    for method, tags in (
        ("including", config.optimizer_including),
        ("excluding", config.optimizer_excluding),
        ("requiring", config.optimizer_requiring),
    ):
        if tags:
            mode = getattr(mode, method)(*tags.split(":"))
    return mode


def register_mode(name: str, mode: Mode) -> None:
    """Let the string `name` mean `mode`.

    Raises
    ------
    ValueError
        The name is taken.
    """
    _register(predefined_modes, "Mode", name, mode, taken=_made_on_use)


def register_linker(name: str, linker: Any) -> None:
    """Let the string `name` mean a linker: "interpreted" or "compiled"."""
    _register(predefined_linkers, "Linker", name, linker)


def register_optimizer(name: str, opt: Any) -> None:
    """Let the string `name` mean an object with `optimize(fgraph)`."""
    _register(predefined_optimizers, "Optimizer", name, opt)


def _register(
    table: dict[str, Any],
    kind: str,
    name: str,
    value: Any,
    *,
    taken: Iterable[str] = (),
) -> None:
    if name in table or name in set(taken):
        raise ValueError(f"{kind} name already taken: {name}")
    table[name] = value
