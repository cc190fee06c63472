"""From nodes to statements: views resolved, cheap or single-use values inlined.

A statement is a Map, a Reduce or a Scatter whose body loads only stored values, in an
order of axes that follows memory.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from theanolike.codegen.affine import offset
from theanolike.codegen.boxes import box_of
from theanolike.codegen.program import (
    Axis,
    Branch,
    Call,
    Checked,
    Data,
    Effect,
    Host,
    Input,
    Library,
    Literal,
    Load,
    Loop,
    Map,
    Node,
    Program,
    Reduce,
    Require,
    Reshape,
    Scalar,
    Scatter,
    Size,
    Value,
    View,
    ViewDim,
    as_index,
    scalar_order,
)
from theanolike.codegen.scalars import cost
from theanolike.codegen.shapes import Extent, Shape, leaves

INLINE_COST = 3  # a value this cheap is computed again by each of its readers
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


Step = Statement | Node


def body_cost(scalars: Iterable[Scalar]) -> int:
    """Return the operations that computing `scalars` takes."""
    return sum(
        cost("select" if s.name == "guard" else s.name, s.dtype)
        for s in scalars
        if isinstance(s, Call)
    )


def index_add(a: Scalar, b: Scalar) -> Scalar:
    """Return a + b for indices, folding zeros."""
    if isinstance(a, Literal) and isinstance(b, Literal):
        return Literal(a.value + b.value, "int64")
    if isinstance(a, Literal) and a.value == 0:
        return b
    if isinstance(b, Literal) and b.value == 0:
        return a
    return Call("add", "int64", (a, b))


def index_mul(a: Scalar, b: Scalar) -> Scalar:
    """Return a * b for indices, folding ones."""
    if isinstance(a, Literal) and isinstance(b, Literal):
        return Literal(a.value * b.value, "int64")
    if isinstance(a, Literal) and a.value == 1:
        return b
    if isinstance(b, Literal) and b.value == 1:
        return a
    return Call("mul", "int64", (a, b))


def cast_literal(number: Literal, dtype: str) -> Scalar:
    """Return a literal in another dtype, where the conversion is a plain one."""
    value = np.asarray(number.value)
    if value.dtype.kind in "fc" and np.dtype(dtype).kind != value.dtype.kind:
        return Call("cast", dtype, (number,))
    with np.errstate(all="ignore"):
        return Literal(value.astype(dtype)[()], dtype)


class Resolver:
    """Rewrites scalars: axes substituted, views followed, inlined values expanded."""

    def __init__(self, inlined: "dict[Value, Scalar]") -> None:
        self.inlined = inlined
        self.sites: dict[Value, tuple[int, ...]] = {}  # of inlined values
        # Equal loads and index sums become one object, so that expressions stay DAGs.
        self._known: dict[tuple[object, ...], tuple[object, Scalar]] = {}
        self._axes: list[Scalar] = []
        # Values that another statement makes, and statements by what they do.
        self.instead: dict[Value, Value] = {}
        self._made: dict[tuple[object, ...], tuple[Scalar, Statement]] = {}
        self._bodies: dict[Value, Scalar] = {}

    def axes(self, rank: int) -> tuple[Scalar, ...]:
        """Return the axes of a domain, the same objects each time."""
        self._axes += (Axis(k) for k in range(len(self._axes), rank))
        return tuple(self._axes[:rank])

    def twin(self, key: tuple[object, ...], body: Scalar) -> "Statement | None":
        """Return the statement that does the same as `key` says with `body`."""
        found = self._made.get((*key, id(body)))
        return None if found is None else found[1]

    def remember(
        self, key: tuple[object, ...], body: Scalar, statement: "Statement"
    ) -> None:
        """Let later values that are the same be read from `statement`."""
        self._made[*key, id(body)] = body, statement
        if statement.kind == "map":
            self._bodies[statement.value] = body

    def spelled_out(self, body: Scalar, domain: Shape) -> Scalar:
        """Return the body of the stored value that `body` reads, element by element."""
        if not isinstance(body, Load) or body.source.shape != domain:
            return body
        same = all(
            a is b for a, b in zip(body.index, self.axes(len(domain)), strict=True)
        )
        return self._bodies.get(body.source, body) if same else body

    def _intern(self, key: tuple[object, ...], keep: object, made: Scalar) -> Scalar:
        self._known[key] = (keep, made)
        return made

    def __call__(self, scalar: Scalar, axes: tuple[Scalar, ...]) -> Scalar:
        """Return `scalar` with Axis(k) replaced by `axes[k]`."""
        return self.all(scalar_order(scalar), axes)

    def all(self, scalars: Sequence[Scalar], axes: tuple[Scalar, ...]) -> Scalar:
        """Return the last of `scalars`, given in order, with its axes replaced."""
        memo: dict[int, Scalar] = {}
        for part in scalars:
            memo[id(part)] = self._one(part, axes, memo)
        return memo[id(scalars[-1])]

    def _one(
        self, part: Scalar, axes: tuple[Scalar, ...], memo: dict[int, Scalar]
    ) -> Scalar:
        if isinstance(part, Axis):
            return axes[part.axis]
        if isinstance(part, Call):
            return self._call(part, tuple(memo[id(a)] for a in part.args))
        if isinstance(part, Checked):
            return Checked(memo[id(part.index)], memo[id(part.extent)], part.site)
        if isinstance(part, Load):
            return self.load(part.source, tuple(memo[id(i)] for i in part.index))
        if isinstance(part, Size):
            return self._extent(part.extent)
        return self._number(part) if isinstance(part, Literal) else part

    def _number(self, part: Literal) -> Scalar:
        if not isinstance(part.value, int | float | np.generic):
            return part
        key = ("number", part.dtype, repr(part.value))
        if key not in self._known:
            self._intern(key, part, part)
        return self._known[key][1]

    def _call(self, call: Call, args: tuple[Scalar, ...]) -> Scalar:
        key = (call.name, call.dtype, *map(id, args))
        if key in self._known:
            return self._known[key][1]
        made: Scalar = Call(call.name, call.dtype, args)
        if call.dtype == "int64" and call.name == "add":
            made = index_add(*args)
        elif call.dtype == "int64" and call.name == "mul":
            made = index_mul(*args)
        elif call.name == "cast" and isinstance(args[0], Literal):
            made = cast_literal(args[0], call.dtype)
        return self._intern(key, args, made)

    def load(self, source: Value, index: tuple[Scalar, ...]) -> Scalar:
        """Return an element of `source` in terms of stored values."""
        while isinstance(source.node, View):
            view = source.node
            index = tuple(self._through(index, d) for d in view.dims)
            source = view.operands[0]
        if isinstance(source.node, Data) and source.node.array.ndim == 0:
            return self._number(Literal(source.node.array[()], source.dtype))
        source = self.instead.get(source, source)
        key = (source, *map(id, index))
        if key in self._known:
            return self._known[key][1]
        body = self.inlined.get(source)
        if body is not None:
            as_it_is = all(
                isinstance(i, Axis) and i.axis == k for k, i in enumerate(index)
            )
            made = body if as_it_is else self(body, index)
            return self._intern(key, index, made)
        return self._intern(key, index, Load(source, index))

    def _through(self, index: tuple[Scalar, ...], d: ViewDim) -> Scalar:
        start = self._extent(d.start)
        if d.axis is None:
            return start
        key = ("through", id(index[d.axis]), d.start, d.step)
        if key not in self._known:
            moved = index_add(index_mul(index[d.axis], self._extent(d.step)), start)
            self._intern(key, index, moved)
        return self._known[key][1]

    def _extent(self, extent: int | Extent) -> Scalar:
        key = ("extent", extent)
        if key not in self._known:
            self._intern(key, extent, as_index(extent))
        return self._known[key][1]


def plan_statements(program: Program) -> list[Step]:
    """Return the program's steps in order, its views and inlined values gone."""
    nodes = live(program)
    keep = _must_store(program, nodes)
    uses = _uses(nodes)
    inlined: dict[Value, Scalar] = {}
    resolve = Resolver(inlined)
    steps: list[Step] = []
    for node in nodes:
        if isinstance(node, View | Input | Data):
            continue
        if isinstance(node, Map):
            _plan_map(node, resolve, keep, uses, inlined, steps)
        elif isinstance(node, Reduce):
            _plan_reduce(node, resolve, keep, steps)
        elif isinstance(node, Scatter):
            steps.append(_plan_scatter(node, resolve))
        else:
            steps.append(node)
    return steps


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


