"""Theano's walks over graphs, between inputs and outputs, on top of `traverse`."""

from collections.abc import Iterable, Mapping, Sequence

from theanolike.graph import traverse
from theanolike.graph.apply import Apply
from theanolike.graph.traverse import depends_on, graph_inputs, toposort
from theanolike.graph.variable import Constant, Variable

__all__ = [
    "ancestors",
    "inputs",
    "io_toposort",
    "is_in_ancestors",
    "is_same_graph",
    "list_of_nodes",
    "ops",
    "orphans",
    "variables",
    "variables_and_orphans",
]


def ancestors(
    variable_list: Iterable[Variable], blockers: Sequence[Variable] | None = None
) -> list[Variable]:
    """Return the variables that `variable_list` depends on, and itself."""
    return list(traverse.ancestors(variable_list, blockers or ()))


def inputs(
    variable_list: Iterable[Variable], blockers: Sequence[Variable] | None = None
) -> list[Variable]:
    """Return the variables without an owner that `variable_list` needs."""
    return graph_inputs(variable_list, blockers or ())


def io_toposort(inputs: Sequence[Variable], outputs: Iterable[Variable]) -> list[Apply]:
    """Return the nodes between `inputs` and `outputs`, each after what it needs."""
    return toposort(outputs, blockers=inputs)


def list_of_nodes(
    inputs: Sequence[Variable], outputs: Iterable[Variable]
) -> list[Apply]:
    """Return the nodes between `inputs` and `outputs`."""
    return toposort(outputs, blockers=inputs)


def ops(i: Sequence[Variable], o: Iterable[Variable]) -> set[Apply]:
    """Return the nodes between the variables `i` and `o`; Theano calls them ops."""
    return set(toposort(o, blockers=i))


def variables(i: Sequence[Variable], o: Iterable[Variable]) -> list[Variable]:
    """Return all variables between `i` and `o`, these included."""
    return variables_and_orphans(i, o)[0]


def orphans(i: Sequence[Variable], o: Iterable[Variable]) -> list[Variable]:
    """Return the variables without an owner that `o` needs and `i` does not hold."""
    return variables_and_orphans(i, o)[1]


def variables_and_orphans(
    i: Sequence[Variable], o: Iterable[Variable]
) -> tuple[list[Variable], list[Variable]]:
    """Return what `variables` and `orphans` do."""
    given = {id(v) for v in i}
    between = ancestors(o, i)
    found = {id(v) for v in between}
    missing = [v for v in i if id(v) not in found]
    alone = [v for v in between if v.owner is None and id(v) not in given]
    return [*between, *missing], alone


def is_in_ancestors(l_node: Apply, f_node: Apply) -> bool:
    """Tell whether `f_node` is `l_node` or one of the nodes that it needs."""
    return l_node is f_node or any(
        depends_on(l_node.inputs, output) for output in f_node.outputs
    )


def is_same_graph(
    var1: Variable,
    var2: Variable,
    givens: Mapping[Variable, Variable]
    | Iterable[tuple[Variable, Variable]]
    | None = None,
) -> bool:
    """Tell whether two variables are the same function of the same inputs.

    Parameters
    ----------
    var1, var2 : Variable
    givens : mapping or pairs of Variable, optional
        Each key is read as its value, in both graphs.
    """
    read_as = dict(givens or ())
    pairs = [(var1, var2)]
    met: dict[Variable, Variable] = {}
    while pairs:
        x, y = pairs.pop()
        x, y = read_as.get(x, x), read_as.get(y, y)
        if x is y or met.get(x) is y:
            continue
        met[x] = y
        if isinstance(x, Constant) and isinstance(y, Constant):
            if not x.equals(y):
                return False
            continue
        below = _operands(x, y)
        if below is None:
            return False
        pairs.extend(below)
    return True


def _operands(x: Variable, y: Variable) -> list[tuple[Variable, Variable]] | None:
    """Return the pairs of inputs of two alike results of alike nodes, else None."""
    node, other = x.owner, y.owner
    if node is None or other is None:
        return None
    same = (
        node.op == other.op
        and len(node.inputs) == len(other.inputs)
        and x.index == y.index
        and x.type == y.type
    )
    return list(zip(node.inputs, other.inputs, strict=True)) if same else None
