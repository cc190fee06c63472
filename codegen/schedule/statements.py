"""From nodes to statements: views resolved, cheap or single-use values inlined.

A statement is a Map, a Reduce or a Scatter whose body loads only stored values, in an
order of axes that follows memory.
"""

from dataclasses import dataclass, field
from functools import cached_property

from theanolike.codegen.affine import offset
from theanolike.codegen.boxes import box_of
from theanolike.codegen.program import (
    Axis,
    Call,
    Data,
    Effect,
    Input,
    Literal,
    Load,
    Map,
    Node,
    Program,
    Reduce,
    Scalar,
    Scatter,
    Size,
    Value,
    View,
    scalar_order,
)
from theanolike.codegen.schedule.gathers import ELEMENTARY_COST, gathered, replaced
from theanolike.codegen.schedule.needed import (
    Use,
    live,
    must_store,
    read_uses,
    true_axes,
    viewed,
)
from theanolike.codegen.schedule.resolve import Resolver
from theanolike.codegen.segments import body_cost
from theanolike.codegen.shapes import Extent, Shape

INLINE_COST = 3  # a value this cheap is computed again by each of its readers
INLINE_PLACES = 3  # the same where it reads rows and columns too: read from so many
KERNEL_COST = 150  # operations in one kernel
MOST_SITES = 8  # lines of the user's that a statement remembers
KERNEL_STREAMS = 12  # arrays that one kernel reads


@dataclass(eq=False)
class Statement:
    """One loop over `domain` that makes `value`.

    Attributes
    ----------
    kind : str
        "map", "reduce" or "scatter".
    domain : tuple of extents
        The loops, outermost first.
    body : Scalar
        Loads stored values only.
    reduced : tuple of int
        The domain axes that are combined.
    place : tuple of Scalar
        Where the element goes in `value`, in terms of the domain's axes.
    """

    kind: str
    value: Value
    domain: Shape
    body: Scalar
    node: Map | Reduce | Scatter
    reduced: tuple[int, ...] = ()
    place: tuple[Scalar, ...] = ()
    base: "Statement | None" = None
    weight: int = 0
    sites: tuple[int, ...] = ()
    loads: tuple[Load, ...] = field(default=())
    sizes: tuple[int | Extent, ...] = field(default=())

    def __post_init__(self) -> None:
        scalars = scalar_order(self.body, *self.place)
        self.loads = tuple(s for s in scalars if isinstance(s, Load))
        self.sizes = tuple(s.extent for s in scalars if isinstance(s, Size))
        self.weight = body_cost(scalars)

    @cached_property
    def gathers(self) -> bool:
        """Whether elements are looked up or put together in the innermost loop."""
        return bool(gathered(self.body, self.domain)[0])


Step = Statement | Node


def plan_statements(program: Program) -> list[Step]:
    """Return the program's steps in order, its views and inlined values gone."""
    planner = _Planner(program)
    for node in live(program):
        planner.plan(node)
    return planner.steps


