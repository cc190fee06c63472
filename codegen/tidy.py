"""Printed source for people: no parentheses that change nothing, indented by braces.

Emitters put parentheses around whatever they print, which is right wherever it goes.
Here those are dropped without which an expression says the same, operator by operator
and in the same order. Compiled text doesn't pass here.
"""

import re
from collections.abc import Iterable

_BINARY = re.compile(r" (\+|-|\*|/|%|<<|>>|<=?|>=?|==|!=|&&?|\^|\|\|?|\?|:) ")
_LADDER = (
    "? :",
    "||",
    "&&",
    "|",
    "^",
    "&",
    "== !=",
    "< <= > >=",
    "<< >>",
    "+ -",
    "* / %",
)
_PRECEDENCE = {sign: k for k, signs in enumerate(_LADDER) for sign in signs.split()}
_COMPARED = {6, 7}
_OPERAND, _SIGNED = 12, 11  # nothing at all, and a sign in front
_ANYTHING = -1  # what a place takes that ends at a comma, a bracket or an assignment
_BITS = {"&", "^", "|", "<<", ">>", "%"}  # whose rank few people know by heart
_TYPE = re.compile(r"(const )?[A-Za-z_]\w*( ?\*+)?")
_KEYWORD = re.compile(r"\b(if|for|while|switch|sizeof|decltype|catch|asm)$")
_OPEN = re.compile(r"(^|[(\[{,;]|[^=<>!]=|\breturn)$")
_CLOSE = re.compile(r" ?([)\]};,]|$)")
_COUNT = re.compile(r"(?<!~)\(i64\)(?=\d+\b)")
_MINUS = re.compile(r" \+ -(?=\d+[^\d.e])")  # of integers
_NESTED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}")


def tidy(text: str) -> str:
    """Return C++ of ours without needless parentheses, indented by its braces."""
    lines, depth = [], 0
    for line in text.split("\n"):
        bare = line.strip()
        if not bare.startswith("//"):
            bare = without_parentheses(_COUNT.sub("", bare))
            bare = _MINUS.sub(" - ", bare)
        closing = len(bare) - len(bare.lstrip("}"))
        lines.append("  " * (depth - closing) + bare if bare else "")
        if not bare.startswith("//"):
            depth += bare.count("{") - bare.count("}")
    return "\n".join(lines)


def without_parentheses(line: str) -> str:
    """Return a line without the parentheses that change nothing.

    >>> without_parentheses("t = ((a * b) + (c - d)) + e;")
    't = a * b + (c - d) + e;'
    """
    open_ = [""]  # what has been read since each parenthesis that is still open
    for at, char in enumerate(line):
        if char == "(":
            open_.append("")
        elif char == ")" and len(open_) > 1:
            inside = open_.pop()
            needed = _is_needed(open_[-1], inside, line[at + 1 :])
            open_[-1] += f"({inside})" if needed else inside
        else:
            open_[-1] += char
    return open_[0] if len(open_) == 1 else line


def _is_needed(before: str, inside: str, after: str) -> bool:
    """Tell whether `inside` must stand in parentheses between its neighbours."""
    left = _place(before)
    if left is None or not inside or inside.startswith("{"):
        return True
    if _TYPE.fullmatch(inside) and re.match(r"[\w(\-~!&*]", after):
        return True  # a cast
    flat = _flat(inside)
    if re.search(r"[;,]|[^=<>!]=[^=]", flat):
        return True
    right = _BINARY.match(after)
    if right is None and not _CLOSE.match(after):
        return True
    within = set(_BINARY.findall(flat))
    rank = min((_PRECEDENCE[sign] for sign in within), default=_OPERAND)
    if rank == _OPERAND and flat[0] in "-!~*&":
        rank = _SIGNED
    behind = right[1] if right else ""
    around = {left, behind} - {""}
    if around and rank < _SIGNED and (around | within) & _BITS:
        return True
    if left == "+" and _in_subscript(before):
        left = ""  # integers, which may be added up in any order
    return _binds_less(rank, left, behind)


def _in_subscript(before: str) -> bool:
    return before.count("[") > before.count("]")


def _place(before: str) -> str | None:
    """Return the operator in front, "" if there is none, None in a call or a cast."""
    before = before[-12:]
    if _KEYWORD.search(before.rstrip()):
        return None
    if _OPEN.search(before.rstrip()):
        return ""
    found = re.search(_BINARY.pattern + "$", before)
    return found[1] if found else None


def _binds_less(rank: int, left: str, right: str) -> bool:
    """Tell whether an operator beside it would take a part of what has this rank."""
    on_left = _PRECEDENCE[left] if left else _ANYTHING
    on_right = _PRECEDENCE[right] if right else _ANYTHING
    if rank == _SIGNED:
        return bool(left)
    if rank == 0:
        return bool(left or right)
    compares = rank in _COMPARED and bool({on_left, on_right} & _COMPARED)
    return rank <= on_left or rank < on_right or compares


def _flat(text: str) -> str:
    """Return `text` without what stands in brackets."""
    while True:
        less = _NESTED.sub("_", text)
        if less == text:
            return text
        text = less


def sections(helpers: Iterable[str], files: Iterable[str], own: Iterable[str]) -> str:
    """Return a unit's text for people: what it brings along, then what is its own."""
    return "\n".join(
        [
            '#include "theanolike/abi.h"',
            f"// Helpers, the same in all units that need them: {', '.join(files)}.",
            *helpers,
            "// This function's own: kernels, then tl_compute, which a call runs.",
            *map(tidy, own),
        ]
    )
