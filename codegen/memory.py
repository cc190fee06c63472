"""Where values live: lifetimes, and the slots of the workspace that they share."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from theanolike.codegen.program import (
    Host,
    Input,
    Loop,
    Node,
    Program,
    Reshape,
    Value,
    View,
    dense_offset,
)
from theanolike.codegen.schedule.fuse import Nest
from theanolike.codegen.schedule.statements import Statement
from theanolike.codegen.shapes import Extent, add, leaves, maximum, mul, product

ALIGNMENT = 64  # bytes
MOST_PIECES = 16  # of a nest whose outer loops accumulate (cxx/support.h)


@dataclass(eq=False)
class Slot:
    """A piece of the workspace, `size` bytes long: the most that it ever holds.

    With `each`, every thread has one of its own.
    """

    number: int
    size: int | Extent
    holds: "dict[int | Extent, None]" = field(default_factory=dict)
    taken: bool = True
    each: bool = False


@dataclass
class Storage:
    """Where each value of one program level lives.

    Attributes
    ----------
    slots : list of Slot
        In order of first use.
    slot_of : dict
        The slot of each value kept in the workspace.
    temporaries, partials : dict
        The slots of rows, and of what each piece of an accumulation combines into.
    stored : set of Value
        Values that have memory (slot, output or argument), rather than a register.
    """

    slots: list[Slot] = field(default_factory=list)
    slot_of: dict[Value, Slot] = field(default_factory=dict)
    stored: set[Value] = field(default_factory=set)
    temporaries: dict[Value, Slot] = field(default_factory=dict)
    partials: dict[Value, Slot] = field(default_factory=dict)


def root(value: Value) -> Value:
    """Return the value whose memory `value` shares: through reshapes and views."""
    while isinstance(value.node, Reshape | View):
        value = value.node.operands[0]
    return value


def offset_in_root(value: Value) -> int | Extent:
    """Return where a reshape's or dense view's elements begin in its root's memory."""
    total: int | Extent = 0
    while isinstance(value.node, Reshape | View):
        if isinstance(value.node, View):
            start = dense_offset(value.node)
            if start is None:
                raise AssertionError("a view that isn't dense has no memory")
            total = add(total, start)
        value = value.node.operands[0]
    return total


def size_of(value: Value) -> int | Extent:
    """Return the bytes that a value takes."""
    return mul(product(value.shape), np.dtype(value.dtype).itemsize)


def reads(step: Nest | Node) -> list[Value]:
    """Return the values whose memory a step reads."""
    if isinstance(step, Nest):
        found = [load.source for s in step.statements for load in s.loads]
        for s in step.statements:
            if s.base is not None:
                found += [load.source for load in s.base.loads]
        return found
    return list(step.operands)


def writes(step: Nest | Node) -> list[Value]:
    """Return the values that a step makes."""
    if isinstance(step, Nest):
        return [s.value for s in step.statements]
    return list(step.results)


def plan_storage(
    program: Program,
    steps: list[Nest | Node],
    bound: set[Value],
    late: Collection[Nest | Node] = (),
) -> Storage:
    """Decide what is stored and which values share a slot.

    Parameters
    ----------
    program : Program
    steps : list
        The scheduled steps in order.
    bound : set of Value
        Values with memory of their own elsewhere: the outputs.
    late : collection of steps
        Steps that may run after all others: what they read is kept until the end.
    """
    storage = Storage()
    last = _last_reads(program, steps, late)
    free = _Free(storage.slots)
    expiring: dict[int, list[Slot]] = {}
    for at, step in enumerate(steps):
        taken = [
            value
            for value in writes(step)
            if not isinstance(step, Reshape)
            and value.ndim
            and (not isinstance(step, Nest) or _needs_memory(value, step, last, at))
        ]
        for value in taken:
            storage.stored.add(value)
            # A loop's states have buffers in turn; rows of unknown number grow.
            elsewhere = isinstance(step, Loop) and (
                step.until or value.index < len(step.states)
            )
            if value in bound or isinstance(step, Host) or elsewhere:
                continue
            slot = free.take(size_of(value))
            storage.slot_of[value] = slot
            expiring.setdefault(last.get(value, at), []).append(slot)
        if isinstance(step, Nest):
            _plan_rows(storage, step, free, expiring, at)
        for slot in expiring.pop(at, ()):
            free.put(slot)
    for slot in storage.slots:
        slot.size = _largest(slot.holds)
    return storage


