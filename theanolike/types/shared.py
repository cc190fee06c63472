"""Shared variables: symbolic variables that hold a value between calls."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from theanolike._runtime import Cell
from theanolike.errors import InputTypeError, UnsupportedError
from theanolike.graph.type import Generic, Type
from theanolike.graph.variable import Variable
from theanolike.types.dtypes import as_dtype
from theanolike.types.type import NO_MASKS, TensorType, is_masked
from theanolike.types.variable import TensorOperators

__all__ = [
    "Container",
    "ScalarSharedVariable",
    "SharedVariable",
    "TensorSharedVariable",
    "generic_constructor",
    "load_shared_variable",
    "scalar_constructor",
    "shared",
    "shared_constructor",
    "tensor_constructor",
]


class Storage:
    """The cell of a container as the list of one item that Theano's programs use."""

    __slots__ = ("_cell",)

    def __init__(self, cell: Cell) -> None:
        self._cell = cell

    def __getitem__(self, index: int) -> Any:
        return self._cell.value if index in {0, -1} else [][index]

    def __setitem__(self, index: int, value: Any) -> None:
        if index not in {0, -1}:
            raise IndexError("A storage has one item; set storage[0].")
        self._cell.value = value

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Iterator[Any]:
        return iter([self._cell.value])


class Container:
    """A typed place for a value: what is put in passes the type's `filter`.

    Parameters
    ----------
    type : Type
    value : object
        Taken as it is.
    name : str, optional
    strict, allow_downcast
        As in `Type.filter`.
    readonly : bool
        Refuse new values.
    """

    def __init__(
        self,
        type: Type,  # noqa: A002 - Theano's name
        value: Any = None,
        name: str | None = None,
        *,
        strict: bool = False,
        allow_downcast: bool | None = None,
        readonly: bool = False,
    ) -> None:
        self.type = type
        self.name = name
        self.strict = strict
        self.allow_downcast = allow_downcast
        self.readonly = readonly
        self.cell = Cell(value, name)

    @property
    def storage(self) -> Storage:
        """The value as item 0; setting it checks nothing."""
        return Storage(self.cell)

    @property
    def data(self) -> Any:
        """The value itself, not a copy."""
        return self.cell.value

    @data.setter
    def data(self, value: Any) -> None:
        if self.readonly:
            raise TypeError(
                f"Cannot set readonly storage: {self.name}; it is set by the function."
            )
        if value is not None:
            value = self.type.filter(value, self.strict, self.allow_downcast)
        self.cell.value = value

    value = data

    def twin(self) -> "Container":
        """Return a container of its own with a copy of the value."""
        return Container(
            self.type,
            copy.deepcopy(self.cell.value),
            self.name,
            strict=self.strict,
            allow_downcast=self.allow_downcast,
            readonly=self.readonly,
        )

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        state["cell"] = self.cell.value
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.cell = Cell(state["cell"], self.name)

    def __repr__(self) -> str:
        return f"<{self.cell.value!r}>"


