"""`theano.function`: the steps from variables to a callable, in order."""

import gc
import pickle
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from theanolike.compile.inputs import as_inputs, as_outputs
from theanolike.compile.maker import FunctionMaker
from theanolike.compile.mode import get_mode
from theanolike.compile.rebuild import check_program, rebuild
from theanolike.compile.stats import as_profile
from theanolike.compile.updates import check_givens, check_updates
from theanolike.config import config
from theanolike.errors import UnsupportedError
from theanolike.graph.origin import user_frame
from theanolike.graph.variable import Variable

__all__ = ["evaluate", "function", "function_dump", "orig_function", "pfunc"]


def function(  # noqa: PLR0913, PLR0917 - Theano's signature
    inputs: Any,
    outputs: Any = None,
    mode: Any = None,
    updates: Any = None,
    givens: Any = None,
    no_default_updates: Any = False,
    accept_inplace: bool = False,
    name: str | None = None,
    rebuild_strict: bool = True,
    allow_input_downcast: bool | None = None,
    profile: Any = None,
    on_unused_input: str | None = None,
) -> Any:
    """Compile a callable that computes `outputs` from `inputs`.

    Parameters
    ----------
    inputs : list of Variable or In
    outputs : Variable, Out, list or dict of them, optional
        One gives an array, a list a list, a dict with str keys a dict.
    mode : str or Mode, optional
        "FAST_RUN" compiles to C++, "FAST_COMPILE" interprets; the default is
        `config.mode`.
    updates : mapping or pairs of (SharedVariable, expression), optional
        New values of shared variables, computed from the old ones.
    givens : mapping or pairs of (Variable, Variable), optional
        Replacements to make in the graph.
    no_default_updates : bool or list of SharedVariable
        Whose `default_update` to ignore.
    accept_inplace : bool
        Allow ops that overwrite their inputs.
    name : str, optional
        For messages; by default the user's file and line.
    rebuild_strict : bool
        Givens keep types; otherwise types are inferred again.
    allow_input_downcast : bool, optional
        Whether an argument may lose precision; None allows it to Python floats, to
        floatX.
    profile : bool or ProfileStats, optional
        Count and time calls.
    on_unused_input : {"raise", "warn", "ignore"}, optional
        By default `config.on_unused_input`.

    Returns
    -------
    callable
        `f(*args, **kwargs)`. `f.source` is its C++, `f.plan` its loops, `f.explain()`
        its rewrites, `f.memory_plan(...)` the memory of a call; all that it knows
        besides is described at `theanolike.compile.companion.Companion`.

    Raises
    ------
    TypeError, ValueError, UnusedInputError, MissingInputError
        A request that makes no sense; the message names the variable.

    Examples
    --------
    >>> import theanolike.tensor as T
    >>> x, y = T.dvectors("x", "y")
    >>> f = function([x, y], {"sum": (x + y).sum(), "largest": T.maximum(x, y)})
    >>> f([1, 2], y=[3, 0])
    {'largest': array([3., 2.]), 'sum': array(6.)}
    """
    chosen = get_mode(mode)
    items = as_inputs(inputs, allow_input_downcast)
    results = as_outputs(outputs)
    _refuse_old_style(inputs, updates, givens)
    program = rebuild(
        items,
        results,
        check_updates(updates),
        check_givens(givens, strict=rebuild_strict),
        no_default_updates,
    )
    check_program(program, on_unused_input or config.on_unused_input)
    name = name or _default_name()
    if profile is None:
        profile = config.profile or chosen.profiles
    stats = as_profile(profile, name)
    with paused_collection():
        maker = FunctionMaker(
            program, chosen, name, stats, accept_inplace=accept_inplace
        )
        return maker.create()


@contextmanager
def paused_collection() -> Iterator[None]:
    """Keep the garbage collector from walking a graph that grows and is all alive.

    It takes half the time of compiling 100 000 nodes.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _refuse_old_style(inputs: Any, updates: Any, givens: Any) -> None:
    if (updates or givens) and any(isinstance(item, list | tuple) for item in inputs):
        raise UnsupportedError(
            "Tuples among the inputs trigger Theano's old semantics, which disallow "
            "updates and givens; use In(variable, value=..., update=...)."
        )


def _default_name() -> str:
    origins = user_frame()
    return str(origins[0]) if origins else "function"


def pfunc(params: Any, outputs: Any = None, *args: Any, **kwargs: Any) -> Any:
    """Call `function`; an old name of it."""
    return function(params, outputs, *args, **kwargs)


def orig_function(
    inputs: Any,
    outputs: Any,
    mode: Any = None,
    accept_inplace: bool = False,
    name: str | None = None,
    **kwargs: Any,
) -> Any:
    """Call `function` without updates and givens; an old name of it."""
    return function(
        inputs, outputs, mode, accept_inplace=accept_inplace, name=name, **kwargs
    )


def function_dump(  # noqa: PLR0913, PLR0917 - Theano's signature
    filename: Any,
    inputs: Any,
    outputs: Any = None,
    mode: Any = None,
    updates: Any = None,
    givens: Any = None,
    no_default_updates: Any = False,
    accept_inplace: bool = False,
    name: str | None = None,
    rebuild_strict: bool = True,
    allow_input_downcast: bool | None = None,
    profile: Any = None,
    on_unused_input: str | None = None,
    extra_tag_to_remove: str | None = None,  # noqa: ARG001 - no tag is large here
) -> None:
    """Pickle the arguments of `function` into a file, instead of compiling.

    `theano.function(**pickle.load(file))` compiles what it holds.
    """
    arguments = {
        "inputs": inputs,
        "outputs": outputs,
        "mode": mode,
        "updates": updates,
        "givens": givens,
        "no_default_updates": no_default_updates,
        "accept_inplace": accept_inplace,
        "name": name,
        "rebuild_strict": rebuild_strict,
        "allow_input_downcast": allow_input_downcast,
        "profile": profile,
        "on_unused_input": on_unused_input,
    }
    with Path(filename).open("wb") as file:
        pickle.dump(arguments, file)


class Kept(dict[Any, Any]):
    """Functions kept on a variable by `eval`; copies and pickles don't take them."""

    def __deepcopy__(self, memo: dict[int, Any]) -> "Kept":
        return Kept()

    def __reduce__(self) -> tuple[Any, ...]:
        return Kept, ()


def evaluate(
    variable: Variable, inputs_to_values: Mapping[Variable, Any] | None = None
) -> Any:
    """Return the value of `variable`, given those of the inputs it depends on."""
    given = dict(inputs_to_values or {})
    kept: Kept = variable.__dict__.setdefault("_functions", Kept())
    order = sorted(given, key=lambda v: (v.__class__.__name__, id(v)))
    key = (tuple(order), str(config.mode), str(config.linker))
    if key not in kept:
        kept[key] = function(list(order), variable)
    return kept[key](*(given[v] for v in order))
