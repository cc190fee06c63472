"""The engine: a worklist over nodes, in order of dependence, from phase to phase.

A node is looked at once in each phase that has rewrites for its op, and again when its
inputs changed. What a rewrite makes counts as a descendant of what it replaced, and no
line of descent grows longer than `MOST_VISITS`: so the time is linear in the graph.
"""

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.origin import inherit
from theanolike.graph.variable import Variable
from theanolike.rewrites.merge import Merger
from theanolike.rewrites.phases import Phase
from theanolike.rewrites.registry import (
    POSITIONS,
    Rewrite,
    Step,
    Table,
    chosen,
    chosen_steps,
)

__all__ = ["MOST_VISITS", "Report", "optimize", "run"]

logger = logging.getLogger("theanolike.rewrites")

MOST_VISITS = 20
# No rewrite fires more often than this for each node that the graph had.
MOST_FIRINGS = 20
MOST_REMEMBERED = 8
# So often are loops rewritten into which or out of which work moved.
MOST_ROUNDS = 4


@dataclass
class Report:
    """What the rewrites did.

    Attributes
    ----------
    firings : dict of str to int
        How often each rewrite changed the graph.
    seconds : dict of str to float
        What each cost, where it said no included.
    visits : int
        How often a node was looked at.
    most_visits : int
        The same of the node, with its ancestors, that was looked at most.
    stopped : set of str
        Rewrites that were cut off because they undo each other.
    inside : dict of str to int
        Firings inside of loops.
    """

    firings: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    visits: int = 0
    most_visits: int = 0
    nodes: tuple[int, int] = (0, 0)
    total_seconds: float = 0.0
    stopped: set[str] = field(default_factory=set)
    inside: Counter[str] = field(default_factory=Counter)
    _history: dict[Apply, tuple[str, ...]] = field(default_factory=dict, repr=False)

    def explain(self, variable: Variable) -> tuple[str, ...]:
        """Return the names of the rewrites that led to a variable's node, in order."""
        if variable.owner is None:
            return ()
        return self._history.get(variable.owner, ())

    def note(self, old: Apply, new: Sequence[Variable], name: str) -> None:
        """Remember a node's past for what replaces it, and what did so, if named."""
        past = self._history.get(old, ())
        if name:
            self.firings[name] += 1
            past = (*past, name)[-MOST_REMEMBERED:]
        for variable in new:
            if variable.owner is not None and variable.owner is not old:
                self._history.setdefault(variable.owner, past)

    def __str__(self) -> str:
        before, after = self.nodes
        lines = [
            f"{before} nodes, now {after}; {self.visits} visits, {self.total_seconds} s"
        ]
        lines += [
            f"{count:8d} {self.seconds[name]:.4f} s {name}"
            for name, count in self.firings.most_common()
        ]
        return "\n".join(lines)


def optimize(fgraph: FunctionGraph, mode: Any, snapshot: Any) -> Report:
    """Rewrite a graph in place, as a mode and the configuration say.

    Parameters
    ----------
    fgraph : FunctionGraph
    mode : Mode
        Its `optimizer`, `include`, `exclude` and `require` choose; `registered` are
        pairs of a rewriter of its own and a position.
    snapshot : Snapshot
        Of the configuration.

    Returns
    -------
    Report
    """
    # With the first graph: importing the library leaves them out.
    from theanolike.rewrites.loops import (
        rewrite_bodies,
        store_or_compute,
        trim_loops,
    )
    from theanolike.rewrites.loops.alike import merge_loops_alike

    tags = {
        "include": mode.include,
        "exclude": mode.exclude,
        "require": mode.require,
    }
    rewrites, merges = chosen(
        mode.optimizer, **tags, nan_semantics=snapshot.nan_semantics
    )
    steps = [
        *chosen_steps(mode.optimizer, **tags),
        *(Step("", at, frozenset(), one) for one, at in mode.registered),
    ]
    verbose = bool(snapshot.optimizer_verbose)
    settled: set[Any] = set()
    is_full = any(one.phase is Phase.SPECIALIZE for one in rewrites)

    def improve(graph: FunctionGraph) -> Report:
        report = Report()

        def inner(body: FunctionGraph) -> None:
            below = improve(body)
            report.inside.update(below.firings + below.inside)

        if merges:
            merge_loops_alike(graph, report.note)
        trim_loops(graph, settled, report.note)
        for turn in range(MOST_ROUNDS):
            if not rewrite_bodies(graph, inner, settled, report.note):
                break
            if turn == 0 and is_full:
                store_or_compute(graph, report.note)
            run(graph, rewrites, merges=merges, verbose=verbose, report=report)
            trim_loops(graph, settled, report.note)
        if bound or not report.total_seconds:
            run(
                graph,
                rewrites,
                merges=merges,
                verbose=verbose,
                steps=bound,
                report=report,
            )
        return report

    bound = _bound(steps, mode)
    if rewrites or steps:
        return improve(fgraph)
    return run(fgraph, (), merges=merges)


