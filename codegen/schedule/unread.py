"""What isn't read: values that loops and branches are given, rows that loops collect.

The gradient of a sum asks for the shape of what was added; the rows of a product that
stands outside of the loop would be computed for that. Rows that only a branch reads
which stands by aren't read where that is left out.
"""

from collections.abc import Sequence

from theanolike.codegen.program import Branch, Loop, Program, Value
from theanolike.codegen.schedule.needed import extent_sources, live


def drop_unread(program: Program) -> None:
    """Let no loop or branch capture what its programs don't read, innermost first.

    Nor let a loop collect rows that nothing reads.
    """
    read = _read(program)
    _keep_live(program)
    for node in program.nodes:
        if isinstance(node, Loop):
            _drop_rows(node, read)
            drop_unread(node.body)
            kept = _kept(node.captured, (node.body,))
            node.captured = _chosen(node.captured, kept)
            node.operands = (*node.states, *node.captured)
        elif isinstance(node, Branch):
            drop_unread(node.then)
            drop_unread(node.otherwise)
            kept = _kept(node.captured, (node.then, node.otherwise))
            node.captured = _chosen(node.captured, kept)
            node.operands = (node.condition, *node.captured)


def _drop_rows(loop: Loop, read: set[Value]) -> None:
    first, body = len(loop.states), loop.body
    last = len(body.outputs) - loop.until
    kept = [
        not first <= k < last or v in read for k, v in enumerate(loop.results[:last])
    ]
    kept += [True] * loop.until
    body.outputs = list(_chosen(body.outputs, kept))
    loop.results = _chosen(loop.results, kept)
    for k, value in enumerate(loop.results):
        value.index = k


def _kept(captured: Sequence[Value], programs: Sequence[Program]) -> list[bool]:
    """Tell which captured values are read; their inputs go that aren't.

    Captured values are a program's last inputs.
    """
    count = len(captured)
    found = [False] * count
    inputs = [p.inputs[len(p.inputs) - count :] for p in programs]
    for program, given in zip(programs, inputs, strict=True):
        read = _read(program)
        found = [a or v in read for a, v in zip(found, given, strict=True)]
    for program, given in zip(programs, inputs, strict=True):
        gone = {v.node for v, keep in zip(given, found, strict=True) if not keep}
        program.inputs = [v for v in program.inputs if v.node not in gone]
        for slot, value in enumerate(program.inputs):
            value.node.slot = slot  # type: ignore[attr-defined]
        _keep_live(program)
    return found


def _keep_live(program: Program) -> None:
    needed = {*live(program), *(v.node for v in program.inputs)}
    program.nodes = [node for node in program.nodes if node in needed]


def _read(program: Program) -> set[Value]:
    found = set(program.outputs)
    for node in live(program):
        found.update(node.operands)
        found.update(extent_sources(node))
    return found


def _chosen(values: Sequence[Value], kept: Sequence[bool]) -> tuple[Value, ...]:
    return tuple(v for v, keep in zip(values, kept, strict=True) if keep)
