"""Pickle and deepcopy of variables and nodes, without recursion over the graph.

A variable is written as (component, position). The component is the flat list of all
that the variable depends on; the pickler's memo writes it once, however many of its
variables are pickled, so that identities survive: after
``x, y = pickle.loads(pickle.dumps([x, y]))``, ``y.owner.inputs[0] is x`` still holds.
"""

from collections.abc import Sequence
from typing import Any
from weakref import WeakValueDictionary

from theanolike.graph.apply import Apply
from theanolike.graph.variable import Constant, Scratchpad, Variable, next_number

_PLAIN = frozenset(
    ("__dict__", "__weakref__", "_auto", "_tag", "index", "name", "owner", "type")
)
# The live component of each variable, by id: variables pickled together share it. A
# component holds its variables, so while it lives an id can't become another's.
_live: "WeakValueDictionary[int, Component]" = WeakValueDictionary()


class Component:
    """The graph under one variable as flat lists.

    Attributes
    ----------
    variables : list of Variable
        In order of dependence.
    nodes : list of Apply
        Those that no older component has.
    borrowed : list of (int, Component, int)
        Position here, older component that has the variable, and its position there.
    """

    __slots__ = ("__weakref__", "borrowed", "nodes", "place", "variables")

    def __init__(self) -> None:
        self.variables: list[Variable] = []
        self.nodes: list[Apply] = []
        self.place: dict[int, int] = {}
        self.borrowed: list[tuple[int, Component, int]] = []

    @classmethod
    def of(cls, root: Variable) -> "Component":
        """Return the live component that has `root`, or make one."""
        live = _live.get(id(root))
        if live is not None:
            return live
        component = cls()
        for node in _new_nodes(root):
            for variable in (*node.inputs, *node.outputs):
                component._enter(variable)
            component.nodes.append(node)
        component._enter(root)
        older = {here for here, _, _ in component.borrowed}
        for here, variable in enumerate(component.variables):
            if here not in older:
                _live[id(variable)] = component
        return component

    def _enter(self, variable: Variable) -> None:
        if id(variable) in self.place:
            return
        here = self.place[id(variable)] = len(self.variables)
        self.variables.append(variable)
        older = _live.get(id(variable))
        if older is not None:
            self.borrowed.append((here, older, older.place[id(variable)]))

    @property
    def own(self) -> list[Variable]:
        """The variables that no older component has."""
        older = {here for here, _, _ in self.borrowed}
        return [v for here, v in enumerate(self.variables) if here not in older]

    def __reduce__(self) -> Any:
        # The blank objects are arguments, so that they exist before the state is
        # read: a tag in it may refer to variables of this very component.
        classes: list[type | None] = [type(v) for v in self.variables]
        for here, _, _ in self.borrowed:
            classes[here] = None
        return _blank, (classes, self.borrowed, len(self.nodes)), self._state()

    def _state(self) -> dict[str, list[Any]]:
        """Return the facts of variables and nodes, a column each."""
        place, own, nodes = self.place, self.own, self.nodes
        return {
            "types": [v.type for v in own],
            "names": [v.name for v in own],
            "tags": [_without_trace(v._tag) for v in own],
            "extras": [_extras(v) for v in own],
            "ops": [node.op for node in nodes],
            "inputs": [[place[id(v)] for v in node.inputs] for node in nodes],
            "outputs": [[place[id(v)] for v in node.outputs] for node in nodes],
            "origins": [node.origin for node in nodes],
            "node_tags": [_without_trace(node._tag) for node in nodes],
        }

    def __setstate__(self, state: dict[str, list[Any]]) -> None:
        facts = [state[c] for c in ("types", "names", "tags", "extras")]
        for variable, kind, name, tag, extras in zip(self.own, *facts, strict=True):
            variable.type = kind
            variable.name = name
            variable._tag = tag
            _restore_extras(variable, extras)
        columns = ("ops", "inputs", "outputs", "origins", "node_tags")
        facts = [state[c] for c in columns]
        for node, op, inputs, outputs, origin, tag in zip(
            self.nodes, *facts, strict=True
        ):
            node.op = op
            node.inputs = [self.variables[i] for i in inputs]
            node.outputs = [self.variables[i] for i in outputs]
            node.origin = origin
            node._tag = tag
            for index, output in enumerate(node.outputs):
                output.owner = node
                output.index = index


