"""The buffers that a loop's array states take in turn, as few as the steps allow.

A next state is written where no state lies that is still needed. That may be the memory
of the oldest one itself, if a step reads it only at the element that it writes; what a
scatter starts from isn't written again where the buffer holds the same already.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from theanolike.codegen.affine import strides
from theanolike.codegen.in_place import is_whole, may_be_done_again, reads_at
from theanolike.codegen.memory import reads, root, size_of
from theanolike.codegen.program import (
    Axis,
    Call,
    Data,
    Host,
    Input,
    Literal,
    Load,
    Loop,
    Map,
    Node,
    Size,
    Value,
    scalar_order,
)
from theanolike.codegen.schedule.fuse import Nest
from theanolike.codegen.schedule.sharing import set_box
from theanolike.codegen.schedule.statements import Statement, Step
from theanolike.codegen.shapes import (
    Extent,
    add,
    floordiv,
    leaves,
    minimum,
    mod,
    mul,
    sub,
    where_negative,
)

__all__ = ["Reuse", "Ring", "find_rings", "followed", "read_before", "reuse", "spread"]

LINE, PAGE = 64, 4096  # bytes: of a line of the cache; that addresses are compared in

Steps = Sequence["Nest | Node"]


@dataclass(frozen=True)
class Ring:
    """The buffers of an array state and of those that follow it.

    Attributes
    ----------
    chain : tuple of int
        The state, then the one that takes over its value, and so on to the oldest.
    old : Value or None
        The oldest one, if the next state may be written over it.
    settled : bool
        From step `length` on, a buffer holds what the next state starts from.
    first : extent
        Where a step begins to write, in elements.
    """

    chain: tuple[int, ...]
    old: Value | None = None
    settled: bool = False
    first: int | Extent = 0

    @property
    def length(self) -> int:
        """The number of buffers."""
        return len(self.chain) + (self.old is None)


@dataclass(frozen=True)
class Reuse:
    """How a nest may treat the memory that it writes to.

    Attributes
    ----------
    overwritten : mapping of Value to Value
        States, and the next states that may be written over them.
    fresh : str
        When a scatter must write what it starts from, as text; always if empty.
    """

    overwritten: Mapping[Value, Value] = field(default_factory=dict)
    fresh: str = ""


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


def _chains(node: Loop) -> dict[int, tuple[int, ...]]:
    """Return for each array state that is computed it and those that follow it."""
    taken = followed(node)
    follower = {head: k for k, head in taken.items()}
    chains = {}
    for k, value in enumerate(node.body.outputs[: len(node.states)]):
        if not value.ndim or k in taken:
            continue
        chain = [k]
        while chain[-1] in follower:
            chain.append(follower[chain[-1]])
        chains[k] = tuple(chain)
    return chains


def read_before(node: Loop, steps: Sequence[Step]) -> list[Step]:
    """Return the statements of a body, some of its scatters in two.

    A scatter that starts from a state and reads other elements of it than it sets can
    write over it, without a copy of what it doesn't set, once all that is read.
    """
    finder = _Finder(node, ())
    chains = {root(node.body.outputs[k]): chain for k, chain in _chains(node).items()}
    found: list[Step] = []
    for step in steps:
        chain = chains.get(step.value) if isinstance(step, Statement) else None
        if isinstance(step, Statement) and chain and finder.gains(step, chain):
            found += _in_two(step)
        else:
            found.append(step)
    return found


def _in_two(s: Statement) -> tuple[Statement, Statement]:
    """Return what makes a scatter's elements, and a scatter that moves them."""
    axes = tuple(Axis(k) for k in range(len(s.domain)))
    node = Map(s.domain, s.body.dtype, s.body, s.node.site)
    made = node.results[0]
    moved = Load(made, axes)
    return (
        Statement("map", made, s.domain, s.body, node, (), axes, sites=s.sites),
        replace(s, body=moved),
    )


