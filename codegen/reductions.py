"""Accumulators: how a reduction runs, in lanes, in blocks, and in a cascade.

A sum runs in a fixed number of lanes whatever the vector width, its blocks are combined
by a fixed binary cascade: the same bits on every machine and for any number of threads,
as accurate as pairwise summation.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from theanolike.codegen.primitives import expression
from theanolike.codegen.program import Reduce, Value
from theanolike.codegen.scalars import ARITHMETIC, literal
from theanolike.codegen.schedule.statements import Statement

LANES = 32
BLOCK = 4096  # elements whose lanes are folded together

_COMBINE = {
    "add": "add",
    "mul": "mul",
    "max": "maximum",
    "min": "minimum",
    "and": "and",
    "or": "or",
}


class Namer(Protocol):
    """What gives fresh local names and notes the primitives used."""

    def temporary(self, value: Value | None = None) -> str:
        """Return a fresh local name, that of `value` if given."""

    def primitive(self, name: str, dtype: str) -> None:
        """Note that a scalar primitive is used."""


@dataclass
class Accumulator:
    """One running reduction: `name` is its total, `name`_l its lanes."""

    kind: str
    dtype: str
    name: str

    @classmethod
    def of(cls, s: Statement, namer: Namer) -> "Accumulator":
        """Return the accumulator of a reduction."""
        node = s.node
        if not isinstance(node, Reduce):
            raise AssertionError("only a Reduce accumulates")
        made = cls(node.kind, node.accumulator, namer.temporary())
        if node.kind in _COMBINE:
            namer.primitive(_COMBINE[node.kind], node.accumulator)
        else:
            made.dtype = s.body.dtype
        return made

    @classmethod
    def adder(cls, dtype: str, namer: Namer) -> "Accumulator":
        """Return what adds into memory."""
        namer.primitive("add", dtype)
        return cls("add", dtype, "")

    @property
    def positional(self) -> bool:
        """Whether the result is a position."""
        return self.kind in ("argmax", "argmin")

    @property
    def laned(self) -> bool:
        """Whether lanes help: not for bools and positions."""
        return not self.positional and self.kind not in ("and", "or")

    @property
    def cascaded(self) -> bool:
        """Whether partial results go through a cascade: sums of floats do."""
        return self.kind == "add" and not self.dtype.startswith(("int", "uint", "bool"))

    @property
    def _type(self) -> str:
        return ARITHMETIC[self.dtype]

    def identity(self) -> str:
        """Return the text of the neutral element."""
        return literal(identity(self.kind, self.dtype), self.dtype)

    def combine(self, a: str, b: str) -> str:
        """Return the text of a combined with b."""
        return expression(_COMBINE[self.kind], self.dtype, [a, b], [self.dtype] * 2)

    def declare_total(self) -> str:
        """Declare the running result."""
        if self.positional:
            return f"{self._type} {self.name} = {{}}; i64 {self.name}_at = -1;"
        if self.cascaded:
            return f"tl_cascade<{self._type}> {self.name};"
        return f"{self._type} {self.name} = {self.identity()};"

    def declare_lanes(self, width: int) -> str:
        """Declare the lanes of one block."""
        return f"{self._type} {self.name}_l[{width}]; {self.clear_lanes(width)}"

    def clear_lanes(self, width: int) -> str:
        """Set the lanes to the neutral element."""
        lanes = f"{self.name}_l"
        return f"for (i64 l = 0; l < {width}; ++l) {lanes}[l] = {self.identity()};"

    def visit_lane(self, text: str) -> str:
        """Combine an element into lane l."""
        lane = f"{self.name}_l[l]"
        return f"{lane} = {self.combine(lane, text)};"

    def fold_lanes(self, width: int) -> str:
        """Combine the lanes pairwise and put them into the total."""
        lanes = f"{self.name}_l"
        both = self.combine(f"{lanes}[l]", f"{lanes}[l + w]")
        fold = (
            f"for (i64 w = {width // 2}; w; w /= 2) "
            f"for (i64 l = 0; l < w; ++l) {lanes}[l] = {both};"
        )
        return f"{fold} {self.push(f'{lanes}[0]')}"

    def push(self, text: str) -> str:
        """Combine a value into the total."""
        if self.cascaded:
            return f"{self.name}.push({text});"
        return f"{self.name} = {self.combine(self.name, text)};"

    def visit(self, text: str, position: str) -> str:
        """Take an element at `position` if it beats the best one so far."""
        sign = ">" if self.kind == "argmax" else "<"
        value = f"const {self._type} x = {text};"
        nan = (
            ""
            if "int" in self.dtype or self.dtype == "bool"
            else (f" || (x != x && {self.name} == {self.name})")
        )
        test = f"{self.name}_at < 0 || x {sign} {self.name}{nan}"
        return (
            f"{{ {value} if ({test}) "
            f"{{ {self.name} = x; {self.name}_at = {position}; }} }}"
        )

    def total_text(self) -> str:
        """Return the text of the finished result."""
        if self.positional:
            return f"{self.name}_at"
        return f"{self.name}.total()" if self.cascaded else self.name


def identity(kind: str, dtype: str) -> object:
    """Return the neutral element of a reduction."""
    if kind in ("add", "or"):
        return np.zeros((), dtype)[()]
    if kind in ("mul", "and"):
        return np.ones((), dtype)[()]
    low = kind in ("max", "argmax")
    if dtype == "bool":
        return np.bool_(not low)
    if "int" in dtype:
        info = np.iinfo(dtype)
        return info.min if low else info.max
    return np.asarray(-np.inf if low else np.inf, dtype)[()]
