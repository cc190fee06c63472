"""One level of a program as C++ statements: the top, or the body of a loop."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from theanolike.codegen.emit_branch import emit_branch
from theanolike.codegen.emit_commit import CommitWriter
from theanolike.codegen.emit_inline import InlineWriter
from theanolike.codegen.emit_kernel import KernelWriter
from theanolike.codegen.emit_loop import emit_loop
from theanolike.codegen.emit_node import emit_host, emit_require, emit_reshape
from theanolike.codegen.emit_places import Chunk, Places
from theanolike.codegen.emit_product import emit_product, is_product
from theanolike.codegen.emit_scalar import bare
from theanolike.codegen.emit_team import call_together
from theanolike.codegen.emit_workspace import allocate
from theanolike.codegen.in_place import Target
from theanolike.codegen.kernel_text import Kernel, Parameter, piece_arguments
from theanolike.codegen.libraries import emit_library
from theanolike.codegen.literals import share
from theanolike.codegen.memory import (
    plan_storage,
    root,
)
from theanolike.codegen.names import Names
from theanolike.codegen.printing import describe_library, describe_nest
from theanolike.codegen.program import (
    Branch,
    Data,
    Host,
    Library,
    Literal,
    Loop,
    Map,
    Node,
    Program,
    Require,
    Reshape,
    Value,
)
from theanolike.codegen.rings import Reuse, read_before
from theanolike.codegen.scalars import ARITHMETIC, CTYPE, literal, stored
from theanolike.codegen.schedule.fuse import Nest, fuse
from theanolike.codegen.schedule.sharing import looked_up
from theanolike.codegen.schedule.statements import plan_statements
from theanolike.codegen.shapes import Extent

if TYPE_CHECKING:
    from theanolike.codegen.emit_cxx import UnitWriter

__all__ = ["Chunk", "Level"]


class Level(Places):
    """One program level: the top, or the body of a loop or a branch."""

    def __init__(self, unit: "UnitWriter", program: Program, indent: int) -> None:
        super().__init__(unit, program, indent)
        self.put_off: dict[Nest | Node, list[Target]] = {}
        self.commit = CommitWriter(self)
        self.ready: dict[Nest, Kernel] = {}  # kernels written beforehand
        self.reuse: dict[Nest, Reuse] = {}  # of memory that next states are written to
        self.barrier = ""  # where threads wait that take the steps together
        self.caller = "c"  # what errors are noted in, each thread's own in a team
        self.checks = 0  # so many of a team's kernels may fail
        self.apart = ""  # says whether each of them has rows of its own
        self.row_count: int | Extent = 0  # how many rows there are then
        self.own_rows: dict[Value, str] = {}  # each one's temporaries
        self.in_loop = False
        self.divided = False  # in a loop whose steps threads share
        self.block = ("", "")  # bounds of the elements that a step is about
        self.captured: dict[Value, Value] = {}  # what arguments are outside
        self.steady: set[Value] = set()  # arguments that no step of any loop changes
        self.packed: dict[tuple[Value, bool], str] = {}  # factors, maybe transposed

    def nested(self, program: Program) -> "Level":
        """Return the level of a program inside this one."""
        inner = Level(self.unit, program, self.indent + 1)
        inner.in_loop = self.in_loop
        inner.divided = self.divided
        return inner

    def capture(
        self, inner: "Level", values: Sequence[Value], inputs: Sequence[Value]
    ) -> None:
        """Let a nested program see captured values where they are."""
        for value, argument in zip(values, inputs, strict=True):
            inner.captured[argument] = value
            if not self.in_loop or root(value) in self.steady:
                inner.steady.add(argument)
            self.unit.labels.same(argument, value)
            if value.ndim == 0:
                inner.set_scalar(argument, self.scalar(value))
            else:
                inner.memory[argument] = self.pointer(value)

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
        allocate(self)
        return self.lines

    @property
    def lines(self) -> list[str]:
        """What is written so far."""
        return [line for chunk in self.chunks for line in chunk.lines + chunk.after]

    def _node(self, node: Node) -> None:
        if isinstance(node, Require):
            emit_require(self, node)
        elif isinstance(node, Reshape):
            emit_reshape(self, node)
        elif isinstance(node, Library):
            self.library(node)
        elif isinstance(node, Loop):
            emit_loop(self, node)
        elif isinstance(node, Host):
            emit_host(self, node)
        elif isinstance(node, Branch):
            emit_branch(self, node)
        else:
            raise AssertionError(f"no such step: {node!r}")

    def nest(self, nest: Nest) -> None:
        unit = self.unit
        if self.stands_inline(nest):
            inline = InlineWriter(nest, self)
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
        writer.in_loop = self.in_loop
        writer.looks_up_fresh = self.in_loop and any(
            root(source) not in self.steady and not isinstance(root(source).node, Data)
            for source in looked_up(nest)
        )
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
        if not kernel.parameters:
            return  # there are no elements
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

    def library(self, node: Library) -> None:
        own = (self.in_loop or self.unit.multiplies) and is_product(node)
        name = "product" if own else f"library {node.name}"
        self.unit.plan.append(describe_library(node, self.unit.labels, name))
        if own:
            emit_product(self, node)
        else:
            emit_library(self, node)

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
