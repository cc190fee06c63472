"""Work that leaves a loop: what no step changes, and products of all steps at once.

What is moved can't fail but by shapes, and then it fails inside of the loop as well.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.variable import Constant, Variable
from theanolike.ops.arithmetic import add, mul
from theanolike.ops.broadcast import Fill, SumTo
from theanolike.ops.cast import Cast
from theanolike.ops.creation import Alloc
from theanolike.ops.declare import Elementwise
from theanolike.ops.dimshuffle import DimShuffle, dimshuffle
from theanolike.ops.products import BLAS, Dot
from theanolike.ops.reduction import Reduction
from theanolike.ops.scan.loop import LoopOp
from theanolike.ops.shape import reshape
from theanolike.ops.softmax import LogSoftmax, LogSumExp, Softmax
from theanolike.rewrites.loop_body import Body, Row, depends_on
from theanolike.types.constants import TensorConstant

__all__ = ["chosen_moves", "move_out_of_loops"]

Move = Callable[[Body], bool]

_PURE = (
    Elementwise,
    Cast,
    DimShuffle,
    Dot,
    Fill,
    LogSoftmax,
    LogSumExp,
    Reduction,
    Softmax,
    SumTo,
)
# These are no work: they stay where they are read.
_SHAPES = (DimShuffle, Fill, Alloc)


def chosen_moves(exclude: Iterable[str], *, is_exact: bool) -> list[Move]:
    """Return the moves that a mode makes.

    Those that it excludes by name aren't; where bits are to be kept, neither are those
    that add in another order.
    """
    return [
        move
        for move in (
            hoist_invariants,
            products_of_rows,
            products_kept,
            sums_of_products,
        )
        if move.__name__ not in exclude and (move is hoist_invariants or not is_exact)
    ]


def move_out_of_loops(fgraph: FunctionGraph, moves: Sequence[Move]) -> None:
    """Move work out of each loop of a graph; loops in loops were done before."""
    for node in fgraph.toposort():
        if not isinstance(node.op, LoopOp) or node not in fgraph.apply_nodes:
            continue
        body = Body.of(node)
        fired = [move.__name__ for move in moves if move(body)]
        if fired:
            fgraph.replace_all(body.close().items(), ", ".join(fired))


def hoist_invariants(body: Body) -> bool:
    """for t: f(g(c), s) = let v = g(c), for t: f(v, s), where no step changes c."""
    nodes = body.nodes()
    outside = {inside: given for given, inside in body.captured}
    fixed = {n for n in nodes if isinstance(n.op, _PURE)}
    known = depends_on([n for n in nodes if n in fixed], set(outside))
    moving = [n for n in nodes if n.outputs[0] in known]
    if not moving:
        return False
    read: set[Variable] = set(body.roots)
    for node in nodes:
        if node.outputs[0] not in known or isinstance(node.op, _SHAPES):
            read.update(node.inputs)
    wanted = [
        node.outputs[0]
        for node in moving
        if not isinstance(node.op, _SHAPES) and node.outputs[0] in read
    ]
    if not wanted:
        return False
    values = rebuilt(moving, outside)
    body.substitute({v: body.as_captured(values[v]) for v in wanted})
    return True


def rebuilt(nodes: Iterable[Apply], known: dict[Any, Any]) -> dict[Any, Any]:
    """Return what the nodes' outputs are, computed from other inputs."""
    values = dict(known)
    for node in nodes:
        copy = node.clone_with_new_inputs([values.get(v, v) for v in node.inputs])
        values.update(zip(node.outputs, copy.outputs, strict=True))
    return values


def products_of_rows(body: Body) -> bool:
    """for t: dot(x[t], w) = let v = dot(x, w), for t: v[t]."""
    if body.condition is not None:
        return False
    nodes = body.nodes()
    stacked = {inside: given for given, inside in body.sequences}
    fixed = {inside: given for given, inside in body.captured}
    stacks = Stacks(stacked, fixed)
    found: dict[Variable, Variable] = {}
    for node in nodes:
        if isinstance(node.op, Dot) and node.outputs[0].type.dtype in BLAS:  # type: ignore[attr-defined]
            whole = stacks.of(node.outputs[0])
            if whole is not None:
                found[node.outputs[0]] = body.as_row(whole)
    if found:
        body.substitute(found)
    return bool(found)


