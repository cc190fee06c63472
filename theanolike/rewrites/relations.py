"""Comparisons that types or shapes decide, logic, choices, values within bounds."""

import math
from typing import Any

import numpy as np

from theanolike.graph.apply import Apply
from theanolike.graph.function_graph import FunctionGraph
from theanolike.ops.arithmetic import abs_, int_div, mod, sgn
from theanolike.ops.cast import cast
from theanolike.ops.comparison import eq, ge, gt, isinf, isnan, le, lt, neq
from theanolike.ops.conditional import clip, maximum, minimum, switch
from theanolike.ops.elementwise import Elementwise
from theanolike.ops.extents import ShapeItem
from theanolike.ops.logic import and_, invert, or_, right_shift, xor
from theanolike.ops.rounding import (
    ceil,
    floor,
    round_half_away_from_zero,
    round_half_to_even,
    trunc,
)
from theanolike.rewrites.pattern import conform, number, uniform, wildcard
from theanolike.rewrites.phases import Phase
from theanolike.rewrites.registry import rewrite
from theanolike.types.dtypes import COMPLEX, is_discrete, is_float

__all__: list[str] = []

CANONICALIZE = Phase.CANONICALIZE
x, y, z = wildcard("x"), wildcard("y"), wildcard("z")
b, d = wildcard("b", "bool"), wildcard("d", "bool")
i = wildcard("i", "int64")
c, e = number("c"), number("e")

_MIRRORED = {"lt": gt, "gt": lt, "le": ge, "ge": le, "eq": eq, "neq": neq}
# The least and the largest value of ops' results, but for NaN.
_BOUNDS = {
    "abs_": (0.0, math.inf),
    "sqr": (0.0, math.inf),
    "exp": (0.0, math.inf),
    "sqrt": (-0.0, math.inf),
    "sigmoid": (0.0, 1.0),
    "softplus": (0.0, math.inf),
    "tanh": (-1.0, 1.0),
    "sin": (-1.0, 1.0),
    "cos": (-1.0, 1.0),
}
_ROUNDINGS = (floor, ceil, trunc, round_half_to_even, round_half_away_from_zero)
_MOST_SHIFT = 62


def _bounds(variable: Any) -> tuple[Any, Any]:
    """Return the least and the largest value that a variable may have, but for NaN."""
    node, dtype = variable.owner, variable.type.dtype
    if node is not None and isinstance(node.op, ShapeItem):
        return 0, math.inf
    if dtype == "bool":
        return 0, 1
    if is_discrete(dtype):
        info = np.iinfo(dtype)
        is_extent = _is_sum_of_extents(node)
        return (0, math.inf) if is_extent else (int(info.min), int(info.max))
    name = "" if node is None else getattr(node.op, "name", "")
    if not is_float(dtype) or not isinstance(getattr(node, "op", None), Elementwise):
        return -math.inf, math.inf
    return _BOUNDS.get(name, (-math.inf, math.inf))


def _is_sum_of_extents(node: Apply | None) -> bool:
    """Tell whether a node adds or multiplies extents; they don't come near overflow."""
    if node is None or getattr(node.op, "name", "") not in {"add", "mul", "maximum"}:
        return False
    return all(
        (v.owner is not None and isinstance(v.owner.op, ShapeItem))
        or (uniform(v) is not None and uniform(v) >= 0)
        for v in node.inputs
    )


@rewrite(
    CANONICALIZE,
    *(lt, le, gt, ge, eq, neq),
    aliases=["local_useless_elemwise_comparison"],
)
def comparison_by_bounds(node: Apply) -> Any:
    """x.shape[0] < 0 = False, u >= 0 = True for unsigned integers, abs(x) < 0 = False.

    And so for all comparisons with a constant that types, shapes or ops decide.
    """
    for place in (1, 0):
        limit, operand = uniform(node.inputs[place]), node.inputs[1 - place]
        if limit is None or isinstance(limit, complex) or math.isnan(limit):
            continue
        op: Any = node.op if place else _MIRRORED[node.op.name]  # type: ignore[attr-defined]
        answer = _decided(op.name, _bounds(operand), limit)
        # NaN is neither less nor greater, but it is unequal.
        is_sure = not answer or op == neq or is_discrete(operand.type.dtype)  # type: ignore[attr-defined]
        if answer is None or not is_sure:
            continue
        return conform(node, answer, node.inputs)
    return None


def _decided(name: str, bounds: tuple[Any, Any], limit: Any) -> bool | None:
    """Return what a comparison of all numbers within bounds with a limit gives."""
    least, largest = bounds
    below, above = largest < limit, least > limit
    if name in {"eq", "neq"}:
        return name == "neq" if below or above else None
    at_most, at_least = largest <= limit, least >= limit
    yes, no = {
        "lt": (below, at_least),
        "le": (at_most, above),
        "gt": (above, at_most),
        "ge": (at_least, below),
    }[name]
    return True if yes else False if no else None