class _Planner:
    """Makes the steps of a program, and knows what is inlined and what made already."""

    def __init__(self, program: Program) -> None:
        nodes = live(program)
        self.steps: list[Step] = []
        self.keep = must_store(program, nodes)
        self.uses = read_uses(nodes)
        self.inlined: dict[Value, Scalar] = {}
        self.sites: dict[Value, tuple[int, ...]] = {}  # of inlined values
        self.resolve = Resolver(self.inlined)
        self.made: dict[tuple[object, ...], tuple[Scalar, Statement]] = {}
        self.bodies: dict[Value, Scalar] = {}  # of maps

    def plan(self, node: Node) -> None:
        """Add the step of a node, unless its readers or another step do its work."""
        if isinstance(node, View | Input | Data):
            return
        if isinstance(node, Map):
            self._map(node)
        elif isinstance(node, Reduce):
            self._reduce(node)
        elif isinstance(node, Scatter):
            self.steps.append(self._scatter(node))
        else:
            self.steps.append(node)

    def _map(self, node: Map) -> None:
        value = node.results[0]
        axes = self.resolve.axes(value.ndim)
        body = self.resolve.all(node.scalars, axes)
        sites = self._sites(node)
        if value not in self.keep and self._is_inlined(node, body):
            self.inlined[value] = body
            self.sites[value] = sites
            return
        body = self._gathered_first(node, body)
        key = ("map", value.dtype, value.shape)
        if self._is_made(node, key, body):
            return
        made = Statement("map", value, value.shape, body, node, (), axes, sites=sites)
        self._add(key, body, ordered(made))

    def _gathered_first(self, node: Map, body: Scalar) -> Scalar:
        """Return a body that reads what statements before look up or put together."""
        shape = node.results[0].shape
        found, rest = gathered(body, shape)
        if not found or rest < ELEMENTARY_COST:
            return body
        axes = self.resolve.axes(len(shape))
        instead: dict[int, Scalar] = {}
        for part in found:
            first = Map(shape, part.dtype, part, node.site)
            value = first.results[0]
            made = Statement("map", value, shape, part, first, (), axes)
            self._add(("gathered", part.dtype, shape), part, ordered(made))
            instead[id(part)] = Load(value, axes)
        return replaced(scalar_order(body), instead)

    def _is_inlined(self, node: Map, body: Scalar) -> bool:
        """Tell whether a map's readers compute its elements themselves."""
        value = node.results[0]
        scalars = scalar_order(body)
        weight = body_cost(scalars)
        loads = [s for s in scalars if isinstance(s, Load)]
        streams = len({id(s.source) for s in loads})
        if weight > KERNEL_COST // 2 or streams > KERNEL_STREAMS // 2:
            return False
        # What literals and extents make is hoisted out of its readers' loops.
        if all(isinstance(s, Literal | Size | Call) for s in scalars):
            return True
        use = self.uses.get(value, Use())
        once = use.places <= 1 and use.axes <= true_axes(value.shape)
        if use.places <= INLINE_PLACES:
            # To read a column or a row again costs nothing beside a matrix.
            rank = true_axes(value.shape)
            streams = len({id(s.source) for s in loads if _axes_read(s) >= rank})
        cheap = weight <= INLINE_COST and streams <= 1
        return value.ndim > 0 and (once or cheap) and node.effect is Effect.TOTAL

    def _reduce(self, node: Reduce) -> None:
        value = node.results[0]
        axes = self.resolve.axes(len(node.domain))
        body = self.resolve(node.body, axes)
        key = (node.kind, value.dtype, node.accumulator, node.domain, node.axes)
        element = self._spelled_out(body, node.domain)
        if self._is_made(node, key, element):
            return
        kept = tuple(a for k, a in enumerate(axes) if k not in node.axes)
        made = Statement(
            "reduce",
            value,
            node.domain,
            body,
            node,
            node.axes,
            kept,
            sites=self._sites(node),
        )
        if not in_register(node):
            made = ordered(made)
        else:
            outer = [a for a in range(len(axes)) if a not in node.axes]
            inner = outer + list(node.axes)
            made = made if inner == list(range(len(axes))) else permuted(made, inner)
        self._add(key, element, made)

    def _add(self, key: tuple[object, ...], body: Scalar, made: Statement) -> None:
        """Add a statement, which later values that are the same are read from."""
        self.steps.append(made)
        self.made[*key, id(body)] = body, made
        if made.kind == "map":
            self.bodies[made.value] = body

    def _is_made(
        self, node: Map | Reduce, key: tuple[object, ...], body: Scalar
    ) -> bool:
        """Tell whether a statement makes the same already, and let it be read."""
        value = node.results[0]
        if value in self.keep or value.ndim == 0 or node.effect is not Effect.TOTAL:
            return False
        if (*key, id(body)) not in self.made:
            return False
        _, twin = self.made[*key, id(body)]
        self.resolve.instead[value] = twin.value
        sites = dict.fromkeys((*twin.sites, *self._sites(node)))
        twin.sites = tuple(sites)[:MOST_SITES]
        return True

    def _spelled_out(self, body: Scalar, domain: Shape) -> Scalar:
        """Return the body of the stored value that `body` reads, element by element."""
        if not isinstance(body, Load) or body.source.shape != domain:
            return body
        axes = self.resolve.axes(len(domain))
        same = all(a is b for a, b in zip(body.index, axes, strict=True))
        return self.bodies.get(body.source, body) if same else body

    def _sites(self, node: Node) -> tuple[int, ...]:
        """Return the sites of a node and of the values inlined into it."""
        found = dict.fromkeys([node.site])
        for scalar in node.scalars:
            if isinstance(scalar, Load):
                found |= dict.fromkeys(self.sites.get(viewed(scalar.source), ()))
        return tuple(found)[:MOST_SITES]

    def _scatter(self, node: Scatter) -> Statement:
        value, resolve = node.results[0], self.resolve
        outer = resolve.axes(value.ndim)
        start = resolve.load(node.operands[0], outer)
        base = Statement("map", value, value.shape, start, node, (), outer)
        axes = resolve.axes(len(node.domain))
        body = resolve(node.body, axes)
        place = tuple(resolve(i, axes) for i in node.index)
        sites = self._sites(node)
        boxed = box_of(place, node.domain, value.shape) is not None
        if node.kind == "add" and boxed and body.dtype != "bool":
            # All around the box is copied, and the box itself set to the sum.
            old = resolve.load(node.operands[0], place)
            body = Call("add", body.dtype, (old, body))
            node = _setting(node, body)
        return Statement(
            "scatter", value, node.domain, body, node, (), place, base, sites=sites
        )