def _must_store(program: Program, nodes: list[Node]) -> set[Value]:
    """Return the values that need memory of their own, whoever reads them."""
    keep = {_viewed(v) for v in program.outputs}
    for node in nodes:
        for value in extent_sources(node):
            keep.add(_viewed(value))
        if isinstance(node, Library | Loop | Branch | Host | Reshape):
            keep.update(_viewed(v) for v in node.operands)
    return keep


def _viewed(value: Value) -> Value:
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


def _uses(nodes: list[Node]) -> dict[Value, Use]:
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


def _plan_map(
    node: Map,
    resolve: Resolver,
    keep: set[Value],
    uses: dict[Value, Use],
    inlined: dict[Value, Scalar],
    steps: list[Step],
) -> None:
    value = node.results[0]
    axes = resolve.axes(value.ndim)
    body = resolve.all(node.scalars, axes)
    scalars = scalar_order(body)
    weight = body_cost(scalars)
    streams = len({id(s.source) for s in scalars if isinstance(s, Load)})
    use = uses.get(value, Use())
    once = use.places <= 1 and use.axes <= true_axes(value.shape)
    cheap = weight <= INLINE_COST and streams <= 1
    fits = weight <= KERNEL_COST // 2 and streams <= KERNEL_STREAMS // 2
    inline = (
        value.ndim > 0
        and value not in keep
        and fits
        and (once or cheap)
        and node.effect is Effect.TOTAL
    )
    # What literals and extents make is hoisted out of its readers' loops.
    fixed = fits and all(isinstance(s, Literal | Size | Call) for s in scalars)
    sites = _sites(node, resolve)
    if inline or (fixed and value not in keep):
        inlined[value] = body
        resolve.sites[value] = sites
        return
    key = ("map", value.dtype, value.shape)
    if _is_made(node, key, body, resolve, keep):
        return
    made = Statement("map", value, value.shape, body, node, (), axes, sites=sites)
    made = ordered(made)
    steps.append(made)
    resolve.remember(key, body, made)


