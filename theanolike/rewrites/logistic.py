"""Gradients of logistic losses: quotients cancelled, what is left a difference."""

from collections import Counter
from typing import Any

from theanolike.graph.apply import Apply
from theanolike.graph.function_graph import FunctionGraph
from theanolike.ops.activation import sigmoid
from theanolike.ops.arithmetic import add, mul, neg, sub, true_div
from theanolike.ops.cast import Cast
from theanolike.ops.elementwise import Elementwise
from theanolike.rewrites.factors import PRODUCTS, Parts, collect, parts_of, product_of
from theanolike.rewrites.pattern import conform, uniform
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import rewrite
from theanolike.types.dtypes import is_discrete

__all__: list[str] = []

STABILIZE = Phase.STABILIZE


@rewrite(STABILIZE, *(mul, true_div, neg), grade=Grade.DOMAIN)
def quotients_times_divisors(node: Apply, fgraph: FunctionGraph) -> Any:
    """(a / x - b / y) * x * y = a * y - b * x, and so for a sum."""
    parts = collect(node, fgraph, is_product=True)
    if parts is None or not parts.is_safe():
        return None
    for factor, count in parts.counts.items():
        made = factor.owner
        if count != 1 or made is None or made.op not in (add, sub):
            continue
        if len(made.inputs) != 2 or not fgraph.has_one_client(factor):
            continue
        terms = [parts_of(v, is_product=True) for v in made.inputs]
        shared = _divisors(terms) & +parts.counts
        if not shared or not all(_fits(term, parts) for term in terms):
            continue
        for term in terms:
            term.counts.update(shared)
        first, second = (product_of(term) for term in terms)
        parts.counts.subtract(shared)
        parts.counts[factor] = 0
        parts.counts[made.op(first, second)] = 1
        return conform(node, product_of(parts), parts.leaves + made.inputs)
    return None


def _divisors(terms: list[Parts]) -> Counter[Any]:
    found: Counter[Any] = Counter()
    for term in terms:
        found |= -term.counts
    return found


def _fits(term: Parts, whole: Parts) -> bool:
    return term.is_safe() and term.dtype == whole.dtype


@rewrite(STABILIZE, *(add, sub), grade=Grade.ROUNDING)
def distance_from_target(node: Apply) -> Any:
    """c * (1 - y) * sigmoid(u) - c * y * sigmoid(-u) = c * (sigmoid(u) - y).

    Absolutely as exact: where sigmoid(u) is near y, some digits of it are left.
    """
    if len(node.inputs) != 2 or not all(map(_is_product, node.inputs)):
        return None
    pair = _difference(node)
    if pair is None:
        return None
    first, second, leaves = pair
    mine, others = _excess(first, second), _excess(second, first)
    difference = _distance(mine, others)
    if difference is None:
        reverse = _distance(others, mine)
        difference = None if reverse is None else sub(*reverse.owner.inputs[::-1])
    if difference is None:
        return None
    first.counts.subtract(mine)
    first.counts[difference] += 1
    return conform(node, product_of(first), leaves)


@rewrite(STABILIZE, *(add, sub), grade=Grade.ROUNDING)
def term_less_its_sigmoid(node: Apply) -> Any:
    """c - c * sigmoid(u) = c * sigmoid(-u)."""
    if len(node.inputs) != 2 or not any(map(_is_product, node.inputs)):
        return None
    pair = _difference(node)
    if pair is None:
        return None
    first, second, leaves = pair
    if first.counts.total() > second.counts.total():
        first, second = second, first
        if node.op == sub:
            first.negate()
    rest = Counter(second.counts)
    rest.subtract(first.counts)
    extra = [v for v, n in rest.items() if n]
    if len(extra) != 1 or rest[extra[0]] != 1 or not _is_sigmoid(extra[0]):
        return None
    first.counts[sigmoid(neg(extra[0].owner.inputs[0]))] += 1
    return conform(node, product_of(first), leaves)


def _difference(node: Apply) -> tuple[Parts, Parts, list[Any]] | None:
    """Return two products of one constant whose difference a node is, and leaves."""
    dtype: str = node.outputs[0].type.dtype  # type: ignore[attr-defined]
    terms = [parts_of(v, is_product=True) for v in node.inputs]
    if any(t.dtype != dtype or not t.is_safe() for t in terms):
        return None
    first, second = (_signed(term) for term in terms)
    sign = 1 if node.op == sub else -1
    if is_discrete(dtype) or first.constant != sign * second.constant:
        return None
    return first, second, first.leaves + second.leaves


def _is_product(variable: Any) -> bool:
    """Tell at little cost that most terms have no factors."""
    node = variable.owner
    if node is None or type(node.op) is not Elementwise:
        return False
    return node.op.name in PRODUCTS


def _signed(term: Parts) -> Parts:
    """Take casts and signs of integers out of whole factors: those of -y."""
    for factor, count in list(term.counts.items()):
        source = _uncast(factor)
        made = source.owner
        is_negative = made is not None and made.op == neg and _may_be_negative(source)
        if is_negative:
            source = made.inputs[0]
            if count % 2:
                term.negate()
        if source is not factor:
            del term.counts[factor]
            term.counts[source] += count
    return term


def _uncast(x: Any) -> Any:
    made = x.owner
    if made is None or not isinstance(made.op, Cast):
        return x
    return made.inputs[0] if is_discrete(made.inputs[0].type.dtype) else x


def _may_be_negative(x: Any) -> bool:
    dtype: str = x.type.dtype
    return is_discrete(dtype) and not dtype.startswith("u")


def _excess(term: Parts, other: Parts) -> Counter[Any]:
    """Return the factors that a term has beyond those of another, above the line."""
    found = term.counts - other.counts
    return Counter({v: n for v, n in found.items() if term.counts[v] >= n})


def _distance(mine: Counter[Any], others: Counter[Any]) -> Any:
    """Return sigmoid(u) - y for {1 - y, sigmoid(u)} and {y, sigmoid(-u)}, or None."""
    if mine.total() != 2 or others.total() != 2 or len(mine) != 2 or len(others) != 2:
        return None
    for p, q in (tuple(mine), tuple(mine)[::-1]):
        for r, y in (tuple(others), tuple(others)[::-1]):
            if _is_one_minus(q, y) and _are_complements(p, r):
                return sub(p, y)
    return None


def _is_one_minus(variable: Any, y: Any) -> bool:
    made = variable.owner
    if made is None or made.op != sub or made.inputs[1] is not y:
        return False
    wraps = is_discrete(variable.type.dtype) and not _may_be_negative(variable)
    return not wraps and uniform(made.inputs[0]) == 1


def _are_complements(a: Any, b: Any) -> bool:
    """Tell whether a and b are sigmoid(u) and sigmoid(-u)."""
    if not (_is_sigmoid(a) and _is_sigmoid(b)):
        return False
    u, v = a.owner.inputs[0], b.owner.inputs[0]
    return _is_negative_of(u, v) or _is_negative_of(v, u)


def _is_sigmoid(x: Any) -> bool:
    return x.owner is not None and x.owner.op == sigmoid


def _is_negative_of(a: Any, b: Any) -> bool:
    return a.owner is not None and a.owner.op == neg and a.owner.inputs[0] is b