@rewrite(CANONICALIZE, *(eq, neq, gt, ge, lt, le))
def truth_compared(node: Apply) -> Any:
    """eq(b, True) = neq(b, 0) = gt(b, 0) = b, and eq(b, False) = lt(b, 1) = ~b."""
    for place in (1, 0):
        limit, operand = uniform(node.inputs[place]), node.inputs[1 - place]
        if limit is None or operand.type.dtype != "bool" or limit not in {0, 1}:  # type: ignore[attr-defined]
            continue
        op: Any = node.op if place else _MIRRORED[node.op.name]  # type: ignore[attr-defined]
        holds = [bool(op.row.reference(np.int8(v), np.int8(limit))) for v in (0, 1)]
        if holds[0] == holds[1]:
            return None
        return conform(node, operand if holds[1] else invert(operand), node.inputs)
    return None


@rewrite(CANONICALIZE, invert, aliases=["local_not_comparison"])
def negated_comparison(node: Apply) -> Any:
    """~(x == y) = x != y, and ~(x < y) = x >= y for integers."""
    made = node.inputs[0].owner
    if made is None or not isinstance(made.op, Elementwise):
        return None
    opposite = {"eq": neq, "neq": eq}
    if all(is_discrete(v.type.dtype) for v in made.inputs):  # type: ignore[attr-defined]
        opposite |= {"lt": ge, "ge": lt, "gt": le, "le": gt}
    op = opposite.get(made.op.name)
    return None if op is None else op(*made.inputs)


@rewrite(CANONICALIZE, and_(b, d), or_(b, d), xor(b, d), aliases=["local_useless_and"])
def logic_with_constant(node: Apply, b: Any, d: Any) -> Any:
    """b & True = b | False = b ^ False = b, b & False = False, b | True = True."""
    if not b.type.dtype == d.type.dtype == "bool":
        return None
    for known, other in ((uniform(b), d), (uniform(d), b)):
        if known is None:
            continue
        if node.op == xor:
            return invert(other) if known else other
        return other if bool(known) is (node.op == and_) else known
    return None


@rewrite(CANONICALIZE, xor(i, i))
def xor_of_itself() -> Any:
    """i ^ i = 0."""
    return 0


@rewrite(CANONICALIZE, and_(b, invert(b)))
def both_it_and_not(b: Any) -> Any:
    """b & ~b = False."""
    return 0 if is_discrete(b.type.dtype) else None


@rewrite(CANONICALIZE, or_(b, invert(b)))
def it_or_not(b: Any) -> Any:
    """b | ~b = True."""
    return True if b.type.dtype == "bool" else None


@rewrite(CANONICALIZE, and_(b, and_(b, d)), or_(b, or_(b, d)))
def said_twice(node: Apply, b: Any, d: Any) -> Any:
    """b & (b & d) = b & d, and so for |."""
    return node.op(b, d)


@rewrite(CANONICALIZE, isnan, isinf)
def finite_by_type(node: Apply) -> Any:
    """isnan(i) = isinf(i) = False, of integers."""
    operand: Any = node.inputs[0]
    is_known = is_discrete(operand.type.dtype)
    return conform(node, False, [operand]) if is_known else None


@rewrite(CANONICALIZE, maximum(x, c), minimum(x, c), aliases=["local_useless_clip"])
def bound_without_effect(node: Apply, x: Any, c: Any) -> Any:
    """maximum(abs(x), 0) = abs(x), minimum(x, inf) = x, by the bounds of x."""
    limit = uniform(c)
    if isinstance(limit, complex) or math.isnan(limit) or x.type.dtype in COMPLEX:
        return None
    least, largest = _bounds(x)
    if node.op == maximum:
        # The larger of -0 and 0 may be either.
        is_useless = least > limit or (least == limit and not _is_zero(x, limit))
    else:
        is_useless = largest < limit or (largest == limit and limit != 0)
    return x if is_useless else None


def _is_zero(x: Any, limit: Any) -> bool:
    """Tell whether a bound is a zero whose sign may differ from that of x."""
    sign = math.copysign(1, limit)
    name = getattr(x.owner.op, "name", "") if x.owner is not None else ""
    return limit == 0 and is_float(x.type.dtype) and (sign < 0 or name == "sqrt")


@rewrite(CANONICALIZE, maximum(maximum(x, c), e), minimum(minimum(x, c), e))
def two_bounds(node: Apply, x: Any, c: Any, e: Any) -> Any:
    """maximum(maximum(x, 1), 2) = maximum(x, 2), and so for minimum."""
    first, second = uniform(c), uniform(e)
    if any(isinstance(v, complex) or math.isnan(v) for v in (first, second)):
        return None
    if first == second == 0:
        return None
    wins = first > second if node.op == maximum else first < second
    return node.op(x, c if wins else e)


@rewrite(CANONICALIZE, *_ROUNDINGS)
def rounded_already(node: Apply) -> Any:
    """floor(ceil(x)) = ceil(x), and so for all roundings, of integers too."""
    operand: Any = node.inputs[0]
    if operand.type.dtype != node.outputs[0].type.dtype:  # type: ignore[attr-defined]
        return None
    made = operand.owner
    is_whole = made is not None and made.op in _ROUNDINGS
    return operand if is_whole or is_discrete(operand.type.dtype) else None