def _bound(steps: Iterable[Step], mode: Any) -> list[tuple[float, Any]]:
    """Return the positions and rewriters of steps, databases asked for theirs."""
    found = []
    for step in steps:
        given = step.given
        if not callable(getattr(given, "optimize", None)):
            given = given.query_of(mode)
        found.append((step.position, given))
    return sorted(found, key=lambda pair: pair[0])


def run(
    fgraph: FunctionGraph,
    rewrites: Sequence[Rewrite],
    *,
    merges: bool = True,
    verbose: bool = False,
    steps: Sequence[tuple[float, Any]] = (),
    report: Report | None = None,
) -> Report:
    """Rewrite a graph in place by the given rewrites, phase by phase.

    Parameters
    ----------
    fgraph : FunctionGraph
    rewrites : sequence of Rewrite
    merges : bool
        Merge equal nodes and equal constants.
    verbose : bool
        Print each change.
    steps : sequence of (float, object)
        Rewriters of whole graphs, by `optimize(fgraph)`, and where they run among the
        phases, in order: see `POSITIONS`.
    report : Report, optional
        Of an earlier run over the graph, to go on with.

    Returns
    -------
    Report
    """
    report = Report() if report is None else report
    if not rewrites and not merges and not steps:
        return report
    begin = time.perf_counter()
    before = len(fgraph)
    work = Worklist(fgraph, report, verbose=verbose)
    if merges:
        work.merger = Merger()
    fgraph.attach_feature(work)
    try:
        waiting = list(steps)
        for phase in Phase:
            while waiting and waiting[0][0] < POSITIONS[phase]:
                work.step(waiting.pop(0)[1])
            own = [one for one in rewrites if one.phase is phase]
            if own or (phase is Phase.MERGE and merges):
                work.run(own, everything=phase is Phase.MERGE)
        # What undoes the normal form comes last: it isn't looked at again.
        for _, one in waiting:
            work.step(one)
    finally:
        fgraph.remove_feature(work)
    report.nodes = (report.nodes[0] or before, len(fgraph))
    report.total_seconds += time.perf_counter() - begin
    return report


