"""Weights of which a part stays: their sums in a loop need no matrix of them.

The gradient of a hidden Markov model sums up how likely each move was in each step.
"""

from typing import Any, NamedTuple

from theanolike.graph.apply import Apply
from theanolike.graph.frozen import FrozenGraph
from theanolike.graph.variable import Constant
from theanolike.ops.arithmetic import absolute, add, mul, sub, true_div
from theanolike.ops.broadcast import SumTo
from theanolike.ops.comparison import eq, ge, isfinite, le
from theanolike.ops.conditional import switch
from theanolike.ops.dimshuffle import DimShuffle
from theanolike.ops.exponential import exp
from theanolike.ops.extrema import Largest
from theanolike.ops.logic import and_, invert
from theanolike.ops.reduction import AnyTrue, Sum
from theanolike.ops.scan.ifelse import IfElse
from theanolike.ops.scan.loop import LoopOp
from theanolike.ops.softmax import Softmax
from theanolike.rewrites.extents import covers
from theanolike.rewrites.loops.exponents import (
    ACROSS,
    DOWN,
    LEAST,
    Terms,
    captured_of,
    combined,
    finite_or_zero,
    outside_of,
    spread_vector,
    terms_of,
    weights_of_vector,
)
from theanolike.rewrites.loops.invariant import has_steps
from theanolike.rewrites.loops.opened import OpenLoop, State, fitting, readers
from theanolike.rewrites.loops.stacked import TRANSPOSED
from theanolike.rewrites.loops.sums import over_all_steps
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import rewrite
from theanolike.types.constants import constant

__all__ = ["weights_behind_loop"]

# Factors of more than this might overflow where the weights themselves don't.
MOST = {"float64": 1e200, "float32": 1e30}


class Total(NamedTuple):
    """A state that adds `term`, the weights or their transpose, in each step.

    `is_summed`: along dims in which c has an extent of 1.
    """

    place: int
    term: Any
    is_flipped: bool
    is_summed: bool


class Weights(NamedTuple):
    """What a step makes of g_k softmax_j(a_j + c_jk): nothing but these.

    Attributes
    ----------
    terms : Terms
        Of the softmax.
    g : list
        Vectors and numbers whose product is g.
    sums : dict
        From sums over k to what makes them of the sum that is like a.
    totals : list of Total
    """

    terms: Terms
    g: list[Any]
    sums: dict[Any, Any]
    totals: list[Total]


@rewrite(Phase.LOOPS, LoopOp, grade=Grade.ROUNDING)
def weights_behind_loop(node: Apply) -> Any:
    """s[t+1] = s[t] + g_k softmax_j(a_j + c_jk): s[n] = s[0] + e * dot(p.T, g / q).

    No step changes c; e = exp(c - max_j(c)), p = exp(a - max(a)), q = dot(p, e),
    with rows for all steps. The sum over k of the weights is p * dot(e, g / q).
    If a q is tiny or not a number, or g / q huge, the step does as was written.
    """
    op: Any = node.op
    if op.until:
        return None
    fixed, read_by = captured_of(node), readers(op.graph)
    for one in op.graph.nodes:
        if isinstance(one.op, Softmax):
            terms = terms_of(one, fixed)
            weights = None if terms is None else _weights(terms, op, read_by)
            if weights is not None:
                return _Factored(node, weights).replacements()
    return None


def _weights(terms: Terms, op: Any, read_by: dict[Any, Any]) -> Weights | None:
    softmax = terms.node.outputs[0]
    product = read_by[softmax][0]
    if len(read_by[softmax]) != 1 or product is None or product.op != mul:
        return None
    g = [
        v if v.ndim == 0 else spread_vector(v, 1 - terms.axis)
        for v in product.inputs
        if v is not softmax
    ]
    if any(v is None for v in g) or all(v.ndim == 0 for v in g):
        return None
    found = Weights(terms, g, {}, [])
    for reader in read_by[product.outputs[0]]:
        if reader is None:
            return None
        sums = _sums(reader, terms, read_by)
        total = None if sums else _total(reader, product, terms, op, read_by)
        if total is not None:
            found.totals.append(total)
        elif sums:
            found.sums.update(sums)
        else:
            return None
    return found


