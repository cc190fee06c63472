"""From what the user wrote to one self-contained program: givens, default updates."""

import copy
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from theanolike.compile.inputs import In, Out, Outputs, as_inputs, as_outputs
from theanolike.compile.updates import check_givens, check_updates
from theanolike.errors import MissingInputError, UnsupportedError, UnusedInputError
from theanolike.graph.clone import clone_graph
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.origin import user_stacklevel
from theanolike.graph.record import record
from theanolike.graph.traverse import ancestors, toposort
from theanolike.graph.variable import Constant, Variable
from theanolike.types.shared import SharedVariable

__all__ = ["Program", "check_program", "rebuild", "rebuild_collect_shared"]

Pairs = Sequence[tuple[Variable, Variable]]


@record
class Program:
    """What a function computes, with everything that it reads and updates.

    Attributes
    ----------
    inputs : tuple of In
    outputs : Outputs
    updates : dict
        From shared variable to its new value.
    shared : tuple of SharedVariable
        Those that are read, in order of discovery.
    """

    inputs: tuple[In, ...]
    outputs: Outputs
    updates: dict[SharedVariable, Variable]
    shared: tuple[SharedVariable, ...]

    @property
    def stateful(self) -> list[In]:
        """The inputs whose default is updated."""
        return [item for item in self.inputs if item.update is not None]

    @property
    def arguments(self) -> list[Variable]:
        """The graph's inputs: the function's, then the shared variables."""
        return [*(item.variable for item in self.inputs), *self.shared]

    @property
    def results(self) -> list[Variable]:
        """The graph's outputs: the function's, new defaults, new shared values."""
        return [
            *(out.variable for out in self.outputs.items),
            *(item.update for item in self.stateful if item.update is not None),
            *self.updates.values(),
        ]

    @property
    def targets(self) -> tuple[int | None, ...]:
        """For each new value, the argument that it replaces, None if it isn't read."""
        place = {v: len(self.inputs) + k for k, v in enumerate(self.shared)}
        defaults = (None,) * len(self.stateful)
        return (*defaults, *(place.get(target) for target in self.updates))

    def graph(self) -> FunctionGraph:
        """Return a fresh graph of the program."""
        return FunctionGraph(self.arguments, self.results)


def rebuild(
    inputs: Sequence[In],
    outputs: Outputs,
    updates: dict[SharedVariable, Variable],
    givens: Pairs,
    no_default_updates: Any = False,
) -> Program:
    """Make the replacements, add default updates, collect the shared variables.

    Raises
    ------
    RuntimeError
        A given replaces an input.
    AssertionError
        A given's replacement depends on a variable that is replaced too.
    TypeError
        `no_default_updates` is neither a bool nor a list.
    """
    replaced = _replacements(inputs, givens)
    roots = _replace(Program(tuple(inputs), outputs, updates, ()).results, replaced)
    new = iter(roots)
    outs = tuple(Out(next(new), out.borrow) for out in outputs.items)
    items = tuple(_with_update(item, new) for item in inputs)
    changed = {target: target.filter_update(next(new)) for target in updates}
    shared = _collect_shared(roots, items, changed, no_default_updates, replaced)
    return Program(items, Outputs(outs, outputs.form), changed, tuple(shared))


def _with_update(item: In, new: Iterator[Variable]) -> In:
    """Return a copy of `item`; its update, where it has one, is the next of `new`."""
    twin = copy.copy(item)
    if item.update is not None:
        twin.update = next(new)
    return twin


def _collect_shared(
    roots: list[Variable],
    inputs: Sequence[In],
    updates: dict[SharedVariable, Variable],
    no_default_updates: Any,
    replaced: dict[Variable, Variable],
) -> dict[SharedVariable, None]:
    """Return the shared variables under `roots`; enter their default updates."""
    is_wanted = _default_update_filter(no_default_updates)
    blockers = [item.variable for item in inputs]
    shared: dict[SharedVariable, None] = {}
    while roots:
        found = [
            v
            for v in ancestors(roots, blockers)
            if isinstance(v, SharedVariable) and v not in shared
        ]
        shared.update(dict.fromkeys(found))
        targets = [
            v
            for v in found
            if v.default_update is not None and v not in updates and is_wanted(v)
        ]
        fresh = [v.filter_update(v.default_update) for v in targets]
        roots = _replace(fresh, replaced)
        updates.update(zip(targets, roots, strict=True))
    return shared


def _replacements(inputs: Sequence[In], givens: Pairs) -> dict[Variable, Variable]:
    variables = {item.variable for item in inputs}
    replaced: dict[Variable, Variable] = {}
    walked: set[Variable] = set()
    for old, new in givens:
        if old in variables:
            raise RuntimeError(
                f"You are trying to replace variable '{old}' through the `givens` "
                "parameter, but this variable is an input to your function. Replacing "
                "inputs is currently forbidden because it has no effect. One way to "
                "modify an input `x` to a function evaluating f(x) is to define a new "
                "input `y` and use `theano.function([y], f(x), givens={x: g(y)})`."
            )
        if old in replaced or old in walked or old is new:
            raise AssertionError(
                "When using 'givens' with several (old, new) pairs, a new variable "
                f"can't depend on an old one: {old} is used to compute the replacement "
                "of another variable, and is to be replaced itself."
            )
        walked.update(ancestors([new]))
        (replaced[old],) = _replace([new], replaced)
        if old in walked:
            raise AssertionError(
                f"The replacement of {old} through `givens` depends on {old} itself; "
                "use another variable there."
            )
    return replaced


