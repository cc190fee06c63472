"""Of the rows of a loop, only those are kept that something reads."""

from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.function_graph import FunctionGraph
from theanolike.ops.arithmetic import add, mod, sub
from theanolike.ops.cast import Cast
from theanolike.ops.comparison import ge
from theanolike.ops.conditional import maximum, minimum, switch
from theanolike.ops.creation import zeros
from theanolike.ops.dimshuffle import DimShuffle
from theanolike.ops.extents import ShapeItem
from theanolike.ops.indexing.basic import IncSubtensor, Subtensor
from theanolike.ops.indexing.pattern import INTEGER
from theanolike.ops.joining import join
from theanolike.ops.known import known_int
from theanolike.ops.scan.checkpoints import KnownLast
from theanolike.ops.scan.counts import LastRow, StepCount
from theanolike.ops.scan.loop import LoopOp
from theanolike.rewrites.loops.opened import (
    OpenLoop,
    State,
    is_loop,
    known_as,
    row_shapes,
)
from theanolike.rewrites.phases import Phase
from theanolike.rewrites.registry import rewrite
from theanolike.types.constants import constant

__all__: list[str] = []

LOOPS = Phase.LOOPS
# More rows than these are not kept apart from the others.
MOST_KEPT = 256


@rewrite(Phase.CANONICALIZE, Subtensor)
def last_row_at_hand(node: Apply) -> Any:
    """rows[-1] = last, where that is known by itself; of no rows there is none."""
    rows: Any = node.inputs[0]
    if node.op.idx_list != (INTEGER,) or known_int(node.inputs[1]) != -1:  # type: ignore[attr-defined]
        return None
    if rows.owner is None or not isinstance(rows.owner.op, KnownLast):
        return None
    return LastRow()(rows.owner.inputs[1], rows.shape[0])


@rewrite(LOOPS, Subtensor, aliases=["scanOp_save_mem"])
def last_row(node: Apply) -> Any:
    """rows[-1] = the last state, where the rows are the states after each step.

    A loop of no steps still has no last row.
    """
    rows: Any = node.inputs[0]
    loop = rows.owner
    if loop is None or not is_loop(loop):
        return None
    if node.op.idx_list != (INTEGER,) or _from_end(node) != 1:  # type: ignore[attr-defined]
        return None
    op = loop.op
    place = rows.index
    if op.reverse or not op.states <= place < op.states + op.collected:
        return None
    made = op.graph.outputs
    if made[place] not in made[: op.states]:
        return None
    last = loop.outputs[made.index(made[place])]
    steps = loop.inputs[0]
    if (known_int(steps) or 0) > 0:
        return last
    return LastRow()(last, steps)


@rewrite(LOOPS, LoopOp, aliases=["scanOp_save_mem"])
def last_rows(node: Apply, fgraph: FunctionGraph) -> Any:
    """rows[-k:] = the rows of a ring of k, where no others are read.

    A step writes its row over the one of k steps before.
    """
    op: Any = node.op
    for place in range(op.states, op.states + op.collected):
        found = None if op.reverse else _reads_of_end(node, place, fgraph)
        if found is None:
            continue
        count, made = max(found.values()), op.graph.outputs
        is_at_hand = count == 1 and made[place] in made[: op.states]
        shapes = [[]] if is_at_hand else row_shapes(node, [place])
        if shapes is None:
            continue
        loop = OpenLoop(node)
        row = next(r for r in loop.rows if r.old == place)
        loop.rows.remove(row)
        kept = _kept_state(loop, row.value, count, shapes[0])
        closed = loop.close()
        new = dict(zip(node.outputs, closed.replacements(), strict=True))
        del new[node.outputs[place]]
        steps = node.inputs[0] if closed.done is None else closed.done
        last = _Last(closed.of_state(kept), maximum(steps, 0), count)
        return new | {
            reader.outputs[0]: known_as(last.read(reader, k), reader.outputs[0])
            for reader, k in found.items()
        }
    return None


def _reads_of_end(
    node: Apply, place: int, fgraph: FunctionGraph
) -> dict[Apply, int] | None:
    """Return what reads last rows of a loop, and how many; None if others are read."""
    rows = node.outputs[place]
    found: dict[Apply, int] = {}
    for client, i in fgraph.clients(rows):
        if isinstance(client, str) or not isinstance(client.op, Subtensor) or i:
            return None
        count = _from_end(client)
        if count is None or count > MOST_KEPT:
            return None
        found[client] = count
    steps = known_int(node.inputs[0])
    if not found or (steps is not None and steps <= max(found.values())):
        return None
    return found


