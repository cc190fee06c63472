"""Loops whose states are totals: pieces of their steps side by side, and in order.

How many pieces there are, and where they end, depends on extents alone: results have
the same bits for any number of threads.
"""

from typing import TYPE_CHECKING

from theanolike.codegen.emit_scalar import bare
from theanolike.codegen.emit_steps import LEAST, Work, may_be_divided, members
from theanolike.codegen.memory import MOST_PIECES, size_of
from theanolike.codegen.primitives import expression
from theanolike.codegen.program import Loop, Value
from theanolike.codegen.reductions import COMBINED, identity
from theanolike.codegen.scalars import ARITHMETIC, CTYPE, literal, loaded, stored
from theanolike.codegen.shapes import (
    Extent,
    add,
    floordiv,
    maximum,
    minimum,
    mul,
    product,
    sub,
    where_negative,
)
from theanolike.codegen.totals import totals_of

if TYPE_CHECKING:
    from theanolike.codegen.emit_level import Level

ROOM = 1 << 21  # elements of the totals of all pieces, if there are more than two
ENOUGH = 1 << 12  # steps of which the work is compared with that of adding up totals
MANY = 1 << 30  # steps of which it is compared with the least that is worth it


def may_be_added_up(level: "Level", node: Loop) -> bool:
    """Tell whether threads may each take some pieces of a loop's steps.

    Not those of short loops in other ones: each time that takes as long as some steps.
    """
    if not may_be_divided(level, node) or pieces_of(node) == 1:
        return False
    return not level.in_loop or Work(node).has_loops


def pieces_of(node: Loop) -> int | Extent:
    """Return into how many pieces the steps of a loop are divided; 1 if into none.

    They aren't where a step is little work, compared with that of all or with that of
    adding up the totals of pieces, or where other states make the steps wait.
    """
    if not totals_of(node):
        return 1
    work = Work(node)
    of_step: int | Extent = 0
    for size, weight in work.of_step.items():
        of_step = add(of_step, mul(size, weight))
    totals: int | Extent = 0
    for state in node.states:
        totals = add(totals, product(state.shape))
    most = minimum(MOST_PIECES, node.steps)
    of_pieces = mul(minimum(node.steps, ENOUGH), of_step)
    most = minimum(most, floordiv(of_pieces, mul(totals, MOST_PIECES)))
    most = minimum(most, maximum(2, floordiv(ROOM, totals)))
    few = 2 if work.has_loops else MOST_PIECES
    least = sub(mul(minimum(node.steps, MANY), of_step), LEAST)
    found = where_negative(least, 1, maximum(most, 1))
    return where_negative(sub(node.steps, few), 1, found)


