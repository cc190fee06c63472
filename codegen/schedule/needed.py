"""What of a program is needed: its nodes, their extents, and how values are read."""

from dataclasses import dataclass

from theanolike.codegen.program import (
    Branch,
    Effect,
    Host,
    Library,
    Load,
    Loop,
    Map,
    Node,
    Program,
    Reduce,
    Require,
    Reshape,
    Scatter,
    Size,
    Value,
    View,
)
from theanolike.codegen.shapes import Extent, Shape, leaves


def live(program: Program) -> list[Node]:
    """Return the nodes that the outputs or an effect need."""
    needed: set[Node] = set()
    stack: list[Node] = [v.node for v in program.outputs]
    stack += [n for n in program.nodes if n.effect is Effect.EFFECT]
    stack += [n for n in program.nodes if isinstance(n, Require)]
    while stack:
        node = stack.pop()
        if node in needed:
            continue
        needed.add(node)
        stack.extend(v.node for v in node.operands)
        stack.extend(v.node for v in extent_sources(node))
    return [node for node in program.nodes if node in needed]


def node_extents(node: Node) -> list[int | Extent]:
    """Return the extents that a node's own description mentions."""
    found: list[int | Extent] = [e for v in node.results for e in v.shape]
    if isinstance(node, Reduce | Scatter):
        found += node.domain
    if isinstance(node, View):
        found += [e for d in node.dims for e in (d.start, d.step)]
    if isinstance(node, Require):
        found += [node.first, node.second]
    if isinstance(node, Loop):
        found.append(node.steps)
        for program in (node.body,):
            found += program_extents(program)
    if isinstance(node, Branch):
        found += program_extents(node.then) + program_extents(node.otherwise)
    found += [s.extent for s in node.scalars if isinstance(s, Size)]
    return found


def program_extents(program: Program) -> list[int | Extent]:
    """Return the extents that a nested program mentions."""
    return [e for node in program.nodes for e in node_extents(node)]


def extent_sources(node: Node) -> list[Value]:
    """Return the values that a node's extents are read from."""
    return [
        leaf.args[0]
        for extent in node_extents(node)
        if isinstance(extent, Extent)
        for leaf in leaves(extent)
    ]


def must_store(program: Program, nodes: list[Node]) -> set[Value]:
    """Return the values that need memory of their own, whoever reads them."""
    keep = {viewed(v) for v in program.outputs}
    for node in nodes:
        for value in extent_sources(node):
            keep.add(viewed(value))
        if isinstance(node, Library | Loop | Branch | Host | Reshape):
            keep.update(viewed(v) for v in node.operands)
    return keep


def viewed(value: Value) -> Value:
    """Return the value whose elements a view shows, or `value`."""
    while isinstance(value.node, View):
        value = value.node.operands[0]
    return value


@dataclass
class Use:
    """How a value is read: from how many places, and over how many true axes."""

    places: int = 0
    axes: int = 0


def true_axes(shape: Shape) -> int:
    """Return the number of dims not known to be 1."""
    return sum(not (isinstance(e, int) and e == 1) for e in shape)


def read_uses(nodes: list[Node]) -> dict[Value, Use]:
    """Say of each value how others' bodies read it, through views."""
    uses: dict[Value, Use] = {}

    def read(value: Value, places: int, axes: int) -> None:
        use = uses.setdefault(value, Use())
        use.places += places
        use.axes = max(use.axes, axes)

    for node in reversed(nodes):
        if isinstance(node, View):
            through = uses.get(node.results[0], Use())
            read(node.operands[0], through.places, through.axes)
        elif isinstance(node, Map | Reduce | Scatter):
            domain = node.results[0].shape if isinstance(node, Map) else node.domain
            seen = {
                (s.source, tuple(map(id, s.index)))
                for s in node.scalars
                if isinstance(s, Load)
            }
            for source, _ in seen:
                read(source, 1, true_axes(domain))
            if isinstance(node, Scatter):
                read(node.operands[0], 1, node.results[0].ndim)
    return uses
