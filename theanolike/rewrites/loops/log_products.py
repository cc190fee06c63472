"""Sums of exponentials in a loop, where a part of the exponent stays: products.

A step of a hidden Markov model, say, needs no exponential of a matrix then.
"""

from typing import Any, NamedTuple

from theanolike.graph.apply import Apply
from theanolike.graph.frozen import FrozenGraph
from theanolike.graph.variable import Constant, Variable
from theanolike.ops.arithmetic import add, mul, sub, true_div
from theanolike.ops.comparison import eq, ge, isfinite
from theanolike.ops.conditional import switch
from theanolike.ops.dimshuffle import DimShuffle
from theanolike.ops.exponential import exp, log
from theanolike.ops.extrema import Max
from theanolike.ops.joining import join
from theanolike.ops.logic import and_, invert, or_
from theanolike.ops.products import Dot
from theanolike.ops.reduction import AnyTrue
from theanolike.ops.scan.ifelse import IfElse
from theanolike.ops.scan.loop import LoopOp
from theanolike.ops.softmax import LogSumExp, Softmax
from theanolike.rewrites.loops.opened import OpenLoop
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import rewrite
from theanolike.types.constants import constant

__all__ = ["log_of_product_in_loop"]

# Sums at least so large have lost nothing that counts to underflow.
LEAST = {"float64": 1e-280, "float32": 1e-30}
TRANSPOSED = DimShuffle((1, 0))
DOWN, ACROSS = DimShuffle((0, None)), DimShuffle((None, 0))


class Terms(NamedTuple):
    """An exponent `a + fixed` of two dims, by the node that sums over `axis`.

    `a` is a vector along that axis; no step changes `fixed`.
    """

    node: Apply
    axis: int
    a: Any
    fixed: Any


@rewrite(Phase.LOOPS, LoopOp, grade=Grade.ROUNDING)
def log_of_product_in_loop(node: Apply) -> Any:
    """logsumexp_j(a_j + c_jk) = m + s_k + log(sum_j exp(a_j - m) exp(c_jk - s_k)).

    Where no step changes c, exp(c - s) is made before the loop. m is the largest of
    a, s = logsumexp_j(c). Softmax likewise. If one of the sums is tiny or not a
    number, the step does as was written.
    """
    graph = node.op.graph  # type: ignore[attr-defined]
    captured = graph.inputs[1 + node.op.states + node.op.sequences :]  # type: ignore[attr-defined]
    fixed = set(captured)
    found = [t for n in graph.nodes if (t := _terms(n, fixed)) is not None]
    if not found:
        return None
    loop = OpenLoop(node)
    pairs = {t.node.outputs[0]: _factored(loop, t) for t in found}
    loop.substitute(pairs)
    return loop.close().replacements()


def _terms(node: Apply, fixed: set[Variable]) -> Terms | None:
    op: Any = node.op
    if not isinstance(op, LogSumExp | Softmax) or len(op.axes) != 1:
        return None
    exponent: Any = node.inputs[0]
    inner = exponent.owner
    if exponent.ndim != 2 or inner is None or inner.op != add:
        return None
    if len(inner.inputs) != 2 or exponent.type.dtype not in LEAST:
        return None
    (axis,) = op.axes
    for one, other in (inner.inputs, inner.inputs[::-1]):
        a, c = _spread_vector(one, axis), _matrix(other, fixed)
        if a is None or c is None or a in fixed:
            continue
        if a.type.dtype == c.type.dtype == exponent.type.dtype:
            return Terms(node, axis, a, c)
    return None


def _spread_vector(variable: Any, axis: int) -> Any:
    """Return the vector that a matrix repeats across `axis`, or None."""
    node = variable.owner
    if variable.ndim == 1 and axis == 1:
        a = variable
    elif node is not None and node.op == (DOWN, ACROSS)[axis]:
        (a,) = node.inputs
    else:
        return None
    return None if a.type.shape[0] == 1 or isinstance(a, Constant) else a


def _matrix(variable: Any, fixed: set[Variable]) -> Any:
    """Return a matrix that no step changes and that isn't repeated, or None."""
    node = variable.owner
    is_turned = node is not None and node.op == TRANSPOSED
    source = node.inputs[0] if is_turned else variable
    known = source in fixed or isinstance(source, Constant)
    return variable if known and 1 not in variable.type.shape else None


def _factored(loop: OpenLoop, terms: Terms) -> Any:
    """Return what replaces the result of `terms.node` inside of the loop."""
    outside = _outside(loop, terms.fixed)
    dtype = outside.type.dtype
    scale = LogSumExp((terms.axis,))(outside)
    zero = constant(0.0, dtype=dtype)
    finite = switch(isfinite(scale), scale, zero)
    across = (ACROSS, DOWN)[terms.axis]
    moves = loop.capture(exp(sub(outside, across(finite))))
    scale_in = loop.capture(scale)
    never = loop.capture(eq(scale, constant(float("-inf"), dtype=dtype)))

    a = terms.a
    # Of no elements it is -inf, as a sum of none is 0.
    least = constant([float("-inf")], dtype=dtype)
    m = Max((0,))(join(0, least, a))
    p = exp(sub(a, m))
    q = Dot()(p, moves) if terms.axis == 0 else Dot()(moves, p)
    is_good = or_(ge(q, constant(LEAST[dtype], dtype=dtype)), and_(never, eq(q, zero)))
    if isinstance(terms.node.op, LogSumExp):
        quick = add(add(m, scale_in), log(q))
        given = [a, terms.fixed, m, scale_in, q]
    else:
        along = (DOWN, ACROSS)[terms.axis]
        quick = true_div(mul(along(p), moves), across(q))
        given = [a, terms.fixed, p, moves, q]
    given = [v for v in given if not isinstance(v, Constant)]
    choice = IfElse(
        FrozenGraph(given, [terms.node.outputs[0]]), FrozenGraph(given, [quick])
    )
    return choice(AnyTrue((0,))(invert(is_good)), *given)


def _outside(loop: OpenLoop, fixed: Any) -> Any:
    if isinstance(fixed, Constant):
        return fixed
    if fixed.owner is None:
        return loop.captured[fixed]
    source = fixed.owner.inputs[0]
    return TRANSPOSED(source if isinstance(source, Constant) else loop.captured[source])