def find_rings(node: Loop, steps: Steps) -> dict[int, Ring]:
    """Return the ring of each array state that is computed, by the state's number."""
    finder = _Finder(node, steps)
    return {k: finder.ring(chain) for k, chain in _chains(node).items()}


def reuse(
    node: Loop, steps: Steps, rings: Mapping[int, Ring], done: str
) -> dict[Nest, Reuse]:
    """Return how the nests among `steps` may treat the memory of next states.

    `done` is the text of how many steps there were before, on the same buffers.
    """
    ring_of = {root(node.body.outputs[k]): ring for k, ring in rings.items()}
    found = {}
    for nest in steps:
        if not isinstance(nest, Nest):
            continue
        own = {v: ring_of[v] for v in _made(nest) if v in ring_of}
        over = {r.old: v for v, r in own.items() if r.old is not None}
        fresh = ""
        for ring in own.values():
            if ring.settled:
                fresh = f"{done} < {ring.length}"
        if over or fresh:
            found[nest] = Reuse(over, fresh)
    return found


def spread(value: Value, first: int | Extent) -> tuple[int | Extent, int | Extent]:
    """Return the bytes of a ring's buffer, and how many of them come before its array.

    What is written begins on a line of the cache. And a CPU takes a load for one of
    what it just stored if the addresses agree in the last 12 bits: so the distance of
    buffers that follow one another is, modulo 4096, 448 or more from 0 and from a row.
    That pays where a step reads several rows: not for vectors, and what is small is
    stored just before it is read.
    """
    size, itemsize = size_of(value), np.dtype(value.dtype).itemsize
    if value.ndim < 2:
        return size, 0
    shift = mod(sub(LINE, mod(mul(first, itemsize), LINE)), LINE)
    row = mod(mul(value.shape[-1], itemsize), PAGE)
    near = minimum(row, sub(PAGE, row))  # as far from 0 downwards as upwards
    lines = add(mod(add(floordiv(near, 2 * LINE), 8), 16), 8)
    pages = mul(floordiv(add(size, LINE + PAGE - 1), PAGE), PAGE)
    large = add(pages, mul(lines, LINE))
    is_large = sub(size, PAGE)
    return (
        where_negative(is_large, size, large),
        where_negative(is_large, 0, shift) if first != 0 else 0,
    )


def _made(nest: Nest) -> list[Value]:
    return [s.value for s in nest.statements]


