"""Where a level's values are: pointers, locals, slots of the workspace, outputs."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from theanolike.codegen.affine import offset
from theanolike.codegen.emit_scalar import bare
from theanolike.codegen.memory import Slot, Storage, offset_in_root, root
from theanolike.codegen.program import Data, Input, Load, Program, Value
from theanolike.codegen.scalars import ARITHMETIC, CTYPE, literal, loaded, stored
from theanolike.codegen.schedule.resolve import Resolver
from theanolike.codegen.shapes import Extent

if TYPE_CHECKING:
    from theanolike.codegen.emit_cxx import UnitWriter


@dataclass
class Chunk:
    """Lines of one step, and lines that must follow it."""

    lines: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)


class Places:
    """What a level's values are called in its text; asking for one may add lines."""

    def __init__(self, unit: "UnitWriter", program: Program, indent: int) -> None:
        self.unit = unit
        self.program = program
        self.indent = indent
        self.chunks: list[Chunk] = []
        self.memory: dict[Value, str] = {}
        self.scalars: dict[Value, str] = {}
        self.storage = Storage()
        self.output_of: dict[Value, int] = {}
        self.bound: set[Value] = set()
        self.placed: dict[Value, str] = {}
        self.extra: list[Slot] = []

    def emit(self, line: str) -> None:
        """Append a line to the current step's chunk."""
        self.chunks[-1].lines.append("  " * self.indent + line)

    def declare_inputs(self) -> None:
        """Name the arguments' data; those of rank 0 are read at once."""
        unit = self.unit
        for value in self.program.inputs:
            node = value.node
            if not isinstance(node, Input):
                raise AssertionError("inputs are Inputs")
            data = f"c->inputs[{node.slot}].data"
            kind = CTYPE[value.dtype]
            if value.ndim:
                name = unit.names(value, "x", value.label)
                self.memory[value] = name
                unit.head.lines.append(
                    f"  const {kind}* {name} = (const {kind}*){data};"
                )
            else:
                name = unit.names(value, "x", value.label)
                text = loaded(f"*(const {kind}*){data}", value.dtype)
                local = ARITHMETIC[value.dtype]
                unit.head.lines.append(f"  const {local} {name} = {bare(text)};")
                self.set_scalar(value, name)

    def set_scalar(self, value: Value, name: str) -> None:
        """Note the local that holds a 0-d value."""
        self.scalars[value] = name
        self.unit.scalar_of[value] = name

    def bind_outputs(self) -> None:
        """Note which values are written straight into output arrays."""
        for k, value in enumerate(self.program.outputs):
            if value.ndim:
                self.output_of[root(value)] = k
                self.bound.add(root(value))

    def pointer(self, value: Value) -> str:
        """Return the text of the pointer to a value's memory."""
        owner = root(value)
        if value is not owner:
            shift = offset_in_root(value)
            if shift != 0:
                return f"({self.pointer(owner)} + {self.unit.extent(shift)})"
        if owner in self.memory:
            return self.memory[owner]
        if isinstance(owner.node, Data):
            self.memory[owner] = self.unit.constant(owner)
            return self.memory[owner]
        if owner in self.placed:
            return self._open_placed(owner)
        if owner in self.output_of:
            return self._open_output(owner)
        slot = self.storage.slot_of.get(owner)
        if slot is None:
            raise AssertionError(f"{owner} has no memory")
        name = self.unit.names(owner, "v", owner.label)
        kind = CTYPE[owner.dtype]
        self.emit(f"{kind}* {name} = ({kind}*){self.slot_text(slot)};")
        self.memory[owner] = name
        return name

    def place(self, owner: Value, text: str) -> None:
        """Let `owner` be written where the pointer `text` says."""
        self.placed[owner] = text
        self.bound.add(owner)

    def _open_placed(self, owner: Value) -> str:
        kind = CTYPE[owner.dtype]
        name = self.unit.names(owner, "v", owner.label)
        self.emit(f"{kind}* {name} = {self.placed[owner]};")
        self.memory[owner] = name
        return name

    def _open_output(self, owner: Value) -> str:
        name = self.name_output(owner)
        self.emit(f"{CTYPE[owner.dtype]}* {name};")
        self.open_fresh(owner)
        return name

    def name_output(self, owner: Value) -> str:
        """Name the pointer to an output's memory."""
        name = self.unit.names(owner, "v", owner.label)
        self.memory[owner] = name
        return name

    def output_shape(self, owner: Value) -> str:
        """Declare an output's shape; return its name."""
        shape = self.program.outputs[self.output_of[owner]].shape
        name = self.unit.names(("shape", owner), f"{self.name_output(owner)}_shape")
        dims = ", ".join(self.unit.extent(e) for e in shape)
        self.emit(f"const i64 {name}[] = {{{dims}}};")
        return name

    def open_fresh(self, owner: Value, shape: str = "") -> None:
        """Ask for a fresh array for an output."""
        shape = shape or self.output_shape(owner)
        name, k = self.name_output(owner), self.output_of[owner]
        self.emit(f"{name} = ({CTYPE[owner.dtype]}*)c->table->output(c, {k}, {shape});")
        self.emit(f"if (!{name}) return tl_fail(c, TL_MEMORY, -1, 0, 0, 0);")

    def slot_text(self, slot: Slot) -> str:
        return self.unit.names(slot, "w")

    def scalar(self, value: Value) -> str:
        """Return the local of a 0-d value."""
        if value not in self.scalars and isinstance(value.node, Data):
            self.scalars[value] = literal(value.node.array[()], value.dtype)
        if value not in self.scalars:
            owner = root(value)
            if owner is not value and owner.ndim == 0:
                return self.scalar(owner)
            source, where = element(value)
            text = f"{self.pointer(source)}[{self.unit.extent(where)}]"
            return loaded(text, value.dtype)
        return self.scalars[value]

    def dense(self, value: Value) -> str:
        """Return a pointer to the dense elements of a value."""
        if value.ndim:
            return self.pointer(value)
        kind = CTYPE[value.dtype]
        name = self.unit.names(("dense", value, len(self.chunks)), "d")
        self.emit(f"const {kind} {name} = {stored(self.scalar(value), value.dtype)};")
        return f"&{name}"

    def extra_slot(self, size: int | Extent) -> Slot:
        """Return a slot of its own for `size` bytes."""
        slot = Slot(-1, size)
        self.extra.append(slot)
        return slot


def element(value: Value) -> tuple[Value, int | Extent]:
    """Return the array that a 0-d view reads, and where in it."""
    load = Resolver({}).load(value, ())
    if not isinstance(load, Load):
        raise AssertionError("a view of memory loads")
    return load.source, offset(load.index, load.source.shape).constant