def _new_nodes(root: Variable) -> list[Apply]:
    """Return the nodes under `root` that no live component has, in order."""
    order: list[Apply] = []
    seen: set[int] = set()
    stack: list[tuple[Apply, bool]] = [(root.owner, False)] if root.owner else []
    while stack:
        node, complete = stack.pop()
        if complete:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack.extend(
                (v.owner, False)
                for v in reversed(node.inputs)
                if v.owner is not None and id(v) not in _live
            )
    return order


def _blank(
    classes: Sequence[type[Variable] | None],
    borrowed: list[tuple[int, Component, int]],
    nodes: int,
) -> Component:
    """Make a component of empty variables and nodes, for `__setstate__` to fill."""
    component = Component()
    component.borrowed = borrowed
    older = {here: other.variables[there] for here, other, there in borrowed}
    for here, cls in enumerate(classes):
        variable = older[here] if cls is None else _empty(cls)
        component.place[id(variable)] = here
        component.variables.append(variable)
    component.nodes = [Apply.__new__(Apply) for _ in range(nodes)]
    return component


def _empty(cls: type[Variable]) -> Variable:
    variable = cls.__new__(cls)
    variable.owner = variable.index = variable.name = None
    variable._tag = None
    variable._auto = next_number()
    return variable


def _without_trace(tag: Scratchpad | None) -> Scratchpad | None:
    if tag is None or not tag.__dict__:
        return None
    return Scratchpad(**{k: v for k, v in tag.__dict__.items() if k != "trace"})


def _extras(variable: Variable) -> dict[str, Any] | None:
    """Return what a variable's class adds: data, a container, the user's attributes.

    Slots with a leading underscore are caches, and left behind, as are the functions
    that `eval` keeps.
    """
    slots = [n for c in type(variable).__mro__ for n in _slots(c) if n not in _PLAIN]
    names = [n for n in slots if not n.startswith("_")]
    extras = {n: getattr(variable, n) for n in names if hasattr(variable, n)}
    extras |= variable.__dict__
    extras.pop("_functions", None)
    return extras or None


def _slots(cls: type) -> tuple[str, ...]:
    slots = cls.__dict__.get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


def _restore_extras(variable: Variable, extras: dict[str, Any] | None) -> None:
    for cls in type(variable).__mro__:
        for name in _slots(cls):
            if name not in _PLAIN and name.startswith("_"):
                setattr(variable, name, None)
    for name, value in (extras or {}).items():
        setattr(variable, name, value)
    if isinstance(variable, Constant) and hasattr(variable.data, "setflags"):
        variable.data.setflags(write=False)


def reduce_variable(variable: Variable) -> Any:
    """Return what `Variable.__reduce_ex__` returns."""
    component = Component.of(variable)
    return _variable_at, (component, component.place[id(variable)])


def reduce_node(node: Apply) -> Any:
    """Return what `Apply.__reduce_ex__` returns."""
    if not node.outputs:
        facts = (node.op, node.inputs, node.origin, _without_trace(node._tag))
        return _node_without_outputs, facts
    component = Component.of(node.outputs[0])
    return _owner_at, (component, component.place[id(node.outputs[0])])


def _variable_at(component: Component, place: int) -> Variable:
    return component.variables[place]


def _owner_at(component: Component, place: int) -> Apply:
    node = component.variables[place].owner
    assert node is not None, "an output has an owner"
    return node


def _node_without_outputs(op: Any, inputs: Any, origin: Any, tag: Any) -> Apply:
    node = Apply(op, inputs, [])
    node.origin = origin
    node._tag = tag
    return node
