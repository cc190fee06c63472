"""Loops whose steps don't depend on each other: threads take some of them each.

What the steps write besides their rows, each thread has of its own: slots of the
workspace, room that grows, and what a step that fails says.
"""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from theanolike.codegen.emit_product import COST, is_product
from theanolike.codegen.emit_scalar import bare
from theanolike.codegen.emit_team import FAILURE
from theanolike.codegen.memory import ALIGNMENT, Slot
from theanolike.codegen.program import (
    Branch,
    Effect,
    Library,
    Loop,
    Map,
    Node,
    Program,
    Reduce,
    Scatter,
    Value,
)
from theanolike.codegen.shapes import (
    Extent,
    floordiv,
    leaves,
    minimum,
    mul,
    product,
)

if TYPE_CHECKING:
    from theanolike.codegen.emit_level import Level

LEAST = 1 << 16  # operations of all steps from which threads share them
UNKNOWN = 64  # what an extent is taken for that only the steps know
OWN = 8  # operations that a step of any loop takes besides those of its body


def may_be_divided(level: "Level", node: Loop) -> bool:
    """Tell whether threads may each take some of a loop's steps.

    They may where all that they do is this unit's. Of loops in loops the outermost one
    is divided. That no step reads what another one makes, the caller sees to.
    """
    if node.until or level.divided or level.barrier:
        return False
    if isinstance(node.steps, int) and node.steps < 2:
        return False
    for one in _nodes(node.body):
        if one.effect is Effect.EFFECT:
            return False
        if isinstance(one, Library) and not is_product(one):
            return False
    # Room that grows lasts as long as the call: it isn't taken at each step around.
    return not level.in_loop or not _room_grows(node)


def divide(level: "Level", node: Loop) -> str:
    """Return how many threads share the steps, as text: one where work is little."""
    unit = level.unit
    unit.has_steps = True
    steps = bare(unit.extent(node.steps))
    work = Work(node)
    threads = members(level)
    # Steps without loops of their own are divided each, where there are but few.
    few = "2" if work.has_loops else threads
    text = " + ".join(
        f"{weight} * ({bare(unit.extent(size))})" if size != 1 else f"{weight}"
        for size, weight in work.of_step.items()
        if size != 0
    )
    enough = f"{steps} >= {few} && {steps} * ({text}) >= {LEAST}"
    return f"{enough} ? tl_min({threads}, {steps}) : 1"


def members(level: "Level") -> str:
    """Return how many threads there are, for how many there is workspace."""
    head = level.unit.head.lines
    name = level.unit.names("members", "members")
    line = f"  const i64 {name} = c->table->threads;"
    if line not in head:
        head.append(line)
    return name


def whole_bytes(level: "Level", slot: Slot) -> str:
    """Return the bytes of a slot, of all threads where each has its own."""
    size = bare(level.unit.extent(slot.size))
    if not slot.each:
        return size
    return f"{members(level)} * {_apart(size)}"


def own_slots(level: "Level", slots: list[Slot]) -> list[str]:
    """Return the lines that move pointers on to a thread's part of each slot."""
    return [
        f"{level.slot_text(slot)} += member.number * "
        f"{_apart(bare(level.unit.extent(slot.size)))};"
        for slot in slots
    ]


def _apart(size: str) -> str:
    return f"(({size} + {ALIGNMENT - 1}) & ~(i64){ALIGNMENT - 1})"


def leaving(at: str, step: str, line: str) -> str:
    """Return a line of the body; where it fails the thread says so, and stops."""
    return FAILURE.sub(
        rf"{{ tl_step(c, {step}, \1); return member.fail({at}); }}", line
    )


def _programs(node: Node) -> tuple[Program, ...]:
    if isinstance(node, Loop):
        return (node.body,)
    return (node.then, node.otherwise) if isinstance(node, Branch) else ()


def _nodes(program: Program) -> Iterator[Node]:
    """Yield the nodes of a program and of all programs inside."""
    programs = [program]
    while programs:
        for node in programs.pop().nodes:
            yield node
            programs += _programs(node)


def _inside(node: Loop) -> set[Value]:
    """Return the values that only the steps know."""
    found = set(node.body.inputs)
    for one in _nodes(node.body):
        found.update(one.results)
        for program in _programs(one):
            found.update(program.inputs)
    return found


def _room_grows(node: Loop) -> bool:
    """Tell whether a step asks for memory of which the size isn't known before."""
    inside = _inside(node)
    for one in _nodes(node.body):
        if isinstance(one, Loop) and one.until and len(one.results) > 1:
            return True
        extents: list[int | Extent] = [e for v in one.results for e in v.shape]
        if any(_is_unknown(e, inside) for e in extents):
            return True
    return False


def _is_unknown(extent: int | Extent, inside: set[Value]) -> bool:
    return any(leaf.args[0] in inside for leaf in leaves(extent))


class Work:
    """About how many operations a step takes: sizes, and how often each counts."""

    def __init__(self, node: Loop) -> None:
        self._inside = _inside(node)
        self.has_loops = False
        self.of_step: Counter[int | Extent] = Counter()
        programs: list[tuple[Program, int | Extent]] = [(node.body, 1)]
        while programs:
            program, times = programs.pop()
            self.of_step[times] += OWN
            for one in program.nodes:
                if isinstance(one, Loop):
                    self.has_loops = True
                    programs.append((one.body, mul(times, self._steps(one))))
                elif isinstance(one, Branch):
                    programs += [(inner, times) for inner in _programs(one)]
                else:
                    self.of_step[mul(times, self._size(one))] += 1

    def _steps(self, node: Loop) -> int | Extent:
        steps = self._known(node.steps)
        return minimum(steps, UNKNOWN) if node.until else steps

    def _size(self, node: Node) -> int | Extent:
        if isinstance(node, Library):
            rows = node.operands[0].shape[1 if node.params[0] else 0]
            sizes = product([rows, *node.operands[1].shape])
            return floordiv(self._known(sizes), COST)
        if isinstance(node, Reduce | Scatter):
            return self._known(product(node.domain))
        if isinstance(node, Map):
            return self._known(product(node.results[0].shape))
        return 0

    def _known(self, extent: int | Extent) -> int | Extent:
        return UNKNOWN if _is_unknown(extent, self._inside) else extent
