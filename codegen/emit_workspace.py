"""The workspace of a level: each slot is asked for as soon as its size is known."""

from typing import TYPE_CHECKING

from theanolike.codegen.emit_places import Chunk
from theanolike.codegen.emit_steps import whole_bytes
from theanolike.codegen.memory import ALIGNMENT, Slot
from theanolike.codegen.program import Value
from theanolike.codegen.shapes import Extent, leaves

if TYPE_CHECKING:
    from theanolike.codegen.emit_level import Level


def allocate(level: "Level") -> None:
    """Ask for the workspace, each slot as soon as its size is known."""
    unit = level.unit
    if unit.top is not level:
        _allocate_nested(level)
        return
    groups: dict[int, list[Slot]] = {}
    unit.taken += unit.slots + level.storage.slots + level.extra
    for slot in unit.slots + level.storage.slots + level.extra:
        at = _known_at(level, slot)
        if at is None:
            raise AssertionError("a slot's size is known where it is used")
        groups.setdefault(at, []).append(slot)
    for at, slots in groups.items():
        chunk = unit.head if at < 0 else level.chunks[at]
        chunk.after.extend(_allocate_group(level, slots))


def _allocate_nested(level: "Level") -> None:
    """Take the slots whose sizes this nested program knows; leave the others."""
    unit = level.unit
    places = {id(chunk): at for at, chunk in enumerate(level.chunks)}
    left: list[Slot] = []
    for slot in unit.slots + level.storage.slots + level.extra:
        known = [unit.known_after.get(v) for v in _sources(slot)]
        own = [places[id(chunk)] for chunk in known if id(chunk) in places]
        if own:
            _allocate_inside(level, slot, level.chunks[max(own)])
        else:
            left.append(slot)
    unit.slots = left


def _known_at(level: "Level", slot: Slot) -> int | None:
    """Return the step after which a slot's size is known.

    It is -1 before all of them, None inside a nested program.
    """
    places = {id(chunk): at for at, chunk in enumerate(level.chunks)}
    after = [level.unit.known_after.get(v) for v in _sources(slot)]
    found = [-1 if chunk is None else places.get(id(chunk)) for chunk in after]
    if None in found:
        return None
    return max((at for at in found if at is not None), default=-1)


def _allocate_group(level: "Level", slots: list[Slot]) -> list[str]:
    """Return the lines that take one block and cut it into slots."""
    unit = level.unit
    block = unit.names(("block", slots[0]), "ws")
    total = unit.names(("total", slots[0]), "total")
    lines = [f"  i64 {total} = 0;"]
    cuts = []
    for slot in slots:
        size = whole_bytes(level, slot)
        name = unit.names(slot, "w")
        cuts.append((name, unit.names(("at", slot), "at")))
        lines.append(f"  const i64 {cuts[-1][1]} = {total};")
        lines.append(
            f"  {total} += ({size} + {ALIGNMENT - 1}) & ~(i64){ALIGNMENT - 1};"
        )
    lines.append(f"  char* {block} = (char*)c->table->workspace(c, {total});")
    lines.append(f"  if (!{block}) return tl_fail(c, TL_MEMORY, -1, {total}, 0, 0);")
    return lines + [f"  char* {name} = {block} + {at};" for name, at in cuts]


def _allocate_inside(level: "Level", slot: Slot, chunk: Chunk) -> None:
    """Take a slot after `chunk`, which knows its size, when it must grow."""
    unit = level.unit
    unit.taken.append(slot)
    name = unit.names(slot, "w")
    room = unit.names(("room", slot), "room")
    unit.head.after.append(f"  char* {name} = nullptr; i64 {room} = -1;")
    size = whole_bytes(level, slot)
    chunk.after.append(
        f"  if ({size} > {room}) {{ {room} = 2 * ({size}); "
        f"{name} = (char*)c->table->workspace(c, {room}); "
        f"if (!{name}) return tl_fail(c, TL_MEMORY, -1, {room}, 0, 0); }}"
    )


def _sources(slot: Slot) -> list[Value]:
    """Return the values that a slot's size depends on."""
    if not isinstance(slot.size, Extent):
        return []
    return [leaf.args[0] for leaf in leaves(slot.size)]