def _axes_read(load: Load) -> int:
    """Return how many axes the index of a load depends on."""
    return len({s.axis for s in scalar_order(*load.index) if isinstance(s, Axis)})


def _setting(node: Scatter, body: Scalar) -> Scatter:
    """Return a scatter that sets what `node` adds to."""
    base, index = node.operands[0], node.index
    return Scatter("set", base, node.domain, index, body, node.site, node.unique)


def in_register(node: Reduce) -> bool:
    """Tell whether a reduction can't combine into the memory of its result."""
    return (
        node.kind in ("argmax", "argmin") or node.accumulator != node.results[0].dtype
    )


def ordered(statement: Statement) -> Statement:
    """Permute the loops so that the innermost one walks along memory.

    Each load votes for the order of its strides, as many votes as it has axes; the
    domain's own order breaks ties. An order-dependent reduction keeps its order.
    """
    rank = len(statement.domain)
    node = statement.node
    if rank < 2 or (isinstance(node, Reduce) and in_register(node)):
        return statement
    accesses = [offset(load.index, load.source.shape) for load in statement.loads]
    if statement.kind == "map":
        accesses.append(offset(statement.place, statement.value.shape))
    inner = [0] * rank  # how many accesses walk along memory on this axis
    for access in accesses:
        for axis, factor in access.coefficients:
            if factor == 1 and len(access.coefficients) > 1:
                inner[axis] += 1
    order = sorted(range(rank), key=lambda axis: (inner[axis], axis))
    if order == list(range(rank)) or inner[order[-1]] <= inner[rank - 1]:
        return statement
    best = order[-1]
    return permuted(statement, [a for a in range(rank) if a != best] + [best])


def permuted(statement: Statement, order: list[int]) -> Statement:
    """Return the statement with loop k running over old axis `order[k]`."""
    where = tuple(Axis(order.index(axis)) for axis in range(len(order)))
    move = Resolver({})
    return Statement(
        statement.kind,
        statement.value,
        tuple(statement.domain[axis] for axis in order),
        move(statement.body, where),
        statement.node,
        tuple(sorted(order.index(axis) for axis in statement.reduced)),
        tuple(move(i, where) for i in statement.place),
        statement.base,
        sites=statement.sites,
    )