def _last_reads(
    program: Program, steps: Sequence[Nest | Node], late: Collection[Nest | Node]
) -> dict[Value, int]:
    """Return the step after which nothing reads a value's memory."""
    last: dict[Value, int] = {}
    for at, step in enumerate(steps):
        end = len(steps) if step in late else at
        for value in map(root, reads(step)):
            last[value] = max(last.get(value, 0), end)
    for value in program.outputs:
        last[root(value)] = len(steps)
    for step in reversed(steps):
        if isinstance(step, Loop):
            for start, end in _held_on(step, last):
                last[start] = max(last.get(start, 0), end)
    return last


def _held_on(loop: Loop, last: Mapping[Value, int]) -> Iterator[tuple[Value, int]]:
    """Tell until when the states before the first step are kept.

    After few steps, or none, a result lies in the memory of a start still: its own, or
    that of a state whose value it takes over.
    """
    count = len(loop.states)
    place = {v: k for k, v in enumerate(loop.body.inputs[1 : 1 + count])}
    for k, result in enumerate(loop.results[:count]):
        end = last.get(result)
        at: int | None = k
        seen: set[int] = set()
        while end is not None and at is not None and at not in seen:
            seen.add(at)
            yield root(loop.states[at]), end
            at = place.get(loop.body.outputs[at])


class _Free:
    """The slots that nothing uses: by size, and those that may be made larger.

    A slot may stand in several lists, and is passed over where it was taken since.
    """

    def __init__(self, slots: list[Slot]) -> None:
        self.slots = slots
        self.of_size: dict[int | Extent, list[Slot]] = {}
        self.growing: list[Slot] = []

    def take(self, size: int | Extent) -> Slot:
        """Return a slot for `size` bytes, a free one if there is any that fits."""
        waiting = [self.of_size.get(size, [])]
        if _known_at_once(size):
            waiting.append(self.growing)
        for slots in waiting:
            while slots:
                slot = slots.pop()
                if not slot.taken:
                    slot.taken = True
                    slot.size = size
                    slot.holds[size] = None
                    return slot
        slot = Slot(len(self.slots), size, {size: None})
        self.slots.append(slot)
        return slot

    def put(self, slot: Slot) -> None:
        """Note that a slot is free."""
        slot.taken = False
        self.of_size.setdefault(slot.size, []).append(slot)
        if _known_at_once(slot.size):
            self.growing.append(slot)


def _known_at_once(size: int | Extent) -> bool:
    """Tell whether a size follows from the arguments' shapes alone."""
    return all(
        leaf.op == "dim" and isinstance(leaf.args[0].node, Input)
        for leaf in leaves(size)
    )


def _largest(sizes: Iterable[int | Extent]) -> int | Extent:
    """Return the maximum, as a balanced tree."""
    left = list(sizes)
    while len(left) > 1:
        pairs = zip(left[::2], left[1::2], strict=False)
        odd = left[-1:] if len(left) % 2 else []
        left = [maximum(a, b) for a, b in pairs] + odd
    return left[0]


def _needs_memory(value: Value, nest: Nest, last: dict[Value, int], at: int) -> bool:
    """Tell whether a nest's value is read after it, or accumulates in memory."""
    if last.get(value, -1) > at:
        return True
    statement = next(s for s in nest.statements if s.value is value)
    return statement.kind == "scatter" or accumulates(statement)


def accumulates(s: Statement) -> bool:
    """Tell whether a reduction combines into memory rather than a register.

    It does unless its reduced axes are the innermost ones.
    """
    if s.kind != "reduce":
        return False
    rank = len(s.domain)
    return set(s.reduced) != set(range(rank - len(s.reduced), rank))


def _plan_rows(
    storage: Storage,
    nest: Nest,
    free: _Free,
    expiring: dict[int, list[Slot]],
    at: int,
) -> None:
    """Give a row temporary to each value that a later stage of the nest reads."""
    stage_of = {
        s.value: n for n, stage in enumerate(nest.stages) for s in stage.statements
    }
    for s in nest.statements:
        if nest.k and accumulates(s):
            slot = free.take(mul(size_of(s.value), MOST_PIECES))
            storage.partials[s.value] = slot
            expiring.setdefault(at, []).append(slot)
    for n, stage in enumerate(nest.stages):
        for s in stage.statements:
            for load in s.loads:
                source = load.source
                if source not in stage_of or source in storage.stored:
                    continue
                apart = stage_of[source] != n
                if not apart or source in storage.temporaries:
                    continue
                row = source.shape[nest.k :]
                if not row:
                    continue
                itemsize = np.dtype(source.dtype).itemsize
                slot = free.take(mul(product(row), itemsize))
                storage.temporaries[source] = slot
                expiring.setdefault(at, []).append(slot)
