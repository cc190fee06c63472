"""Accumulators: how a reduction runs, in lanes, in blocks, and in a cascade.

A sum runs in a fixed number of lanes whatever the vector width, its blocks are combined
by a fixed binary cascade: the same bits on every machine and for any number of threads,
as accurate as pairwise summation.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from theanolike.codegen.primitives import expression
from theanolike.codegen.program import Call, Reduce, Value, scalar_order
from theanolike.codegen.scalars import ARITHMETIC, literal
from theanolike.codegen.schedule.statements import Statement

LANES = 32
BLOCK = 4096  # elements whose lanes are folded together
NOWHERE = "0x7fffffff"  # the place of a lane that no element beat the start in

COMBINED = {
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
    flag: str = "u8"  # the type of a running bool: gcc makes no vectors of a `bool`

    @classmethod
    def of(cls, s: Statement, namer: Namer) -> "Accumulator":
        """Return the accumulator of a reduction."""
        node = s.node
        if not isinstance(node, Reduce):
            raise AssertionError("only a Reduce accumulates")
        made = cls(node.kind, node.accumulator, namer.temporary())
        if node.kind in COMBINED:
            namer.primitive(COMBINED[node.kind], node.accumulator)
        else:
            made.dtype = s.body.dtype
        if not made.laned:
            made.flag = _as_wide_as(s)
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
        """Whether lanes help: not for bools."""
        return self.kind not in ("and", "or")

    @property
    def cascaded(self) -> bool:
        """Whether partial results go through a cascade: sums of floats do."""
        return self.kind == "add" and not self.dtype.startswith(("int", "uint", "bool"))

    @property
    def _type(self) -> str:
        return ARITHMETIC[self.dtype]

    @property
    def place(self) -> str:
        """The type of a position in a block: as wide as an element, for vectors."""
        return "i64" if self.dtype.endswith("64") else "i32"

    def identity(self) -> str:
        """Return the text of the neutral element."""
        return literal(identity(self.kind, self.dtype), self.dtype)

    def combine(self, a: str, b: str) -> str:
        """Return the text of a combined with b."""
        if not self.laned and self.dtype == "bool":
            return f"({self.flag})({a} {'&' if self.kind == 'and' else '|'} {b})"
        return expression(COMBINED[self.kind], self.dtype, [a, b], [self.dtype] * 2)

    def declare_total(self) -> str:
        """Declare the running result."""
        if self.positional:
            start = self.identity()  # where all elements equal it, the first one counts
            return f"{self._type} {self.name} = {start}; i64 {self.name}_at = 0;"
        if self.cascaded:
            return f"tl_cascade<{self._type}> {self.name};"
        kind = self._type if self.laned else self.flag
        return f"{kind} {self.name} = {self.identity()};"

    def declare_lanes(self, width: int) -> str:
        """Declare the lanes of one block."""
        lanes = f"{self.name}_l[{width}]"
        if self.positional:
            lanes += f"; {self.place} {self.name}_at_l[{width}]"
        return f"{self._type} {lanes}; {self.clear_lanes(width)}"

    def clear_lanes(self, width: int) -> str:
        """Set the lanes to the neutral element."""
        lanes = f"{self.name}_l"
        each = f"for (i64 l = 0; l < {width}; ++l)"
        places = f"{each} {self.name}_at_l[l] = {NOWHERE};" if self.positional else ""
        return f"{each} {lanes}[l] = {self.identity()}; {places}".rstrip()

    def visit_lane(self, text: str, place: str = "") -> str:
        """Combine an element, which is at `place` in its block, into lane l."""
        lane = f"{self.name}_l[l]"
        if self.positional:
            return self.take(text, place, lane, f"{self.name}_at_l[l]")
        return f"{lane} = {self.combine(lane, text)};"

    def fold_lanes(self, width: int) -> str:
        """Combine the lanes pairwise and put them into the total.

        Loops of fixed lengths stay in registers: sums over rows of 100 elements take
        half the time that they take with one loop over the lengths.
        """
        lanes = f"{self.name}_l"
        folds = []
        while width > 2:
            width //= 2
            both = self.combine(f"{lanes}[l]", f"{lanes}[l + {width}]")
            folds.append(f"for (i64 l = 0; l < {width}; ++l) {lanes}[l] = {both};")
        last = self.combine(f"{lanes}[0]", f"{lanes}[1]")
        return " ".join([*folds, self.push(last)])

    def push(self, text: str) -> str:
        """Combine a value into the total."""
        if self.cascaded:
            return f"{self.name}.push({text});"
        return f"{self.name} = {self.combine(self.name, text)};"

    def visit(self, text: str, position: str) -> str:
        """Take an element at `position` if it beats the best one so far."""
        return self.take(text, position, self.name, f"{self.name}_at")

    def take(self, text: str, place: str, best: str, at: str) -> str:
        """Put an element and its place into `best` and `at` if it is a better one."""
        return (
            f"{{ const {self._type} x = {text}; "
            f"const bool take = {self.beats('x', best)}; "
            f"{best} = take ? x : {best}; {at} = take ? {place} : {at}; }}"
        )

    def fold_places(self, width: int, var: str, start: str, position: str) -> str:
        """Take the best of the lanes; of equal ones the first, as in one loop."""
        best, at, kind = self.name, f"{self.name}_at", self._type
        low, place = f"{best}_l[l]", f"{at}_l[l]"
        same = f"(x == {low})"
        if not self._is_exact:
            same = f"({same} | ((x != x) & ({low} != {low})))"
        better = f"{self.beats('x', low)} | ({same} & (at < {place}))"
        return (
            f"for (i64 w = {width // 2}; w; w /= 2) for (i64 l = 0; l < w; ++l) {{ "
            f"const {kind} x = {best}_l[l + w]; const {self.place} at = {at}_l[l + w]; "
            f"const bool take = {better}; "
            f"{low} = take ? x : {low}; {place} = take ? at : {place}; }} "
            f"if ({at}_l[0] < {NOWHERE} && {self.beats(f'{best}_l[0]', best)}) "
            f"{{ const i64 {var} = {start} + {at}_l[0]; "
            f"{best} = {best}_l[0]; {at} = {position}; }}"
        )

    @property
    def _is_exact(self) -> bool:
        return "int" in self.dtype or self.dtype == "bool"

    def beats(self, x: str, best: str) -> str:
        """Return when an element is a better one, or the first NaN."""
        largest = self.kind == "argmax"
        if self._is_exact:
            return f"({x} {'>' if largest else '<'} {best})"
        return f"(!({x} {'<=' if largest else '>='} {best}) & ({best} == {best}))"

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


def _as_wide_as(s: Statement) -> str:
    """Return an integer type as wide as the widest number that is compared.

    So a vector of it holds as many as one of these: with bytes gcc would take eight
    vectors of doubles at a time, which is slow to compile.
    """
    calls = [part for part in scalar_order(s.body) if isinstance(part, Call)]
    dtypes = [a.dtype for call in calls for a in call.args]
    widest = max((np.dtype(dtype).itemsize for dtype in dtypes), default=1)
    return {1: "u8", 2: "u16", 4: "u32"}.get(widest, "u64")