class _Finder:
    """Looks at the steps of a loop's body."""

    def __init__(self, node: Loop, steps: Steps) -> None:
        count = len(node.states)
        self.node = node
        self.steps = steps
        self.arguments = node.body.inputs[1 : 1 + count]
        self.made = {*node.body.inputs[: 1 + count]}
        for other in node.body.nodes:
            if not isinstance(other, Input | Data):
                self.made.update(other.results)
        self.read_at: dict[Value, list[int]] = {}
        self.kept: set[Value] = set()  # whose memory lives on under other names
        for at, step in enumerate(steps):
            for value in map(root, reads(step)):
                self.read_at.setdefault(value, []).append(at)
            if isinstance(step, Host):
                self.kept.update(map(root, step.operands))
            elif isinstance(step, Loop):
                self.kept.update(map(root, step.states))
        moved = followed(node)
        outputs = enumerate(node.body.outputs)
        self.kept.update(root(value) for k, value in outputs if k not in moved)

    def ring(self, chain: tuple[int, ...]) -> Ring:
        """Return the ring of a chain of states."""
        new = root(self.node.body.outputs[chain[0]])
        found = [
            (at, step, s)
            for at, step in enumerate(self.steps)
            if isinstance(step, Nest)
            for s in step.statements
            if s.value is new
        ]
        if not found:
            return Ring(chain)
        ((at, nest, writer),) = found
        old = self.arguments[chain[-1]]
        first = self._first(writer)
        if not self._may_overwrite(at, nest, writer, old):
            settled = self._settles(writer, chain, len(chain) + 1)
            return Ring(chain, None, settled, first)
        same = writer.base is not None and _is_copy(writer.base, old)
        settled = same or self._settles(writer, chain, len(chain))
        return Ring(chain, old, settled, first)

    def gains(self, s: Statement, chain: tuple[int, ...]) -> bool:
        """Tell whether a scatter need not copy its state if it reads it before.

        What lies around a box of full rank that stays is less than the box itself.
        """
        old = self.arguments[chain[-1]]
        if s.kind != "scatter" or s.base is None or not _is_copy(s.base, old):
            return False
        stays = self._stays(s) and len(s.domain) == old.ndim
        return not stays and not _scatters_over(s, old) and not _placed_by(s, old)

    def _stays(self, s: Statement) -> bool:
        """Tell whether a scatter sets the same box in all steps."""
        box = set_box(s)
        if box is None:
            return False
        sides = [extent for side in box for extent in side]
        return all(self._is_fixed(extent) for extent in (*sides, *s.value.shape))

    def _first(self, s: Statement) -> int | Extent:
        """Return where a statement begins to write, if it is known before the loop."""
        box = set_box(s) if s.kind == "scatter" else None
        at: int | Extent = 0
        for (low, _), step in zip(box or (), strides(s.value.shape), strict=False):
            at = add(at, mul(low, step))
        inside = self.made.union(self.node.body.inputs)
        return 0 if any(leaf.args[0] in inside for leaf in leaves(at)) else at

    def _may_overwrite(
        self, at: int, nest: Nest, writer: Statement, old: Value
    ) -> bool:
        later = any(other > at for other in self.read_at.get(old, ()))
        if later or old in self.kept or len(nest.stages) != 1:
            return False
        if old.dtype != writer.value.dtype or old.shape != writer.value.shape:
            return False
        if writer.kind == "scatter":
            return _scatters_over(writer, old)
        return all(
            s.kind == "map"
            and not may_be_done_again(s)
            and reads_at(s, old, writer.place)
            for s in nest.statements
        )

    def _settles(self, s: Statement, chain: tuple[int, ...], length: int) -> bool:
        """Tell whether a buffer's last value and the next one start from the same.

        That is so outside of the box that all steps set, if they start from what never
        changes, or from a state that itself started so.
        """
        base = s.base
        if s.kind != "scatter" or base is None or not self._stays(s):
            return False
        for age, k in enumerate(chain, 1):
            if _is_copy(base, self.arguments[k]):
                return length % age == 0
        return all(
            isinstance(part, Axis | Call | Literal)
            or (isinstance(part, Size) and self._is_fixed(part.extent))
            or (isinstance(part, Load) and root(part.source) not in self.made)
            for part in scalar_order(base.body)
        )

    def _is_fixed(self, extent: int | Extent) -> bool:
        """Tell whether an extent is the same in all steps."""
        return all(
            leaf.args[0] not in self.made
            or (leaf.op == "dim" and leaf.args[0] in self.arguments)
            for leaf in leaves(extent)
        )


def _scatters_over(s: Statement, old: Value) -> bool:
    """Tell whether a scatter may write over `old`."""
    if s.base is None:
        return False
    copies = _is_copy(s.base, old)
    if not copies and any(root(load.source) is old for load in s.base.loads):
        return False
    if _placed_by(s, old):
        return False
    if not any(root(load.source) is old for load in s.loads):
        return True
    if not s.domain:  # a single element, written after all is read
        return copies
    return set_box(s) is not None and reads_at(s, old, s.place)


def _placed_by(s: Statement, old: Value) -> bool:
    """Tell whether elements of `old` say where a scatter writes."""
    indices = scalar_order(*s.place)
    return any(isinstance(i, Load) and root(i.source) is old for i in indices)


def _is_copy(base: Statement, source: Value) -> bool:
    """Tell whether a scatter starts from `source` as it is."""
    load = base.body
    return (
        isinstance(load, Load)
        and load.source is source
        and is_whole(load)
        and source.shape == base.domain
    )
