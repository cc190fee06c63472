"""A unit in two source files, so that two processors compile it in half the time.

The kernels are functions on their own, so half of them can stand in another file. The
library is the same function for function; the cache's key is that of the whole text.
"""

import os
import re
from collections.abc import Sequence

LEAST = 20  # milliseconds of compiling that a second process is worth
# Milliseconds, about, that a compiler takes for a function, a reduction in lanes (its
# body stands there twice), an elementary function, a thousand characters, those of what
# is no kernel, and the kernel of products.
_FUNCTION, _LANES, _ELEMENTARY, _TEXT, _REST, _PRODUCT = 8, 14, 11, 3, 5, 80
_CALL = re.compile(r"\b(?!abs|sqrt|copysign|fma|from_bits)[a-z0-9]+_[cf](?:32|64)\(")
_LANES_BODY = re.compile(r"const auto step = .*?\n\s*};\n", re.DOTALL)
_CALLED = re.compile(r"\bkernel_\w+(?=\()")
_FUNCTION_HEAD = re.compile(
    r"^static (?P<apart>TL_APART )?(?P<signature>void (?P<name>\w+)\(.*\)) \{$",
    re.MULTILINE,
)
_HIDDEN = '__attribute__((visibility("hidden"))) '


def split(text: str, kernels: Sequence[str]) -> list[str]:
    """Return the unit's source files: one, or two that are linked together.

    Parameters
    ----------
    text : str
        The whole unit.
    kernels : sequence of str
        The texts of its kernels, in the order in which they stand in it.
    """
    if not kernels or (os.cpu_count() or 1) < 2:
        return [text]
    at, end = text.index(kernels[0]), text.index(kernels[-1]) + len(kernels[-1])
    moved = _half(kernels, text[end:])
    if sum(map(_time, moved)) < LEAST:
        return [text]
    rest = text
    for kernel in moved:
        rest = rest.replace(kernel, "", 1)
    called = set(_CALLED.findall(rest))
    first, second = text, text[:at]
    for kernel in moved:
        declared, defined = _export(kernel, called)
        first = first.replace(kernel, declared, 1)
        second += defined + "\n"
    return [first, second]


def _half(kernels: Sequence[str], rest: str) -> list[str]:
    """Return kernels that take about as long as the others and the `rest`."""
    times = {kernel: _time(kernel) for kernel in kernels}
    sums = [_REST * len(rest) / 1000 + _PRODUCT * ("tl_product<" in rest), 0.0]
    chosen: list[str] = []
    for kernel in sorted(kernels, key=times.__getitem__, reverse=True):
        side = sums[1] < sums[0]
        sums[side] += times[kernel]
        if side:
            chosen.append(kernel)
    return chosen


def _time(kernel: str) -> float:
    """Estimate how long a compiler takes for a kernel."""
    bodies = _LANES_BODY.findall(kernel)
    twice = sum(len(_CALL.findall(body)) for body in bodies)
    calls = len(_CALL.findall(kernel)) + twice
    text = _TEXT * len(kernel) / 1000
    return _FUNCTION + _LANES * len(bodies) + _ELEMENTARY * calls + text


def _export(kernel: str, called: set[str]) -> tuple[str, str]:
    """Return declarations of a kernel's functions that are called, and its new text.

    These are the kernel itself, and its pieces where threads enter a loop together.
    """
    declared = []

    def export(found: re.Match[str]) -> str:
        if found["name"] not in called:
            return found[0]
        signature = found["signature"]
        declared.append(f"{_HIDDEN}{signature};")
        return f"{_HIDDEN}{found['apart'] or ''}{signature} {{"

    defined = _FUNCTION_HEAD.sub(export, kernel)
    return "\n".join(declared), defined
