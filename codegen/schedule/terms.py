"""The terms of a small reduction as one scalar expression."""

from collections.abc import Iterator, Sequence

from theanolike.codegen.program import Call, Literal, Reduce, Scalar, as_index
from theanolike.codegen.reductions import LANES, identity
from theanolike.codegen.schedule.folding import fold_call, points


def combined(node: Reduce, terms: Sequence[Scalar]) -> Scalar:
    """Return an element of a reduction: its terms, combined in a fixed order."""
    dtype = node.results[0].dtype
    if node.kind in ("argmax", "argmin"):
        return cast(_position(node.kind, terms), dtype)
    terms = [cast(t, node.accumulator) for t in terms]
    rank = len(node.domain)
    in_rows = set(node.axes) == set(range(rank - len(node.axes), rank))
    return cast((_in_lanes if in_rows else _in_order)(node, terms), dtype)


def cast(scalar: Scalar, dtype: str) -> Scalar:
    """Return a scalar in another dtype."""
    return scalar if scalar.dtype == dtype else Call("cast", dtype, (scalar,))


def select(condition: Scalar, then: Scalar, otherwise: Scalar) -> Scalar:
    """Return a choice, or what is chosen where that is known."""
    args = (condition, then, otherwise)
    return fold_call(Call("select", then.dtype, args), args)


def through(node: Reduce, point: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Return the points of a domain that are combined into the result's `point`."""
    kept = iter(point)
    fixed = [
        None if axis in node.axes else next(kept) for axis in range(len(node.domain))
    ]
    for reduced in points(tuple(node.domain[axis] for axis in node.axes)):
        rest = iter(reduced)
        yield tuple(next(rest) if at is None else at for at in fixed)


_COMBINE = {"max": "maximum", "min": "minimum"}


def _both(node: Reduce, a: Scalar, b: Scalar) -> Scalar:
    return Call(_COMBINE.get(node.kind, node.kind), node.accumulator, (a, b))


def _started(node: Reduce, first: Scalar) -> Scalar:
    """Return the first term; a sum starts from 0, so that it is never -0."""
    if node.kind != "add" or "int" in node.accumulator or node.accumulator == "bool":
        return first
    zero = Literal(identity("add", node.accumulator), node.accumulator)
    return _both(node, zero, first)


def _in_order(node: Reduce, terms: Sequence[Scalar]) -> Scalar:
    total = _started(node, terms[0])
    for term in terms[1:]:
        total = _both(node, total, term)
    return total


def _in_lanes(node: Reduce, terms: Sequence[Scalar]) -> Scalar:
    """Combine as lanes do (reductions.py): the same bits as in a loop."""
    lanes: list[Scalar | None] = [None] * LANES
    lanes[0] = _started(node, terms[0])
    for at, term in enumerate(terms[1:], 1):
        lane = lanes[at % LANES]
        lanes[at % LANES] = term if lane is None else _both(node, lane, term)
    width = LANES // 2
    while width:
        for at in range(width):
            a, b = lanes[at], lanes[at + width]
            if a is not None and b is not None:
                lanes[at] = _both(node, a, b)
        width //= 2
    if lanes[0] is None:
        raise AssertionError("a reduction has terms")
    return lanes[0]


def _position(kind: str, terms: Sequence[Scalar]) -> Scalar:
    """Return where the largest or least term is, the first of them; NaN wins."""
    best, at = terms[0], as_index(0)
    for k, term in enumerate(terms[1:], 1):
        better: Scalar = Call("gt" if kind == "argmax" else "lt", "bool", (term, best))
        if "int" not in term.dtype and term.dtype != "bool":
            unordered = Call("ne", "bool", (term, term))
            ordered = Call("eq", "bool", (best, best))
            both = Call("and", "bool", (unordered, ordered))
            better = Call("or", "bool", (better, both))
        best, at = select(better, term, best), select(better, as_index(k), at)
    return at
