"""A graph with fixed inputs and outputs that rewrites may change, with its clients."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from theanolike.errors import InconsistencyError, MissingInputError
from theanolike.graph.apply import Apply
from theanolike.graph.clone import clone_graph
from theanolike.graph.current import made
from theanolike.graph.origin import MOST_ORIGINS, union
from theanolike.graph.traverse import toposort
from theanolike.graph.variable import Constant, Variable

Client = tuple[Apply | str, int]  # (node, input index) or ("output", output index)


class Listener(Protocol):
    """What wants to hear of changes; every method is optional in a feature."""

    def on_import(self, fgraph: "FunctionGraph", node: Apply, reason: str) -> None:
        """`node` came into the graph."""

    def on_prune(self, fgraph: "FunctionGraph", node: Apply, reason: str) -> None:
        """`node` left the graph."""

    def on_change_input(
        self,
        fgraph: "FunctionGraph",
        node: Apply | str,
        i: int,
        r: Variable,
        new_r: Variable,
        reason: str,
    ) -> None:
        """Input `i` of `node` (or the graph's output `i`) became `new_r`."""


class FunctionGraph:
    """The part of a graph between `inputs` and `outputs`, open to replacement.

    Parameters
    ----------
    inputs, outputs : sequence of Variable
    features : iterable of Listener, optional
    clone : bool
        Work on a copy, so that the user's graph stays as it is.

    Attributes
    ----------
    inputs, outputs : list of Variable
    apply_nodes : dict of Apply
        The nodes, in order of import (a dict for its order and fast removal).
    """

    def __init__(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        features: Iterable[Any] | None = None,
        clone: bool = True,
    ) -> None:
        if clone:
            fresh: dict[Variable, Variable] = {v: v.clone() for v in inputs}
            outputs, memo = clone_graph(outputs, fresh)
            self.original = {new: old for old, new in memo.items()}
            inputs = [fresh[v] for v in inputs]
        else:
            self.original = {}
        self.inputs: list[Variable] = list(inputs)
        self.outputs: list[Variable] = list(outputs)
        self.apply_nodes: dict[Apply, None] = {}
        self._clients: dict[Variable, dict[Client, None]] = {}
        self.features: list[Any] = []
        self._known = set(self.inputs)
        for variable in self.inputs:
            if variable.owner is not None:
                raise ValueError(f"{variable} is computed, so it can't be an input.")
        self._import(self.outputs, "init")
        for i, output in enumerate(self.outputs):
            self._clients.setdefault(output, {})[("output", i)] = None
        for feature in features or ():
            self.attach_feature(feature)
        made(self)

    def has(self, item: Variable | Apply) -> bool:
        """Tell whether a variable or a node is part of this graph."""
        if isinstance(item, Apply):
            return item in self.apply_nodes
        return item in self._clients or item in self._known

    @property
    def variables(self) -> list[Variable]:
        """Every variable of the graph."""
        found = dict.fromkeys(self.inputs)
        for node in self.toposort():
            found.update(dict.fromkeys(node.inputs))
            found.update(dict.fromkeys(node.outputs))
        found.update(dict.fromkeys(self.outputs))
        return list(found)

    def clients(self, variable: Variable) -> list[Client]:
        """Return the (node, input index) pairs that read `variable`."""
        return list(self._clients.get(variable, ()))

    def has_one_client(self, variable: Variable) -> bool:
        """Tell whether exactly one place reads `variable`."""
        return len(self._clients.get(variable, ())) == 1

    def toposort(self) -> list[Apply]:
        """Return the nodes in order of dependence."""
        return toposort(self.outputs)

    def attach_feature(self, feature: Any) -> None:
        """Let `feature` hear of changes."""
        self.features.append(feature)
        attach = getattr(feature, "on_attach", None)
        if attach is not None:
            attach(self)

    def remove_feature(self, feature: Any) -> None:
        """Stop telling `feature` of changes."""
        self.features.remove(feature)

    def _tell(self, event: str, *args: Any) -> None:
        for feature in self.features:
            method = getattr(feature, event, None)
            if method is not None:
                method(self, *args)

    def _import(self, outputs: Iterable[Variable], reason: str) -> None:
        """Take in the nodes under `outputs` that aren't here yet."""
        outputs = list(outputs)
        for node in self._new_nodes(outputs):
            for i, variable in enumerate(node.inputs):
                self._check_input(variable, node)
                self._clients.setdefault(variable, {})[(node, i)] = None
            for output in node.outputs:
                self._clients.setdefault(output, {})
            self.apply_nodes[node] = None
            self._tell("on_import", node, reason)
        for output in outputs:
            if output.owner is None:
                self._check_input(output, None)

    def _new_nodes(self, outputs: list[Variable]) -> list[Apply]:
        order: list[Apply] = []
        seen: set[Apply] = set()
        for output in outputs:
            root = output.owner
            if root is None or root in self.apply_nodes or root in seen:
                continue
            seen.add(root)
            stack = [(root, iter(root.inputs))]
            while stack:
                node, pending = stack[-1]
                for variable in pending:
                    owner = variable.owner
                    if owner is None or owner in self.apply_nodes or owner in seen:
                        continue
                    seen.add(owner)
                    stack.append((owner, iter(owner.inputs)))
                    break
                else:
                    order.append(node)
                    stack.pop()
        return order

    def _check_input(self, variable: Variable, node: Apply | None) -> None:
        if (
            variable.owner is None
            and not isinstance(variable, Constant)
            and variable not in self._known
        ):
            used = f"used to compute {node}" if node is not None else "an output"
            raise MissingInputError(
                f"Variable {variable} of type {variable.type}, {used}, is not among "
                "the inputs of the FunctionGraph."
            )

    def add_input(self, variable: Variable) -> None:
        """Append an input."""
        self.inputs.append(variable)
        self._known.add(variable)

    def change_input(
        self, node: Apply | str, i: int, new: Variable, reason: str = ""
    ) -> None:
        """Make input `i` of `node` (or output `i` if node is "output") `new`."""
        old = self.outputs[i] if isinstance(node, str) else node.inputs[i]
        if old is new:
            return
        self._import([new], reason)
        self._redirect(node, i, old, new, reason)
        self._prune([old], reason)

    def _redirect(
        self, node: Apply | str, i: int, old: Variable, new: Variable, reason: str
    ) -> None:
        if isinstance(node, str):
            self.outputs[i] = new
        else:
            node.inputs[i] = new
        self._clients[old].pop((node, i))
        self._clients.setdefault(new, {})[(node, i)] = None
        self._tell("on_change_input", node, i, old, new, reason)

    def replace(self, old: Variable, new: Variable, reason: str = "") -> None:
        """Let everything that reads `old` read `new`.

        The new node takes over `old`'s origins, and its name where it has none.

        Raises
        ------
        TypeError
            The types differ in dtype, rank or in which dims are 1.
        """
        if old is new:
            return
        if not old.type.is_super(new.type) and old.type != new.type:
            raise TypeError(
                f"{reason or 'replace'}: {old} of type {old.type} can't be replaced by "
                f"{new} of type {new.type}."
            )
        if old not in self._clients and old not in self._known:
            return
        if new.name is None and old.name is not None and new.owner is not None:
            new.name = old.name
        if old.owner is not None:
            fresh = self._new_nodes([new])
            for made in fresh:
                made.origin = union(old.owner.origin, made.origin)
        else:
            fresh = []
        self._import([new], reason)
        for node, i in list(self._clients.get(old, ())):
            self._redirect(node, i, old, new, reason)
        gone = self._prune([old], reason)
        # What goes away with `old` has become part of what stands in its place.
        absorbed = union(*(node.origin for node in gone[:MOST_ORIGINS]))
        for made in fresh:
            made.origin = union(made.origin, absorbed)

    def replace_all(
        self, pairs: Iterable[tuple[Variable, Variable]], reason: str = ""
    ) -> None:
        """Make several replacements in order."""
        for old, new in pairs:
            self.replace(old, new, reason)

    replace_validate = replace
    replace_all_validate = replace_all

    def _prune(self, variables: Iterable[Variable], reason: str) -> list[Apply]:
        """Drop the nodes that nothing reads any more, and return them."""
        gone: list[Apply] = []
        stack = list(variables)
        while stack:
            variable = stack.pop()
            node = variable.owner
            if node is None:
                if not self._clients.get(variable) and variable not in self._known:
                    self._clients.pop(variable, None)
                continue
            if node not in self.apply_nodes:
                continue
            if any(self._clients.get(out) for out in node.outputs):
                continue
            del self.apply_nodes[node]
            gone.append(node)
            for out in node.outputs:
                self._clients.pop(out, None)
            for i, source in enumerate(node.inputs):
                self._clients[source].pop((node, i))
                stack.append(source)
            self._tell("on_prune", node, reason)
        return gone

    def clone(self) -> "FunctionGraph":
        """Return an independent copy without features."""
        return self.clone_get_equiv()[0]

    def clone_get_equiv(self) -> "tuple[FunctionGraph, dict[Variable, Variable]]":
        """Return a copy and the map from these variables to the copy's."""
        fresh: dict[Variable, Variable] = {v: v.clone() for v in self.inputs}
        outputs, memo = clone_graph(self.outputs, fresh)
        return FunctionGraph(
            [fresh[v] for v in self.inputs], outputs, clone=False
        ), memo

    def check_integrity(self) -> None:
        """Raise InconsistencyError unless clients and nodes agree with the graph."""
        nodes = self.toposort()
        if set(nodes) != set(self.apply_nodes):
            raise InconsistencyError("apply_nodes isn't what the outputs need.")
        for node in nodes:
            for i, variable in enumerate(node.inputs):
                if (node, i) not in self._clients.get(variable, ()):
                    raise InconsistencyError(f"{node} isn't a client of {variable}.")
        for i, output in enumerate(self.outputs):
            if ("output", i) not in self._clients.get(output, ()):
                raise InconsistencyError(f"Output {i} isn't a client of {output}.")

    def __len__(self) -> int:
        return len(self.apply_nodes)

    def __str__(self) -> str:
        return f"FunctionGraph({len(self)} nodes)"
