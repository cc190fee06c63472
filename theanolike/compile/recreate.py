"""Functions made again: copies, deep copies, pickles."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from theanolike.compile.companion import Companion
from theanolike.compile.inputs import Outputs
from theanolike.compile.maker import FunctionMaker
from theanolike.compile.mode import Mode
from theanolike.compile.rebuild import Program
from theanolike.compile.stats import as_profile
from theanolike.types.shared import Container, SharedVariable

__all__ = ["copy_function", "recreate", "state_of"]

State = tuple[Any, ...]


def copy_function(
    companion: Companion,
    *,
    swap: Mapping[Any, Any] | None,
    delete_updates: bool,
    name: str | None,
    profile: Any,
) -> Any:
    """Return a function of the same program, with storage for defaults of its own."""
    maker = companion.maker
    name = name or companion.name
    if delete_updates and (maker.program.updates or maker.program.stateful):
        maker = FunctionMaker(
            without_updates(maker.program), maker.mode, name, as_profile(profile)
        )
    elif profile:
        maker = maker.with_profile(as_profile(profile))
    places = [place.twin() if place else None for place in companion.places]
    return maker.create(places, swap=_checked_swap(companion, swap), name=name)


def without_updates(program: Program) -> Program:
    """Return a program that reads what this one reads and changes nothing."""
    inputs = []
    for item in program.inputs:
        twin = copy.copy(item)
        twin.update = None
        inputs.append(twin)
    outputs = Outputs(program.outputs.items, program.outputs.form)
    return Program(tuple(inputs), outputs, {}, program.shared)


def _checked_swap(
    companion: Companion, swap: Mapping[Any, Any] | None
) -> dict[SharedVariable, SharedVariable]:
    """Return all replacements, by the program's own shared variables."""
    chosen = dict(companion.swap)
    current = {v: k for k, v in chosen.items()}
    program = companion.maker.program
    known = {*program.shared, *program.updates}
    for old, new in (swap or {}).items():
        for variable in (old, new):
            if not isinstance(variable, SharedVariable):
                raise TypeError(
                    f"Expected shared variables in swap, got {variable!r} of type "
                    f"{type(variable).__name__}."
                )
        mine = current.get(old, old)
        if mine not in known:
            raise ValueError(
                f"SharedVariable: {old.name} not found; the function has "
                f"{', '.join(map(str, companion.get_shared()))}."
            )
        if not mine.type.is_super(new.type):
            raise TypeError(
                f"{new} of type {new.type} can't stand in for {old} of type "
                f"{old.type}; swap variables of one type."
            )
        chosen[mine] = new
    return chosen


def state_of(companion: Companion) -> State:
    """Return the arguments of `recreate`."""
    maker = companion.maker
    return (
        maker.program,
        maker.mode,
        companion.name,
        list(companion.places),
        dict(companion.swap),
        maker.accept_inplace,
    )


def recreate(
    program: Program,
    mode: Mode,
    name: str,
    places: Sequence[Container | None],
    swap: Mapping[SharedVariable, SharedVariable],
    accept_inplace: bool,
) -> Any:
    """Make a function from its program and storage; units come from the cache."""
    maker = FunctionMaker(program, mode, name, accept_inplace=accept_inplace)
    return maker.create(places, swap=swap)
