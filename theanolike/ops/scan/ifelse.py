"""`ifelse`: one of two graphs is computed, chosen at run time.

As it is written, both branches' values are computed before the choice; the rewrite
`sink_into_branches` then moves into a branch what only this branch reads.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from theanolike.codegen.lowering import lower_nodes, sub, where_negative
from theanolike.errors import UnsupportedError
from theanolike.graph.apply import Apply
from theanolike.graph.frozen import FrozenGraph
from theanolike.graph.op import Op, unobserved
from theanolike.graph.record import record
from theanolike.graph.traverse import ancestors
from theanolike.graph.variable import Constant, Variable
from theanolike.ops.comparison import neq
from theanolike.ops.cotangent import Cotangent, Missing, Pulled, Tangent, disconnected
from theanolike.ops.declare import Builder, Extent, NativeOp, Shape, Shaped, Value
from theanolike.ops.scan.derivatives import walks
from theanolike.ops.scan.inside import shapes_inside
from theanolike.ops.scan.loop import common_type
from theanolike.ops.scan.measured import branch_by_extents
from theanolike.types.constants import TensorConstant, as_tensor_variable, constant
from theanolike.types.dtypes import is_continuous
from theanolike.types.type import TensorType
from theanolike.types.variable import functions

_BODIES = ("graph", "then", "otherwise")  # what ops call the graphs that they hold


@record
class IfElse(NativeOp):
    """The outputs of `then` if the first input, a 0-d bool, holds, else `otherwise`'s.

    Both graphs take the other inputs. With `stands_by`, `then` is what does as written
    where `otherwise`, a quicker form, can't: a build leaves it out until it is needed.
    """

    then: FrozenGraph
    otherwise: FrozenGraph
    stands_by: bool = False

    def make_node(self, *inputs: Any) -> Apply:
        variables = [as_tensor_variable(x) for x in inputs]
        types = self.result(*(v.type for v in variables))
        return Apply(self, variables, [kind.make_variable() for kind in types])

    def result(self, *types: TensorType) -> tuple[TensorType, ...]:
        pairs = zip(self.then.outputs, self.otherwise.outputs, strict=True)
        return tuple(common_type(a.type, b.type) for a, b in pairs)  # type: ignore[arg-type]

    def shape(self, *inputs: Shaped) -> Any:
        shapes = self._shapes(*inputs)
        return shapes if len(shapes) > 1 else shapes[0]

    def _shapes(self, condition: Shaped, *captured: Shaped) -> list[Shape]:
        found = []
        for graph in (self.then, self.otherwise):
            known = dict(zip(graph.inputs, captured, strict=True))
            found.append(shapes_inside(graph, known, graph.outputs))
        return [
            _either(condition, one, other) for one, other in zip(*found, strict=True)
        ]

    def reference(self, *arrays: Any) -> Any:
        results = self.chosen(arrays[0]).run(arrays[1:])
        return results[0] if len(results) == 1 else tuple(results)

    def chosen(self, condition: Any) -> FrozenGraph:
        """Return the graph that a condition chooses."""
        return self.then if condition else self.otherwise

    def do_constant_folding(self, node: Apply) -> bool:
        return False

    def lower(self, b: Builder, *inputs: Value) -> Value | tuple[Value, ...]:
        condition, *captured = inputs
        if self.stands_by and b.leave_out(condition):
            quick = _lower_graph(b, self.otherwise, captured)
            return quick[0] if len(quick) == 1 else tuple(quick)

        def body(graph: FrozenGraph) -> Any:
            return lambda inner, *arguments: _lower_graph(inner, graph, arguments)

        bodies = body(self.then), body(self.otherwise)
        kinds = b.outputs
        try:
            results = b.branch(condition, captured, *bodies)
        except UnsupportedError:
            if self._calls_python():
                # A user's op is called once, and by the branch that is taken alone.
                return Op.lower(self, b, *inputs)  # type: ignore[no-any-return]
            static = [kind.shape for kind in kinds]
            results = branch_by_extents(b, condition, captured, bodies, static)
        return results[0] if len(results) == 1 else results

    def _calls_python(self) -> bool:
        """Tell whether a user's op is in a branch, at any depth."""
        stack = [self.then, self.otherwise]
        while stack:
            for node in stack.pop().nodes:
                if not isinstance(node.op, NativeOp):
                    return True
                held = (getattr(node.op, name, None) for name in _BODIES)
                stack += [graph for graph in held if isinstance(graph, FrozenGraph)]
        return False

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        flows = [is_continuous(out.type.dtype) for out in node.outputs]  # type: ignore[attr-defined]
        return [[False] * len(flows), *([flows] * (len(node.inputs) - 1))]

    def pullback(
        self, node: Apply, cotangents: Sequence[Cotangent | None]
    ) -> Sequence[Pulled]:
        """Choose between the branches' gradients; the other one's is a structural 0."""
        f = functions()
        condition, *captured = node.inputs
        pulled: list[Pulled] = [disconnected] * len(node.inputs)
        flowing = [k for k, v in enumerate(captured) if is_continuous(v.type.dtype)]  # type: ignore[attr-defined]
        if not flowing:
            return pulled
        inner = [v.type.make_variable() for v in captured]
        given = {k: c for k, c in enumerate(cotangents) if c is not None}
        outer = {k: c.value for k, c in given.items()}
        masks = {
            k: f.fill_like(c.support, c.value)
            for k, c in given.items()
            if c.support is not None
        }
        gs = {k: v.type.make_variable() for k, v in outer.items()}
        ms = {k: v.type.make_variable() for k, v in masks.items()}
        starts = {k: Cotangent(g, ms.get(k)) for k, g in gs.items()}
        wrt = [inner[k] for k in flowing]
        with unobserved():
            then, otherwise = (
                _pulled_through(graph.copy(inner), starts, inner, wrt)
                for graph in (self.then, self.otherwise)
            )
            # Where one of them has a support of its own, both have one to choose from.
            mixed = [
                n
                for n, pair in enumerate(zip(then, otherwise, strict=True))
                if any(isinstance(_support(part), Variable) for part in pair)
            ]
            chosen = [
                _values_and_masks(parts, wrt, mixed) for parts in (then, otherwise)
            ]
        made = choice(
            condition,
            [*inner, *gs.values(), *ms.values()],
            [*captured, *outer.values(), *masks.values()],
            *chosen,
        )
        supports = dict(zip(mixed, made[len(wrt) :], strict=True))
        for n, (k, *pair) in enumerate(zip(flowing, then, otherwise, strict=True)):
            pulled[1 + k] = _joined(condition, made[n], supports.get(n), *pair)
        return pulled

    def pushforward(
        self, node: Apply, tangents: Sequence[Tangent | None]
    ) -> Sequence[Tangent | None]:
        condition, *captured = node.inputs
        moving = [k for k, t in enumerate(tangents[1:]) if t is not None]
        inner = [v.type.make_variable() for v in captured]
        outer = [tangents[1 + k].value for k in moving]  # type: ignore[union-attr]
        ds = [v.type.make_variable() for v in outer]
        chosen: list[list[Variable]] = []
        flows = [is_continuous(o.type.dtype) for o in node.outputs]  # type: ignore[attr-defined]
        for graph in (self.then, self.otherwise):
            outputs = graph.copy(inner)
            known: dict[Variable, Tangent] = {
                inner[k]: Tangent(d) for k, d in zip(moving, ds, strict=True)
            }
            wanted = [out for out, on in zip(outputs, flows, strict=True) if on]
            with unobserved():
                walks["forward"](wanted, known)
                chosen.append(
                    [known[v].value if v in known else _zeros_like(v) for v in wanted]
                )
        results: list[Tangent | None] = [None] * len(node.outputs)
        if any(flows):
            made = choice(condition, [*inner, *ds], [*captured, *outer], *chosen)
            places = [k for k, on in enumerate(flows) if on]
            for place, value in zip(places, made, strict=True):
                results[place] = Tangent(value)
        return results

    def __str__(self) -> str:
        return "if{}"


