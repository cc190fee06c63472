"""A loop node as a C++ `for`: states in registers or rotated buffers."""

from typing import TYPE_CHECKING

from theanolike.codegen.apart import rows_apart
from theanolike.codegen.emit_columns import (
    close_blocks,
    may_take_columns,
    open_blocks,
)
from theanolike.codegen.emit_product import is_product, pack_factors
from theanolike.codegen.emit_scalar import bare
from theanolike.codegen.emit_steps import divide, leaving, may_be_divided, own_slots
from theanolike.codegen.emit_sums import Pieces, may_be_added_up
from theanolike.codegen.emit_team import (
    Steps,
    alone,
    declare_own_rows,
    may_be_shared,
    noting,
    sizes_known,
    steps_fail,
    work_of,
)
from theanolike.codegen.memory import Slot, root
from theanolike.codegen.printing import describe_loop
from theanolike.codegen.program import (
    Loop,
    Require,
    Reshape,
    Value,
)
from theanolike.codegen.rings import Ring, find_rings, followed, reuse, spread
from theanolike.codegen.scalars import ARITHMETIC, CTYPE, stored
from theanolike.codegen.schedule.fuse import Nest
from theanolike.codegen.shapes import product

if TYPE_CHECKING:
    from theanolike.codegen.emit_level import Level

# Steps between two looks at signals, one less than a power of 2: of scalars only; with
# loops over arrays; with library calls, whose work isn't estimated, and in teams.
POLL, POLL_NESTS, POLL_LIBRARIES = 4095, 63, 7
FEWEST = 256  # elements that rows of unknown number have room for at first
MOST = 1 << 56  # of them, whatever the number of steps
BLOCK_ROWS = 8  # rows of a thread that has them to itself, at least (cxx/product.h)
LARGE = 1 << 18  # elements of a step after which signals are looked at in any case


def emit_loop(level: "Level", node: Loop) -> None:
    """Write a loop: buffers, the steps, and the results."""
    _LoopWriter(level, node).write()


