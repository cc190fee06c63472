"""Derivatives of `LoopOp`: each is another loop.

Backward, a second loop of the same steps collects the states before each of them; the
rewrites make one of the two, and choose what else it keeps (`rewrites.loops.stored`).
The backward loop counts the steps down.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.frozen import FrozenGraph
from theanolike.graph.op import unobserved
from theanolike.graph.variable import Variable
from theanolike.ops.arithmetic import add
from theanolike.ops.broadcast import Fill
from theanolike.ops.cotangent import Cotangent, Missing, Pulled, Tangent, disconnected
from theanolike.ops.indexing.basic import IncSubtensor
from theanolike.ops.indexing.pattern import INTEGER
from theanolike.ops.known import known_int
from theanolike.types.constants import TensorConstant
from theanolike.types.dtypes import is_continuous
from theanolike.types.type import TensorType
from theanolike.types.variable import functions

# The walks over an inner graph: "back" is `pull_back`, "forward" `push_forward`. The
# gradients stand above the ops, so they enter them here.
walks: dict[str, Callable[..., Any]] = {}


def push(
    op: Any, node: Apply, tangents: Sequence[Tangent | None]
) -> list[Tangent | None]:
    """Return the outputs' tangents, from a loop over states and tangents together."""
    f, k = functions(), op.states
    first = 1 + k + op.sequences  # the first captured input
    inner = [_like(v) for v in op.graph.inputs]
    after = op.graph.copy(inner)
    carried = [s for s in range(k) if _flows(node.inputs[1 + s])]
    moving = [i for i, t in enumerate(tangents) if i > k and t is not None]
    along = [i for i in moving if i < first]
    moving = [i for i in moving if i >= first]
    given = [tangents[1 + s] for s in carried]
    initial = [
        f.zeros_like(node.inputs[1 + s]) if t is None else t.value
        for s, t in zip(carried, given, strict=True)
    ]
    rows_given = [tangents[i].value for i in along]  # type: ignore[union-attr]
    outer = [tangents[i].value for i in moving]  # type: ignore[union-attr]
    dstates, dcaptured = [_like(v) for v in initial], [_like(v) for v in outer]
    drows = [_row_like(v) for v in rows_given]
    known = {inner[1 + s]: Tangent(d) for s, d in zip(carried, dstates, strict=True)}
    known |= {inner[i]: Tangent(d) for i, d in zip(along, drows, strict=True)}
    known |= {inner[i]: Tangent(d) for i, d in zip(moving, dcaptured, strict=True)}
    with unobserved():
        walks["forward"]([out for out in after if _flows(out)], known)
        following = [
            known[after[s]].value if after[s] in known else f.zeros_like(after[s])
            for s in carried
        ]
    rows = [r for r in range(k, k + op.collected) if after[r] in known]
    condition = after[-1:] if op.until else []
    body = [*after[:k], *following, *(known[after[r]].value for r in rows), *condition]
    arguments = [
        *inner[: 1 + k],
        *dstates,
        *inner[1 + k : first],
        *drows,
        *inner[first:],
        *dcaptured,
    ]
    loop = type(op)(
        FrozenGraph(arguments, body),
        k + len(carried),
        len(rows),
        op.until,
        op.sequences + len(along),
        op.reverse,
    )
    starts = [
        *node.inputs[: 1 + k],
        *initial,
        *node.inputs[1 + k : first],
        *rows_given,
        *node.inputs[first:],
        *outer,
    ]
    made = loop(*starts, return_list=True)
    results: list[Tangent | None] = [None] * len(node.outputs)
    places = [*carried, *rows]
    for place, value in zip(places, made[k : k + len(places)], strict=True):
        results[place] = Tangent(value)
    return results