def _sums(reader: Any, terms: Terms, read_by: dict[Any, Any]) -> dict[Any, Any]:
    """Return what reads the weights as a sum over k, and what makes it like that."""
    out = reader.outputs[0]
    if isinstance(reader.op, Sum):
        is_same = out.type.dtype == terms.a.type.dtype
        along = reader.op.axes == (1 - terms.axis,)
        return {out: _as_is} if is_same and along else {}
    if reader.op != SumTo():
        return {}
    if spread_vector(reader.inputs[1], terms.axis) is not terms.a:
        return {}

    def like_a(value: Any) -> Any:
        return SumTo()(value, terms.a)

    if out.ndim == 1:
        return {out: like_a}
    narrow = DimShuffle((terms.axis,))
    if all(n is not None and n.op == narrow for n in read_by[out]):
        return {n.outputs[0]: like_a for n in read_by[out]}
    return {out: lambda value: (DOWN, ACROSS)[terms.axis](like_a(value))}


def _as_is(value: Any) -> Any:
    return value


def _total(
    reader: Any, product: Apply, terms: Terms, op: Any, read_by: dict[Any, Any]
) -> Total | None:
    """Return the state that adds the weights, if `reader` leads to one."""
    term: Any = product.outputs[0]
    source = terms.fixed.owner.inputs[0] if terms.fixed.owner else None
    is_flipped = is_summed = False
    while reader is not None and reader.op != add:
        (term,) = reader.outputs
        if reader.op == TRANSPOSED:
            is_flipped = not is_flipped
        elif reader.op == SumTo() and not is_summed:
            is_summed = True
            if reader.inputs[1] is not (source if is_flipped else terms.fixed):
                return None
        else:
            return None
        reader = read_by[term][0] if len(read_by[term]) == 1 else None
    place = -1 if reader is None else _state_added_to(reader, term, op, read_by)
    return Total(place, term, is_flipped, is_summed) if place >= 0 else None


def _state_added_to(reader: Any, term: Any, op: Any, read_by: dict[Any, Any]) -> int:
    """Return the place of the state that is a sum, which nothing else reads; or -1."""
    after = reader.outputs[0]
    if read_by[after] != [None] or reader.inputs.count(term) != 1:
        return -1
    place: int = op.graph.outputs.index(after)
    if place >= op.states:
        return -1
    before = op.graph.inputs[1 + place]
    if read_by.get(before) != [reader] or reader.inputs.count(before) != 1:
        return -1
    one, other = before.type, term.type
    return place if (one.ndim, one.dtype) == (2, other.dtype) else -1


