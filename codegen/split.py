"""A unit in two source files, so that two processors compile it in half the time.

The kernels are functions on their own, so half of them can stand in another file. The
library is the same function for function; the cache's key is that of the whole text.
"""

import os
import re
from collections.abc import Sequence

LEAST = 20  # milliseconds of compiling that a second process is worth
# Milliseconds, about, that a compiler takes for a function, a reduction in lanes (its
# body stands there twice), an elementary function, and a thousand characters.
_FUNCTION, _LANES, _ELEMENTARY, _TEXT = 8, 14, 11, 3
_CALL = re.compile(r"\b(?!abs|sqrt|copysign|fma|from_bits)[a-z0-9]+_[cf](?:32|64)\(")
_LANES_BODY = re.compile(r"const auto step = .*?\n\s*};\n", re.DOTALL)
_HIDDEN = '__attribute__((visibility("hidden"))) '


def split(text: str, kernels: Sequence[str]) -> list[str]:
    """Return the unit's source files: one, or two that are linked together.

    Parameters
    ----------
    text : str
        The whole unit.
    kernels : sequence of str
        The texts of its kernels, in the order in which they stand in it; the last
        function of each is what the rest calls.
    """
    if not kernels or (os.cpu_count() or 1) < 2:
        return [text]
    at, end = text.index(kernels[0]), text.index(kernels[-1]) + len(kernels[-1])
    moved = _half(kernels, len(text) - end)
    if sum(map(_time, moved)) < LEAST:
        return [text]
    prelude = text[:at]
    first = text
    second = [prelude]
    for kernel in moved:
        head, signature, body = _entry(kernel)
        first = first.replace(kernel, f"{_HIDDEN}{signature};", 1)
        second.append(f"{head}{_HIDDEN}{signature}{body}\n")
    return [first, "".join(second)]


def _half(kernels: Sequence[str], rest: int) -> list[str]:
    """Return kernels that take about as long as the others and the `rest`."""
    times = {kernel: _time(kernel) for kernel in kernels}
    sums = [_TEXT * rest / 1000, 0.0]
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


def _entry(kernel: str) -> tuple[str, str, str]:
    """Return what stands before a kernel's entry, its signature, and the rest."""
    at = kernel.rindex("\nstatic void ") + 1 if "\nstatic void " in kernel else 0
    end = kernel.index(" {", at)
    return kernel[:at], kernel[at + len("static ") : end], kernel[end:]
