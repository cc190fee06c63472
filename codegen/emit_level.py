"""One level of a program as C++ statements: the top, or the body of a loop."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from theanolike.codegen.affine import offset
from theanolike.codegen.emit_commit import CommitWriter
from theanolike.codegen.emit_kernel import KernelWriter
from theanolike.codegen.emit_loop import emit_branch, emit_loop
from theanolike.codegen.emit_product import emit_product, is_product
from theanolike.codegen.emit_scalar import Table, bare, stored_text
from theanolike.codegen.emit_steps import whole_bytes
from theanolike.codegen.emit_team import call_together
from theanolike.codegen.in_place import Target
from theanolike.codegen.kernel_text import Kernel, Parameter, piece_arguments
from theanolike.codegen.libraries import emit_library
from theanolike.codegen.literals import share
from theanolike.codegen.memory import (
    ALIGNMENT,
    Slot,
    Storage,
    offset_in_root,
    plan_storage,
    root,
)
from theanolike.codegen.names import Names
from theanolike.codegen.printing import describe_nest
from theanolike.codegen.program import (
    Branch,
    Data,
    Host,
    Input,
    Library,
    Literal,
    Load,
    Loop,
    Map,
    Node,
    Program,
    Require,
    Reshape,
    Value,
    scalar_order,
)
from theanolike.codegen.rings import Reuse, read_before
from theanolike.codegen.scalars import ARITHMETIC, CTYPE, literal, loaded, stored
from theanolike.codegen.schedule.folding import folded, points
from theanolike.codegen.schedule.fuse import Nest, fuse
from theanolike.codegen.schedule.resolve import Resolver
from theanolike.codegen.schedule.statements import plan_statements
from theanolike.codegen.shapes import Extent, leaves

if TYPE_CHECKING:
    from theanolike.codegen.emit_cxx import UnitWriter


@dataclass
class Chunk:
    """Lines of one step, and lines that must follow it."""

    lines: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)


class Level:
    """One program level: the top, or the body of a loop or a branch."""

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
        self.put_off: dict[Nest | Node, list[Target]] = {}
        self.commit = CommitWriter(self)
        self.ready: dict[Nest, Kernel] = {}  # kernels written beforehand
        self.reuse: dict[Nest, Reuse] = {}  # of memory that next states are written to
        self.barrier = ""  # where threads wait that take the steps together
        self.apart = ""  # says whether each of them has rows of its own
        self.row_count: int | Extent = 0  # how many rows there are then
        self.own_rows: dict[Value, str] = {}  # each one's temporaries
        self.in_loop = False
        self.divided = False  # in a loop whose steps threads share
        self.block = ("", "")  # bounds of the elements that a step is about
        self.captured: dict[Value, Value] = {}  # what arguments are outside
        self.packed: dict[tuple[Value, bool], str] = {}  # factors, maybe transposed

    def emit(self, line: str) -> None:
        """Append a line to the current step's chunk."""
        self.chunks[-1].lines.append("  " * self.indent + line)

    # Where values are.

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

    def nested(self, program: Program) -> "Level":
        """Return the level of a program inside this one."""
        inner = Level(self.unit, program, self.indent + 1)
        inner.in_loop = self.in_loop
        inner.divided = self.divided
        return inner

    def place(self, owner: Value, text: str) -> None:
        """Let `owner` be written where the pointer `text` says."""
        self.placed[owner] = text
        self.bound.add(owner)

    def capture(
        self, inner: "Level", values: Sequence[Value], inputs: Sequence[Value]
    ) -> None:
        """Let a nested program see captured values where they are."""
        for value, argument in zip(values, inputs, strict=True):
            inner.captured[argument] = value
            if value.ndim == 0:
                inner.set_scalar(argument, self.scalar(value))
            else:
                inner.memory[argument] = self.pointer(value)

    def extra_slot(self, size: int | Extent) -> Slot:
        """Return a slot of its own for `size` bytes."""
        slot = Slot(-1, size)
        self.extra.append(slot)
        return slot

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

    # Steps.

    def write(self) -> list[str]:
        """Write the steps in order and return the lines."""
        return self.write_prepared(self.schedule())

    def schedule(self) -> list[Nest | Node]:
        """Return the steps; what they store and their kernels are known then."""
        steps = self.plan()
        self.prepare(steps)
        return steps

    def plan(self, loop: Loop | None = None) -> list[Nest | Node]:
        """Return the steps, those of `loop` if given; what they store is known then."""
        statements = plan_statements(self.program)
        steps = fuse(statements if loop is None else read_before(loop, statements))
        self.storage = plan_storage(self.program, steps, self.bound)
        return steps

    def write_steps(self, steps: list[Nest | Node]) -> list[str]:
        """Write scheduled steps and return the lines."""
        self.prepare(steps)
        return self.write_prepared(steps)

    def write_prepared(self, steps: list[Nest | Node]) -> list[str]:
        """Write steps whose kernels are ready and return the lines."""
        self.chunks.append(Chunk())
        if self.unit.top is not self:
            for value in self.program.inputs:
                self.unit.known_after.setdefault(value, self.chunks[-1])
        for step in steps:
            self.chunks.append(Chunk())
            if isinstance(step, Nest):
                for s in step.statements:
                    self.unit.known_after[s.value] = self.chunks[-1]
            if step in self.put_off:
                self.commit.put_off(step, self.put_off[step])
            elif isinstance(step, Nest):
                self.nest(step)
            else:
                for value in step.results:
                    self.unit.known_after[value] = self.chunks[-1]
                self._node(step)
        self._allocate()
        return self.lines

    @property
    def lines(self) -> list[str]:
        """What is written so far."""
        return [line for chunk in self.chunks for line in chunk.lines + chunk.after]

    def _allocate(self) -> None:
        """Ask for the workspace, each slot as soon as its size is known."""
        unit = self.unit
        if unit.top is not self:
            self._allocate_nested()
            return
        groups: dict[int, list[Slot]] = {}
        unit.taken += unit.slots + self.storage.slots + self.extra
        for slot in unit.slots + self.storage.slots + self.extra:
            at = self._known_at(slot)
            if at is None:
                raise AssertionError("a slot's size is known where it is used")
            groups.setdefault(at, []).append(slot)
        for at, slots in groups.items():
            chunk = unit.head if at < 0 else self.chunks[at]
            chunk.after.extend(self._allocate_group(slots))

    def _allocate_nested(self) -> None:
        """Take the slots whose sizes this nested program knows; leave the others."""
        unit = self.unit
        places = {id(chunk): at for at, chunk in enumerate(self.chunks)}
        left: list[Slot] = []
        for slot in unit.slots + self.storage.slots + self.extra:
            known = [unit.known_after.get(v) for v in _sources(slot)]
            own = [places[id(chunk)] for chunk in known if id(chunk) in places]
            if own:
                self._allocate_inside(slot, self.chunks[max(own)])
            else:
                left.append(slot)
        unit.slots = left

    def _known_at(self, slot: Slot) -> int | None:
        """Return the step after which a slot's size is known.

        It is -1 before all of them, None inside a nested program.
        """
        places = {id(chunk): at for at, chunk in enumerate(self.chunks)}
        after = [self.unit.known_after.get(v) for v in _sources(slot)]
        found = [-1 if chunk is None else places.get(id(chunk)) for chunk in after]
        if None in found:
            return None
        return max((at for at in found if at is not None), default=-1)

    def _allocate_group(self, slots: list[Slot]) -> list[str]:
        """Return the lines that take one block and cut it into slots."""
        unit = self.unit
        block = unit.names(("block", slots[0]), "ws")
        total = unit.names(("total", slots[0]), "total")
        lines = [f"  i64 {total} = 0;"]
        cuts = []
        for slot in slots:
            size = whole_bytes(self, slot)
            name = unit.names(slot, "w")
            cuts.append((name, unit.names(("at", slot), "at")))
            lines.append(f"  const i64 {cuts[-1][1]} = {total};")
            lines.append(
                f"  {total} += ({size} + {ALIGNMENT - 1}) & ~(i64){ALIGNMENT - 1};"
            )
        lines.append(f"  char* {block} = (char*)c->table->workspace(c, {total});")
        lines.append(
            f"  if (!{block}) return tl_fail(c, TL_MEMORY, -1, {total}, 0, 0);"
        )
        return lines + [f"  char* {name} = {block} + {at};" for name, at in cuts]

    def _allocate_inside(self, slot: Slot, chunk: Chunk) -> None:
        """Take a slot after `chunk`, which knows its size, when it must grow."""
        unit = self.unit
        unit.taken.append(slot)
        name = unit.names(slot, "w")
        room = unit.names(("room", slot), "room")
        unit.head.after.append(f"  char* {name} = nullptr; i64 {room} = -1;")
        size = whole_bytes(self, slot)
        chunk.after.append(
            f"  if ({size} > {room}) {{ {room} = 2 * ({size}); "
            f"{name} = (char*)c->table->workspace(c, {room}); "
            f"if (!{name}) return tl_fail(c, TL_MEMORY, -1, {room}, 0, 0); }}"
        )

    def _node(self, node: Node) -> None:
        if isinstance(node, Require):
            self._require(node)
        elif isinstance(node, Reshape):
            self._reshape(node)
        elif isinstance(node, Library):
            self.library(node)
        elif isinstance(node, Loop):
            self._loop(node)
        elif isinstance(node, Host):
            self._host(node)
        elif isinstance(node, Branch):
            emit_branch(self, node)
        else:
            raise AssertionError(f"no such step: {node!r}")

    def _require(self, node: Require) -> None:
        extent = self.unit.extent
        a, b = extent(node.first), extent(node.second)
        if node.least:
            self.emit(
                f"if ({a} < {b}) return tl_fail(c, TL_BROADCAST, -1, 0, {a}, {b});"
            )
            return
        code = "TL_SHAPE"
        if node.broadcasting:
            code = f"{a} == 1 || {b} == 1 ? TL_BROADCAST : TL_SHAPE"
        self.emit(
            f"if ({a} != {b}) return "
            f"tl_fail(c, {code}, {node.site}, {node.axis}, {a}, {b});"
        )

    def _reshape(self, node: Reshape) -> None:
        value = node.results[0]
        if value.ndim == 0:
            pointer = self.pointer(node.operands[0])
            kind = ARITHMETIC[value.dtype]
            name = self.unit.names(value, "v", value.label)
            self.emit(f"const {kind} {name} = {loaded(f'{pointer}[0]', value.dtype)};")
            self.set_scalar(value, name)
        elif node.operands[0].ndim == 0:
            kind = CTYPE[value.dtype]
            name = self.unit.names(value, "v", value.label)
            text = stored(self.scalar(node.operands[0]), value.dtype)
            self.emit(f"const {kind} {name}[1] = {{{text}}};")
            self.memory[value] = name
            self.memory[root(value)] = name

    def nest(self, nest: Nest) -> None:
        unit = self.unit
        if self.stands_inline(nest):
            inline = _InlineWriter(nest, self)
            if any(s.domain for s in nest.statements):
                inline.write_out()
            else:
                inline.write()
            unit.primitives |= inline.primitives
        else:
            self.call(self.ready.get(nest) or self.kernel_of(nest))
        unit.plan.append(describe_nest(nest, unit.labels))

    def prepare(self, steps: "list[Nest | Node]") -> None:
        """Write the kernels of `steps`; those equal but for numbers become one."""
        self.ready = share(
            {
                step: self.kernel_of(step, opens=True)
                for step in steps
                if isinstance(step, Nest)
                and step not in self.put_off
                and not self.stands_inline(step)
            }
        )

    def stands_inline(self, nest: Nest) -> bool:
        """Tell whether a nest is statements here, and no kernel."""
        maps = [s.node for s in nest.statements if isinstance(s.node, Map)]
        if len(maps) < len(nest.statements):
            return False
        if all(node.gathered for node in maps):
            return True
        return not any(s.domain for s in nest.statements)

    def kernel_of(self, nest: Nest, *, opens: bool = False) -> Kernel:
        """Write the kernel of a nest."""
        unit = self.unit
        reuse = self.reuse.get(nest, Reuse())
        writer = KernelWriter(
            nest,
            self.storage.stored,
            set(self.storage.temporaries),
            Names(readable=unit.readable, remarks=unit.names.remarks),
            reuse.overwritten,
            reuse.fresh,
        )
        writer.opens = opens
        return writer.write()

    def argument(self, p: Parameter) -> str:
        if p.kind == "extent":
            return bare(self.unit.extent(p.subject))  # type: ignore[arg-type]
        if p.kind in ("site", "fresh"):
            return str(p.subject)
        if isinstance(p.subject, Literal):
            return literal(p.subject.value, p.subject.dtype)
        value = p.subject
        if not isinstance(value, Value):
            raise AssertionError("a parameter stands for a value or an extent")
        if p.kind == "scalar":
            return self.scalar(value)
        if p.kind == "result":
            return f"&{self.scalars[value]}"
        if p.kind in ("row", "part"):
            kept = self.storage
            slot = (kept.temporaries if p.kind == "row" else kept.partials)[value]
            return f"({CTYPE[value.dtype]}*){self.slot_text(slot)}"
        return self.pointer(value)

    def call(self, kernel: Kernel) -> None:
        unit = self.unit
        name = unit.kernel(kernel)
        for p in kernel.parameters:
            value = p.subject
            if p.kind == "result" and isinstance(value, Value):
                local = unit.names(value, "v", value.label)
                self.emit(f"{ARITHMETIC[value.dtype]} {local};")
                self.set_scalar(value, local)
        if self.barrier:
            call_together(self, name, kernel)
            return
        if self.block[0]:
            given = {p.name: self.argument(p) for p in kernel.parameters}
            shown = [*(given[n] for n in piece_arguments(kernel)), *self.block]
            self.emit(f"{name}_piece({', '.join(shown)});")
            return
        args = ", ".join(["c", *(self.argument(p) for p in kernel.parameters)])
        self.emit(f"{name}({args});")
        if kernel.may_fail:
            self.emit("if (c->error.code) return c->error.code;")

    def let_read(self) -> None:
        """Wait for threads that may still read what the next step replaces."""
        wait, lines = f"{self.barrier}.wait(members);", self.lines
        last = max((k for k, line in enumerate(lines) if wait in line), default=-1)
        if any("[" in line for line in lines[last + 1 :]):
            self.wait()

    def wait(self) -> None:
        """Let each thread of a team wait for the others."""
        self.emit(self.waiting())

    def waiting(self) -> str:
        """Return the statement with which a thread waits for the others."""
        free = f"if (!{self.apart}) " if self.apart else ""
        return f"{free}{self.barrier}.wait(members);"

    # Opaque steps.

    def dense(self, value: Value) -> str:
        """Return a pointer to the dense elements of a value."""
        if value.ndim:
            return self.pointer(value)
        kind = CTYPE[value.dtype]
        name = self.unit.names(("dense", value, len(self.chunks)), "d")
        self.emit(f"const {kind} {name} = {stored(self.scalar(value), value.dtype)};")
        return f"&{name}"

    def library(self, node: Library) -> None:
        own = (self.in_loop or self.unit.multiplies) and is_product(node)
        head = "product" if own else f"library {node.name}"
        self.unit.plan.append(f"{head} {node.params}")
        if own:
            emit_product(self, node)
        else:
            emit_library(self, node)

    def _host(self, node: Host) -> None:
        unit = self.unit
        at = unit.names(node, "host_")
        pointers = [self.dense(v) for v in node.operands]
        shapes: list[str] = []
        for v in node.operands:
            dims = ", ".join(unit.extent(e) for e in v.shape) or "0"
            shape = unit.names(("shape", node, len(shapes)), "d")
            self.emit(f"const i64 {shape}[] = {{{dims}}};")
            shapes.append(shape)
        items = ", ".join(
            f"{{(void*){p}, {s}}}" for p, s in zip(pointers, shapes, strict=True)
        )
        self.emit(f"const tl_array {at}_in[] = {{{items or '{0, 0}'}}};")
        self.emit(f"tl_array {at}_out[{max(1, len(node.results))}];")
        self.emit(
            f"if (c->table->host(c, {node.callback}, {at}_in, {at}_out)) "
            "return tl_fail(c, TL_HOST, -1, 0, 0, 0);"
        )
        for k, value in enumerate(node.results):
            kind = CTYPE[value.dtype]
            name = unit.names(value, "v", value.label)
            if value.ndim:
                self.emit(f"const {kind}* {name} = (const {kind}*){at}_out[{k}].data;")
                unit.shape_of[value] = f"{at}_out[{k}].shape"
                self.memory[value] = name
            else:
                text = loaded(f"*(const {kind}*){at}_out[{k}].data", value.dtype)
                self.emit(f"const {ARITHMETIC[value.dtype]} {name} = {bare(text)};")
                self.set_scalar(value, name)
        unit.plan.append(f"call back into Python ({len(node.operands)} arrays)")

    def _loop(self, node: Loop) -> None:
        emit_loop(self, node)

    def leave_outputs(self) -> None:
        """Write the 0-d outputs."""
        self.chunks.append(Chunk())
        for k, value in enumerate(self.program.outputs):
            if value.ndim:
                if root(value) not in self.memory:
                    self.pointer(value)
                continue
            kind = CTYPE[value.dtype]
            name = f"o{k}"
            self.emit(f"{kind}* {name} = ({kind}*)c->table->output(c, {k}, nullptr);")
            self.emit(f"if (!{name}) return tl_fail(c, TL_MEMORY, -1, 0, 0, 0);")
            self.emit(f"*{name} = {stored(bare(self.scalar(value)), value.dtype)};")