class SharedVariable(Variable):
    """A variable with a value that functions read and update.

    Parameters
    ----------
    name : str or None
    type : Type
    value : object
        Filtered by the type unless a container is given.
    strict : bool
        Take only values that need no conversion.
    allow_downcast : bool, optional
        As in `Type.filter`.
    container : Container, optional
        Share this one's value.

    Attributes
    ----------
    default_update : Variable or None
        What each function that uses this variable updates it to, unless told otherwise.
    """

    __slots__ = ("container", "default_update")

    container: Container
    default_update: Any

    def __init__(
        self,
        name: str | None,
        type: Type,  # noqa: A002 - Theano's name
        value: Any,
        strict: bool,
        allow_downcast: bool | None = None,
        container: Container | None = None,
    ) -> None:
        super().__init__(type, None, None, name)
        self.default_update = None
        if container is not None:
            self.container = container
            return
        self.container = Container(
            type,
            type.filter(value, strict, allow_downcast),
            name,
            strict=strict,
            allow_downcast=allow_downcast,
        )

    def get_value(
        self, borrow: bool = False, return_internal_type: bool = False
    ) -> Any:
        """Return the value: a copy, or with `borrow` the array itself.

        `return_internal_type` changes nothing: values are NumPy arrays.
        """
        value = self.container.cell.value
        return value if borrow else copy.deepcopy(value)

    def set_value(self, new_value: Any, borrow: bool = False) -> None:
        """Set the value to a copy of `new_value`, or with `borrow` to itself.

        Raises
        ------
        TypeError
            Another rank, or a dtype that would lose precision.
        """
        filtered = self.type.filter(
            new_value, self.container.strict, self.container.allow_downcast
        )
        if not borrow and may_alias(filtered, new_value):
            filtered = _own_copy(filtered)
        self.container.cell.value = filtered

    def zero(self, borrow: bool = False) -> None:
        """Set all elements to 0; with `borrow`, in the array itself."""
        if borrow:
            self.container.cell.value[...] = 0
        else:
            self.container.cell.value = 0 * self.get_value()

    def clone(self) -> "SharedVariable":
        """Return a variable that shares this one's value."""
        twin = type(self)(
            self.name,
            self.type,
            None,
            self.container.strict,
            self.container.allow_downcast,
            container=self.container,
        )
        twin.tag = copy.copy(self.tag)
        return twin

    def filter_update(self, update: Any) -> Variable:
        """Return `update` as a variable of this one's type.

        Raises
        ------
        TypeError
            Another type, which no conversion that loses nothing brings to this one.
        """
        if not isinstance(update, Variable):
            update = self.type.make_constant(
                self.type.filter(update, allow_downcast=self.container.allow_downcast)
            )
        try:
            return self.type.filter_variable(update)
        except TypeError as error:
            raise TypeError(self._bad_update(update)) from error

    def _bad_update(self, update: Variable) -> str:
        advice = (
            "If the difference is related to the broadcast pattern, you can call the "
            "tensor.unbroadcast(var, axis_to_unbroadcast[, ...]) function to remove "
            "broadcastable dimensions."
            if isinstance(update.type, TensorType)
            and isinstance(self.type, TensorType)
            and update.type.dtype == self.type.dtype
            else f"Cast it, as in update.astype('{getattr(self.type, 'dtype', None)}')."
        )
        return (
            "An update must have the same type as the original shared variable "
            f"(shared_var={self}, shared_var.type={self.type}, update_val={update}, "
            f"update_val.type={update.type}). {advice}"
        )

    @property
    def value(self) -> Any:
        """Gone since Theano 0.3."""
        raise Exception(  # noqa: TRY002 - Theano's type
            "sharedvar.value does not exist anymore. Use sharedvar.get_value() or "
            "sharedvar.set_value() instead."
        )

    @value.setter
    def value(self, _: Any) -> None:
        self.value  # noqa: B018 - raises

    def __str__(self) -> str:
        return self.name if self.name is not None else f"<{self.type}>"


class TensorSharedVariable(TensorOperators, SharedVariable):
    """A shared array."""

    __slots__ = ()

    type: TensorType


class ScalarSharedVariable(TensorSharedVariable):
    """A shared scalar."""

    __slots__ = ()


# What `Type.filter` can only make a fresh array of.
_NEVER_ALIASED = (list, tuple, bool, int, float, complex, np.generic)


def may_alias(filtered: Any, given: Any) -> bool:
    """Tell whether a filtered value is, or shares memory with, what was given."""
    if isinstance(filtered, np.ndarray) and isinstance(given, np.ndarray):
        return np.may_share_memory(filtered, given)
    return not (isinstance(filtered, np.ndarray) and isinstance(given, _NEVER_ALIASED))


def _own_copy(value: Any) -> Any:
    """Return a copy; of an array a dense one, which calls take as it is."""
    if isinstance(value, np.ndarray):
        return np.array(value, order="C", copy=True)
    return copy.deepcopy(value)


Constructor = Callable[..., SharedVariable]
constructors: list[Constructor] = []


def shared_constructor(ctor: Constructor, remove: bool = False) -> Constructor:
    """Let `shared` try `ctor` before all others; or no longer, with `remove`."""
    if remove:
        constructors.remove(ctor)
    else:
        constructors.append(ctor)
    return ctor