class Backward:
    """The gradient of one loop: a loop that runs the steps in reverse.

    Its states are the cotangents of the loop's states and the sums of those of the
    captured variables; it collects those of the sequences' rows.
    """

    def __init__(
        self, op: Any, node: Apply, cotangents: Sequence[Cotangent | None]
    ) -> None:
        self.op = op
        self.node = node
        k, q = op.states, op.sequences
        self.starts = list(node.inputs[1 : 1 + k])
        self.sequences: list[Any] = list(node.inputs[1 + k : 1 + k + q])
        self.captured = list(node.inputs[1 + k + q :])
        self.of_states = [c.value if c else None for c in cotangents[:k]]
        rows = cotangents[k : k + op.collected]
        self.of_rows = [c.value if c else None for c in rows]
        self.guards = [_guard(c) for c in rows]
        if not op.reverse:
            self._pass_last_rows_on()
        self.parts: list[Any] = []
        self.steps: Any = functions().cast(node.inputs[0], "int64")
        if op.until:
            self.steps = node.outputs[-1]
        self.back = self.steps
        if op.truncate >= 0:
            self.back = functions().minimum(self.steps, op.truncate)

    def _pass_last_rows_on(self) -> None:
        """Let cotangents of last rows alone begin as those of the last states.

        So the gradient by the last of many states makes no rows of zeros.
        """
        following = self.op.graph.outputs[: self.op.states]
        for r, value in enumerate(self.of_rows):
            made = self.op.graph.outputs[self.op.states + r]
            if value is None or made not in following:
                continue
            s = following.index(made)
            last, rest = apart(value)
            if last:
                known = [] if self.of_states[s] is None else [self.of_states[s]]
                self.of_states[s] = total([*known, *last])
                self.of_rows[r] = total(rest) if rest else None
                self.guards[r] = None

    def pull(self) -> list[Pulled]:
        """Return the cotangent of each input."""
        carried = [s for s, x in enumerate(self.starts) if _flows(x)]
        along = [s for s, x in enumerate(self.sequences) if _flows(x)]
        shared = [c for c, x in enumerate(self.captured) if _flows(x)]
        pulled: list[Pulled] = [disconnected] * len(self.node.inputs)
        if not (carried or along or shared):
            return pulled
        results = iter(self._run(carried, along, shared))
        k, q = self.op.states, self.op.sequences
        places = [1 + s for s in carried] + [1 + k + q + c for c in shared]
        for place, value in zip(places, results, strict=False):
            pulled[place] = Cotangent(self._within(value) if place <= k else value)
        for s in along:
            pulled[1 + k + s] = Cotangent(self._padded(next(results), s))
        places += [1 + k + s for s in along]
        for place, part in zip(places, self.parts, strict=True):
            # A state's start reaches its end where there are no steps.
            if isinstance(part, Missing) and (part.reason or place > k):
                pulled[place] = part
        for part in self.parts[: len(carried)]:
            if isinstance(part, Missing) and part.reason:
                return [part if _flows(x) else disconnected for x in self.node.inputs]
        return pulled

    def _within(self, value: Any) -> Any:
        """Return the cotangent of a start, zero where the gradient ends before it."""
        if self.op.truncate < 0:
            return value
        f = functions()
        return f.switch(f.gt(self.steps, self.back), f.zeros_like(value), value)

    def _padded(self, rows: Any, s: int) -> Any:
        """Give rows of zeros to the steps that the gradient does not come to."""
        f, x = functions(), self.sequences[s]
        if self.op.truncate >= 0:
            rows = f.join(0, f.zeros_like(x[: self.steps - self.back]), rows)
        if self.op.until:
            rows = f.join(0, rows, f.zeros_like(x[self.steps :]))
        return rows

    def _tail(self, rows: Any) -> Any:
        """Return the rows of the steps that the gradient goes back through."""
        return rows if self.op.truncate < 0 else rows[self.steps - self.back :]

    def _run(
        self, carried: list[int], along: list[int], shared: list[int]
    ) -> list[Variable]:
        f = functions()
        rows = [g for g in (*self.of_rows, *self.guards) if g is not None]
        initial = [
            f.zeros_like(self.starts[s]) if given is None else given
            for s, given in ((s, self.of_states[s]) for s in carried)
        ]
        initial += [f.zeros_like(self.captured[c]) for c in shared]
        sequences = [x[: self.steps] if self.op.until else x for x in self.sequences]
        outer = [self._tail(x) for x in (*self._history(), *sequences, *rows)]
        step = TensorType("int64", ()).make_variable()
        states = [_like(v) for v in initial]
        given = [_row_like(v) for v in outer]
        captured = [_like(v) for v in self.captured]
        with unobserved():
            body = self._body(step, states, given, captured, (carried, along, shared))
        graph = FrozenGraph([step, *states, *given, *captured], body)
        loop = type(self.op)(
            graph,
            len(states),
            len(along),
            sequences=len(outer),
            reverse=not self.op.reverse,
        )
        inputs = [self.back, *initial, *outer, *self.captured]
        return list(loop(*inputs, return_list=True))

    def _history(self) -> list[Variable]:
        """Return the states before each step."""
        histories = [self.known_history(s) for s in range(self.op.states)]
        if self.op.until and None not in histories:
            return histories
        op, graph = self.op, self.op.graph
        following = graph.outputs[: op.states]
        inner_states = graph.inputs[1 : 1 + op.states]
        keeping = type(op)(
            FrozenGraph(graph.inputs, [*following, *inner_states]),
            op.states,
            op.states,
            sequences=op.sequences,
            reverse=op.reverse,
        )
        sequences = [x[: self.steps] if op.until else x for x in self.sequences]
        inputs = [self.steps, *self.starts, *sequences, *self.captured]
        return list(keeping(*inputs, return_list=True)[op.states :])

    def known_history(self, s: int) -> Any:
        """Return the states before each step if the loop collected those after it.

        A state may take over another's value, whose history is known in turn.
        """
        op, graph = self.op, self.op.graph
        rows = graph.outputs[op.states : op.states + op.collected]
        inner_states = graph.inputs[1 : 1 + op.states]
        chain = [s]
        while graph.outputs[chain[-1]] not in rows:
            following = graph.outputs[chain[-1]]
            if following not in inner_states:
                return None
            taken = inner_states.index(following)
            if taken in chain:
                return None
            chain.append(taken)
        place = rows.index(graph.outputs[chain[-1]])
        history: Any = self.node.outputs[op.states + place]
        for state in reversed(chain):
            history = self._shifted(self.starts[state], history)
        return history

    def _shifted(self, start: Any, after: Any) -> Any:
        """Return what came before each step, given what came after."""
        f = functions()
        first = f.shape_padleft(start)
        if self.op.reverse:
            return f.join(0, after[1:], first)[: self.steps]
        return f.join(0, first, after[:-1])[: self.steps]

    def _body(
        self,
        step: Any,
        states: Sequence[Variable],
        given: Sequence[Variable],
        captured: Sequence[Variable],
        wanted: tuple[list[int], list[int], list[int]],
    ) -> list[Variable]:
        """Return the next cotangents, the sums, and the rows' cotangents."""
        carried, along, shared = wanted
        k, q = self.op.states, self.op.sequences
        before, sequences = given[:k], given[k : k + q]
        rows: Iterator[Variable] = iter(given[k + q :])
        after = self.op.graph.copy([step, *before, *sequences, *captured])
        starts = [
            (after[s], Cotangent(g)) for s, g in zip(carried, states, strict=False)
        ]
        values_of = {r: next(rows) for r, g in enumerate(self.of_rows) if g is not None}
        masks_of = {r: next(rows) for r, g in enumerate(self.guards) if g is not None}
        starts += [
            (after[k + r], Cotangent(row, masks_of.get(r)))
            for r, row in values_of.items()
        ]
        wrt = [before[s] for s in carried]
        wrt += [captured[c] for c in shared] + [sequences[s] for s in along]
        blockers = [*before, *sequences, *captured]
        parts = self.parts = walks["back"](starts, wrt, blockers)
        f = functions()
        values = [
            p.value if isinstance(p, Cotangent) else f.zeros_like(x)
            for p, x in zip(parts, wrt, strict=True)
        ]
        n = len(carried)
        for place, total in enumerate(states[n:], n):
            if isinstance(parts[place], Cotangent):
                values[place] = total + values[place]
            else:
                values[place] = total
        return values


