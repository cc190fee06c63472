"""A scheduled program as the text of a C++ unit."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from theanolike.codegen.check import check_program
from theanolike.codegen.emit_level import Chunk, Level
from theanolike.codegen.emit_product import has_loop_products
from theanolike.codegen.emit_scalar import extent_text
from theanolike.codegen.emit_table import TableLevel
from theanolike.codegen.in_place import in_place
from theanolike.codegen.kernel_text import Kernel, kernel_text
from theanolike.codegen.memory import Slot, plan_storage, root
from theanolike.codegen.names import Names
from theanolike.codegen.primitives import snippets
from theanolike.codegen.printing import Labels
from theanolike.codegen.program import (
    Axis,
    Branch,
    Data,
    Host,
    Input,
    Loop,
    Map,
    Node,
    Program,
    Reshape,
    Value,
    View,
)
from theanolike.codegen.rings import followed
from theanolike.codegen.scalars import CTYPE, literal
from theanolike.codegen.schedule.elements import write_out_small
from theanolike.codegen.schedule.equal import spell_alike
from theanolike.codegen.schedule.fuse import Nest, fuse
from theanolike.codegen.schedule.statements import plan_statements
from theanolike.codegen.schedule.unread import drop_unread
from theanolike.codegen.shapes import Extent
from theanolike.codegen.snippets import snippet_text
from theanolike.codegen.tidy import sections

CHECKED = False  # check the program between phases: set under test
STRAIGHT = 64  # steps that stand one after another; more are a table
SMALL = 64  # elements of a constant that stands in the text


@dataclass
class Unit:
    """The text of a unit and what its caller must pass.

    Attributes
    ----------
    text : str
    constants : list of ndarray
        Arrays to pass after the arguments.
    plan : list of str
        A line per step, for people.
    kernels : list of str
        The parts of the text that are functions on their own.
    slots : list of Slot
        The pieces of the workspace, those of nested programs too.
    fresh : list of Value
        The outputs that get arrays of their own.
    """

    text: str
    constants: list[np.ndarray[Any, Any]]
    plan: list[str]
    kernels: list[str]
    slots: list[Slot]
    fresh: list[Value]


def emit_unit(
    program: Program,
    remarks: Sequence[str] | None = None,
    targets: Sequence[int | None] = (),
) -> Unit:
    """Schedule `program` and print it as C++.

    The last outputs are the new values of updates; `targets` has for each the argument
    that holds the old one, or None.

    With `remarks`, the user's line of each site, print it for reading: with the user's
    names and lines.
    """
    return UnitWriter(program, remarks, targets).write()


def bind_outputs(program: Program, moved: Collection[int] = ()) -> None:
    """Give each output a value of its own, computed here and stored densely.

    Those of `moved` stay as they are.
    """
    taken: set[Value] = set()
    for k, value in enumerate(program.outputs):
        if k in moved:
            continue
        owner = root(value)
        direct = (
            not isinstance(value.node, View)
            and not isinstance(owner.node, Input | Data | View | Host)
            and _unviewed(value)
            and owner.ndim > 0
            and owner not in taken
        )
        if value.ndim == 0:
            continue
        if direct:
            taken.add(owner)
            continue
        body = value.at(*(Axis(a) for a in range(value.ndim)))
        copy = Map(value.shape, value.dtype, body, -1)
        program.nodes.append(copy)
        program.outputs[k] = copy.results[0]
        taken.add(copy.results[0])
    for node in program.nodes:
        if isinstance(node, Loop):
            bind_outputs(node.body, followed(node))
        elif isinstance(node, Branch):
            bind_outputs(node.then)
            bind_outputs(node.otherwise)


def _unviewed(value: Value) -> bool:
    while isinstance(value.node, Reshape | View):
        if isinstance(value.node, View):
            return False
        value = value.node.operands[0]
    return True


class UnitWriter:
    """Collects kernels, constants and the compute function."""

    def __init__(
        self,
        program: Program,
        remarks: Sequence[str] | None,
        targets: Sequence[int | None],
    ) -> None:
        self.targets = targets
        self.program = program
        self.readable = remarks is not None
        self.names = Names(readable=self.readable, remarks=remarks or ())
        self.kernels: dict[tuple[object, ...], str] = {}
        self.kernel_text: list[str] = []
        self.primitives: set[tuple[str, str]] = set()
        self.constants: list[np.ndarray[Any, Any]] = []
        self._declared: dict[Value, str] = {}  # constants, which several levels read
        self.static: list[str] = []
        self.plan: list[str] = []
        self.labels = Labels()
        self.extents: dict[Extent, str] = {}
        self.known_after: dict[Value, Chunk] = {}
        self.head = Chunk()
        self.commits: list[str] = []
        self.separate: list[str] = []  # kernels that can stand in another file
        self.slots: list[Slot] = []  # those of nested programs, not yet asked for
        self.taken: list[Slot] = []
        self.top: Level | None = None
        # Where extents come from that were known before a function of its own begins.
        self.outside: Callable[[Extent], str] | None = None
        self.has_team = False  # a loop whose steps several threads take together
        self.has_steps = False  # a loop of which each thread takes some steps
        self.multiplies = has_loop_products(program)  # then it computes all products
        self.has_product = False
        self.scalar_of: dict[Value, str] = {}
        self.shape_of: dict[Value, str] = {}

    def write(self) -> Unit:
        """Write the unit."""
        if CHECKED:
            check_program(self.program)
        drop_unread(self.program)
        bind_outputs(self.program)
        spell_alike(self.program)
        write_out_small(self.program)
        if CHECKED:
            check_program(self.program)
        steps = fuse(plan_statements(self.program))
        large = len(steps) > STRAIGHT
        body = self._table(steps) if large else self._straight(steps)
        self._sum_up()
        # A complex value that is only moved needs its type, though no primitive.
        moved = {
            ("select", value.dtype)
            for node in self.program.nodes
            for value in node.results
            if value.dtype.startswith("complex")
        }
        files = snippets(self.primitives | moved)
        own = [
            ("team.h", self.has_team),
            ("steps.h", self.has_steps),
            ("product.h", self.has_product),
        ]
        order = dict.fromkeys(
            ("base.h", "support.h", *(file for file, needed in own if needed), *files)
        )
        helpers = [snippet_text(file) for file in order]
        parts = ["\n".join(self.static)] if self.static else []
        parts += self.kernel_text
        lines = ['extern "C" i32 tl_compute(tl_call* c) {']
        lines += self.head.lines + self.head.after + body + ["  return TL_OK;", "}"]
        parts.append("\n".join(lines))
        if self.commits:
            head = ['extern "C" void tl_commit(tl_call* c) {']
            head.append("  void** put_off = (void**)c->state;")
            parts.append("\n".join([*head, *self.commits, "}"]))
        if self.readable:
            text = sections(helpers, order, parts)
        else:
            text = "\n".join([*helpers, *parts])
        return Unit(
            text + "\n",
            self.constants,
            self.plan,
            self.separate,
            self.taken,
            self._fresh(),
        )

    def _fresh(self) -> list[Value]:
        put_off = () if self.top is None else self.top.put_off.values()
        written = {target.new for targets in put_off for target in targets}
        return [v for v in self.program.outputs if root(v) not in written]

    def _straight(self, steps: list[Nest | Node]) -> list[str]:
        """Write the steps one after another."""
        top = self.top = Level(self, self.program, indent=1)
        top.declare_inputs()
        top.bind_outputs()
        top.put_off = in_place(self.program, steps, self.targets)
        top.storage = plan_storage(self.program, steps, top.bound, top.put_off)
        if top.put_off:
            self._prepare_commit(len(top.put_off))
        top.write_steps(steps)
        # An output may be the first to need an extent that a step makes known.
        top.leave_outputs()
        self.kernel_text += top.commit.text
        return top.lines

    def _prepare_commit(self, count: int) -> None:
        """Make room for what the commit part will do."""
        self.head.lines += [
            f"  void** put_off = (void**)c->table->workspace(c, {8 * count});",
            "  if (!put_off) return tl_fail(c, TL_MEMORY, -1, 0, 0, 0);",
            f"  for (i64 i = 0; i < {count}; ++i) put_off[i] = nullptr;",
            "  c->state = put_off;",
        ]

    def _table(self, steps: list[Nest | Node]) -> list[str]:
        """Write the steps as a table."""
        top = self.top = TableLevel(self, self.program)
        top.declare_inputs()
        top.bind_outputs()
        top.put_off = in_place(self.program, steps, self.targets)
        top.storage = plan_storage(self.program, steps, top.bound, top.put_off)
        lines = top.write_steps(steps)
        self.commits += top.commit_lines()
        return lines

    # The plan.

    def planned(self, head: str, write: Callable[[], list[str]]) -> list[str]:
        """Write a nested program; what it plans stands below `head`."""
        at = len(self.plan)
        lines = write()
        self.plan[at:] = [head, *(f"  {line}" for line in self.plan[at:])]
        return lines

    def _sum_up(self) -> None:
        """End the plan with how many loops and buffers there are."""
        nests = sum(line.lstrip().startswith("nest over") for line in self.plan)
        slots = len(self.slots)
        if self.top is not None:
            slots += len(self.top.storage.slots) + len(self.top.extra)
        self.plan.append(f"nests: {nests}, buffers: {slots}")

    # Extents.

    def extent(self, extent: int | Extent) -> str:
        """Return the text of an extent in the compute function."""
        if isinstance(extent, int):
            return str(extent)
        if extent.op not in ("dim", "item"):
            return extent_text(extent, self.extent)
        known = extent in self.extents
        if not known and self.outside and extent.args[0] not in self.known_after:
            self.extents[extent] = self.outside(extent)
        elif not known:
            name = self.names(extent, "n")
            self.extents[extent] = name
            source = extent.args[0]
            chunk = self.known_after.get(source, self.head)
            if extent.op == "item":
                cast = "" if source.dtype == "int64" else "(i64)"
                text = f"{cast}{self.scalar_of[source]}"
            elif isinstance(source.node, Input):
                text = f"c->inputs[{source.node.slot}].shape[{extent.args[1]}]"
            else:
                text = f"{self.shape_of[source]}[{extent.args[1]}]"
            chunk.after.append(f"  const i64 {name} = {text};")
        return self.extents[extent]

    # Kernels.

    def kernel(self, kernel: Kernel) -> str:
        """Return the name of a kernel, emitting it if it is new."""
        key = kernel.key
        if key in self.kernels:
            return self.kernels[key]
        name = self.names(key, "kernel_")
        self.kernels[key] = name
        self.primitives |= kernel.primitives
        self.kernel_text.append(kernel_text(name, kernel))
        self.separate.append(self.kernel_text[-1])
        return name

    def constant(self, value: Value) -> str:
        """Return the pointer to a constant array."""
        node = value.node
        if not isinstance(node, Data):
            raise AssertionError("only Data is constant")
        if value in self._declared:
            return self._declared[value]
        array = node.array
        name = self._declared[value] = self.names(value, "k", value.label)
        kind = CTYPE[value.dtype]
        if array.size <= SMALL and value.dtype != "float16":
            items = ", ".join(_element(x, value.dtype) for x in array.ravel())
            self.static.append(f"static const {kind} {name}[] = {{{items or '0'}}};")
        else:
            slot = len(self.program.inputs) + len(self.constants)
            self.constants.append(array)
            self.head.lines.append(
                f"  const {kind}* {name} = (const {kind}*)c->inputs[{slot}].data;"
            )
        return name


def _element(x: object, dtype: str) -> str:
    return str(int(x)) if dtype == "bool" else literal(x, dtype)  # type: ignore[call-overload]