def choice(
    condition: Variable,
    inner: Sequence[Variable],
    outer: Sequence[Variable],
    then: Sequence[Variable],
    otherwise: Sequence[Variable],
    *,
    stands_by: bool = False,
) -> list[Any]:
    """Return the choice between values written in terms of `inner`, as of `outer`."""
    read = set(ancestors([*then, *otherwise], inner))
    kept = [pair for pair in zip(inner, outer, strict=True) if pair[0] in read]
    given = [x for x, _ in kept]
    op = IfElse(FrozenGraph(given, then), FrozenGraph(given, otherwise), stands_by)
    return list(op(condition, *(x for _, x in kept), return_list=True))


def _pulled_through(
    outputs: Sequence[Variable],
    starts: dict[int, Cotangent],
    inner: Sequence[Variable],
    wrt: Sequence[Variable],
) -> list[Any]:
    """Return what reaches each of `wrt` in a branch."""
    pairs = [(outputs[k], cotangent) for k, cotangent in starts.items()]
    return list(walks["back"](pairs, wrt, inner))


def _values_and_masks(
    parts: Sequence[Any], wrt: Sequence[Variable], mixed: Sequence[int]
) -> list[Variable]:
    """Return the values that reached `wrt`, then where those of `mixed` count."""
    values = [
        p.value if isinstance(p, Cotangent) else _zeros_like(x)
        for p, x in zip(parts, wrt, strict=True)
    ]
    return values + [_as_mask(_support(parts[n]), values[n]) for n in mixed]


def _joined(condition: Any, value: Any, support: Any, one: Any, other: Any) -> Pulled:
    """Return what reaches a variable, of what did in either branch."""
    for part in (other, one):
        if isinstance(part, Missing) and part.reason:
            return part
    there, elsewhere = isinstance(one, Cotangent), isinstance(other, Cotangent)
    if not there and not elsewhere:
        return disconnected
    if support is None and there != elsewhere:
        f = functions()
        support = f.fill_like(condition if there else f.invert(condition), value)
    return Cotangent(value, support)