def apart(rows: Any) -> tuple[list[Any], list[Any]]:
    """Return the terms of a sum of rows that are zero but in the last one, and others.

    The former as that last row.
    """
    last: list[Any] = []
    rest: list[Any] = []
    stack = [rows]
    while stack:
        v = stack.pop()
        node = v.owner
        if node is not None and node.op == add:
            stack += reversed(node.inputs)
        elif node is not None and _puts_last(node):
            last.append(node.inputs[1])
        else:
            rest.append(v)
    return last, rest


def _puts_last(node: Apply) -> bool:
    op: Any = node.op
    if not isinstance(op, IncSubtensor) or op.idx_list != (INTEGER,):
        return False
    base = node.inputs[0].owner
    if base is None or not isinstance(base.op, Fill) or known_int(node.inputs[2]) != -1:
        return False
    filled = base.inputs[1]
    return isinstance(filled, TensorConstant) and not filled.data.any()


def total(terms: Sequence[Any]) -> Any:
    """Return the sum of one or more terms."""
    return add(*terms) if len(terms) > 1 else terms[0]


def _guard(g: Cotangent | None) -> Any:
    """Return the support of rows, if a guard of the user's made it."""
    if g is None or g.support is None or not g.is_guard:
        return None
    return functions().fill_like(g.support, g.value)


def _flows(variable: Any) -> bool:
    return is_continuous(variable.type.dtype)


def _like(variable: Any) -> Any:
    return variable.type.make_variable(variable.name)


def _row_like(sequence: Any) -> Any:
    kind = sequence.type
    return TensorType(kind.dtype, kind.shape[1:]).make_variable(sequence.name)
