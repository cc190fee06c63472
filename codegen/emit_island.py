"""A step that has no row in the table, as a function of its own that a row calls.

Loops, branches, calls back into Python: statements like those of a straight program,
which find their operands and extents through the row and leave their results there.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from theanolike.codegen.emit_level import Level
from theanolike.codegen.emit_places import Chunk
from theanolike.codegen.memory import root
from theanolike.codegen.program import Data, Host, Node, Value
from theanolike.codegen.scalars import ARITHMETIC, CTYPE, literal
from theanolike.codegen.shapes import Extent

if TYPE_CHECKING:
    from theanolike.codegen.emit_cxx import UnitWriter
    from theanolike.codegen.table_memory import TableMemory

__all__ = ["emit_island"]


def emit_island(table: "TableMemory", node: Node) -> None:
    """Write `node` as a function, and its row."""
    island = Island(table, node)
    with _apart(table.unit, island):
        lines = island.write()
    name = f"island_{table.islands}"
    table.islands += 1
    table.row(name, "\n".join(["", *lines, ""]), *island.places)


class Island(Level):
    """Writes one step; what it reads is in the table's memory."""

    def __init__(self, table: "TableMemory", node: Node) -> None:
        super().__init__(table.unit, table.program, indent=1)
        self.table = table
        self.node = node
        self.places: list[int] = []  # the row

    def argument_at(self, place: int) -> str:
        """Return the text of an index that the row holds."""
        self.places.append(place)
        return f"a[{len(self.places) - 1}]"

    def write(self) -> list[str]:
        """Return the lines of the function."""
        unit, table, node = self.unit, self.table, self.node
        for value in node.results:
            if value.ndim and (value in table.output_of or self._has_slot(value)):
                text = f"({CTYPE[value.dtype]}*){self._memory(value)}"
                self.place(value, text)
        self.chunks.append(Chunk())
        self.write_steps([node])
        for value in node.results:
            self._leave(value)
        table.extra += [*unit.slots, *self.extra]
        return [*unit.head.lines, *unit.head.after, *self.lines, "  return 0;"]

    def _has_slot(self, value: Value) -> bool:
        return value in self.table.storage.slot_of

    def _memory(self, value: Value) -> str:
        return f"m[{self.argument_at(self.table.memory_index(value))}]"

    def head(self, line: str) -> None:
        """Append a line to what the function begins with."""
        self.unit.head.lines.append(f"  {line}")

    # What is outside.

    def pointer(self, value: Value) -> str:
        owner = root(value)
        if owner not in self.memory and owner not in self.placed:
            name = self.unit.names(("borrowed", owner), "v", owner.label)
            kind = f"{CTYPE[owner.dtype]}*"
            self.head(f"{kind} {name} = ({kind}){self._memory(owner)};")
            self.memory[owner] = name
        return super().pointer(value)

    def scalar(self, value: Value) -> str:
        owner = root(value)
        known = value in self.scalars or (not owner.ndim and owner in self.scalars)
        if known or owner in self.memory:
            return super().scalar(value)
        if isinstance(value.node, Data):
            return literal(value.node.array[()], value.dtype)
        name = self.unit.names(("borrowed", value), "s", value.label)
        self.places.append(self.table.cell(value))
        text = self.table.read_scalar(value, len(self.places) - 1)
        self.head(f"const {ARITHMETIC[value.dtype]} {name} = {text};")
        self.set_scalar(value, name)
        return name

    def extent_outside(self, extent: Extent) -> str:
        """Return the local of an extent that was known before."""
        name = self.unit.names(("outside", extent), "n")
        place = self.argument_at(self.table.extent_index(extent))
        self.head(f"const i64 {name} = n[{place}];")
        return name

    # What it leaves.

    def _leave(self, value: Value) -> None:
        """Put a result where the table's later rows look for it."""
        table = self.table
        self.chunks.append(Chunk())
        if isinstance(self.node, Host):
            for axis, extent in enumerate(value.shape):
                if isinstance(extent, Extent) and extent.op == "dim":
                    place = table.extents.setdefault(extent, len(table.extents))
                    shape = self.unit.shape_of[value]
                    self.emit(f"n[{self.argument_at(place)}] = {shape}[{axis}];")
        if not value.ndim:
            at = self.argument_at(table.cell(value))
            kind = ARITHMETIC[value.dtype]
            self.emit(f"*({kind}*)m[{at}] = {self.scalar(value)};")
        elif value not in self.placed:
            at = self.argument_at(table.own(value))
            self.emit(f"m[{at}] = (void*){self.pointer(value)};")


@contextmanager
def _apart(unit: "UnitWriter", island: Island) -> Iterator[None]:
    """Give a unit's writer other locals for a while; kernels and constants stay."""
    fresh = {
        "head": Chunk(),
        "extents": {},
        "known_after": {},
        "scalar_of": {},
        "shape_of": {},
        "slots": [],
        "top": island,
        "outside": island.extent_outside,
    }
    before = {name: getattr(unit, name) for name in fresh}
    vars(unit).update(fresh)
    try:
        yield
    finally:
        vars(unit).update(before)