class Pieces:
    """The lines around the steps of a loop of which each thread takes some pieces."""

    def __init__(self, level: "Level", node: Loop) -> None:
        self.level = level
        self.node = node
        self.kinds = totals_of(node)
        self.last = node.results[: len(node.states)]
        self.steps = bare(level.unit.extent(node.steps))
        self.piece, self.end, self.count = (
            self._name(key) for key in ("piece", "end", "pieces")
        )
        self.begin, self.stop, self.at = (
            self._name(key) for key in ("from", "upto", "at")
        )
        self.parts: list[str] = []
        self._declare(pieces_of(node))

    def _name(self, key: str) -> str:
        return self.level.unit.names((key, self.node), key)

    def _declare(self, count: int | Extent) -> None:
        """Declare the pieces' totals, each piece's in turn."""
        level = self.level
        unit, emit = level.unit, level.emit
        unit.has_steps = True
        emit(f"const i64 {self.count} = {bare(unit.extent(count))};")
        for k, value in enumerate(self.last):
            name = unit.names(("totals", self.node, k), "totals")
            self.parts.append(name)
            if value.ndim:
                slot = level.extra_slot(mul(count, size_of(value)))
                kind = CTYPE[value.dtype]
                emit(f"{kind}* const {name} = ({kind}*){level.slot_text(slot)};")
                continue
            kind = ARITHMETIC[value.dtype]
            emit(
                f"{kind} {name}_all[{MOST_PIECES}]; {kind}* const {name} = {name}_all;"
            )

    @property
    def done(self) -> str:
        """How many steps of its piece come before one."""
        return f"{self.at} - {self.begin}"

    @property
    def threads(self) -> str:
        """How many threads there are for the pieces."""
        return f"tl_min({members(self.level)}, {self.count})"

    def open(self, step: str, states: list[str], rooms: dict[int, str]) -> None:
        """Begin a piece: totals of nothing, and the loop over its steps.

        `states` are the names of the states, `rooms` buffers that arrays begin in.
        """
        emit = self.level.emit
        emit(
            f"  for (i64 {self.piece} = 0, {self.end} = 0; "
            f"member.take(&{self.piece}, &{self.end});)"
        )
        emit(f"  for (; {self.piece} < {self.end}; ++{self.piece}) {{")
        for k, (value, state) in enumerate(zip(self.last, states, strict=True)):
            nothing = literal(self._nothing(k), value.dtype)
            if not value.ndim:
                emit(f"  {state} = {nothing};")
                continue
            filled = f"{rooms[k]}[i] = {stored(nothing, value.dtype)};"
            emit(f"  {self._over(value)} {filled}")
            emit(f"  {state} = {rooms[k]};")
        emit(f"  const i64 {self.begin} = {self._bound(self.piece)};")
        emit(f"  const i64 {self.stop} = {self._bound(f'({self.piece} + 1)')};")
        emit(
            f"  for (i64 {self.at} = {self.begin}; {self.at} < {self.stop}; "
            f"++{self.at}) {{"
        )
        turned = f"{self.steps} - 1 - " if self.node.reverse else ""
        emit(f"  const i64 {step} = {turned}{self.at};")

    def close(self, states: list[str]) -> None:
        """End a piece: keep its totals."""
        emit = self.level.emit
        emit("  }")
        for value, state, part in zip(self.last, states, self.parts, strict=True):
            if not value.ndim:
                emit(f"  {part}[{self.piece}] = {state};")
                continue
            size = self._size(value)
            emit(
                f"  __builtin_memcpy({part} + {self.piece} * {size}, {state}, "
                f"{size} * sizeof(*{part}));"
            )
        emit("  }")

    def combine(self, starts: list[str]) -> list[str]:
        """Combine the totals in order; return where each state is then."""
        emit = self.level.emit
        found = []
        for k, value in enumerate(self.last):
            part, other = self.parts[k], f"{self.parts[k]}[i]"
            over = f"for (i64 k = 1; k < {self.count}; ++k)"
            if not value.ndim:
                emit(f"{part}[0] = {self._both(k, starts[k], f'{part}[0]')};")
                emit(f"{over} {part}[0] = {self._both(k, f'{part}[0]', f'{part}[k]')};")
                found.append(f"{part}[0]")
                continue
            each, later = self._over(value), f"{part}[k * {self._size(value)} + i]"
            emit(f"{each} {other} = {self._both(k, f'{starts[k]}[i]', other)};")
            emit(f"{over} {each} {other} = {self._both(k, other, later)};")
            found.append(part)
        return found

    def _both(self, k: int, first: str, second: str) -> str:
        value = self.last[k]
        name = COMBINED[self.kinds[k]]
        self.level.unit.primitives.add((name, value.dtype))
        operands = [first, second]
        if value.ndim:
            operands = [loaded(text, value.dtype) for text in operands]
        text = expression(name, value.dtype, operands, [value.dtype] * 2)
        return stored(bare(text), value.dtype) if value.ndim else bare(text)

    def _nothing(self, k: int) -> object:
        """Return what changes no total: -0.0, since 0.0 + -0.0 is 0.0."""
        dtype = self.last[k].dtype
        if self.kinds[k] == "add" and dtype.startswith("float"):
            return -0.0
        return identity(self.kinds[k], dtype)

    def _size(self, value: Value) -> str:
        return f"({bare(self.level.unit.extent(product(value.shape)))})"

    def _over(self, value: Value) -> str:
        return f"for (i64 i = 0; i < {self._size(value)}; ++i)"

    def _bound(self, piece: str) -> str:
        """Return where a piece begins, without a product of two large numbers."""
        whole = f"{self.steps} / {self.count} * {piece}"
        return f"{whole} + tl_min({self.steps} % {self.count}, {piece})"
