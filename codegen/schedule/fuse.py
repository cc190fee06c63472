"""Statements into nests: loops that share a domain run together.

A nest has `k` outer loops, common to all its statements, and inside them stages: loops
over the rest of their domains, one after another. With k = 0 a nest is one loop with
several results. With k > 0 a row's reduction and what depends on it stand in one nest
(softmax), and what is summed over the outer loops is accumulated (the logistic step
reads its matrix once).
"""

from dataclasses import dataclass, field

from theanolike.codegen.program import Axis, Node, Reduce, Require, Value
from theanolike.codegen.schedule.gathers import ELEMENTARY_COST
from theanolike.codegen.schedule.statements import (
    KERNEL_COST,
    KERNEL_STREAMS,
    Statement,
    Step,
)
from theanolike.codegen.shapes import Extent, Shape, leaves
from theanolike.codegen.suppose import from_shapes

VECTOR_COST = 8  # operations of an element, for which vectors pay another loop


@dataclass(eq=False)
class Stage:
    """A loop over `domain` inside the outer loops, in which `statements` run."""

    domain: Shape
    statements: list[Statement] = field(default_factory=list)


@dataclass(eq=False)
class Nest:
    """Statements under `k` common outer loops.

    Attributes
    ----------
    domain : tuple of extents
        Of the first statement; its first `k` extents are the outer loops'.
    bound : int
        The most outer loops that the statements allow.
    staged : bool
        Some statement needs a whole row of another.
    """

    domain: Shape
    bound: int
    statements: list[Statement] = field(default_factory=list)
    staged: bool = False
    weight: int = 0
    streams: set[Value] = field(default_factory=set)
    stages: list[Stage] = field(default_factory=list)

    @property
    def k(self) -> int:
        """The number of outer loops."""
        return self.bound if self.staged else 0

    @property
    def outer(self) -> Shape:
        """The outer loops' extents."""
        return self.domain[: self.k]


def fuse(steps: list[Step]) -> list[Nest | Node]:
    """Group the statements among `steps` into nests; checks of arguments come first."""
    return _Fuser().run(steps)


class _Fuser:
    def __init__(self) -> None:
        self.out: list[Nest | Node] = []
        self.home: dict[Value, int] = {}
        self.made: dict[Value, Statement] = {}
        self.by_domain: dict[Shape, int] = {}
        self.barrier = -1

    def run(self, steps: list[Step]) -> list[Nest | Node]:
        """Place each step."""
        early = dict.fromkeys(
            s for s in steps if isinstance(s, Require) and _of_arguments(s)
        )
        self.out.extend(early)
        for step in steps:
            if isinstance(step, Statement):
                self.place(step)
            elif step not in early:
                self.out.append(step)
                for value in step.results:
                    self.home[value] = len(self.out) - 1
                if isinstance(step, Require):
                    self.barrier = len(self.out) - 1
        for placed in self.out:
            if isinstance(placed, Nest):
                _divide(placed)
        return self.out

    def place(self, s: Statement) -> None:
        """Put a statement in the last nest that takes it, or in one of its own."""
        after = max([self.barrier, *(self.home.get(v, -1) for v in _reads(s))])
        known = max([-1, *(self.home.get(v, -1) for v in _extent_sources(s))])
        after = max(after, known + 1)
        at = self._candidate(s, after)
        if at is None:
            self.out.append(Nest(s.domain, len(s.domain)))
            at = len(self.out) - 1
            self._join(s, self.out[at], self._fit(s, self.out[at], at))  # type: ignore[arg-type]
        self.home[s.value] = at
        self.made[s.value] = s
        if s.kind != "scatter":
            self.by_domain[s.domain] = at

    def _candidate(self, s: Statement, after: int) -> int | None:
        if s.kind == "scatter":
            return None
        for at in (self.by_domain.get(s.domain), after):
            if at is None or at < after or not 0 <= at < len(self.out):
                continue
            nest = self.out[at]
            if not isinstance(nest, Nest) or nest.statements[0].kind == "scatter":
                continue
            fit = self._fit(s, nest, at)
            if fit is None or (not fit[1] and _keeps_from_vectors(s, nest)):
                continue
            if _affordable(s, nest, fit[1]):
                self._join(s, nest, fit)
                return at
        return None

    def _fit(self, s: Statement, nest: Nest, at: int) -> tuple[int, bool] | None:
        """Return the bound and stagedness of `nest` with `s` in it, or None."""
        bound = min(nest.bound, _own_bound(s), _common(nest.domain, s.domain))
        staged = nest.staged
        for load in s.loads:
            if self.home.get(load.source) != at:
                continue
            producer = self.made[load.source]
            if same_element(producer, s, load.index):
                continue
            staged = True
            bound = min(bound, _rows(producer, load.index))
        if staged:
            narrow = not nest.staged and _is_best_in_vectors(nest, s)
            return (bound, True) if bound >= 1 and not narrow else None
        if nest.statements and s.domain != nest.domain:
            return None
        return bound, False

    def _join(self, s: Statement, nest: Nest, fit: tuple[int, bool] | None) -> None:
        if fit is None:
            raise AssertionError("a statement must fit in a nest of its own")
        nest.bound, nest.staged = fit
        nest.statements.append(s)
        nest.weight += s.weight
        nest.streams.update(load.source for load in s.loads)