class Stacks:
    """Values of all steps along a new first axis, made outside of the loop.

    Parameters
    ----------
    rows : dict
        From what a step sees to the sequence.
    fixed : dict
        From what a step sees of captured values to these.
    """

    def __init__(self, rows: dict[Any, Any], fixed: dict[Any, Any]) -> None:
        self._rows: dict[Any, Any] = dict(rows)
        self._fixed: dict[Any, Any] = dict(fixed)

    def of(self, variable: Any) -> Any:
        """Return the stack of a step's value, None where it depends on a state."""
        order: list[Apply] = []
        stack = [variable]
        while stack:
            v = stack.pop()
            if v in self._rows or v in self._fixed or isinstance(v, Constant):
                continue
            if v.owner is None or not isinstance(v.owner.op, _STACKED):
                self._rows[v] = None
                continue
            pending = [i for i in v.owner.inputs if not self._is_known(i)]
            if pending:
                stack += [v, *pending]
            elif not self._is_known(v):
                order.append(v.owner)
                self._add(v.owner)
        return self._rows.get(variable)

    def fixed(self, variable: Any) -> Any:
        """Return what a value is outside of the loop, None where steps change it."""
        self.of(variable)
        return self._fixed.get(variable)

    def _is_known(self, v: Any) -> bool:
        return v in self._rows or v in self._fixed or isinstance(v, Constant)

    def _add(self, node: Apply) -> None:
        (out,) = node.outputs
        given = [self._fixed.get(v, v) for v in node.inputs]
        if all(v in self._fixed or isinstance(v, Constant) for v in node.inputs):
            self._fixed[out] = node.clone_with_new_inputs(given).outputs[0]
            return
        if any(v in self._rows and self._rows[v] is None for v in node.inputs):
            self._rows[out] = None
            return
        along = [v in self._rows for v in node.inputs]
        values = [self._rows.get(v, g) for v, g in zip(node.inputs, given, strict=True)]
        self._rows[out] = _stack(node, values, along)


_STACKED = (Elementwise, Cast, DimShuffle, Dot)


def _stack(node: Apply, values: list[Any], along: list[bool]) -> Any:
    """Return the stack of a node's results, given which operands are stacks."""
    op: Any = node.op
    if isinstance(op, Dot):
        return _stack_of_products(*values, *along)
    if isinstance(op, DimShuffle):
        order = ["x" if k is None else k + 1 for k in op.order]
        return dimshuffle(values[0], (0, *order))
    rank = node.outputs[0].type.ndim  # type: ignore[attr-defined]
    return op(
        *(
            _with_rank(v, rank) if is_stack else v
            for v, is_stack in zip(values, along, strict=True)
        )
    )


def _with_rank(stack: Any, rank: int) -> Any:
    """Return a stack whose rows have dims of 1 in front, so that they have a rank."""
    missing = rank - (stack.ndim - 1)
    if not missing:
        return stack
    return dimshuffle(stack, (0, *(["x"] * missing), *range(1, stack.ndim)))


def _stack_of_products(x: Any, y: Any, left: bool, right: bool) -> Any:
    """Return dot(x[t], y), or dot(x, y[t]), for all t; None where both change."""
    if left and right:
        return None
    if left:
        return _rows_times(x, y)
    if y.ndim == 2:
        return _rows_times(y, x.T if x.ndim == 2 else x)
    turned = _rows_times(dimshuffle(y, (0, 2, 1)), x.T if x.ndim == 2 else x)
    return dimshuffle(turned, (0, 2, 1)) if x.ndim == 2 else turned


def _rows_times(x: Any, y: Any) -> Any:
    """Return dot(x[t], y) for all t: one product, also of a matrix for each t."""
    if x.ndim == 2:
        return Dot()(x, y)
    flat = Dot()(_flat(x), y)
    return reshape(
        flat, (x.shape[0], x.shape[1], *([y.shape[1]] if y.ndim > 1 else []))
    )


def _flat(x: Any) -> Any:
    """Return matrices one below the other."""
    return reshape(x, (x.shape[0] * x.shape[1], x.shape[2])) if x.ndim == 3 else x


def products_kept(body: Body) -> bool:
    """for t: keep dot(h[t], w) = for t: keep h[t], then dot(h, w) of all rows."""
    if body.condition is not None:
        return False
    uses = _count_uses(body)
    fixed = {inside: given for given, inside in body.captured}
    fired = False
    for row in list(body.rows):
        node = row.value.owner
        if node is None or not isinstance(node.op, Dot) or uses[row.value] != 1:
            continue
        if row.value.type.dtype not in BLAS:
            continue
        is_fixed = [Stacks({}, fixed).fixed(v) for v in node.inputs]
        along = [v is None for v in is_fixed]
        if all(along) or not any(along) or not _is_smaller(node, along):
            continue
        _multiply_outside(body, row, is_fixed)
        fired = True
    return fired


def _is_smaller(node: Apply, along: list[bool]) -> bool:
    """Tell whether what a product is made of has no higher rank than the product."""
    changing: Any = node.inputs[along.index(True)]
    return bool(changing.ndim <= node.outputs[0].type.ndim)  # type: ignore[attr-defined]


