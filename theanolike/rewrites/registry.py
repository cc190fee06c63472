"""`rewrite`, which declares a rewrite, and the choice of those that a mode runs."""

import importlib
import inspect
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from types import FunctionType
from typing import Any, NamedTuple

from theanolike.graph.apply import Apply
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.op import Op
from theanolike.graph.variable import Variable
from theanolike.ops.elementwise import Elementwise
from theanolike.rewrites.pattern import Pattern, conform, read
from theanolike.rewrites.phases import Grade, Phase

__all__ = [
    "CATALOGUE",
    "OPTIMIZERS",
    "POSITIONS",
    "REWRITES",
    "STEPS",
    "USERS",
    "Rewrite",
    "Step",
    "Table",
    "catalogue",
    "chosen",
    "chosen_steps",
    "rewrite",
    "usual_tags",
]

CATALOGUE = (
    "constants",
    "canonicalize",
    "relations",
    "broadcasting",
    "shapes",
    "rearranged",
    "subtensors",
    "slices",
    "factors",
    "stabilize",
    "hyperbolic",
    "stable_logs",
    "logarithms",
    "exponentials",
    "log_sums",
    "quotients",
    "logistic",
    "scatters",
    "variances",
    "specialize",
    "spread_products",
    "reductions",
    "onehot",
    "chains",
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

# Theano's tags of the rewrites that a user registers for these.
_TAGS = {"None": (), "merge": ("merge",), "fast_compile": ("fast_compile",)}
_MERGING = {"merge", "fast_run", "fast_compile"}
# Where the phases stand among the positions of Theano's `optdb`.
POSITIONS: dict[Phase, float] = {
    Phase.MERGE: 0.0,
    Phase.CANONICALIZE: 1.0,
    Phase.STABILIZE: 1.5,
    Phase.SPECIALIZE: 2.0,
    Phase.BLAS: 2.5,
    Phase.LOOPS: 2.6,
}

# What has more operands than any pattern isn't told apart by what made them.
_MOST_OPERANDS = 3

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
        own = {self.name, phase.value, "fast_run", *self.aliases, *tags}
        if phase in OPTIMIZERS["fast_compile"][0]:
            own.add("fast_compile")
        self.tags = frozenset(own)
        self._parameters = _parameters(function)

    @property
    def equation(self) -> str:
        """The first line of the function's docstring."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]

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


def _parameters(function: Callable[..., Result]) -> tuple[str, ...]:
    if not isinstance(function, FunctionType) or hasattr(function, "__wrapped__"):
        return tuple(inspect.signature(function).parameters)
    # Ten times as quick, for hundreds of functions before the first compilation.
    return function.__code__.co_varnames[: function.__code__.co_argcount]


class Step(NamedTuple):
    """A rewriter of whole graphs that a user registered.

    `given` has `optimize(fgraph)`, or is a database whose `query` gives that.
    """

    name: str
    position: float
    tags: frozenset[str]
    given: Any


REWRITES: dict[str, list[Rewrite]] = {}
# What users registered: rewrites by name, and rewriters of whole graphs.
USERS: dict[str, list[Rewrite]] = {}
STEPS: dict[str, Step] = {}


def rewrite(
    phase: Phase,
    *roots: Any,
    grade: Grade = Grade.EXACT,
    aliases: Sequence[str] = (),
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
    """

    def declare(function: Callable[..., Result]) -> Callable[..., Result]:
        group = REWRITES.setdefault(function.__name__, [])
        group.extend(
            Rewrite(function, phase, root, grade=grade, aliases=aliases, tags=())
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
        "ieee" leaves only rewrites that keep each bit, and the user's own.
    """
    phases, grades = OPTIMIZERS[optimizer]
    added, barred, needed = frozenset(include), frozenset(exclude), frozenset(require)
    own = usual_tags(optimizer)
    candidates = [
        (one, one.phase in phases and one.grade in grades)
        for one in catalogue()
        if one.grade is Grade.EXACT or nan_semantics != "ieee"
    ] + [
        (one, one.phase in phases and bool(own & one.tags))
        for group in USERS.values()
        for one in group
    ]
    picked = [
        one
        for one, is_usual in candidates
        if (is_usual or one.tags & added)
        and not one.tags & barred
        and needed <= one.tags
    ]
    merges = Phase.MERGE in phases or bool(_MERGING & added)
    return picked, merges and "merge" not in barred


def usual_tags(optimizer: str) -> frozenset[str]:
    """Return the tags by which an optimizer of `OPTIMIZERS` takes what users made."""
    return frozenset(_TAGS.get(optimizer, ("fast_run",)))


def chosen_steps(
    optimizer: str,
    *,
    include: Iterable[str] = (),
    exclude: Iterable[str] = (),
    require: Iterable[str] = (),
) -> list[Step]:
    """Return the rewriters of whole graphs that a mode runs, by position."""
    added = usual_tags(optimizer) | frozenset(include)
    barred, needed = frozenset(exclude), frozenset(require)
    return sorted(
        (
            one
            for one in STEPS.values()
            if one.tags & added and not one.tags & barred and needed <= one.tags
        ),
        key=lambda one: one.position,
    )


class Table:
    """Rewrites by the op of the node that they are asked about."""

    def __init__(self, rewrites: Iterable[Rewrite]) -> None:
        self._by_name: dict[str, list[Rewrite]] = {}
        self._by_class: list[Rewrite] = []
        self._known: dict[Any, tuple[Rewrite, ...]] = {}
        self._at: dict[tuple[str, ...], tuple[Rewrite, ...]] = {}
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
            general = [one for one in self._by_class if isinstance(op, _class_of(one))]
            known = self._known[key] = (*own, *general)
        return known

    def at(self, node: Apply) -> tuple[Rewrite, ...]:
        """Return those whose patterns name no op that made none of the operands."""
        op, inputs = node.op, node.inputs
        if type(op) is not Elementwise or len(inputs) > _MOST_OPERANDS:
            return self.of(op)
        names = [op.name]
        for v in inputs:
            made = v.owner
            is_named = made is not None and type(made.op) is Elementwise
            names.append(made.op.name if is_named else "")  # type: ignore[union-attr]
        key = tuple(names)
        known = self._at.get(key)
        if known is None:
            below = frozenset(names[1:])
            known = self._at[key] = tuple(
                one
                for one in self.of(op)
                if one.pattern is None or below.issuperset(one.pattern.names)
            )
        return known


def _class_of(one: Rewrite) -> type:
    return one.root if isinstance(one.root, type) else type(one.root)
