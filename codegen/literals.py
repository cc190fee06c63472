"""Kernels that are equal but for numbers become one that takes these as arguments.

A kernel is first written with each use of a literal as a parameter. Where all kernels
of that text have the same number it is put back: so a number stands in the text unless
that would make a second kernel.
"""

import re
from collections.abc import Hashable, Mapping
from typing import TypeVar

from theanolike.codegen.kernel_text import Kernel, Parameter
from theanolike.codegen.program import Literal
from theanolike.codegen.scalars import ARITHMETIC, literal

__all__ = ["can_open", "open_name", "share"]

_NAME = re.compile(r"@(\w+)@")
_CLOSED = {"bool", "complex64", "complex128"}

Key = TypeVar("Key", bound=Hashable)


def can_open(scalar: Literal) -> bool:
    """Tell whether a literal may be an argument."""
    return scalar.dtype not in _CLOSED


def open_name(name: str, scalar: Literal) -> tuple[str, Parameter]:
    """Return the text of a literal of which it isn't known yet what it becomes."""
    text = f"@{name}@"
    return text, Parameter(f"{ARITHMETIC[scalar.dtype]} {text}", "literal", scalar)


def share(kernels: Mapping[Key, Kernel]) -> dict[Key, Kernel]:
    """Return the kernels, each literal put back or made a parameter."""
    alike: dict[tuple[object, ...], list[Key]] = {}
    for key, kernel in kernels.items():
        alike.setdefault(kernel.key, []).append(key)
    return {
        key: _closed(kernels[key], texts)
        for keys in alike.values()
        for texts in [_texts([kernels[key] for key in keys])]
        for key in keys
    }


def _texts(alike: list[Kernel]) -> dict[str, str]:
    """Return what stands for each open literal of kernels of one text.

    Those that are equal in each of the kernels are one parameter.
    """
    texts = {}
    known: dict[tuple[str, ...], str] = {}
    for same in zip(*(_open(kernel) for kernel in alike), strict=True):
        numbers = tuple(_number(p) for p in same)
        name = same[0].name.strip("@")
        key = (same[0].declaration.split()[0], *numbers)
        differ = len(set(numbers)) > 1
        texts[name] = known.setdefault(key, name) if differ else numbers[0]
    return texts


def _open(kernel: Kernel) -> list[Parameter]:
    return [p for p in kernel.parameters if p.kind == "literal"]


def _number(p: Parameter) -> str:
    scalar = p.subject
    if not isinstance(scalar, Literal):
        raise AssertionError("a literal's parameter stands for a literal")
    return literal(scalar.value, scalar.dtype)


def _closed(kernel: Kernel, texts: dict[str, str]) -> Kernel:
    if not texts:
        return kernel

    def close(text: str) -> str:
        return _NAME.sub(lambda found: texts[found[1]], text) if "@" in text else text

    parameters = tuple(
        p._replace(declaration=close(p.declaration)) if p.kind == "literal" else p
        for p in kernel.parameters
        if p.kind != "literal" or texts[p.name.strip("@")] == p.name.strip("@")
    )
    return kernel._replace(
        parameters=parameters,
        before=tuple(map(close, kernel.before)),
        body=tuple(map(close, kernel.body)),
        after=tuple(map(close, kernel.after)),
    )