@shared_constructor
def generic_constructor(
    value: Any,
    name: str | None = None,
    strict: bool = False,
    allow_downcast: bool | None = None,
    borrow: bool = False,  # noqa: ARG001 - objects are never copied
) -> SharedVariable:
    """Return a shared variable of any Python object."""
    return SharedVariable(name, Generic(), value, strict, allow_downcast)


@shared_constructor
def tensor_constructor(  # noqa: PLR0913 - `shared` passes all of them
    value: Any,
    name: str | None = None,
    strict: bool = False,
    allow_downcast: bool | None = None,
    borrow: bool = False,
    *,
    broadcastable: Any = None,
    target: str = "cpu",
) -> SharedVariable:
    """Return a shared array of the dtype and rank of an ndarray.

    No dim is known to be 1 unless `broadcastable` says so: the shape may change.
    """
    _check_target(target)
    if not isinstance(value, np.ndarray):
        raise InputTypeError(f"Expected an ndarray, got {type(value).__name__}.")
    if broadcastable is None:
        broadcastable = (False,) * value.ndim
    kind = TensorType(as_dtype(value.dtype), broadcastable)
    if not borrow or not value.dtype.isnative:
        value = np.array(value, dtype=kind.dtype, order="C", copy=True)
    return TensorSharedVariable(name, kind, value, strict, allow_downcast)


@shared_constructor
def scalar_constructor(
    value: Any,
    name: str | None = None,
    strict: bool = False,
    allow_downcast: bool | None = None,
    borrow: bool = False,  # noqa: ARG001 - numbers are always copied
    *,
    target: str = "cpu",
) -> SharedVariable:
    """Return a shared scalar: int64 of an int, float64 of a float, in any floatX."""
    _check_target(target)
    if not isinstance(value, np.number | np.bool_ | bool | int | float | complex):
        raise InputTypeError(f"Expected a number, got {type(value).__name__}.")
    array = np.array(value)
    kind = TensorType(as_dtype(array.dtype), ())
    return ScalarSharedVariable(name, kind, array, strict, allow_downcast)


def _check_target(target: str) -> None:
    if target != "cpu":
        raise UnsupportedError(
            f"Shared variables live on the CPU, got target={target!r}; drop target."
        )


def shared(
    value: Any,
    name: str | None = None,
    strict: bool = False,
    allow_downcast: bool | None = None,
    **kwargs: Any,
) -> Any:
    """Return a shared variable that holds `value`.

    Parameters
    ----------
    value : object
        A number, an ndarray, or any other object, which becomes a generic variable.
    name : str, optional
    strict : bool
        Let `set_value` take only arrays of this dtype.
    allow_downcast : bool, optional
        Whether `set_value` may lose precision.
    **kwargs
        `borrow=True` keeps the array itself; `broadcastable` says which dims are
        always 1; `target` is "cpu".

    Raises
    ------
    TypeError
        A symbolic value, or an argument that no constructor takes.

    Notes
    -----
    `shared.constructors` lists what is tried, the newest first.

    Examples
    --------
    >>> import theanolike as theano
    >>> total = theano.shared(0.0, name="total")
    >>> add = theano.function([], total, updates={total: total + 1})
    >>> add(), add(), total.get_value()
    (array(0.), array(1.), array(2.))
    """
    if isinstance(value, Variable):
        raise TypeError(
            "Shared variable constructor needs numeric values and not symbolic "
            "variables."
        )
    if name is not None and not isinstance(name, str):
        raise TypeError("name must be a string", name)
    if is_masked(value):
        raise InputTypeError(f"A shared variable {NO_MASKS}")
    for constructor in reversed(constructors):
        try:
            return constructor(
                value, name=name, strict=strict, allow_downcast=allow_downcast, **kwargs
            )
        except TypeError:
            continue
    raise TypeError(
        "No suitable SharedVariable constructor could be found. Are you sure all "
        "kwargs are supported? We do not support the parameter dtype or type. "
        f'value="{value}". parameters="{kwargs}"'
    )


shared.constructors = constructors  # type: ignore[attr-defined]


def load_shared_variable(value: Any) -> Any:
    """Return `tensor_constructor(value)`; old pickles of shared arrays call it."""
    return tensor_constructor(value)
