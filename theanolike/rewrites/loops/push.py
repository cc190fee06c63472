"""Work that reads no state moves before the loop, work that no state reads behind it.

There a product of each step becomes one large product.
"""

from collections.abc import Iterable
from math import prod
from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.frozen import FrozenGraph
from theanolike.graph.variable import Constant, Variable
from theanolike.ops.arithmetic import add, mul
from theanolike.ops.elementwise import Elementwise
from theanolike.ops.extents import ShapeItem
from theanolike.ops.products import Dot, Gemm
from theanolike.ops.scan.loop import LoopOp
from theanolike.rewrites.loops.invariant import has_steps
from theanolike.rewrites.loops.opened import (
    Closed,
    OpenLoop,
    Row,
    known_as,
    readers,
    reading,
)
from theanolike.rewrites.loops.stacked import (
    Stacker,
    can_stack,
    is_costly,
    is_harmless,
    is_one,
    is_total,
)
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import rewrite
from theanolike.types.type import TensorType

__all__: list[str] = []

# Functions of more elements are as fast within the loop, and need no memory there.
MOST_ELEMENTS = 8


class Reads:
    """What each variable of a loop's graph is made of.

    Attributes
    ----------
    rows : set of Variable
        Made of sequences' rows and of what is the same in all steps.
    same : set of Variable
        Made of the latter alone.
    stackable : set of Variable
        Rows that can be computed for all steps, harmlessly also if there is none.
    unsure : set of Variable
        The same in all steps, but not to be computed where there is none.
    """

    def __init__(self, node: Apply) -> None:
        op: Any = node.op
        first = 1 + op.states
        inputs = op.graph.inputs
        sequences = inputs[first : first + op.sequences]
        is_safe = has_steps(node)
        self.rows: set[Variable] = set(sequences)
        self.captured = inputs[first + op.sequences :]
        self.same: set[Variable] = set(self.captured)
        self.stackable: set[Variable] = set(sequences)
        self.unsure: set[Variable] = set()
        for one in op.graph.nodes:
            self._read(one, is_safe=is_safe)

    def _read(self, node: Apply, *, is_safe: bool) -> None:
        moving = [v for v in node.inputs if not self.is_same(v)]
        if isinstance(node.op, ShapeItem) and node.inputs[0] in self.stackable:
            self.same.update(node.outputs)
        elif not moving:
            own = self.same if is_safe or is_total(node) else self.unsure
            own.update(node.outputs)
        elif all(v in self.rows for v in moving):
            self.rows.update(node.outputs)
            if (
                all(v in self.stackable for v in moving)
                and can_stack(node, lambda v: v in self.rows)
                and (is_safe or is_harmless(node, lambda v: v in self.rows))
            ):
                self.stackable.update(node.outputs)

    def is_leaf(self, variable: Variable) -> bool:
        """Tell whether a variable comes as it is from outside."""
        return variable in self.captured or isinstance(variable, Constant)

    def is_same(self, variable: Variable) -> bool:
        """Tell whether a variable doesn't change from step to step."""
        return variable in self.same or isinstance(variable, Constant)


@rewrite(
    Phase.LOOPS,
    LoopOp,
    grade=Grade.ROUNDING,
    aliases=["scanOp_pushout_seqs_ops"],
)
def work_before_loop(node: Apply) -> Any:
    """loop(dot(x[t], c)) = loop(y[t]), y = dot(x, c), where x is a sequence.

    Products, and functions such as exp of few elements, which pay for their memory.
    """
    op: Any = node.op
    if op.until or not op.sequences:
        return None
    reads = Reads(node)
    moved = _moved_before(op.graph, reads)
    splits = _split_products(op.graph, reads, moved)
    if not moved:
        return None
    loop = OpenLoop(node)
    stacker = Stacker(loop.sequences, loop.captured, is_safe=has_steps(node))
    outer = stacker.stack(moved)
    pairs = {
        inside: loop.sequence(known_as(value, _rows_of(inside)))
        for inside, value in zip(moved, outer, strict=True)
    }
    loop.substitute(_with_splits(op.graph, pairs, splits))
    return loop.close().replacements()


def _rows_of(inside: Any) -> Any:
    """Return a variable of the type of all steps' values."""
    kind = inside.type
    return TensorType(kind.dtype, (None, *kind.shape)).make_variable()


def _moved_before(graph: FrozenGraph, reads: Reads) -> dict[Variable, None]:
    """Return what is to be computed before the loop.

    A sum of such values goes too, as then they need not be stored.
    """
    moved: dict[Variable, None] = {}
    large = _rows_of_inner_loops(graph)
    for node in graph.nodes:
        out = node.outputs[0]
        if out not in reads.stackable or out in large:
            continue
        if isinstance(node.op, Dot | Gemm) or _is_small(node) or _gathers(node, moved):
            moved[out] = None
    return moved


def _rows_of_inner_loops(graph: FrozenGraph) -> set[Variable]:
    """Return what is made for a loop inside to walk along: it is large already."""
    large: set[Variable] = set()
    for node in reversed(graph.nodes):
        op: Any = node.op
        if isinstance(op, LoopOp):
            large.update(node.inputs[1 + op.states : 1 + op.states + op.sequences])
        elif any(out in large for out in node.outputs):
            large.update(node.inputs)
    return large