@rewrite(CANONICALIZE, abs_(x))
def size_of_positive(x: Any) -> Any:
    """abs(exp(x)) = exp(x), and so for all that is never below 0."""
    if x.type.dtype == "bool" or x.type.dtype in COMPLEX:
        return None
    least, _ = _bounds(x)
    return x if least >= 0 and math.copysign(1, least) > 0 else None


@rewrite(CANONICALIZE, sgn(sgn(x)))
def sign_of_sign(x: Any) -> Any:
    """sgn(sgn(x)) = sgn(x)."""
    return sgn(x)


@rewrite(CANONICALIZE, switch(b, switch(b, x, y), z))
def switch_within_its_arm(b: Any, x: Any, z: Any) -> Any:
    """switch(b, switch(b, x, y), z) = switch(b, x, z)."""
    return switch(b, x, z)


@rewrite(CANONICALIZE, switch(b, x, switch(b, y, z)))
def switch_within_its_other_arm(b: Any, x: Any, z: Any) -> Any:
    """switch(b, x, switch(b, y, z)) = switch(b, x, z)."""
    return switch(b, x, z)


@rewrite(CANONICALIZE, switch(b, 1, 0))
def switch_to_one(node: Apply, b: Any) -> Any:
    """switch(b, 1, 0) = b, as a number."""
    dtype: str = node.outputs[0].type.dtype  # type: ignore[attr-defined]
    return cast(b, dtype) if dtype not in COMPLEX and _no_minus(node) else None


@rewrite(CANONICALIZE, switch(b, 0, 1))
def switch_to_zero(node: Apply, b: Any) -> Any:
    """switch(b, 0, 1) = ~b, as a number."""
    dtype: str = node.outputs[0].type.dtype  # type: ignore[attr-defined]
    return cast(invert(b), dtype) if dtype not in COMPLEX and _no_minus(node) else None


def _no_minus(node: Apply) -> bool:
    """Tell that no arm is -0."""
    return not any(np.signbit(v.data).any() for v in node.inputs[1:])  # type: ignore[attr-defined]


@rewrite(Phase.SPECIALIZE, switch(b, x, y))
def function_of_switch(node: Apply, fgraph: FunctionGraph) -> Any:
    """switch(b, f(x), f(y)) = f(switch(b, x, y)), for a function of one operand."""
    chosen, *arms = node.inputs
    made = [v.owner for v in arms]
    if any(m is None or not isinstance(m.op, Elementwise) for m in made):
        return None
    first, second = made
    if first.op != second.op or len(first.inputs) != 1 or len(second.inputs) != 1:  # type: ignore[union-attr]
        return None
    sources = [m.inputs[0] for m in made]  # type: ignore[union-attr]
    kinds = {v.type for v in (*sources, *arms)}
    if len(kinds) > 1 or not all(map(fgraph.has_one_client, arms)):
        return None
    return conform(node, first.op(switch(chosen, *sources)), node.inputs)  # type: ignore[union-attr]


@rewrite(CANONICALIZE, int_div(x, 1))
def divided_by_one(x: Any) -> Any:
    """i // 1 = i, of integers."""
    return x if is_discrete(x.type.dtype) else None


@rewrite(CANONICALIZE, mod(x, 1))
def remainder_by_one(x: Any) -> Any:
    """i % 1 = 0, of integers."""
    return 0 if is_discrete(x.type.dtype) else None


@rewrite(Phase.SPECIALIZE, int_div(x, c), aliases=["local_intdiv_by_one"])
def division_by_shift(x: Any, c: Any) -> Any:
    """i // 8 = i >> 3, of integers and powers of two."""
    shift = _shift(x, uniform(c))
    return right_shift(x, shift) if shift else None


@rewrite(Phase.SPECIALIZE, mod(x, c))
def remainder_by_mask(x: Any, c: Any) -> Any:
    """i % 8 = i & 7, of integers and powers of two."""
    shift = _shift(x, uniform(c))
    return and_(x, (1 << shift) - 1) if shift else None


def _shift(x: Any, divisor: Any) -> int | None:
    """Return k where an integer is divided by 2 ** k, k > 0."""
    if not is_discrete(x.type.dtype) or x.type.dtype == "bool":
        return None
    if divisor < 2 or divisor & (divisor - 1):
        return None
    shift = int(divisor).bit_length() - 1
    return (
        shift
        if shift <= min(_MOST_SHIFT, 8 * np.dtype(x.type.dtype).itemsize - 2)
        else None
    )


@rewrite(CANONICALIZE, clip(clip(x, y, z), y, z))
def clip_of_clip(x: Any, y: Any, z: Any) -> Any:
    """clip(clip(x, y, z), y, z) = clip(x, y, z)."""
    return clip(x, y, z)