def _multiply_outside(body: Body, row: Row, fixed: list[Any]) -> None:
    """Let the products of a row be made of the other factor, of all steps."""
    along = [v is None for v in fixed]
    place = along.index(True)
    body.rows.remove(row)
    stack = _keep(body, row.value.owner.inputs[place])

    def product(made: dict[Any, Any]) -> Any:
        operands = list(fixed)
        operands[place] = stack(made)
        return _stack_of_products(*operands, *along)

    body.instead[row.out] = product


def sums_of_products(body: Body) -> bool:
    """for t: s += dot(x[t].T, y[t]) = s + dot(x.T, y), over all rows at once."""
    if body.condition is not None:
        return False
    fired = False
    uses = _count_uses(body)
    for state in list(body.states):
        terms = _terms(state.after, uses)
        if state.before not in terms or uses[state.before] != 1:
            continue
        terms.remove(state.before)
        found = [(t, _factors(t)) for t in terms]
        moving = [pair for t, pair in found if pair is not None]
        if not moving or any(t.type.dtype != state.before.type.dtype for t in terms):
            continue
        _sum_outside(body, state, moving, [t for t, pair in found if pair is None])
        fired = True
    return fired


def _terms(total: Any, uses: dict[Any, int]) -> list[Any]:
    """Return the terms of a sum, and of sums in it, that nothing else reads."""
    terms: list[Any] = []
    stack = [total]
    while stack:
        v = stack.pop()
        if v.owner is not None and v.owner.op == add and uses[v] == 1:
            stack += v.owner.inputs
        else:
            terms.append(v)
    return terms


def _count_uses(body: Body) -> dict[Any, int]:
    uses: dict[Any, int] = {}
    for node in body.nodes():
        for v in node.inputs:
            uses[v] = uses.get(v, 0) + 1
    for v in body.roots:
        uses[v] = uses.get(v, 0) + 1
    return uses


def _factors(term: Any) -> tuple[Any, Any] | None:
    """Return (x, y) if a term is dot(x.T, y), the rows of x and y being summed over."""
    node = term.owner
    if node is None or term.type.dtype not in BLAS:
        return None
    if isinstance(node.op, Dot) and all(v.ndim == 2 for v in node.inputs):
        x, y = node.inputs
        return dimshuffle(x, (1, 0)), y
    if node.op == mul and len(node.inputs) == 2 and term.type.ndim == 2:
        x, y = (_vector(v) for v in node.inputs)
        if x is not None and y is not None and x[1] != y[1]:
            return (x[0], y[0]) if x[1] == 0 else (y[0], x[0])
    return None


def _vector(v: Any) -> tuple[Any, int] | None:
    """Return a vector and the axis along which it is turned in an outer product."""
    node = v.owner
    if node is None or not isinstance(node.op, DimShuffle):
        return None
    order = node.op.order
    if order in {(0, None), (None, 0)} and node.inputs[0].ndim == 1:
        return node.inputs[0], order.index(0)
    return None


def _sum_outside(
    body: Body, state: Any, moving: list[tuple[Any, Any]], staying: list[Any]
) -> None:
    """Let a state's sums of products be made of the factors of all steps."""
    stacks = [tuple(_keep(body, v) for v in pair) for pair in moving]

    def total(made: dict[Any, Any]) -> Any:
        parts = [Dot()(_flat(x(made)).T, _flat(y(made))) for x, y in stacks]
        if staying:
            parts.append(made[state])
        elif not _is_zero(state.start):
            parts.append(state.start)
        return add(*parts) if len(parts) > 1 else parts[0]

    out = state.out
    state.out = None
    body.instead[out] = total
    if staying:
        state.after = add(state.before, *staying)
    else:
        body.states.remove(state)


def _is_zero(start: Any) -> bool:
    """Tell whether a state starts as zeros, of the shape that all that is added has."""
    node = start.owner
    if node is not None and isinstance(node.op, Fill | Alloc):
        start = node.inputs[1 if isinstance(node.op, Fill) else 0]
    return isinstance(start, TensorConstant) and not start.data.any()


def _keep(body: Body, value: Any) -> Any:
    """Let a loop keep a value of each step; return what gives them all, once it ran."""
    node = value.owner
    if node is not None and isinstance(node.op, DimShuffle):
        order = node.op.order
        if order == (1, 0) and node.inputs[0].owner is not None:
            inner = node.inputs[0].owner
            if isinstance(inner.op, DimShuffle) and inner.op.order == order:
                return _keep(body, inner.inputs[0])
        if order == (1, 0):
            turned = _keep(body, node.inputs[0])
            return lambda made: dimshuffle(turned(made), (0, 2, 1))
    for outside, inside in body.sequences:
        if inside is value:
            return lambda _: outside
    for row in body.rows:
        if row.value is value:
            return lambda made: made[row]
    added = Row(value)
    body.rows.append(added)
    return lambda made: made[added]
