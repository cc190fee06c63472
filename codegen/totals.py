"""States of a loop that do nothing but add up what its steps make: sums and extremes.

Steps of such a loop don't wait for each other: some of them at a time, a piece, can
have totals of their own, which are combined in order at the end.
"""

from theanolike.codegen.in_place import is_whole
from theanolike.codegen.program import (
    Call,
    Library,
    Load,
    Loop,
    Map,
    Node,
    Program,
    Scalar,
    Scatter,
    Value,
)
from theanolike.codegen.schedule.needed import extent_sources

_KINDS = {
    "add": "add",
    "sub": "add",
    "maximum": "max",
    "minimum": "min",
    "guessed_maximum": "max",
    "guessed_minimum": "min",
    "and": "and",
    "or": "or",
}
_OF_BOOLS = ("and", "or")


def totals_of(node: Loop) -> tuple[str, ...]:
    """Return for each state how it combines what steps make; empty if one doesn't.

    Kinds are those of a `Reduce`. Products aren't among them: that of a piece may be
    too large or too small for a number where that of all steps isn't.
    """
    if node.until or not node.in_pieces:
        return ()
    kinds = _kinds_of(node.body, range(len(node.states)))
    return kinds if all(kinds) else ()


def _kinds_of(body: Program, places: range) -> tuple[str, ...]:
    read_by: dict[Value, list[Node | None]] = {}
    for node in body.nodes:
        for value in (*node.operands, *extent_sources(node)):
            read_by.setdefault(value, []).append(node)
    for value in body.outputs:
        read_by.setdefault(value, []).append(None)
    return tuple(_kind_of(body, k, read_by) for k in places)


def _kind_of(body: Program, k: int, read_by: dict[Value, list[Node | None]]) -> str:
    """Return how state `k` grows: what reads it and nothing else makes the next one."""
    value: Value | None = body.inputs[1 + k]
    kinds = set()
    while value is not None and value is not body.outputs[k]:
        readers = read_by.get(value, [])
        if len(readers) != 1 or readers[0] is None:
            return ""
        kind, value = _grown(readers[0], value)
        kinds.add(kind)
    last = value is not None and len(read_by[value]) == 1
    return kinds.pop() if last and len(kinds) == 1 else ""


def _grown(node: Node, value: Value) -> tuple[str, Value | None]:
    """Return how a node combines a value with what doesn't depend on it, and its name.

    None if it does anything else.
    """
    if isinstance(node, Map):
        return _kind_of_map(node, value), node.results[0]
    loaded = any(isinstance(s, Load) and s.source is value for s in node.scalars)
    if isinstance(node, Scatter) and node.kind == "add" and not loaded:
        return "add", node.results[0]
    if isinstance(node, Library) and node.name == "gemm_add":
        is_term = value is node.operands[2]
        return ("add", node.results[0]) if is_term else ("", None)
    if isinstance(node, Loop) and value in node.states:
        k = node.states.index(value)
        return _kinds_of(node.body, range(k, k + 1))[0], node.results[k]
    return "", None


def _kind_of_map(node: Map, value: Value) -> str:
    """Return what the element of `value` at the same place is an operand of."""
    made = node.results[0]
    loads = [s for s in node.scalars if isinstance(s, Load) and s.source is value]
    if len(loads) != 1 or not is_whole(loads[0]) or value.shape != made.shape:
        return ""
    stack: list[tuple[Scalar, str]] = [(node.body, "")]
    while stack:
        part, kind = stack.pop()
        if part is loads[0]:
            return kind
        called = _KINDS.get(part.name, "") if isinstance(part, Call) else ""
        if not isinstance(part, Call) or called != (kind or called):
            continue
        if part.dtype != made.dtype or part.dtype.startswith("complex"):
            continue
        if called in _OF_BOOLS and part.dtype != "bool":
            continue
        operands = part.args[:1] if part.name == "sub" else part.args
        stack += [(operand, called) for operand in operands if called]
    return ""
