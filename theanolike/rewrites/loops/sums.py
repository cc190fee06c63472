"""Sums over all steps: one large product or sum behind the loop."""

from typing import Any, NamedTuple

from theanolike.graph.apply import Apply
from theanolike.graph.variable import Constant
from theanolike.ops.arithmetic import add, mul, neg, sub
from theanolike.ops.broadcast import SumTo
from theanolike.ops.dimshuffle import DimShuffle
from theanolike.ops.extents import shape_i
from theanolike.ops.products import BLAS, Dot, Gemm
from theanolike.ops.scan.fitted import FitRows
from theanolike.ops.scan.loop import LoopOp
from theanolike.ops.shape import Reshape
from theanolike.rewrites.loops.invariant import has_steps
from theanolike.rewrites.loops.opened import OpenLoop, is_loop, readers
from theanolike.rewrites.loops.push import Reads
from theanolike.rewrites.loops.stacked import (
    TRANSPOSED,
    flattened,
    is_one,
)
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import rewrite

__all__ = ["over_all_steps"]

COLUMN, ROW = DimShuffle((0, None)), DimShuffle((None, 0))
MOST_TERMS = 32


class Product(NamedTuple):
    """sign * scale * dot(left.T, right) of matrices; of vectors, as matrices of a row.

    The scale is the same in all steps; None is 1.
    """

    left: Any
    right: Any
    scale: Any
    sign: int


class Sum(NamedTuple):
    """sign * the sum of a matrix' rows, and of columns along which `like` has one."""

    rows: Any
    like: Any
    sign: int
    term: Any


class Total(NamedTuple):
    """What a step adds to a state: products, sums, and other terms with their signs."""

    products: list[Product]
    sums: list[Sum]
    others: list[tuple[Any, int]]

    def read(self) -> list[Any]:
        """Return what is needed of each step."""
        factors = [v for p in self.products for v in (p.left, p.right)]
        return [*factors, *(s.rows for s in self.sums)]


@rewrite(Phase.LOOPS, LoopOp, grade=Grade.ROUNDING, aliases=["scan_pushout_dot1"])
def sum_of_products_behind_loop(node: Apply) -> Any:
    """s[t+1] = s[t] + dot(x[t].T, y[t]): s[n] = s[0] + dot(x.T, y), over all rows.

    For a state that nothing else reads, as the gradients of matrices are. So too the
    sum of a matrix' rows, as those of biases are, if the matrix is kept in any case.
    """
    totals = _totals(node)
    if not totals:
        return None
    loop = OpenLoop(node)
    sequences, captured = dict(loop.sequences), dict(loop.captured)
    kept: dict[Any, Any] = {}
    for place, total in totals.items():
        for v in total.read():
            if v not in sequences:
                kept[v] = loop.collect(v)
        state = loop.states[place]
        state.after = _sum(state.before, total.others)
    summed = [s for s in loop.states if s.old in totals]
    finals = {s.old: s.start for s in summed if s.after is s.before}
    loop.states = [s for s in loop.states if s.old not in finals]
    closed = loop.close()
    finals |= {p: closed.replacements()[p] for p in totals if p not in finals}
    rows = {v: closed.of_row(row) for v, row in kept.items()}
    for v, outer in sequences.items():
        rows[v] = outer if closed.done is None else outer[: closed.done]
    for place, total in totals.items():
        terms = []
        for p in total.products:
            value = over_all_steps(
                rows[p.left], rows[p.right], finals[place], is_safe=has_steps(node)
            )
            if p.scale is not None:
                value = mul(captured.get(p.scale, p.scale), value)
            terms.append((value, p.sign))
        for one in total.sums:
            value = _fit(rows[one.rows], finals[place], 0)
            terms.append((SumTo()(value, captured[one.like]), one.sign))
        finals[place] = _sum(finals[place], terms)
    return closed.replacements(finals)


def _sum(start: Any, terms: list[tuple[Any, int]]) -> Any:
    total = start
    for value, sign in terms:
        total = add(total, value) if sign > 0 else sub(total, value)
    return total


def _totals(node: Apply) -> dict[int, Total]:
    """Return by their places the states that sum up products."""
    op: Any = node.op
    read_by = readers(op.graph)
    reads = Reads(node)
    found = {}
    for place in range(op.states):
        before, after = op.graph.inputs[1 + place], op.graph.outputs[place]
        if before.type.ndim not in (1, 2) or before.type.dtype not in BLAS:
            continue
        if len(read_by.get(before, ())) != 1 or len(read_by[after]) != 1:
            continue
        total = _total(before, after, read_by, reads)
        if total is not None and (total.products or total.sums):
            found[place] = total
    return _affordable(op, found)


def _affordable(op: Any, totals: dict[int, Total]) -> dict[int, Total]:
    """Return the totals; sums only of what is kept of each step for something else."""
    kept = set(op.graph.outputs[op.states : op.states + op.collected])
    kept |= set(op.graph.inputs[1 + op.states :][: op.sequences])
    kept |= {v for t in totals.values() for p in t.products for v in (p.left, p.right)}
    summed = [v.owner for v in kept if v.owner is not None]
    kept |= {node.inputs[0] for node in summed if isinstance(node.op, SumTo)}
    for total in totals.values():
        total.others.extend((s.term, s.sign) for s in total.sums if s.rows not in kept)
        total.sums[:] = [s for s in total.sums if s.rows in kept]
    return {k: t for k, t in totals.items() if t.products or t.sums}


