"""Forms that are differentiated in place of what was written, where that overflows.

The gradient of `log(1 + exp(x))` as written has an infinity over an infinity; that of
`softplus(x)` is finite, and so are the gradients of that. No graph is changed: the walk
back goes around the nodes that a form stands for.
"""

from collections.abc import Collection, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple, cast

from theanolike.config import config
from theanolike.graph.apply import Apply
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.origin import current_origins, inherit, union
from theanolike.graph.variable import Variable
from theanolike.ops.declare import NativeOp
from theanolike.ops.printing import Print
from theanolike.rewrites.merge import Merger
from theanolike.rewrites.registry import REWRITES, Table, catalogue
from theanolike.types.constants import TensorConstant
from theanolike.types.dtypes import is_float
from theanolike.types.type import TensorType

__all__ = ["FORMS", "StandIn", "stand_ins"]

# Rewrites that give a formula an op of its own, with a gradient that is finite.
FORMS = (
    "reshape_of_vector",
    "inverse_of_one_plus_exp",
    "inverse_of_one_plus_exp_of_x",
    "exp_over_one_plus_exp",
    "exp_over_two_exp",
    "one_less_sigmoid",
    "exp_over_its_sum",
    "exp_times_inverse_of_its_sum",
    "softmax_of_shifted",
    "exp_of_logsoftmax",
    "tanh_of_exponentials",
    "log_of_one_plus_exp",
    "log_of_sigmoid",
    "log_of_one_less_sigmoid",
    "log_of_one_less_exp",
    "log_of_softmax",
    "log_of_picked_softmax",
    "log_of_sum_of_exp",
    "log_of_one_plus",
    "log_of_one_plus_sum_of_exp",
    "log_of_exp",
    "log_of_two_exp",
    "log_of_cosh",
    "log_of_product_with_exp",
    "log_of_power_with_exp",
    "log_of_elements_of_exp",
    "log_of_product_of_all",
    "sigmoid_of_twice",
    "logsumexp_by_hand",
    "less_own_logsumexp",
    "variance_by_hand",
    "log_of_one_less_tanh",
    "log_of_one_plus_tanh",
    "log_of_slope_of_tanh",
    "log_of_one_less_square_of_sigmoid",
    "sigmoid_of_minus_twice",
    "log_of_sinh",
    "log_as_arcsinh",
    "arctanh_of_tanh",
    "log_of_difference_of_sigmoids",
    "sinh_over_cosh",
    "inverse_of_cosh",
    "over_square_of_cosh",
    "over_cosh",
    "power_of_cosh",
    "log_of_softplus",
    "log_of_one_less_exp_of_exp",
    "exp_of_minus_softplus",
    "exp_less_softplus",
    "log1mexp_of_minus_softplus",
    "root_of_exp",
    "power_of_exp",
    "log_of_constant_and_exp",
    "log_of_exp_less_one",
    "tanh_of_half",
    "minus_tanh_of_half",
    "twice_sigmoid_less_one",
    "over_constant_and_exp",
    "exp_less_one",
    "one_less_exp",
    "inverse_of_exp_less_one",
    "exp_over_exp_less_one",
    "over_exp_less_one",
    "over_one_less_exp",
    "inverse_of_exp",
    "exp_over_sum_of_exp",
)
# A form is seen through so many nodes, and goes around so many.
_DEPTH = 5
_REGION = 40
# One form may lead to the next so often.
_STEPS = 4
# None of these rewrites asks who reads a variable.
_NO_GRAPH = cast("FunctionGraph", None)


class StandIn(NamedTuple):
    """What is differentiated for a variable, and what of the graph it reads."""

    form: Variable
    leaves: tuple[Variable, ...]


@cache
def _table() -> Table:
    catalogue()
    return Table(one for name in FORMS for one in REWRITES[name])


def stand_ins(
    nodes: Sequence[Apply], between: Collection[Apply], kept: Collection[Variable]
) -> dict[Variable, StandIn]:
    """Return the forms that stand for outputs of `nodes`.

    Parameters
    ----------
    nodes : sequence of Apply
        In order of dependence.
    between : collection of Apply
        Those that the walk visits.
    kept : collection of Variable
        What the walk must pass through: none of these is gone around.
    """
    table = _table()
    if config.nan_semantics == "ieee" or not any(table.of(n.op) for n in between):
        return {}
    search = _Search(table, nodes, between, kept)
    here = current_origins()
    for node in nodes:
        if len(node.outputs) == 1 and isinstance(node.op, NativeOp):
            with inherit(union(node.origin, here)):
                search.visit(node)
    return search.found


