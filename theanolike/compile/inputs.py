"""What `function` takes as inputs and outputs: `In`, `Param`, `Out`, old tuples."""

import copy
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from theanolike.graph.record import record
from theanolike.graph.variable import Constant, Variable
from theanolike.types.shared import Container, SharedVariable

__all__ = [
    "In",
    "Out",
    "Outputs",
    "Param",
    "SymbolicInput",
    "SymbolicOutput",
    "as_input",
    "as_inputs",
    "as_outputs",
]


class In:
    """An input of a function, with what to do about its value.

    Parameters
    ----------
    variable : Variable
    name : str, optional
        For keyword arguments; by default the variable's.
    value : object, optional
        The default: a value, or a shared variable or container to read at each call.
    update : Variable, optional
        What the default becomes after each call.
    mutable : bool, optional
        The function may write into the caller's array.
    strict : bool
        Take only values that need no conversion.
    allow_downcast : bool, optional
        As `allow_input_downcast` of `function`.
    autoname : bool
        Take the variable's name.
    implicit : bool, optional
        Set by the function only: it isn't an argument.
    borrow : bool, optional
        The default isn't copied.
    shared : bool
        Kept; shared variables say so themselves.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - Theano's signature
        self,
        variable: Variable,
        name: str | None = None,
        value: Any = None,
        update: Any = None,
        mutable: bool | None = None,
        strict: bool = False,
        allow_downcast: bool | None = None,
        autoname: bool = True,
        implicit: bool | None = None,
        borrow: bool | None = None,
        shared: bool = False,
    ) -> None:
        if isinstance(variable, Constant):
            raise TypeError(
                "A Constant instance is not a legal function input", variable
            )
        if not isinstance(variable, Variable):
            raise TypeError(f"Unknown parameter type: {type(variable)}", variable)
        self.variable = variable
        self.name = name or (variable.name if autoname else None)
        if self.name is not None and not isinstance(self.name, str):
            raise TypeError(f"name must be a string! (got: {name})")
        self.value = value
        self.update = self._checked_update(update)
        self.mutable = mutable if mutable is not None else update is not None
        self.borrow = bool(self.mutable if borrow is None else borrow)
        if self.mutable and borrow is False:
            raise AssertionError(
                f"Symbolic input for variable {variable} (name={self.name}) has flags "
                "mutable=True, borrow=False. This combination is incompatible since "
                "mutable=True implies that the input variable may be both aliased "
                "(borrow=True) and overwritten."
            )
        self.strict = strict
        self.allow_downcast = allow_downcast
        self.implicit = bool(implicit)
        self.shared = shared

    def _checked_update(self, update: Any) -> Variable | None:
        if update is None:
            return None
        if not isinstance(update, Variable):
            return self.variable.type.make_constant(self.variable.type.filter(update))
        if not self.variable.type.is_super(update.type):
            raise TypeError(
                "Type mismatch between the variable of the input and its update: "
                f"{self.variable.type} and {update.type}; cast the update."
            )
        return update

    def __repr__(self) -> str:
        if self.update is not None:
            return f"In({self.variable} -> {self.update})"
        return f"In({self.variable})"


SymbolicInput = In


def Param(  # noqa: PLR0913, PLR0917 - Theano's signature
    variable: Variable,
    default: Any = None,
    name: str | None = None,
    mutable: bool = False,
    strict: bool = False,
    allow_downcast: bool | None = None,
    implicit: bool | None = None,
    borrow: bool | None = None,
) -> In:
    """Return `In(variable, value=default, ...)`: the old name of `In`."""
    warnings.warn(
        "The Param class is deprecated. Replace Param(default=N) by theano.In(value=N)",
        stacklevel=2,
    )
    return In(
        variable,
        name=name,
        value=default,
        mutable=mutable,
        strict=strict,
        allow_downcast=allow_downcast,
        implicit=implicit,
        borrow=borrow,
    )


class Out:
    """An output of a function.

    Parameters
    ----------
    variable : Variable
    borrow : bool
        Allow the result to share memory with the function's own storage.
    """

    def __init__(self, variable: Variable, borrow: bool = False) -> None:
        if not isinstance(variable, Variable):
            raise TypeError(
                "Outputs must be theano Variable or Out instances. Received "
                f"{variable!r} of type {type(variable)}"
            )
        self.variable = variable
        self.borrow = borrow

    def __repr__(self) -> str:
        return f"Out({self.variable},{self.borrow})"


SymbolicOutput = Out


@record
class Outputs:
    """The outputs of a function in order, and how a call returns them.

    Attributes
    ----------
    items : tuple of Out
    form : str or tuple of str
        "single", "list", or the keys of a dict.
    """

    items: tuple[Out, ...]
    form: str | tuple[str, ...]


def as_outputs(outputs: Any) -> Outputs:
    """Read the `outputs` of `function`: None, one, a list, or a dict with str keys."""
    if outputs is None:
        return Outputs((), "list")
    if isinstance(outputs, Mapping):
        for key in outputs:
            if not isinstance(key, str):
                raise AssertionError(
                    f"The keys of a dict of outputs must be strings, got {key!r}."
                )
        keys = tuple(sorted(outputs))
        return Outputs(tuple(_as_out(outputs[key]) for key in keys), keys)
    if isinstance(outputs, list | tuple):
        return Outputs(tuple(_as_out(output) for output in outputs), "list")
    return Outputs((_as_out(outputs),), "single")


def _as_out(output: Any) -> Out:
    return output if isinstance(output, Out) else Out(output)


def as_inputs(inputs: Any, allow_downcast: bool | None = None) -> list[In]:
    """Read the `inputs` of `function`.

    Raises
    ------
    TypeError
        A bare variable, a constant, a shared variable.
    """
    if not isinstance(inputs, list | tuple):
        raise TypeError(
            "Input variables of a Theano function should be contained in a list, even "
            "when there is a single input."
        )
    return [as_input(item, allow_downcast) for item in inputs]


def as_input(item: Any, allow_downcast: bool | None = None) -> In:
    """Return one item of `inputs` as an `In`."""
    if isinstance(item, Constant):
        raise TypeError("Constants not allowed in param list", item)
    if isinstance(item, list | tuple):
        return _from_tuple(item)
    made = item if isinstance(item, In) else In(item, allow_downcast=allow_downcast)
    if isinstance(made.variable, SharedVariable):
        raise TypeError(
            f"Cannot use a shared variable ({made.variable}) as explicit input. "
            "Consider substituting a non-shared variable via the `givens` parameter"
        )
    if made.allow_downcast is None and allow_downcast is not None:
        made = copy.copy(made)
        made.allow_downcast = allow_downcast
    return made


def _from_tuple(item: Sequence[Any]) -> In:
    """Read Theano's old shortcuts: (name, r), (r, val), ((r, update), val), ..."""
    parts = list(item)
    name = parts.pop(0) if parts and isinstance(parts[0], str) else None
    if not parts or len(parts) > 2:
        raise TypeError(
            f"Expected (name, variable[, value]) or (variable, value), got {item!r}; "
            "use In(variable, name=..., value=...)."
        )
    first = parts[0]
    pair = first if isinstance(first, list | tuple) else (first, None)
    if len(pair) != 2:
        raise TypeError(f"Expected (variable, update), got {pair!r}.")
    value = parts[1] if len(parts) == 2 else None
    return In(pair[0], name=name, value=value, update=pair[1])


def default_container(item: In) -> Container | None:
    """Return where the default of an input lives, or None for a required input."""
    if isinstance(item.value, Container):
        return item.value
    if isinstance(item.value, SharedVariable):
        return item.value.container
    if item.value is None:
        return None
    kind = item.variable.type
    value = kind.filter(item.value, item.strict, item.allow_downcast)
    place = Container(
        kind,
        value,
        item.name,
        strict=item.strict,
        allow_downcast=item.allow_downcast,
    )
    return place if item.borrow else place.twin()