class _Factored:
    """A loop whose weights are kept as the factors of which they are made."""

    def __init__(self, node: Apply, weights: Weights) -> None:
        self.node, self.weights = node, weights
        self.loop = OpenLoop(node)
        terms = weights.terms
        self.dtype = terms.a.type.dtype
        self.outside = outside_of(self.loop, terms.fixed)
        c = self.outside if terms.axis == 0 else TRANSPOSED(self.outside)
        shift = finite_or_zero(Largest((0,))(c))
        self.e = exp(sub(c, shift))
        # Of its own, in the order in which the other product reads it.
        self.e_turned = exp(sub(TRANSPOSED(c), DOWN(shift)))
        _, self.p = weights_of_vector(terms.a)
        q = combined(self.p, self.loop.capture(self.e), 0)
        g = weights.g[0] if len(weights.g) == 1 else mul(*weights.g)
        self.r = true_div(g, q)
        is_good = and_(
            and_(ge(q, self._number(LEAST[self.dtype])), isfinite(q)),
            le(absolute(self.r), self._number(MOST[self.dtype])),
        )
        self.is_bad = AnyTrue((0,))(invert(is_good))

    def _number(self, value: float) -> Any:
        return constant(value, dtype=self.dtype)

    def replacements(self) -> list[Any] | None:
        """Return what replaces the outputs of the loop."""
        loop, totals = self.loop, self.weights.totals
        safe = has_steps(self.node)
        for total in totals:
            start = loop.states[total.place].start
            if not (safe or covers(start, self._like(total))):
                return None
        sequences, captured = dict(loop.sequences), dict(loop.captured)
        wanted = [self.p, self.r, self.is_bad, self.weights.terms.a, *self.weights.g]
        kept = {}
        for v in wanted if totals else ():
            if not (v in sequences or v in captured or isinstance(v, Constant)):
                kept[v] = loop.collect(v)
        befores = {total.place: loop.states[total.place] for total in totals}
        for total in totals:
            self._leave_out(befores[total.place], total.term)
        loop.substitute(self._sums())
        finals = {s.old: s.start for s in befores.values() if s.after is s.before}
        loop.states = [s for s in loop.states if s.old not in finals]
        closed = loop.close()
        for total in totals:
            finals.setdefault(total.place, closed.replacements()[total.place])
        rows = sequences | {v: closed.of_row(row) for v, row in kept.items()}
        for total in totals:
            finals[total.place] = self._behind(
                total, befores[total.place].before, finals[total.place], rows, captured
            )
        return closed.replacements(finals)

    def _like(self, total: Total) -> Any:
        """Return what has the shape of what a state adds."""
        return TRANSPOSED(self.outside) if total.is_flipped else self.outside

    def _leave_out(self, state: State, term: Any) -> None:
        left = [v for v in state.after.owner.inputs if v is not term]
        state.after = left[0] if len(left) == 1 else add(*left)

    def _sums(self) -> dict[Any, Any]:
        """Return what replaces the sums over k."""
        weights = self.weights
        if not weights.sums:
            return {}
        turned = self.loop.capture(self.e_turned)
        given = [weights.terms.a, weights.terms.fixed, *weights.g]
        given = _variables([*given, self.p, turned, self.r])
        total = mul(self.p, combined(self.r, turned, 0))
        quick = [make(total) for make in weights.sums.values()]
        choice = IfElse(
            FrozenGraph(given, list(weights.sums)),
            FrozenGraph(given, quick),
            stands_by=True,
        )
        made = choice(self.is_bad, *given, return_list=True)
        return dict(zip(weights.sums, made, strict=True))

    def _behind(
        self,
        total: Total,
        before: Any,
        start: Any,
        rows: dict[Any, Any],
        captured: dict[Any, Any],
    ) -> Any:
        """Return a state after the last step."""
        bad = rows[self.is_bad]
        exact = self._as_written(total, before, start, rows, captured)
        zero = self._number(0.0)
        p, r = rows[self.p], rows[self.r]
        none = [switch(DOWN(bad), zero, v) for v in (p, r)]
        careful = self._added(total, exact, *none)
        quick = self._added(total, start, p, r)
        given = [*exact.owner.inputs, start, p, r, bad, self.e, self.e_turned]
        given.append(self.outside)
        given = _variables(given)
        choice = IfElse(
            FrozenGraph(given, [careful]), FrozenGraph(given, [quick]), stands_by=True
        )
        return choice(AnyTrue((0,))(bad), *given)

    def _added(self, total: Total, start: Any, p: Any, r: Any) -> Any:
        """Return `start` and the weights of all steps that were factored."""
        is_turned = total.is_flipped != (self.weights.terms.axis == 1)
        e, left, right = (self.e_turned, r, p) if is_turned else (self.e, p, r)
        product = over_all_steps(left, right, start, is_safe=has_steps(self.node))
        # Where all is 0, e may be infinite or NaN: a step without factors says so.
        zero = self._number(0.0)
        value = switch(eq(product, zero), zero, mul(e, product))
        return add(
            start, SumTo()(value, self._like(total)) if total.is_summed else value
        )

    def _as_written(
        self,
        total: Total,
        before: Any,
        start: Any,
        rows: dict[Any, Any],
        captured: dict[Any, Any],
    ) -> Any:
        """Return `start` and the weights of the other steps, one after the other."""
        op: Any = self.node.op
        read = _variables([self.weights.terms.a, *self.weights.g])
        walked = [self.is_bad, *(v for v in read if v in rows)]
        fixed = self.weights.terms.fixed
        same = [fixed, *(v for v in read if v not in rows)]
        if total.is_flipped and fixed.owner:
            same.append(fixed.owner.inputs[0])
        same = _variables(same)
        own = [before, *read, *same]
        chosen = IfElse(
            FrozenGraph(own, [add(before, total.term)]), FrozenGraph(own, [before])
        )
        after = chosen(self.is_bad, *own)
        step = self.loop.step
        body = FrozenGraph([step, before, *walked, *same], [after])
        loop = LoopOp(body, 1, 0, sequences=len(walked), reverse=op.reverse)
        outer = [fitting(v, rows[v], rows=True) for v in walked]
        given = {v: self.outside if v is fixed else captured[v] for v in same}
        outer += [fitting(v, x) for v, x in given.items()]
        return loop(self.node.inputs[0], start, *outer)


def _variables(values: list[Any]) -> list[Any]:
    return list(dict.fromkeys(v for v in values if not isinstance(v, Constant)))
