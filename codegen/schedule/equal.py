"""Extents that a program requires to be equal, spelled alike.

Once an argument's extents have been checked to be equal, one of them stands for all:
loops over equal extents are seen to be the same, and kernels take fewer arguments.
"""

from collections.abc import Callable, Mapping

from theanolike.codegen.program import (
    Branch,
    Loop,
    Node,
    Program,
    Reduce,
    Scatter,
    Size,
    View,
    ViewDim,
)
from theanolike.codegen.shapes import Extent, rebuilt
from theanolike.codegen.suppose import from_shapes

Spell = Callable[["int | Extent"], "int | Extent"]


def spell_alike(program: Program) -> None:
    """Replace, everywhere in `program`, the extents that others stand for."""
    equal = {
        old: new
        for old, new in program.equal.items()
        if from_shapes(old) and from_shapes(new)
    }
    spell = _speller(equal)
    made = (v for node in program.nodes for v in node.results)
    # Each once: where n is required to be n * m, each spelling of it is another.
    for value in dict.fromkeys((*program.inputs, *made)):
        value.shape = tuple(map(spell, value.shape))
    for node in program.nodes:
        _respell_node(node, spell)


def _speller(equal: Mapping[Extent, "int | Extent"]) -> Spell:
    known: dict[Extent, int | Extent] = {}

    def spell(extent: "int | Extent") -> "int | Extent":
        if not isinstance(extent, Extent):
            return extent
        if extent not in known:
            known[extent] = extent  # n may be required to be n * m
            found: int | Extent = extent
            while isinstance(found, Extent) and found in equal:
                found = equal[found]
            if isinstance(found, Extent) and found.op not in ("dim", "item"):
                found = rebuilt(found, spell)
            known[extent] = found
        return known[extent]

    return spell


def _respell_node(node: Node, spell: Spell) -> None:
    for scalar in node.scalars:
        if isinstance(scalar, Size):
            scalar.extent = spell(scalar.extent)
    if isinstance(node, Reduce | Scatter):
        node.domain = tuple(map(spell, node.domain))
    elif isinstance(node, View):
        node.dims = tuple(
            ViewDim(d.axis, spell(d.start), spell(d.step)) for d in node.dims
        )
    elif isinstance(node, Loop):
        node.steps = spell(node.steps)
        spell_alike(node.body)
    elif isinstance(node, Branch):
        spell_alike(node.then)
        spell_alike(node.otherwise)