class _LoopWriter:
    def __init__(self, level: "Level", node: Loop) -> None:
        self.level = level
        self.unit = level.unit
        self.node = node
        self.body = node.body
        self.count = len(node.states)
        collected = len(node.results) - self.count - node.until
        self.last = node.results[: self.count]
        self.rows = node.results[self.count : self.count + collected]
        self.followed = followed(node)
        self.rings: dict[int, Ring] = {}
        self.slots: list[Slot] = []  # of their buffers
        self.current: list[str] = []  # where each state is
        self.next: list[str] = []  # where its next value goes
        self.left: list[str] = []  # where a team leaves it
        self.declared: list[str] = []
        self.grown: dict[Value, str] = {}  # rows of unknown number

    def write(self) -> None:
        """Write the loop."""
        unit, level = self.unit, self.level
        inner = level.nested(self.body)
        inner.in_loop = True
        step = unit.names(self.body.inputs[0], "t")
        inner.set_scalar(self.body.inputs[0], step)
        self.states(inner)
        level.capture(inner, self.node.captured, self.body.inputs[1 + self.count :])
        done = ""
        if self.node.until:
            done = unit.names(("done", self.node), "done")
            level.emit(f"i64 {done} = 0;")
        self.declare_grown()
        self.bind(inner)
        scheduled = inner.plan(self.node)
        self.declare_rings(inner, step, scheduled)
        inner.prepare(scheduled)
        pack_factors(level, inner, scheduled)
        if not self.count and may_be_divided(level, self.node):
            self.write_divided(inner, step, scheduled)
            return
        adds_up = may_be_added_up(level, self.node)
        # Of threads that take elements, each would look at all indices.
        if adds_up and steps_fail(scheduled):
            self.write_pieces(inner, step, scheduled)
        elif may_take_columns(level, self.node, inner, scheduled):
            self.write_columns(inner, step, scheduled)
        elif may_be_shared(level, self.node, inner, scheduled):
            self.open_team(inner, scheduled)
            self.write_steps(inner, step, scheduled, done)
        elif adds_up:
            self.write_pieces(inner, step, scheduled)
        else:
            self.write_steps(inner, step, scheduled, done)

    def write_steps(
        self, inner: "Level", step: str, scheduled: Steps, done: str
    ) -> None:
        """Write the steps in order, of one thread or of all members of a team."""
        unit, level = self.unit, self.level
        for line in self.declared:
            level.emit(line)
        shared = "shared among threads" if inner.barrier else ""
        shared += " by rows" if inner.apart else ""
        unit.planned(
            describe_loop(self.count, self.in_place(), shared),
            lambda: inner.write_prepared(scheduled),
        )
        self.open_loop(inner, step, scheduled)
        at = len(level.chunks[-1].lines)
        self.advance(inner, done, step)
        if inner.barrier:
            written = level.chunks[-1].lines[at:]
            if any("[" in line.rpartition(" = ")[2] for line in written):
                level.emit(f"  {inner.waiting()}")
            else:
                inner.let_read()
            given = ", ".join([f"{step} + 1", *([inner.apart] if inner.apart else [])])
            level.emit(f"  if ({inner.barrier}.stopped({given})) return;")
        # With what the results asked for.
        level.chunks[-1].lines[at:at] = [
            noting(step, line, shared=bool(inner.barrier), caller=inner.caller)
            for line in inner.lines
        ]
        level.emit("}")
        if inner.barrier:
            self.close_team(inner, scheduled)
        self.results(done)

    def write_divided(self, inner: "Level", step: str, scheduled: Steps) -> None:
        """Write a loop without states: a function of which each thread does a part."""
        unit, emit = self.unit, self.level.emit
        condition = divide(self.level, self.node)
        run = self.open_divided(inner, scheduled)
        at, end = (unit.names((key, self.node), key) for key in ("at", "end"))
        emit(f"  for (i64 {at} = 0, {end} = 0; member.take(&{at}, &{end});)")
        emit(f"  for (; {at} < {end}; ++{at}) {{")
        steps = bare(unit.extent(self.node.steps))
        turned = f"{steps} - 1 - " if self.node.reverse else ""
        emit(f"  const i64 {step} = {turned}{at};")
        emit(f"  if ({self.due(inner, at, scheduled)} && c->table->poll(c)) return;")
        lines = self.level.chunks[-1].lines
        place = len(lines)
        self.advance(inner, "", step)
        lines[place:place] = [leaving(at, step, line) for line in inner.lines]
        emit("  }")
        emit("};")
        emit(
            f"if (tl_take_steps(c, {steps}, {condition}, {run})) return c->error.code;"
        )

    def open_divided(self, inner: "Level", scheduled: Steps, how: str = "") -> str:
        """Begin a function that does a part of the steps; return its name."""
        unit, emit = self.unit, self.level.emit
        inner.divided = True
        others = {*unit.slots}
        unit.planned(
            describe_loop(
                self.count, self.in_place(), f"{how}its steps shared among threads"
            ),
            lambda: inner.write_prepared(scheduled),
        )
        own = [slot for slot in unit.slots if slot not in others] + self.slots
        run = unit.names(("run", self.node), "steps")
        emit(f"const auto {run} = [=](tl_call* c, tl_member& member) mutable {{")
        for slot in own:
            slot.each = True
        for line in (*own_slots(self.level, own), *self.declared):
            emit(f"  {line}")
        return run

    def write_pieces(self, inner: "Level", step: str, scheduled: Steps) -> None:
        """Write a loop of totals: a function of which each thread does some pieces."""
        starts = [
            self.level.pointer(v) if v.ndim else self.level.scalar(v)
            for v in self.node.states
        ]
        pieces = Pieces(self.level, self.node)
        if any(one.fresh for one in inner.reuse.values()):  # in each piece again
            inner.reuse = reuse(self.node, scheduled, self.rings, pieces.done)
            inner.prepare(scheduled)
        run = self.open_divided(inner, scheduled, "in pieces, ")
        last = {k: self.buffer(k, ring.length - 1) for k, ring in self.rings.items()}
        pieces.open(step, self.current, last)
        due = self.due(inner, pieces.at, scheduled)
        self.level.emit(f"  if ({due} && c->table->poll(c)) return;")
        lines = self.level.chunks[-1].lines
        place = len(lines)
        self.advance(inner, "", step)
        lines[place:place] = [leaving(pieces.piece, step, x) for x in inner.lines]
        pieces.close(self.current)
        self.level.emit("};")
        self.level.emit(
            f"if (tl_take_steps(c, {pieces.count}, {pieces.threads}, {run})) "
            "return c->error.code;"
        )
        self.current = pieces.combine(starts)
        self.results("")

    def write_columns(self, inner: "Level", step: str, scheduled: Steps) -> None:
        """Write a loop of which each thread takes some elements through all steps."""
        unit, emit = self.unit, self.level.emit
        self.declare_left()
        open_blocks(self.level, self.node, inner, scheduled, self.left)
        for line in self.declared:
            emit(f"  {line}")
        unit.planned(
            describe_loop(
                self.count, self.in_place(), "its elements shared among threads"
            ),
            lambda: inner.write_prepared(scheduled),
        )
        emit(f"  {self.over_steps(step)}")
        emit(f"  if ({self.due(inner, step, scheduled)} && c->table->poll(c)) return;")
        lines = self.level.chunks[-1].lines
        place = len(lines)
        self.advance(inner, "", step)
        block = unit.names(("block", self.node), "at")
        lines[place:place] = [leaving(block, step, line) for line in inner.lines]
        emit("  }")
        left = dict(zip(self.left, self.current, strict=True))
        close_blocks(self.level, self.node, left)
        self.current = list(self.left)
        self.results("")

    def due(self, inner: "Level", step: str, scheduled: Steps) -> str:
        """Return when to look for signals: often enough, and not all the time."""
        quick = (Nest, Reshape, Require)
        known = all(isinstance(s, quick) or is_product(s) for s in scheduled)
        if not known or not sizes_known(self.node, scheduled):
            return f"({step} & {POLL_LIBRARIES}) == {POLL_LIBRARIES}"
        work = work_of(inner, scheduled)
        if not work:
            return f"({step} & {POLL}) == {POLL}"
        # Members that wait for each other make a step last, where cores are scarce.
        every = POLL_LIBRARIES if inner.barrier else POLL_NESTS
        often = f"({step} & {every}) == {every}"
        return f"({often} || {work} >= {LARGE})"

    def over_steps(self, step: str) -> str:
        """Return the head of the loop over the steps."""
        steps = bare(self.unit.extent(self.node.steps))
        if self.node.reverse:
            return f"for (i64 {step} = {steps} - 1; {step} >= 0; --{step}) {{"
        return f"for (i64 {step} = 0; {step} < {steps}; ++{step}) {{"

    def open_loop(self, inner: "Level", step: str, scheduled: Steps) -> None:
        """Open the loop over the steps, and look for signals now and then."""
        emit = self.level.emit
        steps = bare(self.unit.extent(self.node.steps))
        emit(self.over_steps(step))
        for row in self.grown:
            self.grow(row, step, steps)
        due = self.due(inner, step, scheduled)
        if not inner.barrier:
            emit(
                f"  if ({due} && c->table->poll(c)) "
                "return tl_fail(c, TL_INTERRUPTED, -1, 0, 0, 0);"
            )
            return
        stop = f"{inner.barrier}.stop"
        # Says at which step: another thread may still be at the end of the one before.
        emit(
            f"  if (member == 0 && {due} && c->table->poll(c)) "
            f"__atomic_store_n(&{stop}, {step} + 1, __ATOMIC_RELAXED);"
        )

    def declare_grown(self) -> None:
        """Declare the rows of a loop that may stop: buffers that grow as they fill.

        They outlast the loop, which may be run again by one around it.
        """
        head = self.unit.head.after
        for row in self.rows if self.node.until else ():
            if row in self.level.output_of or row in self.level.placed:
                continue
            name = self.unit.names(row, "v", row.label)
            kind = CTYPE[row.dtype]
            head.append(f"  {kind}* {name} = nullptr; i64 {name}_room = 0;")
            self.grown[row] = self.level.memory[row] = name

    def grow(self, row: Value, step: str, steps: str) -> None:
        """Make room for one more row, twice as much as before where there is none."""
        emit, name = self.level.emit, self.grown[row]
        size = self.unit.extent(product(row.shape[1:]))
        need = f"({step} + 1) * ({size})"
        emit(f"  if ({need} > {name}_room) {{")
        least = f"tl_max({need}, tl_max(2 * {name}_room, {FEWEST}))"
        most = f"tl_min({steps}, {MOST} / tl_max({size}, 1)) * ({size})"
        emit(f"    {name}_room = tl_min({least}, {most});")
        emit(
            f"    {CTYPE[row.dtype]}* more = ({CTYPE[row.dtype]}*)c->table->workspace("
            f"c, {name}_room * sizeof(*more));"
        )
        emit("    if (!more) return tl_fail(c, TL_MEMORY, -1, 0, 0, 0);")
        emit(
            f"    if ({step}) __builtin_memcpy(more, {name}, "
            f"{step} * ({size}) * sizeof(*more));"
        )
        emit(f"    {name} = more;")
        emit("  }")

    def open_team(self, inner: "Level", scheduled: Steps) -> None:
        """Begin a function that each thread runs, with states of its own."""
        unit, emit = self.unit, self.level.emit
        unit.has_team = True
        inner.barrier = unit.names(("barrier", self.node), "barrier")
        emit(f"tl_barrier {inner.barrier};")
        self.declare_left()
        run = unit.names(("run", self.node), "steps")
        emit(f"const auto {run} = [&](i64 member, i64 members) {{")
        rows = rows_apart(self.node, inner, scheduled)
        if steps_fail(scheduled):
            rows = None  # all leave at the same step
            inner.caller = unit.names(("caller", self.node), "own")
            emit(f"  tl_call {inner.caller}_call = *c;")
            emit(f"  tl_call* const {inner.caller} = &{inner.caller}_call;")
        if rows is not None:
            inner.apart = unit.names(("apart", self.node), "apart")
            inner.row_count = rows
            count = bare(unit.extent(rows))
            emit(f"  const bool {inner.apart} = {count} >= {BLOCK_ROWS} * members;")
        declare_own_rows(self.level, inner, scheduled)

    def declare_left(self) -> None:
        """Declare where threads leave the last states."""
        for k, value in enumerate(self.last):
            name = self.unit.names(("left", self.node, k), "left")
            kind = f"const {CTYPE[value.dtype]}*"
            self.level.emit(
                f"{ARITHMETIC[value.dtype] if value.ndim == 0 else kind} {name};"
            )
            self.left.append(name)

    def close_team(self, inner: "Level", scheduled: Steps) -> None:
        """End the function, and run it on threads if a step is enough work."""
        unit, emit = self.unit, self.level.emit
        for name, current in zip(self.left, self.current, strict=True):
            emit(f"  if (member == 0) {name} = {current};")
        emit("};")
        run = unit.names(("run", self.node), "steps")
        emit(
            f"if ({alone(inner, scheduled)}) {run}(0, 1); else "
            "c->table->team(c, [](void* f, i64 member, i64 members) "
            f"{{ (*(decltype({run})*)f)(member, members); }}, (void*)&{run}, 1 << 16);"
        )
        emit(
            f"if ({inner.barrier}.stop) return tl_fail(c, TL_INTERRUPTED, -1, 0, 0, 0);"
        )
        if steps_fail(scheduled) or any(isinstance(s, Require) for s in scheduled):
            emit("if (c->error.code) return c->error.code;")
        self.current = list(self.left)

    def states(self, inner: "Level") -> None:
        """Declare each state: a local, or a pointer that moves between two buffers."""
        declare = self.declared.append
        arguments = self.body.inputs[1 : 1 + self.count]
        for k, (value, argument) in enumerate(
            zip(self.node.states, arguments, strict=True)
        ):
            name = self.unit.names(argument, "s", argument.label)
            kind = CTYPE[value.dtype]
            self.current.append(name)
            if value.ndim == 0:
                local = ARITHMETIC[value.dtype]
                declare(f"{local} {name} = {bare(self.level.scalar(value))};")
                inner.set_scalar(argument, name)
                self.next.append("")
                continue
            declare(f"const {kind}* {name} = {self.level.pointer(value)};")
            inner.memory[argument] = name
            self.next.append("" if k in self.followed else self.buffer(k, 0))

    def declare_rings(self, inner: "Level", step: str, scheduled: Steps) -> None:
        """Declare the buffers that array states are written to in turn."""
        self.rings = find_rings(self.node, scheduled)
        for k, ring in self.rings.items():
            kind = CTYPE[self.last[k].dtype]
            room, shift = spread(self.last[k], ring.first)
            for i in range(ring.length):
                self.slots.append(self.level.extra_slot(room))
                slot = self.level.slot_text(self.slots[-1])
                start = f"({slot} + {self.unit.extent(shift)})" if shift else slot
                self.declared.append(f"{kind}* {self.buffer(k, i)} = ({kind}*){start};")
        count = bare(self.unit.extent(self.node.steps))
        done = f"{count} - 1 - {step}" if self.node.reverse else step
        inner.reuse = reuse(self.node, scheduled, self.rings, done)

    def in_place(self) -> int:
        """Return how many states are written over old ones."""
        return sum(ring.old is not None for ring in self.rings.values())

    def buffer(self, k: int, i: int) -> str:
        """Return the name of a buffer of a state's ring."""
        return self.unit.names(("ring", self.body.inputs[1 + k], i), "s")

    def bind(self, inner: "Level") -> None:
        """Let the body write next states and rows where they belong."""
        step = self.unit.names(self.body.inputs[0], "t")
        for k, value in enumerate(self.body.outputs[: self.count]):
            if value.ndim and k not in self.followed:
                inner.place(root(value), self.next[k])
        rows = self.body.outputs[self.count : self.count + len(self.rows)]
        for value, row in zip(rows, self.rows, strict=True):
            pointer = self.grown[row] if row in self.grown else self.level.pointer(row)
            if value.ndim:
                size = self.unit.extent(product(row.shape[1:]))
                inner.place(root(value), f"({pointer} + {step} * {size})")

    def advance(self, inner: "Level", done: str, step: str) -> None:
        """Store 0-d rows, move on to the next states, and stop if asked to."""
        emit = self.level.emit
        rows = self.body.outputs[self.count : self.count + len(self.rows)]
        for value, row in zip(rows, self.rows, strict=True):
            if value.ndim == 0:
                text = stored(inner.scalar(value), value.dtype)
                alone = "if (member == 0) " if inner.barrier else ""
                if inner.block[0]:
                    alone = f"if ({inner.block[0]} == 0) "
                emit(f"  {alone}{self.level.pointer(row)}[{step}] = {text};")
        if self.node.until:
            stop = self.unit.names(("stop", self.node), "stop")
            emit(f"  const bool {stop} = {inner.scalar(self.body.outputs[-1])};")
        # Before the arrays move on: a scalar may be an element of one.
        fresh: list[tuple[str, str]] = []
        for k, value in enumerate(self.body.outputs[: self.count]):
            if value.ndim == 0:
                local = self.unit.names(("fresh", self.node, k), "a")
                kind = ARITHMETIC[value.dtype]
                emit(f"  const {kind} {local} = {bare(inner.scalar(value))};")
                fresh.append((self.current[k], local))
        self.turn()
        for state, local in fresh:
            emit(f"  {state} = {local};")
        if self.node.until:
            emit(f"  {done} = {step} + 1;")
            emit(f"  if ({stop}) break;")

    def turn(self) -> None:
        """Move each array state on to the buffer just written."""
        emit = self.level.emit
        for k, ring in self.rings.items():
            chain = ring.chain
            for later, earlier in zip(chain[:0:-1], chain[-2::-1], strict=True):
                emit(f"  {self.current[later]} = {self.current[earlier]};")
            buffers = [self.buffer(k, i) for i in range(ring.length)]
            emit(f"  {self.current[k]} = {buffers[0]};")
            if ring.length == 1:
                continue
            moved = self.unit.names(("moved", self.body.inputs[1 + k]), "s")
            turn = [f"{CTYPE[self.last[k].dtype]}* {moved} = {buffers[0]};"]
            turn += [
                f"{a} = {b};"
                for a, b in zip(buffers, [*buffers[1:], moved], strict=True)
            ]
            emit(f"  {' '.join(turn)}")

    def results(self, done: str) -> None:
        """Say where the last states are."""
        for k, value in enumerate(self.last):
            if value.ndim == 0:
                self.level.set_scalar(value, self.current[k])
            elif value in self.level.output_of or value in self.level.placed:
                pointer = self.level.pointer(value)
                size = self.unit.extent(product(value.shape))
                self.level.emit(
                    f"__builtin_memcpy({pointer}, {self.current[k]}, "
                    f"({size}) * sizeof(*{pointer}));"
                )
            else:
                self.level.memory[value] = self.current[k]
        if self.node.until:
            self.level.set_scalar(self.node.results[-1], done)