class _InlineWriter(KernelWriter):
    """Writes 0-d values as statements where they stand."""

    def __init__(self, nest: Nest, level: Level) -> None:
        super().__init__(nest, set(), set(), level.unit.names)
        self.level = level

    def emit(self, line: str) -> None:
        self.level.emit(line)

    def extent(self, extent: int | Extent) -> str:
        return self.level.unit.extent(extent)

    def scalar_parameter(self, value: Value) -> str:
        return self.level.scalar(value)

    def pointer(self, value: Value, *, write: bool) -> str:
        return self.level.pointer(value)

    def site(self, site: int) -> str:
        return str(site)

    def leave_scalar(self, value: Value, text: str) -> None:
        self.level.set_scalar(value, text)

    def write(self) -> Kernel:
        kernel = super().write()
        if self.may_fail:
            self.emit("if (c->error.code) return c->error.code;")
        return kernel

    def write_out(self) -> None:
        """Write gathered elements, each as a statement of its own."""
        for s in self.nest.statements:
            self.remark(s.value, self.emit)
            scalars = scalar_order(s.body)
            places = offset(s.place, s.value.shape)
            for point in points(s.domain):
                element = Table(self)
                text = element.text(element.add(folded(scalars, point)))
                at = places.constant + sum(f * point[a] for a, f in places.coefficients)
                name = self.pointer(s.value, write=True)
                text = stored_text(bare(text), s.value.dtype)
                self.emit(f"{name}[{at}] = {text};")


def element(value: Value) -> tuple[Value, int | Extent]:
    """Return the array that a 0-d view reads, and where in it."""
    load = Resolver({}).load(value, ())
    if not isinstance(load, Load):
        raise AssertionError("a view of memory loads")
    return load.source, offset(load.index, load.source.shape).constant


def _sources(slot: Slot) -> list[Value]:
    """Return the values that a slot's size depends on."""
    if not isinstance(slot.size, Extent):
        return []
    return [leaf.args[0] for leaf in leaves(slot.size)]