def _support(part: Any) -> Any:
    """Return where a part may not be zero: None is everywhere, False nowhere."""
    if not isinstance(part, Cotangent):
        return False
    return part.support


def _as_mask(support: Any, value: Any) -> Any:
    f = functions()
    if support is None or support is False:
        return f.fill_like(constant(support is None), value)
    return f.fill_like(support, value)


def _zeros_like(x: Any) -> Any:
    """Return zeros; of a scalar nothing is read."""
    if x.ndim:
        return functions().zeros_like(x)
    return constant(np.zeros((), x.type.dtype))


def _either(condition: Shaped, one: Shape, other: Shape) -> Shape:
    """Return the shape that the condition chooses."""
    shape: list[int | Extent] = []
    for a, c in zip(one, other, strict=True):
        if a is c or a == c:
            shape.append(a)
        else:
            shape.append(where_negative(sub(condition.item(), 1), c, a))
    return tuple(shape)


def _lower_graph(
    b: Builder, graph: FrozenGraph, arguments: Sequence[Value]
) -> list[Value]:
    values = dict(zip(graph.inputs, arguments, strict=True))
    site = b.site
    lower_nodes(b, graph.nodes, values)
    b.site = site
    return [
        b.constant(v.data) if isinstance(v, Constant) else values[v]
        for v in graph.outputs
    ]


def ifelse(
    condition: Any, then_branch: Any, else_branch: Any, name: str | None = None
) -> Any:
    """Return one of two branches; only that one is computed.

    Parameters
    ----------
    condition : 0-d tensor
        0 stands for False, anything else for True.
    then_branch, else_branch : tensor, or list or tuple of them
        Of equal types; a Python number takes the dtype of its counterpart.
    name : str, optional
        Of the result.

    Returns
    -------
    tensor, or list or tuple of them, as `then_branch`

    Raises
    ------
    TypeError
        A condition that is no scalar, or branches of other types.
    ValueError
        Branches of other numbers of values.

    Examples
    --------
    >>> import theanolike.tensor as T
    >>> x = T.dscalar("x")
    >>> ifelse(x > 0, T.log(x), x).eval({x: -1.0})
    array(-1.)
    """
    condition = as_tensor_variable(condition)
    if condition.ndim:
        raise TypeError(
            "Condition given to the op has to be a scalar with 0 standing for False, "
            f"anything else for True, got {condition} of type {condition.type}."
        )
    several = isinstance(then_branch, list | tuple)
    then = list(then_branch) if several else [then_branch]
    otherwise = (
        list(else_branch) if isinstance(else_branch, list | tuple) else [else_branch]
    )
    if len(then) != len(otherwise):
        raise ValueError(
            "The number of values on the `then` branch should have the same number of "
            "variables as the `else` branch : (variables on `then` "
            f"{len(then)}, variables on `else` {len(otherwise)})"
        )
    pairs = [_matched(a, b) for a, b in zip(then, otherwise, strict=True)]
    captured: dict[Any, None] = dict.fromkeys(
        v for k in (0, 1) for v in (pair[k] for pair in pairs)
    )
    given = [v for v in captured if not isinstance(v, Constant)]
    op = IfElse(
        FrozenGraph(given, [a for a, _ in pairs]),
        FrozenGraph(given, [b for _, b in pairs]),
    )
    truth = condition if condition.type.dtype == "bool" else neq(condition, 0)
    made = op(truth, *given, return_list=True)
    if not several:
        if name is not None:
            made[0].name = name
        return made[0]
    return made if isinstance(then_branch, list) else tuple(made)


def _matched(one: Any, other: Any) -> tuple[Any, Any]:
    """Return two values as variables of equal dtype and rank."""
    a, b = as_tensor_variable(one), as_tensor_variable(other)
    a, b = _taken_over(a, b.type.dtype), _taken_over(b, a.type.dtype)
    if a.type.dtype != b.type.dtype or a.ndim != b.ndim:
        raise TypeError(
            "The two branches should have identical types, but they are "
            f"{a.type} and {b.type} respectively. This error could be raised if for "
            "example you provided a one element list on the `then` branch but a tensor "
            f"on the `else` branch. {_fix(a, b)}"
        )
    return a, b


def _taken_over(value: Any, dtype: str) -> Any:
    """Return a constant made of a Python number in another dtype that can hold it."""
    if not isinstance(value, TensorConstant) or not value.weak:
        return value
    if dtype in {value.type.dtype, "bool"}:
        return value
    with np.errstate(all="ignore"):
        converted = value.data.astype(dtype)
    if not is_continuous(dtype) and converted != value.data:
        return value
    return constant(converted)


def _fix(one: Any, other: Any) -> str:
    if one.ndim != other.ndim:
        return "Give both the same number of dimensions, as by T.fill or dimshuffle."
    return f"Cast one of them, as in {other.name or 'x'}.astype('{one.type.dtype}')."
