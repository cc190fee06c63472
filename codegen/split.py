"""A unit in two source files, so that two processors compile it in half the time.

The kernels are functions on their own, so half of them can stand in another file. The
library is the same function for function; the cache's key is that of the whole text.
"""

import os
from collections.abc import Sequence

FEWEST = 6  # kernels; fewer are compiled sooner by one process
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
    if len(kernels) < FEWEST or (os.cpu_count() or 1) < 2:
        return [text]
    at, end = text.index(kernels[0]), text.index(kernels[-1]) + len(kernels[-1])
    prelude = text[:at]
    moved = _half(kernels, len(text) - end)
    first = text
    second = [prelude]
    for kernel in moved:
        head, signature, body = _entry(kernel)
        first = first.replace(kernel, f"{_HIDDEN}{signature};", 1)
        second.append(f"{head}{_HIDDEN}{signature}{body}\n")
    return [first, "".join(second)]


def _half(kernels: Sequence[str], rest: int) -> list[str]:
    """Return kernels whose text is about as long as the others' and the `rest`."""
    sizes = [rest, 0]
    chosen: list[str] = []
    for kernel in sorted(kernels, key=len, reverse=True):
        side = sizes[1] < sizes[0]
        sizes[side] += len(kernel)
        if side:
            chosen.append(kernel)
    return chosen


def _entry(kernel: str) -> tuple[str, str, str]:
    """Return what stands before a kernel's entry, its signature, and the rest."""
    at = kernel.rindex("\nstatic void ") + 1 if "\nstatic void " in kernel else 0
    end = kernel.index(" {", at)
    return kernel[:at], kernel[at + len("static ") : end], kernel[end:]