def _is_best_in_vectors(nest: Nest, s: Statement) -> bool:
    """Tell whether a nest's loops are better left as they are than put around s's.

    Around others its innermost loop makes one element at a time.
    """
    inner = len(s.domain) > len(nest.domain)
    return inner and any(one.weight >= VECTOR_COST for one in nest.statements)


def _keeps_from_vectors(s: Statement, nest: Nest) -> bool:
    """Tell whether one loop of all would run elementary functions one by one."""
    together = [*nest.statements, s]
    dear = any(not one.gathers and one.weight >= ELEMENTARY_COST for one in together)
    return dear and any(one.gathers for one in together)


def _reads(s: Statement) -> list[Value]:
    """Return the values whose elements `s` loads."""
    found = [load.source for load in s.loads]
    if s.base is not None:
        found += [load.source for load in s.base.loads]
    return found


def _extent_sources(s: Statement) -> list[Value]:
    """Return the values whose extents or integers `s` needs before it starts."""
    extents = [*s.domain, *s.value.shape, *s.sizes]
    for value in _reads(s):
        extents += value.shape
    if s.base is not None:
        extents += s.base.sizes
    return [
        leaf.args[0]
        for extent in dict.fromkeys(extents)
        if isinstance(extent, Extent)
        for leaf in leaves(extent)
    ]


def _affordable(s: Statement, nest: Nest, staged: bool) -> bool:
    streams = len(nest.streams | {load.source for load in s.loads})
    room = 2 if staged else 1
    return (
        nest.weight + s.weight <= room * KERNEL_COST
        and streams + len(nest.statements) <= room * KERNEL_STREAMS + 4
    )


def same_element(producer: Statement, s: Statement, index: tuple[object, ...]) -> bool:
    """Tell whether `s` reads, at each point, what `producer` makes at that point."""
    return (
        producer.kind == "map"
        and producer.domain == s.domain
        and _identity(producer.place, len(producer.place)) == len(producer.domain)
        and _identity(index, len(index)) == len(producer.domain)
    )


def _identity(index: tuple[object, ...], most: int) -> int:
    """Return how many leading indices are the axes 0, 1, 2..."""
    for k in range(most):
        part = index[k]
        if not (isinstance(part, Axis) and part.axis == k):
            return k
    return most


def _rows(producer: Statement, index: tuple[object, ...]) -> int:
    """Return how many outer loops a reader of `producer` at `index` allows."""
    lead = min(
        _identity(producer.place, len(producer.place)), _identity(index, len(index))
    )
    if producer.kind == "reduce":
        lead = min([lead, *producer.reduced])
    return lead if producer.kind != "scatter" else 0


def _own_bound(s: Statement) -> int:
    """Return the most outer loops that a statement allows by itself."""
    if s.kind == "map":
        return len(s.domain)
    if s.kind == "scatter":
        return 0
    leading = 0
    while leading in s.reduced:
        leading += 1
    node = s.node
    ordered = isinstance(node, Reduce) and node.kind in ("argmax", "argmin")
    return min(s.reduced) if ordered else max(min(s.reduced), leading)


def _common(first: Shape, second: Shape) -> int:
    """Return how many leading extents two domains share."""
    for k, (a, b) in enumerate(zip(first, second, strict=False)):
        if a is not b and a != b:
            return k
    return min(len(first), len(second))


def _of_arguments(require: Require) -> bool:
    """Tell whether a check can be made before anything is computed."""
    return from_shapes(require.first) and from_shapes(require.second)


def _divide(nest: Nest) -> None:
    """Divide a nest's statements into stages, as few as their needs allow."""
    stage_of: dict[Value, int] = {}
    made = {s.value: s for s in nest.statements}
    for s in nest.statements:
        first = 0
        for load in s.loads:
            at = stage_of.get(load.source)
            if at is None:
                continue
            apart = not same_element(made[load.source], s, load.index)
            first = max(first, at + apart)
        inner = s.domain[nest.k :]
        for at in range(first, len(nest.stages)):
            if nest.stages[at].domain == inner:
                break
        else:
            nest.stages.append(Stage(inner))
            at = len(nest.stages) - 1
        nest.stages[at].statements.append(s)
        stage_of[s.value] = at
