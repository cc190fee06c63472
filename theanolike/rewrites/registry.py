"""`rewrite`, which declares a rewrite, and the choice of those that a mode runs."""

import importlib
import inspect
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.op import Op
from theanolike.graph.variable import Variable
from theanolike.ops.declare import Elementwise
from theanolike.rewrites.pattern import Pattern, conform, read
from theanolike.rewrites.phases import Grade, Phase

__all__ = [
    "CATALOGUE",
    "OPTIMIZERS",
    "REWRITES",
    "Rewrite",
    "Table",
    "catalogue",
    "chosen",
    "rewrite",
]

CATALOGUE = (
    "constants",
    "canonicalize",
    "broadcasting",
    "shapes",
    "subtensors",
    "factors",
    "stabilize",
    "logistic",
    "scatters",
    "specialize",
    "dots",
    "products",
    "loops",
)
# What each optimizer's name means: the phases, and the grades that it keeps to.
_ALL = tuple(Phase)
_EARLY = (Phase.MERGE, Phase.CANONICALIZE)
OPTIMIZERS: dict[str, tuple[tuple[Phase, ...], tuple[Grade, ...]]] = {
    "None": ((), ()),
    "merge": ((Phase.MERGE,), tuple(Grade)),
    "fast_compile": ((*_EARLY, Phase.LOOPS), tuple(Grade)),
    "o2": (_ALL, tuple(Grade)),
    "o3": (_ALL, tuple(Grade)),
    "fast_run": (_ALL, tuple(Grade)),
    "unsafe": (_ALL, tuple(Grade)),
    "fast_run_stable": (_ALL, (Grade.EXACT, Grade.ROUNDING)),
    "stabilize": ((*_EARLY, Phase.STABILIZE), tuple(Grade)),
}

Result = Any  # a variable, a list of one per output, or None


class Rewrite:
    """A named function that gives a node's replacement, or None.

    Attributes
    ----------
    name : str
        The function's.
    phase : Phase
    grade : Grade
    root : type or Op
        The nodes that it is asked about: those of an op, or of a class of ops.
    pattern : Pattern or None
    tags : frozenset of str
        What modes include and exclude it by: its names, its phase, and more.
    equation : str
        The first line of its docstring.
    """

    def __init__(
        self,
        function: Callable[..., Result],
        phase: Phase,
        root: Any,
        *,
        grade: Grade,
        aliases: Iterable[str],
        tags: Iterable[str],
    ) -> None:
        self.function = function
        self.name: str = function.__name__
        self.phase = phase
        self.grade = grade
        self.pattern = Pattern(root) if isinstance(root, Variable) else None
        self.root: Any = self.pattern.root if self.pattern is not None else root
        self.aliases = frozenset(aliases)
        self.tags = frozenset({self.name, phase.value, *self.aliases, *tags})
        self.equation = (inspect.getdoc(function) or "").partition("\n")[0]
        self._parameters = tuple(inspect.signature(function).parameters)

    def __call__(self, node: Apply, fgraph: FunctionGraph) -> Result:
        """Return what is to replace the node's outputs, or None."""
        if self.pattern is None:
            given: dict[str, Any] = {"node": node, "fgraph": fgraph}
            return self.function(*[given[name] for name in self._parameters])
        match = self.pattern.match(node)
        if match is None:
            return None
        given = {"node": node, "fgraph": fgraph}
        for name in self._parameters:
            if name not in given:
                given[name] = read(match.holes[name])
        new = self.function(*[given[name] for name in self._parameters])
        return None if new is None else conform(node, new, match.leaves)

    def __repr__(self) -> str:
        return f"<rewrite {self.name}: {self.equation}>"


REWRITES: dict[str, list[Rewrite]] = {}


def rewrite(
    phase: Phase,
    *roots: Any,
    grade: Grade = Grade.EXACT,
    aliases: Sequence[str] = (),
    tags: Sequence[str] = (),
) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """Declare a function a rewrite.

    Parameters
    ----------
    phase : Phase
    *roots : Variable, Op or class of ops
        A pattern over wildcards: the function is called with the wildcards that its
        parameters name, and what it returns gets the replaced result's dtype and
        shape. An op, or a class of ops: it is called with `node`. `fgraph` is
        passed where a parameter asks for it.
    grade : Grade
    aliases : sequence of str
        Theano's names for it.
    tags : sequence of str
        More names that modes choose it by.
    """

    def declare(function: Callable[..., Result]) -> Callable[..., Result]:
        group = REWRITES.setdefault(function.__name__, [])
        group.extend(
            Rewrite(function, phase, root, grade=grade, aliases=aliases, tags=tags)
            for root in roots
        )
        return function

    return declare


@cache
def _load() -> None:
    for name in CATALOGUE:
        importlib.import_module(f"theanolike.rewrites.{name}")


def catalogue() -> list[Rewrite]:
    """Return all rewrites, in order of declaration; those of one name together."""
    _load()
    return [one for group in REWRITES.values() for one in group]


def chosen(
    optimizer: str,
    *,
    include: Iterable[str] = (),
    exclude: Iterable[str] = (),
    require: Iterable[str] = (),
    nan_semantics: str = "guarded",
) -> tuple[list[Rewrite], bool]:
    """Return the rewrites that a mode runs, and whether equal nodes are merged.

    Parameters
    ----------
    optimizer : str
        A name of `OPTIMIZERS`.
    include, exclude, require : iterable of str
        Names and tags: to add, to leave out, and all of which a rewrite must have.
    nan_semantics : {"guarded", "ieee"}
        "ieee" leaves only rewrites that keep each bit.
    """
    phases, grades = OPTIMIZERS[optimizer]
    added, barred, needed = frozenset(include), frozenset(exclude), frozenset(require)
    if nan_semantics == "ieee":
        grades = tuple(g for g in grades if g is Grade.EXACT)
        added = frozenset()
    picked = [
        one
        for one in catalogue()
        if ((one.phase in phases and one.grade in grades) or one.tags & added)
        and not one.tags & barred
        and needed <= one.tags
    ]
    merges = Phase.MERGE in phases or "merge" in added
    return picked, merges and "merge" not in barred


class Table:
    """Rewrites by the op of the node that they are asked about."""

    def __init__(self, rewrites: Iterable[Rewrite]) -> None:
        self._by_name: dict[str, list[Rewrite]] = {}
        self._by_class: list[Rewrite] = []
        self._known: dict[Any, tuple[Rewrite, ...]] = {}
        for one in rewrites:
            if isinstance(one.root, Elementwise):
                self._by_name.setdefault(one.root.name, []).append(one)
            else:
                self._by_class.append(one)

    def of(self, op: Op) -> tuple[Rewrite, ...]:
        """Return the rewrites that may apply to nodes of `op`."""
        key = op.name if type(op) is Elementwise else type(op)
        known = self._known.get(key)
        if known is None:
            own = self._by_name.get(key, []) if isinstance(key, str) else []
            general = [one for one in self._by_class if isinstance(op, one.root)]
            known = self._known[key] = (*own, *general)
        return known