def _replace(
    variables: list[Variable], replaced: dict[Variable, Variable]
) -> list[Variable]:
    """Return `variables` with the replacements made beneath them."""
    if not replaced:
        return variables
    # The memo takes in the copies, so that later calls go on sharing them.
    copies, memo = clone_graph(variables, replaced, copy_all=False)
    replaced.update(memo)
    return copies


def _default_update_filter(no_default_updates: Any) -> Any:
    if isinstance(no_default_updates, bool):
        return lambda _: not no_default_updates
    if isinstance(no_default_updates, list | tuple | set):
        excluded = set(no_default_updates)
        return lambda variable: variable not in excluded
    raise TypeError("no_default_update should be either a boolean or a list")


def check_program(program: Program, on_unused_input: str) -> None:
    """Refuse a program with duplicate, unused or missing inputs.

    Raises
    ------
    UnusedInputError
        An input that is there twice, or that nothing depends on.
    MissingInputError
        A variable that is neither an input nor has a value.
    """
    _check_duplicates(program.inputs)
    known = program.arguments
    used = set(ancestors(program.results, known))
    for index, item in enumerate(program.inputs):
        if item.variable not in used and not item.implicit:
            _tell_unused(index, item.variable, on_unused_input)
    _check_missing(program.results, known)


def _check_duplicates(inputs: Iterable[In]) -> None:
    seen: dict[Variable, int] = {}
    for index, item in enumerate(inputs):
        first = seen.setdefault(item.variable, index)
        if first != index:
            raise UnusedInputError(
                f"Variable {item.variable} is used twice in inputs to "
                f"theano.function, at indices {first} and {index}.  This would result "
                "in values provided for it being ignored. Please do not duplicate "
                "variables in the inputs list."
            )


def _tell_unused(index: int, variable: Variable, reaction: str) -> None:
    told = (
        "theano.function was asked to create a function computing outputs given "
        f"certain inputs, but the provided input variable at index {index} is not part "
        f"of the computational graph needed to compute the outputs: {variable}.\n"
    )
    if reaction == "warn":
        warnings.warn(
            f"{told}To make this warning into an error, you can pass the parameter "
            "on_unused_input='raise' to theano.function. To disable it completely, use "
            "on_unused_input='ignore'.",
            stacklevel=user_stacklevel(),
        )
    elif reaction == "raise":
        raise UnusedInputError(
            f"{told}To make this error into a warning, you can pass the parameter "
            "on_unused_input='warn' to theano.function. To disable it completely, use "
            "on_unused_input='ignore'."
        )
    elif reaction != "ignore":
        raise ValueError(
            "Invalid value for keyword on_unused_input of theano.function: "
            f"'{reaction}'.\nValid values are 'raise', 'warn', and 'ignore'."
        )


def _check_missing(results: Sequence[Variable], known: Sequence[Variable]) -> None:
    given = set(known)
    for node in toposort(results, known):
        for index, variable in enumerate(node.inputs):
            if _is_missing(variable, given):
                raise MissingInputError(
                    f"Input {index} of the graph (indices start from 0), used to "
                    f"compute {node}, was not provided and not given a value. Its "
                    f"name is {variable}, its type {variable.type}; add it to the "
                    f"inputs or to givens.{_written(node.origin)}"
                )
    for variable in results:
        if _is_missing(variable, given):
            raise MissingInputError(
                f"Input 0 of the graph (indices start from 0), used to compute "
                f"{variable}, was not provided and not given a value: the output is "
                f"itself a variable of type {variable.type} without a value; add it to "
                "the inputs."
            )


def _is_missing(variable: Variable, given: set[Variable]) -> bool:
    return (
        variable.owner is None
        and variable not in given
        and not isinstance(variable, Constant)
    )


def _written(origins: Sequence[Any]) -> str:
    return "".join(f"\n  written at {origin}" for origin in origins)


def rebuild_collect_shared(  # noqa: PLR0913, PLR0917 - Theano's signature
    outputs: Any,
    inputs: Any = None,
    replace: Any = None,
    updates: Any = None,
    rebuild_strict: bool = True,
    copy_inputs_over: bool = True,
    no_default_updates: Any = False,
) -> tuple[list[Variable], Any, list[Any]]:
    """Return inputs, outputs and [copies by original, updates, ...] as Theano did.

    Raises
    ------
    UnsupportedError
        `copy_inputs_over` is False.
    """
    if not copy_inputs_over:
        raise UnsupportedError(
            "rebuild_collect_shared keeps the inputs; use theano.clone with "
            "share_inputs=False for copies."
        )
    program = rebuild(
        as_inputs(list(inputs or ())),
        as_outputs(outputs),
        check_updates(updates),
        check_givens(replace, strict=rebuild_strict),
        no_default_updates,
    )
    outs: Any = [out.variable for out in program.outputs.items]
    if program.outputs.form == "single":
        outs = outs[0]
    details = [{}, dict(program.updates), list(program.updates), list(program.shared)]
    return [item.variable for item in program.inputs], outs, details
