"""A loop node as a C++ `for`: states in registers or rotated buffers."""

from typing import TYPE_CHECKING

from theanolike.codegen.emit_scalar import bare
from theanolike.codegen.memory import root
from theanolike.codegen.program import Branch, Loop
from theanolike.codegen.scalars import ARITHMETIC, CTYPE, stored
from theanolike.codegen.shapes import product

if TYPE_CHECKING:
    from theanolike.codegen.emit_level import Level

POLL = 4095  # steps between two looks at signals, one less than a power of 2


def emit_branch(level: "Level", node: Branch) -> None:
    """Write a branch: its results have the same place whichever program runs."""
    unit = level.unit
    condition = level.scalar(node.condition)
    places = []
    for value in node.results:
        if value.ndim:
            places.append(level.pointer(value))
            continue
        name = unit.names(value, "v", value.label)
        level.emit(f"{ARITHMETIC[value.dtype]} {name};")
        level.set_scalar(value, name)
        places.append(name)
    for head, program in (
        (f"if ({condition}) {{", node.then),
        ("} else {", node.otherwise),
    ):
        inner = level.nested(program)
        level.capture(inner, node.captured, program.inputs)
        for value, place in zip(program.outputs, places, strict=True):
            if value.ndim:
                inner.place(root(value), place)
        unit.planned("branch", inner.write)
        level.emit(head)
        at = len(level.chunks[-1].lines)
        for value, place in zip(program.outputs, places, strict=True):
            if value.ndim == 0:
                level.emit(f"  {place} = {bare(inner.scalar(value))};")
        level.chunks[-1].lines[at:at] = inner.lines  # with what the results asked for
    level.emit("}")


def followed(node: Loop) -> dict[int, int]:
    """Return the arrays among a loop's states that take over another's value.

    Each is mapped to the other one: memory changes hands, nothing is copied. The last
    of such a chain is computed, and no two states follow the same one.
    """
    count = len(node.states)
    place = {v: k for k, v in enumerate(node.body.inputs[1 : 1 + count])}
    found: dict[int, int] = {}
    for k, value in enumerate(node.body.outputs[:count]):
        other = place.get(value)
        if value.ndim and other is not None and other not in found.values():
            found[k] = other
    for k in list(found):
        at, steps = k, 0
        while at in found and steps <= count:
            at, steps = found[at], steps + 1
        if at in found:  # in a circle
            del found[k]
    return found


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
        self.follower = {head: k for k, head in self.followed.items()}

    def write(self) -> None:
        """Write the loop."""
        unit, level = self.unit, self.level
        inner = level.nested(self.body)
        step = unit.names(self.body.inputs[0], "t")
        inner.set_scalar(self.body.inputs[0], step)
        self.states(inner)
        level.capture(inner, self.node.captured, self.body.inputs[1 + self.count :])
        steps = bare(unit.extent(self.node.steps))
        done = ""
        if self.node.until:
            done = unit.names(("done", self.node), "done")
            level.emit(f"i64 {done} = 0;")
        self.bind(inner)
        unit.planned(f"loop with {self.count} states", inner.write)
        if self.node.reverse:
            level.emit(f"for (i64 {step} = {steps} - 1; {step} >= 0; --{step}) {{")
        else:
            level.emit(f"for (i64 {step} = 0; {step} < {steps}; ++{step}) {{")
        level.emit(
            f"  if (({step} & {POLL}) == {POLL} && c->table->poll(c)) "
            "return tl_fail(c, TL_INTERRUPTED, -1, 0, 0, 0);"
        )
        at = len(level.chunks[-1].lines)
        self.advance(inner, done, step)
        level.chunks[-1].lines[at:at] = inner.lines  # with what the results asked for
        level.emit("}")
        self.results(done)

    def states(self, inner: "Level") -> None:
        """Declare each state: a local, or a pointer that moves between two buffers."""
        self.current: list[str] = []
        self.next: list[str] = []
        arguments = self.body.inputs[1 : 1 + self.count]
        for k, (value, argument) in enumerate(
            zip(self.node.states, arguments, strict=True)
        ):
            name = self.unit.names(argument, "s", argument.label)
            kind = CTYPE[value.dtype]
            self.current.append(name)
            if value.ndim == 0:
                local = ARITHMETIC[value.dtype]
                self.level.emit(f"{local} {name} = {bare(self.level.scalar(value))};")
                inner.set_scalar(argument, name)
                self.next.append("")
                continue
            self.level.emit(f"const {kind}* {name} = {self.level.pointer(value)};")
            inner.memory[argument] = name
            ring = self.ring(k)
            for buffer in ring:
                slot = self.level.slot_text(self.level.extra_slot(self.last[k]))
                self.level.emit(f"{kind}* {buffer} = ({kind}*){slot};")
            self.next.append(ring[0] if ring else "")

    def ring(self, k: int) -> list[str]:
        """Return the buffers that a state's values are written to in turn.

        A buffer is written again when no state of the chain holds it any more.
        """
        if k in self.followed:
            return []
        argument = self.body.inputs[1 + k]
        length = len(self.chain(k)) + 1
        return [self.unit.names(("ring", argument, i), "s") for i in range(length)]

    def chain(self, k: int) -> list[int]:
        """Return a state and those that follow it, one after the other."""
        chain = [k]
        while chain[-1] in self.follower:
            chain.append(self.follower[chain[-1]])
        return chain

    def bind(self, inner: "Level") -> None:
        """Let the body write next states and rows where they belong."""
        step = self.unit.names(self.body.inputs[0], "t")
        for k, value in enumerate(self.body.outputs[: self.count]):
            if value.ndim and k not in self.followed:
                inner.place(root(value), self.next[k])
        rows = self.body.outputs[self.count : self.count + len(self.rows)]
        for value, row in zip(rows, self.rows, strict=True):
            pointer = self.level.pointer(row)
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
                emit(f"  {self.level.pointer(row)}[{step}] = {text};")
        if self.node.until:
            stop = self.unit.names(("stop", self.node), "stop")
            emit(f"  const bool {stop} = {inner.scalar(self.body.outputs[-1])};")
        fresh: list[tuple[str, str]] = []
        for k, value in enumerate(self.body.outputs[: self.count]):
            if value.ndim == 0:
                local = self.unit.names(("fresh", self.node, k), "a")
                kind = ARITHMETIC[value.dtype]
                emit(f"  const {kind} {local} = {bare(inner.scalar(value))};")
                fresh.append((self.current[k], local))
                continue
            if k in self.followed:
                continue
            chain, ring = self.chain(k), self.ring(k)
            for later, earlier in zip(chain[:0:-1], chain[-2::-1], strict=True):
                emit(f"  {self.current[later]} = {self.current[earlier]};")
            emit(f"  {self.current[k]} = {ring[0]};")
            moved = self.unit.names(("moved", self.body.inputs[1 + k]), "s")
            turn = [f"{CTYPE[value.dtype]}* {moved} = {ring[0]};"]
            turn += [
                f"{a} = {b};" for a, b in zip(ring, [*ring[1:], moved], strict=True)
            ]
            emit(f"  {' '.join(turn)}")
        for state, local in fresh:
            emit(f"  {state} = {local};")
        if self.node.until:
            emit(f"  {done} = {step} + 1;")
            emit(f"  if ({stop}) break;")

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