class _Search:
    """The forms found so far, and as which other variables others are seen."""

    def __init__(
        self,
        table: Table,
        nodes: Sequence[Apply],
        between: Collection[Apply],
        kept: Collection[Variable],
    ) -> None:
        self.found: dict[Variable, StandIn] = {}
        self._table, self._between, self._kept = table, between, kept
        self._originals = {v for n in nodes for v in (*n.inputs, *n.outputs)}
        # As what a variable is seen, and how many nodes ago a form was found.
        self._seen: dict[Variable, tuple[Variable, int]] = {}
        self._merger = Merger()
        self._twins: dict[Any, Variable] = {}

    def visit(self, node: Apply) -> None:
        """Look for a form of a node's output, whose inputs were visited."""
        (out,) = node.outputs
        pairs = [self._as_seen(v) for v in node.inputs]
        operands = [v for v, _ in pairs]
        if out not in self._kept and not isinstance(node.op, Print):
            twin = self._twins.setdefault((node.op, *operands), out)
            if twin is not out and twin.type == out.type:
                self._seen[out] = self._as_seen(twin)[0], 0
                if twin in self.found:
                    self.found[out] = self.found[twin]
                return
        roots = node in self._between and self._table.of(node.op)
        age = min((age for _, age in pairs), default=_DEPTH)
        is_turned = any(v is not w for v, w in zip(operands, node.inputs, strict=True))
        if not roots and (age >= _DEPTH or not is_turned):
            return
        view = node.op.make_node(*operands) if is_turned else node
        form = _form(view, self._table) if roots and _is_float(out) else None
        if form is not None and form.type == out.type:
            leaves = _leaves(form, self._originals)
            if self._goes_around(node, leaves):
                self.found[out] = StandIn(form, leaves)
                self._seen[out] = form, 0
                return
        if is_turned and age < _DEPTH and view.outputs[0].type == out.type:
            self._seen[out] = view.outputs[0], age + 1

    def _as_seen(self, variable: Variable) -> tuple[Variable, int]:
        if isinstance(variable, TensorConstant):
            return self._merger.representative(variable), _DEPTH
        return self._seen.get(variable, (variable, _DEPTH))

    def _goes_around(self, node: Apply, leaves: Collection[Variable]) -> bool:
        """Tell whether all that a node has above `leaves` may be left out."""
        stack = list(node.inputs)
        passed: set[Variable] = set()
        while stack:
            variable = stack.pop()
            if variable in passed or variable in leaves:
                continue
            if self._as_seen(variable)[0] in leaves:
                continue
            if variable in self._kept or len(passed) > _REGION:
                return False
            passed.add(variable)
            owner = variable.owner
            if owner is not None and owner in self._between:
                stack.extend(owner.inputs)
        return True


def _is_float(variable: Variable) -> bool:
    kind = variable.type
    return isinstance(kind, TensorType) and is_float(kind.dtype)


def _form(node: Apply, table: Table) -> Any:
    """Return what the rewrites make of a node, or None."""
    form: Any = None
    for _ in range(_STEPS):
        step = next(_steps(node, table), None)
        if step is None:
            break
        form = step
        if form.owner is None:
            break
        node = form.owner
    return form


def _steps(node: Apply, table: Table) -> Iterator[Any]:
    for one in table.at(node):
        new = one(node, _NO_GRAPH)
        if new is not None:
            yield new


def _leaves(form: Variable, originals: Collection[Variable]) -> tuple[Variable, ...]:
    """Return the variables of the graph that a form is made of."""
    leaves: dict[Variable, None] = {}
    stack, passed = [form], {form}
    while stack:
        variable = stack.pop()
        if variable in originals:
            leaves[variable] = None
            continue
        for v in variable.owner.inputs if variable.owner is not None else ():
            if v not in passed:
                passed.add(v)
                stack.append(v)
    return tuple(leaves)
