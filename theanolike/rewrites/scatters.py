"""What is picked from a softmax, and gradients that go back to where it was picked."""

from typing import Any

from theanolike.graph.apply import Apply
from theanolike.ops.arithmetic import mul, sub
from theanolike.ops.broadcast import Fill
from theanolike.ops.comparison import eq
from theanolike.ops.conditional import masked as _masked
from theanolike.ops.creation import Alloc, ARange, arange
from theanolike.ops.dimshuffle import insert_dims
from theanolike.ops.exponential import log
from theanolike.ops.extents import shape_i
from theanolike.ops.indexing.advanced import AdvancedIncSubtensor
from theanolike.ops.indexing.basic import IncSubtensor
from theanolike.ops.indexing.region import Put, Take
from theanolike.ops.known import known_int
from theanolike.ops.reduction import Sum
from theanolike.ops.softmax import LogSoftmax, Softmax
from theanolike.rewrites.extents import covers
from theanolike.rewrites.factors import parts_of, product_of
from theanolike.rewrites.pattern import conform, uniform
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import rewrite
from theanolike.types.constants import constant

__all__ = ["filled_up", "is_zero"]


@rewrite(Phase.STABILIZE, log, grade=Grade.ROUNDING)
def log_of_picked_softmax(node: Apply) -> Any:
    """log(softmax(x)[i]) = logsoftmax(x)[i]."""
    picked = node.inputs[0].owner
    if picked is None or not isinstance(picked.op, Take):
        return None
    made = picked.inputs[0].owner
    if made is None or not isinstance(made.op, Softmax):
        return None
    return picked.op(LogSoftmax(made.op.axes)(made.inputs[0]), *picked.inputs[1:])


def is_zero(variable: Any) -> bool:
    """Tell whether all elements are 0, of a constant or of one spread out."""
    node = variable.owner
    while node is not None and isinstance(node.op, Fill | Alloc):
        variable = node.inputs[1 if isinstance(node.op, Fill) else 0]
        node = variable.owner
    value = uniform(variable)
    return value is not None and value == 0


def _scattered(variable: Any) -> Apply | None:
    """Return the node if a variable is zeros with something written into them."""
    node: Apply | None = variable.owner
    if node is None or not isinstance(node.op, Put):
        return None
    return node if is_zero(node.inputs[0]) else None


@rewrite(Phase.STABILIZE, mul, grade=Grade.DOMAIN, aliases=["local_softmax_grad"])
def gradient_of_picked_softmax(node: Apply) -> Any:
    """p * (scatter(a / p[i], i) - s) = scatter(a, i) - p * s, for p a softmax.

    The gradient of log(softmax(x)[i]), finite where what is picked is 0.
    """
    if len(node.inputs) != 2:
        return None
    for p, other in (node.inputs, node.inputs[::-1]):
        made = other.owner
        if p.owner is None or not isinstance(p.owner.op, Softmax):
            continue
        if made is None or made.op != sub or node.outputs[0].type != p.type:
            continue
        scatter = _scattered(made.inputs[0])
        cancelled = None if scatter is None else _without_divisor(scatter, p)
        if cancelled is not None:
            return sub(cancelled, mul(p, made.inputs[1]))
    return None


@rewrite(Phase.STABILIZE, mul, grade=Grade.DOMAIN)
def scatter_times_divisor(node: Apply) -> Any:
    """scatter(a / x[i], i) * x = scatter(a, i)."""
    if len(node.inputs) != 2:
        return None
    for x, other in (node.inputs, node.inputs[::-1]):
        scatter = _scattered(other)
        if scatter is None or not (covers(x, other) and covers(other, x)):
            continue
        if x.type.ndim == other.type.ndim:  # type: ignore[attr-defined]
            return _without_divisor(scatter, x)
    return None


def _without_divisor(scatter: Apply, x: Any) -> Any:
    """Return scatter(a, i) for scatter(a / x[i], i), else None."""
    base, value, *index = scatter.inputs
    parts = parts_of(value, is_product=True)
    if not parts.is_safe() or x.type.dtype != parts.dtype:
        return None
    for factor, count in parts.counts.items():
        picked = factor.owner
        if count != -1 or picked is None or not isinstance(picked.op, Take):
            continue
        is_set = scatter.op.set_instead_of_inc  # type: ignore[attr-defined]
        if picked.inputs != [x, *index] or picked.op.put(is_set=is_set) != scatter.op:
            continue
        parts.counts[factor] = 0
        if value.owner is None:
            return None
        new = conform(value.owner, product_of(parts), parts.leaves)
        return scatter.op(base, new, *index)
    return None


@rewrite(Phase.SPECIALIZE, Sum, grade=Grade.ROUNDING)
def sum_of_scattered_rows(node: Apply) -> Any:
    """sum(scatter(v, (arange(m), j)), axis=1) = v, filled up with 0 from m on."""
    op: Any = node.op
    found = _one_per_row(node.inputs[0])
    if found is None or op.axes != (1,):
        return None
    base, value, _, n_rows = found
    if {op.dtype, op.acc_dtype} != {base.type.dtype}:
        return None
    return filled_up(value, n_rows, base)


@rewrite(Phase.LOOPS, AdvancedIncSubtensor, grade=Grade.ROUNDING)
def scatter_in_rows(node: Apply) -> Any:
    """scatter(v, (arange(m), j)) = v where the column is j, else 0: one loop."""
    found = _one_per_row(node.outputs[0])
    if found is None:
        return None
    base, value, column, n_rows = found
    columns = arange(shape_i(base, 1))
    # Taken from all columns: that is in bounds, and not negative.
    wanted = insert_dims(filled_up(columns[column], n_rows, base), [1])
    return _masked(
        eq(columns, wanted), insert_dims(filled_up(value, n_rows, base), [1])
    )


def _one_per_row(variable: Any) -> tuple[Any, Any, Any, Any] | None:
    """Return (zeros, v, j, m) of scatter(v, (arange(m), j)), else None."""
    scatter = _scattered(variable)
    if scatter is None or scatter.op != AdvancedIncSubtensor((0, 1)):
        return None
    base, value, rows, column = scatter.inputs
    made = rows.owner
    ranks = [v.type.ndim for v in (base, value, column)]  # type: ignore[attr-defined]
    if made is None or not isinstance(made.op, ARange) or ranks != [2, 1, 1]:
        return None
    start, stop, step = made.inputs
    if known_int(start) != 0 or known_int(step) != 1:
        return None
    return base, value, column, stop


def filled_up(value: Any, length: Any, like: Any) -> Any:
    """Return a vector filled up with zeros to the rows of `like`."""
    zeros = Alloc()(constant(0, dtype=value.type.dtype), shape_i(like, 0))
    return IncSubtensor((":int64:",))(zeros, value, length)
