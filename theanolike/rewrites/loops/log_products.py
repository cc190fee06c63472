"""Sums of exponentials in a loop, where a part of the exponent stays: products.

A step of a hidden Markov model, say, needs no exponential of a matrix then.
"""

from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.frozen import FrozenGraph
from theanolike.graph.variable import Constant
from theanolike.ops.arithmetic import add, mul, sub, true_div
from theanolike.ops.comparison import eq, ge
from theanolike.ops.conditional import switch
from theanolike.ops.exponential import exp, log
from theanolike.ops.extrema import Largest
from theanolike.ops.logic import invert
from theanolike.ops.reduction import AnyTrue
from theanolike.ops.scan.ifelse import IfElse
from theanolike.ops.scan.loop import LoopOp
from theanolike.ops.softmax import LogSumExp
from theanolike.rewrites.loops.exponents import (
    ACROSS,
    DOWN,
    LEAST,
    Terms,
    captured_of,
    combined,
    finite_or_zero,
    outside_of,
    terms_of,
    weights_of_vector,
)
from theanolike.rewrites.loops.opened import OpenLoop
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import rewrite
from theanolike.types.constants import constant

__all__ = ["log_of_product_in_loop"]


@rewrite(Phase.LOOPS, LoopOp, grade=Grade.ROUNDING)
def log_of_product_in_loop(node: Apply) -> Any:
    """logsumexp_j(a_j + c_jk) = m + s_k + log(sum_j exp(a_j - m) exp(c_jk - s_k)).

    Where no step changes c, exp(c - s) is made before the loop. m is the largest of
    a, s_k the largest of c_jk. Softmax likewise. If one of the sums is tiny or not a
    number, the step does as was written.
    """
    graph = node.op.graph  # type: ignore[attr-defined]
    fixed = captured_of(node)
    found = [t for n in graph.nodes if (t := terms_of(n, fixed)) is not None]
    if not found:
        return None
    loop = OpenLoop(node)
    pairs = {t.node.outputs[0]: _factored(loop, t) for t in found}
    loop.substitute(pairs)
    return loop.close().replacements()


def _factored(loop: OpenLoop, terms: Terms) -> Any:
    """Return what replaces the result of `terms.node` inside of the loop."""
    outside = outside_of(loop, terms.fixed)
    dtype = outside.type.dtype
    scale = Largest((terms.axis,))(outside)
    zero = constant(0.0, dtype=dtype)
    across = (ACROSS, DOWN)[terms.axis]
    moves = loop.capture(exp(sub(outside, across(finite_or_zero(scale)))))
    scale_in = loop.capture(scale)
    # 0 is right where no term ever counts.
    never = eq(scale, constant(float("-inf"), dtype=dtype))
    least = loop.capture(switch(never, zero, constant(LEAST[dtype], dtype=dtype)))

    a = terms.a
    m, p = weights_of_vector(a)
    q = combined(p, moves, terms.axis)
    is_good = ge(q, least)
    if isinstance(terms.node.op, LogSumExp):
        quick = add(add(m, scale_in), log(q))
        given = [a, terms.fixed, m, scale_in, q]
    else:
        along = (DOWN, ACROSS)[terms.axis]
        quick = true_div(mul(along(p), moves), across(q))
        given = [a, terms.fixed, p, moves, q]
    given = [v for v in given if not isinstance(v, Constant)]
    choice = IfElse(
        FrozenGraph(given, [terms.node.outputs[0]]),
        FrozenGraph(given, [quick]),
        stands_by=True,
    )
    return choice(AnyTrue((0,))(invert(is_good)), *given)