class _Last:
    """The last rows of a loop, from what its ring of `count` holds after the loop."""

    def __init__(self, final: Any, steps: Any, count: int) -> None:
        self._final = final
        self._steps = steps
        self._count = count
        self._window: Any = None

    def read(self, reader: Apply, k: int) -> Any:
        """Return what an index that begins k rows before the end takes."""
        pattern = reader.op.idx_list  # type: ignore[attr-defined]
        if self._count == 1 and pattern[0] == INTEGER:
            last = self._final
            if (known_int(self._steps) or 0) <= 0:
                last = LastRow()(last, self._steps)
            rest = pattern[1:]
            return Subtensor(rest)(last, *reader.inputs[2:]) if rest else last
        if self._window is None:
            self._window = self._in_order()
        at = constant(-k, dtype="int64")
        return Subtensor(pattern)(self._window, at, *reader.inputs[2:])

    def _in_order(self) -> Any:
        """Return the rows from the first one on, as many as there are."""
        done = minimum(self._steps, self._count)
        if self._count == 1:
            one = DimShuffle((None, *range(self._final.ndim)))(self._final)
            return one[:done]
        is_full = ge(self._steps, self._count)
        first = switch(is_full, mod(self._steps, self._count), 0)
        return join(0, self._final[first:], self._final[:first])[:done]


def _from_end(node: Apply) -> int | None:
    """Return how many last rows of a loop an index looks at, None if at others too."""
    if node.op.idx_list[0] not in {INTEGER, f"{INTEGER}::"}:  # type: ignore[attr-defined]
        return None
    number: Any = node.inputs[1]
    steps = node.inputs[0].owner.inputs[0]  # type: ignore[union-attr]
    is_until = node.inputs[0].owner.op.until  # type: ignore[union-attr]
    first, known = known_int(number), known_int(steps)
    if first is not None and first < 0:
        return -first
    if is_until:
        return None
    if first is None:
        return 1 if _is_last(number, steps) else None
    return known - first if known is not None and first < known else None


def _is_last(number: Any, steps: Any) -> bool:
    """Tell whether a number is n - 1, for n the number of steps."""
    made = _plain(number).owner
    if made is None or made.op not in (add, sub) or len(made.inputs) != 2:
        return False
    wanted = -1 if made.op == add else 1
    pairs = [made.inputs, made.inputs[::-1]] if made.op == add else [made.inputs]
    return any(known_int(k) == wanted and _plain(n) is _plain(steps) for n, k in pairs)


def _plain(number: Any) -> Any:
    """Return a number without what keeps its value."""
    while number.owner is not None and isinstance(number.owner.op, Cast | StepCount):
        number = number.owner.inputs[0]
    return number


def _kept_state(loop: OpenLoop, value: Any, count: int, shape: list[Any]) -> State:
    """Return the state that holds a value of the last steps, added if it is new."""
    if count == 1:
        for state in loop.states:
            if state.after is value:
                return state
        start = zeros(shape, value.type.dtype)
        kept = State(start.type.make_variable(), start, value, "kept")
    else:
        start = zeros([count, *shape], value.type.dtype)
        before = start.type.make_variable()
        at = mod(loop.step, constant(count, dtype="int64"))
        after = IncSubtensor((INTEGER,), True)(before, value, at)
        kept = State(before, start, after, "kept")
    loop.states.append(kept)
    return kept


@rewrite(LOOPS, ShapeItem)
def extent_of_stopped_rows(node: Apply) -> Any:
    """rows.shape[0] = the number of steps done, for a loop that may stop."""
    rows: Any = node.inputs[0]
    loop = rows.owner
    if loop is None or not is_loop(loop) or not loop.op.until:
        return None
    op = loop.op
    if not op.states <= rows.index < op.states + op.collected:
        return None
    if node.op.axis == 0:  # type: ignore[attr-defined]
        return loop.outputs[-1]
    shapes = row_shapes(loop, [rows.index])
    return None if shapes is None else shapes[0][node.op.axis - 1]  # type: ignore[attr-defined]