def _is_small(node: Apply) -> bool:
    """Tell whether a costly function has too few elements to fill vectors with."""
    shape = node.outputs[0].type.shape  # type: ignore[attr-defined]
    return is_costly(node) and None not in shape and prod(shape) <= MOST_ELEMENTS


def _gathers(node: Apply, moved: Iterable[Variable]) -> bool:
    out: Any = node.outputs[0].type
    found = [v for v in node.inputs if v in moved and v.type.ndim == out.ndim]  # type: ignore[attr-defined]
    return isinstance(node.op, Elementwise) and len(found) > 1


def _split_products(
    graph: FrozenGraph, reads: Reads, moved: dict[Variable, None]
) -> dict[Variable, Variable]:
    """Return the products, by their sums with a state, that go before the loop."""
    splits: dict[Variable, Variable] = {}
    for node in graph.nodes:
        out = node.outputs[0]
        if not isinstance(node.op, Gemm) or out in moved:
            continue
        _, _, x, y, _ = node.inputs
        product: Any = Dot()(x, y)
        moving = [v for v in product.owner.inputs if not reads.is_same(v)]
        if not moving or not all(v in reads.stackable for v in moving):
            continue
        if can_stack(product.owner, lambda v: v in reads.rows):
            moved[product] = None
            splits[out] = product
    return splits


def _with_splits(
    graph: FrozenGraph, pairs: dict[Any, Any], splits: dict[Any, Any]
) -> dict[Any, Any]:
    """Add to what is put in place of variables the sums whose product went out."""
    if not splits:
        return pairs
    memo = dict(pairs)
    for node in graph.nodes:
        if all(out in memo for out in node.outputs):
            continue
        inputs: list[Any] = [memo.get(v, v) for v in node.inputs]
        product = splits.get(node.outputs[0])
        if product is not None:
            z, alpha, _, _, beta = inputs
            own = z if is_one(beta) else mul(beta, z)
            row = pairs[product]
            memo[node.outputs[0]] = add(own, row if is_one(alpha) else mul(alpha, row))
        elif any(a is not b for a, b in zip(inputs, node.inputs, strict=True)):
            made = node.clone_with_new_inputs(inputs, strict=False)
            memo.update(zip(node.outputs, made.outputs, strict=True))
    return memo


@rewrite(Phase.LOOPS, LoopOp, grade=Grade.ROUNDING, aliases=["scanOp_pushout_output"])
def work_behind_loop(node: Apply) -> Any:
    """rows of f(dot(h[t], c)) = f(dot(rows of h, c)), where no step reads the product.

    What is made of the products alone goes with them.
    """
    reads = Reads(node)
    region = _region_behind(node, reads)
    inside = {out for n in region for out in n.outputs}
    frontier = dict.fromkeys(
        v for n in region for v in n.inputs if v not in inside and not reads.is_same(v)
    )
    results = list(node.op.graph.outputs)  # type: ignore[attr-defined]
    behind = [place for place, value in enumerate(results) if value in inside]
    loop = OpenLoop(node)
    n_new = sum(v not in loop.sequences and v not in results for v in frontier)
    if not region or n_new > len(behind) + _n_products(region):
        return None
    loop.rows = [row for row in loop.rows if row.value not in inside]
    kept = {v: loop.collect(v) for v in frontier if v not in loop.sequences}
    sequences, captured = dict(loop.sequences), dict(loop.captured)
    closed = loop.close()
    rows = {v: _rows_outside(v, sequences, kept, closed) for v in frontier}
    stacker = Stacker(sequences | rows, captured, is_safe=has_steps(node))
    values = stacker.stack([results[place] for place in behind])
    return closed.replacements(dict(zip(behind, values, strict=True)))


def _n_products(region: Iterable[Apply]) -> int:
    return sum(isinstance(n.op, Dot | Gemm) for n in region)


def _region_behind(node: Apply, reads: Reads) -> list[Apply]:
    """Return the products that only rows need, and all that is made of them."""
    op: Any = node.op
    results = op.graph.outputs
    rows = results[op.states : op.states + op.collected]
    needed = reading(v for v in results if v not in rows)
    needed.update(results[: op.states])
    read_by = readers(op.graph)
    free: set[Apply] = set()
    is_safe = has_steps(node)
    for one in reversed(op.graph.nodes):
        out = one.outputs[0]
        if (
            len(one.outputs) == 1
            and out not in needed
            and all(reader is None or reader in free for reader in read_by[out])
            and not any(v in reads.unsure for v in one.inputs)
            and can_stack(one, lambda v: not reads.is_same(v))
            and not all(map(reads.is_same, one.inputs))
            and (is_safe or is_harmless(one, lambda v: not reads.is_same(v)))
        ):
            free.add(one)
    made: set[Variable] = set()
    region = []
    for one in op.graph.nodes:
        if one in free and (
            isinstance(one.op, Dot | Gemm) or any(v in made for v in one.inputs)
        ):
            made.update(one.outputs)
            region.append(one)
    return region


def _rows_outside(
    inside: Any, sequences: dict[Any, Any], kept: dict[Any, Row], closed: Closed
) -> Any:
    """Return all steps' values of a sequence's row, or of what the loop collects."""
    if inside not in sequences:
        return closed.of_row(kept[inside])
    rows = sequences[inside]
    return rows if closed.done is None else rows[: closed.done]
