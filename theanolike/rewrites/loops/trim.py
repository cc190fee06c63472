"""States and rows that nothing needs, that never change, or that are there twice."""

from collections.abc import Callable, Sequence
from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.frozen import FrozenGraph
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.traverse import toposort
from theanolike.graph.variable import Variable
from theanolike.ops.scan.loop import LoopOp
from theanolike.rewrites.loops.opened import OpenLoop, Row, State, is_loop
from theanolike.rewrites.phases import Phase
from theanolike.rewrites.registry import rewrite
from theanolike.types.constants import TensorConstant

__all__ = ["trim_loops"]

MOST_ROUNDS = 8


def trim_loops(
    fgraph: FunctionGraph,
    settled: set[FrozenGraph],
    note: Callable[[Apply, Sequence[Any], str], None],
) -> None:
    """Let loops do only what something reads, the last ones first.

    What is left of a body in `settled` is settled, too. `note` hears of each change:
    the old node, what replaces its outputs, and why.
    """
    for node in reversed(fgraph.toposort()):
        if isinstance(node.op, LoopOp) and node in fgraph.apply_nodes:
            new = unread_parts_of_loop(node, fgraph)
            if new is not None:
                note(node, new, "unread_parts_of_loop")
                if node.op.graph in settled:
                    settled.update(v.owner.op.graph for v in new if is_loop(v.owner))
                fgraph.replace_all(
                    zip(list(node.outputs), new, strict=True), "unread_parts_of_loop"
                )


@rewrite(Phase.LOOPS, LoopOp)
def unread_parts_of_loop(node: Apply, fgraph: FunctionGraph) -> Any:
    """loop(f, g) = loop(f), where nothing reads the states and rows of g."""
    op: Any = node.op
    k, results = op.states, op.graph.outputs
    is_read = [bool(fgraph.clients(out)) for out in node.outputs]
    needed = {s for s in range(k) if is_read[s]}
    roots = [results[r] for r in range(k, len(results)) if is_read[r]]
    if op.until:
        roots.append(results[-1])
    place = {v: s for s, v in enumerate(op.graph.inputs[1 : 1 + k])}
    seen: set[Variable] = set()
    stack = [*roots, *(results[s] for s in needed)]
    while stack:
        v = stack.pop()
        if v in seen:
            continue
        seen.add(v)
        s = place.get(v)
        if s is not None and s not in needed:
            needed.add(s)
            stack.append(results[s])
        if v.owner is not None:
            stack.extend(v.owner.inputs)
    rows = [r for r in range(k, k + op.collected) if is_read[r]]
    if len(needed) == k and len(rows) == op.collected:
        return None
    if not needed and not rows:
        return None  # the engine drops it as a whole, or its count is all that is read
    loop = OpenLoop(node)
    loop.states = [s for s in loop.states if s.old in needed]
    loop.rows = [r for r in loop.rows if r.old in rows]
    return loop.close().replacements()


@rewrite(Phase.LOOPS, LoopOp)
def unchanging_state(node: Apply) -> Any:
    """s[t+1] = s[t]: s[t] = s[0]."""
    loop = OpenLoop(node)
    still = [s for s in loop.states if s.after is s.before]
    if not still or len(still) == len(node.outputs):
        return None
    loop.states = [s for s in loop.states if s.after is not s.before]
    loop.substitute({s.before: loop.capture(s.start) for s in still})
    finals = {s.old: s.start for s in still if s.old is not None}
    return loop.close().replacements(finals)


@rewrite(Phase.LOOPS, LoopOp, aliases=["scan_merge_inouts"])
def equal_parts_of_loop(node: Apply) -> Any:
    """s[0] = r[0] and s[t+1] = f(s[t]), r[t+1] = f(r[t]): s = r; equal rows too."""
    loop = OpenLoop(node)
    twins = _equal_states(loop)
    same = [s for s in loop.states if s.before in twins]
    loop.states = [s for s in loop.states if s.before not in twins]
    loop.substitute({s.before: twins[s.before].before for s in same})
    firsts: dict[Any, Row] = {}
    again = [r for r in loop.rows if firsts.setdefault(r.value, r) is not r]
    if not same and not again:
        return None
    loop.rows = list(firsts.values())
    closed = loop.close()
    own = closed.replacements()
    finals = {s.old: own[twins[s.before].old] for s in same}
    finals |= {r.old: closed.of_row(firsts[r.value]) for r in again}
    return closed.replacements(finals)


@rewrite(Phase.LOOPS, LoopOp)
def rows_of_sequence(node: Apply) -> Any:
    """Rows of x[t] = x, where x is a sequence."""
    loop = OpenLoop(node)
    given = [r for r in loop.rows if r.value in loop.sequences]
    if not given or loop.condition or len(given) == len(node.outputs):
        return None
    finals = {r.old: loop.sequences[r.value] for r in given}
    loop.rows = [r for r in loop.rows if r not in given]
    return loop.close().replacements(finals)


def _equal_states(loop: OpenLoop) -> dict[Any, State]:
    """Return for states the first one that is always equal.

    All that start equal are taken to be so, until a step tells them apart.
    """
    classes = {s.before: (_key(s.start), s.before.type) for s in loop.states}
    if len(set(classes.values())) == len(classes):
        return {}
    for _ in range(MOST_ROUNDS):
        numbers = _numbers(loop, classes)
        finer = {s.before: (classes[s.before], numbers[s.after]) for s in loop.states}
        count = len(set(classes.values()))
        classes = _renumbered(finer)
        if len(set(classes.values())) == count:
            return _twins(loop, classes)
    return {}


def _key(start: Any) -> Any:
    return start.signature() if isinstance(start, TensorConstant) else start


def _renumbered(classes: dict[Any, Any]) -> dict[Any, Any]:
    known: dict[Any, int] = {}
    return {v: known.setdefault(c, len(known)) for v, c in classes.items()}


def _twins(loop: OpenLoop, classes: dict[Any, Any]) -> dict[Any, State]:
    first: dict[Any, State] = {}
    twins = {}
    for s in loop.states:
        known = first.setdefault(classes[s.before], s)
        if known is not s:
            twins[s.before] = known
    return twins


def _numbers(loop: OpenLoop, classes: dict[Any, Any]) -> dict[Any, int]:
    """Number the values of a step, equal ones alike, given which states are."""
    known: dict[Any, int] = {}
    numbers: dict[Any, int] = {}

    def number(v: Any) -> int:
        if v not in numbers:
            key: Any = classes.get(v, v)
            if isinstance(v, TensorConstant):
                key = v.signature()
            numbers[v] = known.setdefault(key, len(known))
        return numbers[v]

    after = [s.after for s in loop.states]
    for node in toposort(after):
        key = (node.op, *(number(v) for v in node.inputs))
        for out in node.outputs:
            numbers[out] = known.setdefault((key, out.index), len(known))
    for v in after:
        number(v)
    return numbers