def _is_made(
    node: Map | Reduce,
    key: tuple[object, ...],
    body: Scalar,
    resolve: Resolver,
    keep: set[Value],
) -> bool:
    """Tell whether a statement makes the same already, and let it be read instead."""
    value = node.results[0]
    if value in keep or value.ndim == 0 or node.effect is not Effect.TOTAL:
        return False
    twin = resolve.twin(key, body)
    if twin is None:
        return False
    resolve.instead[value] = twin.value
    sites = dict.fromkeys((*twin.sites, *_sites(node, resolve)))
    twin.sites = tuple(sites)[:MOST_SITES]
    return True


def _sites(node: Node, resolve: Resolver) -> tuple[int, ...]:
    """Return the sites of a node and of the values inlined into it."""
    found = dict.fromkeys([node.site])
    for scalar in node.scalars:
        if isinstance(scalar, Load):
            found |= dict.fromkeys(resolve.sites.get(_viewed(scalar.source), ()))
    return tuple(found)[:MOST_SITES]


def _plan_reduce(
    node: Reduce, resolve: Resolver, keep: set[Value], steps: list[Step]
) -> None:
    axes = resolve.axes(len(node.domain))
    body = resolve(node.body, axes)
    result = (node.results[0].dtype, node.accumulator)
    key = (node.kind, *result, node.domain, node.axes)
    element = resolve.spelled_out(body, node.domain)
    if _is_made(node, key, element, resolve, keep):
        return
    kept = tuple(a for k, a in enumerate(axes) if k not in node.axes)
    made = Statement(
        "reduce",
        node.results[0],
        node.domain,
        body,
        node,
        node.axes,
        kept,
        sites=_sites(node, resolve),
    )
    if not in_register(node):
        made = ordered(made)
    else:
        inner = [a for a in range(len(axes)) if a not in node.axes] + list(node.axes)
        made = made if inner == list(range(len(axes))) else permuted(made, inner)
    steps.append(made)
    resolve.remember(key, element, made)


def in_register(node: Reduce) -> bool:
    """Tell whether a reduction can't combine into the memory of its result."""
    return (
        node.kind in ("argmax", "argmin") or node.accumulator != node.results[0].dtype
    )


def _plan_scatter(node: Scatter, resolve: Resolver) -> Statement:
    value = node.results[0]
    outer = resolve.axes(value.ndim)
    start = resolve.load(node.operands[0], outer)
    base = Statement("map", value, value.shape, start, node, (), outer)
    axes = resolve.axes(len(node.domain))
    body = resolve(node.body, axes)
    place = tuple(resolve(i, axes) for i in node.index)
    sites = _sites(node, resolve)
    boxed = box_of(place, node.domain, value.shape) is not None
    if node.kind == "add" and boxed and body.dtype != "bool":
        # All around the box is copied, and the box itself set to the sum.
        old = resolve.load(node.operands[0], place)
        body = Call("add", body.dtype, (old, body))
        node = _setting(node, body)
    return Statement(
        "scatter", value, node.domain, body, node, (), place, base, sites=sites
    )


def _setting(node: Scatter, body: Scalar) -> Scatter:
    """Return a scatter that sets what `node` adds to."""
    base, index = node.operands[0], node.index
    return Scatter("set", base, node.domain, index, body, node.site, node.unique)


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