class Worklist:
    """The nodes to look at, the nearest to the inputs first.

    It listens to the graph: nodes that came in, and those whose inputs changed, are
    looked at again.
    """

    def __init__(self, fgraph: FunctionGraph, report: Report, *, verbose: bool) -> None:
        self.fgraph = fgraph
        self.report = report
        self.verbose = verbose
        self.merger: Merger | None = None
        self.most_firings = MOST_FIRINGS * (len(fgraph) + 50)
        self._active: list[Rewrite] = []
        self._table = self._own = Table(())
        # Nodes to which nothing of the earlier phases applies.
        self._settled: set[Apply] = set()
        self._heap: list[tuple[int, int, Apply]] = []
        self._queued: set[Apply] = set()
        self._busy: Apply | None = None
        self._count = 0
        self._rank: dict[Apply, int] = {}
        self._visits: dict[Apply, int] = {}
        # The rank, visits and past of what is being replaced, for what replaces it.
        self._now: tuple[int, int, tuple[str, ...]] = (0, 0, ())

    def run(self, rewrites: Sequence[Rewrite], *, everything: bool) -> None:
        """Look at the nodes that `rewrites` may change, and at all that follows."""
        self._active += rewrites
        self._table = Table(self._active)
        self._own = own = Table(rewrites)
        for rank, node in enumerate(self.fgraph.toposort()):
            self._rank[node] = rank
            if everything or own.of(node.op):
                self._push(node)
        while self._heap:
            _, _, node = heappop(self._heap)
            self._queued.discard(node)
            if node in self.fgraph.apply_nodes:
                self._visit(node)

    def step(self, rewriter: Any) -> None:
        """Let a rewriter of whole graphs change this one."""
        begin = time.perf_counter()
        self._now = (0, 0, ())
        rewriter.optimize(self.fgraph)
        self.report.seconds[str(rewriter)] += time.perf_counter() - begin

    def _push(self, node: Apply) -> None:
        if node not in self._queued:
            self._queued.add(node)
            self._count += 1
            rank = self._rank.get(node, 0)
            heappush(self._heap, (rank, self._count, node))

    def on_import(self, fgraph: FunctionGraph, node: Apply, reason: str) -> None:
        """Look at a new node, in the place of the one that it replaces."""
        rank, visits, past = self._now
        self._rank[node] = rank
        self._visits[node] = visits
        if past:
            self.report._history[node] = past  # noqa: SLF001 - filled here only
        self._push(node)

    def on_prune(self, fgraph: FunctionGraph, node: Apply, reason: str) -> None:
        """Forget a node."""
        self._rank.pop(node, None)
        self._visits.pop(node, None)
        self._settled.discard(node)
        self.report._history.pop(node, None)  # noqa: SLF001 - filled here only

    def on_change_input(
        self,
        fgraph: FunctionGraph,
        node: Apply | str,
        i: int,
        r: Variable,
        new_r: Variable,
        reason: str,
    ) -> None:
        """Look again at a node whose input changed."""
        if node is not self._busy and not isinstance(node, str):
            self._settled.discard(node)
            self._push(node)

    def _visit(self, node: Apply) -> None:
        report = self.report
        report.visits += 1
        visits = self._visits.get(node, 0) + 1
        self._visits[node] = visits
        report.most_visits = max(report.most_visits, visits)
        past = report._history.get(node, ())  # noqa: SLF001 - filled here only
        self._now = (self._rank.get(node, 0), visits, past)
        is_settled = node in self._settled
        if self.merger is not None and not is_settled and self._merge(node):
            return
        if visits > MOST_VISITS:
            self._warn_of_cycle(node, past)
            return
        with inherit(node.origin):
            for one in (self._own if is_settled else self._table).at(node):
                if one.name not in report.stopped and self._fire(one, node):
                    return
        self._settled.add(node)

    def _merge(self, node: Apply) -> bool:
        begin = time.perf_counter()
        self._busy = node
        twin = self.merger.twin(self.fgraph, node)  # type: ignore[union-attr]
        self._busy = None
        self.report.seconds["merge"] += time.perf_counter() - begin
        if twin is None:
            return False
        pairs = dict(zip(node.outputs, twin.outputs, strict=True))
        self._replace(node, pairs, "merge")
        return True

    def _fire(self, one: Rewrite, node: Apply) -> bool:
        begin = time.perf_counter()
        new = _replacement(one(node, self.fgraph), node)
        if new is not None:
            self._replace(node, new, one.name)
        self.report.seconds[one.name] += time.perf_counter() - begin
        return new is not None

    def _replace(
        self, node: Apply, pairs: Mapping[Variable, Variable], name: str
    ) -> None:
        rank, visits, past = self._now
        self._now = (rank, visits, (*past, name)[-MOST_REMEMBERED:])
        report = self.report
        report.firings[name] += 1
        if report.firings[name] == self.most_firings:
            report.stopped.add(name)
            logger.warning(
                "The rewrite %s fired %d times and was stopped.",
                name,
                self.most_firings,
            )
        if self.verbose:
            self._tell(name, node, list(pairs.values()))
        self.fgraph.replace_all(pairs.items(), name)

    def _tell(self, name: str, node: Apply, new: Sequence[Variable]) -> None:
        from theanolike.rewrites.explain import firing

        print(firing(name, node, new))  # noqa: T201 - config.optimizer_verbose asks for it

    def _warn_of_cycle(self, node: Apply, past: Sequence[str]) -> None:
        logger.warning(
            "Rewrites undo each other at %s, which was visited %d times; the last to "
            "change it were %s. Exclude one of them by its name.",
            node.op,
            MOST_VISITS,
            ", ".join(dict.fromkeys(past)) or "none",
        )


def _replacement(new: Any, node: Apply) -> Mapping[Variable, Variable] | None:
    """Return a rewrite's answer as pairs of old and new, None for no change."""
    if new is None or isinstance(new, dict):
        return new
    several = [new] if isinstance(new, Variable) else list(new)
    if len(several) != len(node.outputs):
        raise ValueError(
            f"Expected {len(node.outputs)} replacements for {node.op}, got "
            f"{len(several)}."
        )
    if all(a is b for a, b in zip(several, node.outputs, strict=True)):
        return None
    return dict(zip(node.outputs, several, strict=True))