def _total(
    before: Any, after: Any, read_by: dict[Any, list[Any]], reads: Reads
) -> Total | None:
    """Return what is added to `before` to give `after`, None if that isn't all."""
    total = Total([], [], [])
    found = False
    stack: list[tuple[Any, int]] = [(after, 1)]
    while stack and sum(len(terms) for terms in total) < MOST_TERMS:
        variable, sign = stack.pop()
        node = variable.owner
        if variable is before:
            found = sign > 0
        elif node is None or len(read_by[variable]) > 1:
            total.others.append((variable, sign))
        else:
            stack += _split(node, sign, total, reads)
    return total if found and not stack else None


def _split(node: Apply, sign: int, total: Total, reads: Reads) -> list[tuple[Any, int]]:
    """Enter a product into a total; return the terms of a sum, with their signs."""
    if node.op == add:
        return [(v, sign) for v in node.inputs]
    if node.op == sub:
        return [(node.inputs[0], sign), (node.inputs[1], -sign)]
    if node.op == neg:
        return [(node.inputs[0], -sign)]
    rows = _rows_summed(node, sign, reads)
    if rows is not None:
        total.sums.append(rows)
        return []
    result: Any = node.outputs[0]
    product = _product(node, sign, reads) if result.type.ndim == 2 else None
    if product is None:
        total.others.append((node.outputs[0], sign))
        return []
    total.products.append(product)
    return [(node.inputs[0], sign)] if isinstance(node.op, Gemm) else []


def _rows_summed(node: Apply, sign: int, reads: Reads) -> Sum | None:
    """Return the sum over rows of a matrix that changes from step to step."""
    if node.op != SumTo():
        return None
    rows: Any
    like: Any
    rows, like = node.inputs
    if like.type.ndim != 1 or rows.type.ndim != 2 or like not in reads.captured:
        return None
    if reads.is_same(rows) or rows in reads.unsure or _is_of_loop(rows):
        return None
    return Sum(rows, like, sign, node.outputs[0])


def _product(node: Apply, sign: int, reads: Reads) -> Product | None:
    """Return a node's product of two values that change from step to step."""
    vectors = _vectors(node)
    if vectors is not None:
        return _checked(Product(*vectors, None, sign), reads)
    found = _scaled_product(node)
    if found is None:
        return None
    scale, x, y = found
    if isinstance(scale, Constant) and abs(scale.data) == 1:
        sign *= int(scale.data)
        scale = None
    elif scale is not None and not reads.is_leaf(scale):
        y, scale = mul(scale, y), None
    flipped = x.owner is not None and x.owner.op == TRANSPOSED
    left = x.owner.inputs[0] if flipped else TRANSPOSED(x)
    return _checked(Product(left, y, scale, sign), reads)


def _scaled_product(node: Apply) -> tuple[Any, Any, Any] | None:
    """Return (a, x, y) if a node is a * dot(x, y), or adds that to a matrix."""
    found: Any = None
    if isinstance(node.op, Gemm) and is_one(node.inputs[4]):
        _, alpha, x, y, _ = node.inputs
        found = (alpha, x, y)
    elif isinstance(node.op, Dot):
        found = (None, *node.inputs)
    elif node.op == mul and len(node.inputs) == 2:
        for scale, product in (node.inputs, node.inputs[::-1]):
            made = product.owner
            if scale.type.ndim == 0 and made is not None and isinstance(made.op, Dot):  # type: ignore[attr-defined]
                found = (scale, *made.inputs)
    if found is None or found[1].type.ndim != 2 or found[2].type.ndim != 2:
        return None
    return found  # type: ignore[no-any-return]


def _vectors(node: Apply) -> tuple[Any, Any] | None:
    """Return the vectors of which a node is the outer product, if it is one."""
    if node.op != mul or len(node.inputs) != 2:
        return None
    x, y = node.inputs
    column: Any
    row: Any
    for column, row in ((x, y), (y, x)):
        if column.owner is None or column.owner.op != COLUMN:
            continue
        if row.type.ndim == 1:
            return column.owner.inputs[0], row
        if row.owner is not None and row.owner.op == ROW:
            return column.owner.inputs[0], row.owner.inputs[0]
    return None


def _checked(product: Product, reads: Reads) -> Product | None:
    """Leave out operands that don't change, and those that are large already."""
    for v in (product.left, product.right):
        if v in reads.unsure or reads.is_same(v) or _is_of_loop(v):
            return None
    return product


def _is_of_loop(variable: Any) -> bool:
    """Tell whether a matrix is made of all rows of a loop inside."""
    node = variable.owner
    while node is not None and isinstance(node.op, DimShuffle | FitRows | Reshape):
        node = node.inputs[0].owner
    return is_loop(node)


def over_all_steps(left: Any, right: Any, start: Any, *, is_safe: bool) -> Any:
    """Return the sum over all steps of dot(left.T, right).

    Without a step it has the shape of `start`, whatever that of a product would be.
    """
    fitted = [
        rows if is_safe else _fit(rows, start, axis)
        for axis, rows in enumerate((left, right))
    ]
    x, y = fitted if left.type.ndim == 2 else map(flattened, fitted)
    return Dot()(TRANSPOSED(x), y)


def _fit(rows: Any, start: Any, axis: int) -> Any:
    """Return rows; without any, as wide as a matrix along an axis."""
    own, wanted = rows.type.shape[-1], start.type.shape[axis]
    if own is not None and own == wanted:
        return rows
    return FitRows((rows.type.ndim - 1,))(rows, shape_i(start, axis))
