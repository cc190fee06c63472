"""The Python side of a compiled function: its storage by name, copies, messages."""

import copy
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from theanolike import _runtime
from theanolike.compile.inputs import In, Out
from theanolike.compile.request import argument_spec
from theanolike.errors import InputTypeError, UnknownNameError, UnsupportedError
from theanolike.graph.variable import Variable
from theanolike.rewrites.explain import explained
from theanolike.types.dtypes import floatX
from theanolike.types.shared import Container, SharedVariable

if TYPE_CHECKING:
    from theanolike.compile.maker import FunctionMaker

__all__ = ["Companion"]


class Companion:
    """What a function knows besides how to run: all but the call itself.

    Parameters
    ----------
    maker : FunctionMaker
    places : sequence of Container or None
        Where the defaults of the inputs live; None for a required input.
    swap : mapping
        Shared variables that stand in for those of the program.
    name : str

    Attributes
    ----------
    source, plan : str
        The C++, printed for people; its loops, what they read, and buffers.
    maker.fgraph : FunctionGraph
        The rewritten graph.
    profile : ProfileStats or None
    value, container : mapping
        Defaults and shared variables, by name, by variable and by place.
    trust_input : bool
        No effect.

    Notes
    -----
    Besides: `explain()`, `memory_plan(...)`, `copy(...)`, `get_shared()`; `f[x]` and
    `f[x] = value` read and set what `value` holds.
    """

    def __init__(
        self,
        maker: "FunctionMaker",
        places: Sequence[Container | None],
        swap: Mapping[SharedVariable, SharedVariable],
        name: str,
    ) -> None:
        self.maker = maker
        self.name = name
        self.profile = maker.profile
        self.places = list(places)
        self.swap = dict(swap)
        self.output_storage = [
            Container(out.variable.type, name=out.variable.name)
            for out in maker.outputs
        ]
        self.input_storage = [
            place or Container(item.variable.type, name=item.name)
            for item, place in zip(maker.program.inputs, places, strict=True)
        ]
        self.input_storage += [v.container for v in self.get_shared()]
        self.finder = self._find_all()
        self.value = Values(self.finder, lambda place: place.value)
        self.container = Values(self.finder, lambda place: place)

    def bind(self, function: Any) -> None:
        """Remember the callable, without keeping it alive."""
        self._function = weakref.ref(function)

    @property
    def function(self) -> Any:
        """The callable."""
        return self._function()

    # Arguments.

    def argument_specs(self) -> list[Any]:
        """Return the inputs as `_runtime.Function` takes them."""
        items = self.maker.program.inputs
        names = [item.name for item in items]
        return [
            (
                item.name if names.count(item.name) == 1 else None,
                *argument_spec(item.variable.type),
                None if place is None else ("cell", place.cell),
                _flags(item),
            )
            for item, place in zip(items, self.places, strict=True)
        ]

    if not TYPE_CHECKING:  # where it would let any name pass

        def __getattr__(self, name: str) -> Any:
            raise UnknownNameError(f"A compiled function has no attribute {name!r}.")

    def convert(self, index: int, value: Any) -> Any:
        """Return `value` as an array for argument `index`, or raise InputTypeError."""
        items = self.maker.program.inputs
        if index >= len(items):
            return self.maker.program.shared[index - len(items)].type.filter(value)
        item = items[index]
        try:
            return item.variable.type.filter(value, item.strict, item.allow_downcast)
        except (TypeError, ValueError) as error:
            shown = f" ({item.name})" if item.name else ""
            raise InputTypeError(
                f'Bad input argument to theano function with name "{self.name}" at '
                f"index {index} (0-based){shown}. {error}"
            ) from None

    def refuse(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Raise TypeError: the arguments don't match the inputs."""
        items = self.maker.program.inputs
        if "output_subset" in kwargs:
            raise UnsupportedError(
                "A function computes all its outputs, so output_subset isn't there; "
                "compile another function for fewer."
            )
        if len(args) > len(items):
            raise TypeError(
                "Too many parameter passed to theano function: expected at most "
                f"{len(items)}, got {len(args)}."
            )
        names = [item.name for item in items]
        given = set(range(len(args)))
        for name in kwargs:
            index = self._index_of(name, names)
            if index in given:
                raise TypeError(
                    f"Multiple values for input or state: {name}, at index {index}"
                )
            given.add(index)
        for index, (item, place) in enumerate(zip(items, self.places, strict=True)):
            if index not in given and place is None:
                raise TypeError(f"Missing required input: {item.variable}")

    def _index_of(self, name: str, names: list[str | None]) -> int:
        if names.count(name) == 1:
            return names.index(name)
        if name in names:
            raise TypeError(
                f"Ambiguous name: {name} - {names.count(name)} inputs have it; pass "
                "them by position."
            )
        named = [n for n in names if n is not None]
        unnamed = len(names) - len(named)
        shown = f" ({', '.join(named)})" if named else ""
        raise TypeError(
            f"Unknown input or state: {name}. The function has {len(named)} named "
            f"input{_plural(len(named))}{shown}, and {unnamed} unnamed "
            f"input{_plural(unnamed)} which thus cannot be accessed through keyword "
            f"argument{_plural(unnamed)}."
        )

    # Storage.

    def _find_all(self) -> dict[Any, Container | None]:
        """Map indices, variables and names to containers; None where ambiguous."""
        program = self.maker.program
        variables: list[Variable] = [item.variable for item in program.inputs]
        names = [item.name for item in program.inputs]
        for shared in dict.fromkeys((*program.shared, *program.updates)):
            variables.append(shared)
            names.append(shared.name)
        found: dict[Any, Container | None] = {}
        for index, (variable, name) in enumerate(zip(variables, names, strict=True)):
            place = self._place(index, variable)
            found[index] = found[variable] = place
            if name is not None:
                found[name] = None if name in found else place
        return found

    def _place(self, index: int, variable: Variable) -> Container:
        if isinstance(variable, SharedVariable):
            return self.swap.get(variable, variable).container
        return self.input_storage[index]

    @property
    def inv_finder(self) -> dict[int, Any]:
        """The inputs by the `id` of their containers."""
        return {
            id(place): item
            for place, item in zip(self.input_storage, self.maker.inputs, strict=True)
        }

    @property
    def outputs(self) -> list[Out]:
        """The outputs, with what to do about their values."""
        return list(self.maker.outputs)

    @property
    def indices(self) -> list[tuple[In, list[int], list[In]]]:
        """Each input with its index, in Theano's form."""
        return [(item, [i], [item]) for i, item in enumerate(self.maker.inputs)]

    @property
    def defaults(self) -> list[tuple[bool, bool, Any]]:
        """For each input: is it required, does it refeed, its default."""
        program = self.maker.program
        explicit = [
            (
                place is None,
                place is not None and item.update is None,
                place.value if place else None,
            )
            for item, place in zip(program.inputs, self.places, strict=True)
        ]
        return explicit + [(False, False, None) for _ in program.shared]

    def __getitem__(self, item: Any) -> Any:
        return self.value[item]

    def __setitem__(self, item: Any, value: Any) -> None:
        self.value[item] = value

    def __contains__(self, item: Any) -> bool:
        return item in self.finder

    def get_shared(self) -> list[SharedVariable]:
        """Return the shared variables that the function reads or updates."""
        program = self.maker.program
        found = dict.fromkeys((*program.shared, *program.updates))
        return [self.swap.get(variable, variable) for variable in found]

    def sync_shared(self) -> None:
        """Do nothing: no device computes aside from the CPU."""

    def free(self) -> None:
        """Free the memory that the function keeps between calls."""
        _runtime.trim(self.function)

    @property
    def fn(self) -> Callable[[], list[Any]]:
        """Runs the function on what `input_storage` holds, into `output_storage`."""
        return self._run_storage

    def _run_storage(self) -> list[Any]:
        n = len(self.maker.program.inputs)
        function = self.function
        result = function(*(place.value for place in self.input_storage[:n]))
        form = self.maker.program.outputs.form
        values = (
            [result]
            if form == "single"
            else list(result.values() if isinstance(result, dict) else result)
        )
        for place, value in zip(self.output_storage, values, strict=True):
            place.cell.value = value
        return values

    # What was compiled.

    @property
    def unpack_single(self) -> bool:
        """Whether a call returns its one output bare."""
        return self.maker.program.outputs.form == "single"

    @property
    def return_none(self) -> bool:
        """Whether the function was made without outputs."""
        return not self.maker.program.outputs.items

    @property
    def output_keys(self) -> list[str] | None:
        """The keys of a dict of outputs."""
        form = self.maker.program.outputs.form
        return list(form) if isinstance(form, tuple) else None

    @property
    def source(self) -> str:
        """The generated C++, with the program's names and lines."""
        return self.maker.executable.source

    @property
    def plan(self) -> str:
        """What the compiled function does: loops, passes over memory, buffers."""
        return self.maker.executable.plan

    def memory_plan(self, *args: Any, **kwargs: Any) -> Any:
        """Return the memory that a call takes, reckoned without a call.

        Parameters
        ----------
        *args, **kwargs
            What the function would be called with; a tuple of ints stands for any
            array of that shape. Values that say how large something is, such as
            numbers of steps, must be given.

        Returns
        -------
        Footprint
            Bytes: `workspace`, kept between calls, `outputs`, `total`, and `loops`,
            for each what it keeps of its steps, and what the gradient would keep by
            default and with ``memory="sqrt"``. It prints as a table.

        Raises
        ------
        UnsupportedError
            The function is interpreted, or sizes depend on what it computes.

        Examples
        --------
        >>> import theanolike as theano, theanolike.tensor as T
        >>> x = T.dvector("x")
        >>> theano.function([x], x * 2).memory_plan((1000,)).outputs
        8000
        """
        items = self.maker.program.inputs
        names = [item.name for item in items]
        given: dict[int, Any] = dict(enumerate(args))
        for name, value in kwargs.items():
            given[self._index_of(name, names)] = value
        arrays: list[Any] = []
        for index, (item, place) in enumerate(zip(items, self.places, strict=True)):
            if index not in given and place is None:
                raise TypeError(f"Missing required input: {item.variable}")
            value = given.get(index, place and place.value)
            is_shape = isinstance(value, tuple) and item.variable.type.ndim  # type: ignore[attr-defined]
            arrays.append(value if is_shape else np.asarray(value))
        program = self.maker.program
        arrays += [self.swap.get(v, v).get_value(borrow=True) for v in program.shared]
        built = getattr(self.maker.executable, "built", None)
        if built is None:
            raise UnsupportedError(
                "This function is interpreted, so no memory is planned; compile it "
                "in the default mode."
            )
        return built.footprint(arrays, _runtime.threads())

    def explain(self) -> str:
        """Return the rewritten graph, each node with the rewrites that led to it.

        A line `#3 x + #1` is a node: the sum of `x` and of node 1's result. Below it
        stand the names and equations of its rewrites, and where it was written.
        """
        return explained(self.maker.fgraph, self.maker.report)

    # Copies.

    def copy(
        self,
        share_memory: bool = False,
        swap: Mapping[Any, Any] | None = None,
        delete_updates: bool = False,
        name: str | None = None,
        profile: Any = None,
    ) -> Any:
        """Return a function of the same program.

        Parameters
        ----------
        share_memory : bool
            Changes nothing: functions share code, and memory is per call.
        swap : mapping of SharedVariable to SharedVariable, optional
            Which shared variables to use instead of others.
        delete_updates : bool
            Leave the shared variables as they are.
        name : str, optional
        profile : bool or ProfileStats, optional
        """
        from theanolike.compile.recreate import copy_function

        return copy_function(
            self, swap=swap, delete_updates=delete_updates, name=name, profile=profile
        )

    def __copy__(self) -> Any:
        return self.copy()

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        from theanolike.compile.recreate import recreate

        make, state = self.__reduce__()
        assert make is recreate, "functions are made again from their programs"
        return make(*copy.deepcopy(state, memo))

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        from theanolike.compile.recreate import recreate, state_of

        return recreate, state_of(self)

    def __repr__(self) -> str:
        return f"<theano function {self.name}>"


class Values:
    """What a function holds, by name, variable or index."""

    def __init__(
        self, finder: dict[Any, Container | None], read: Callable[[Container], Any]
    ) -> None:
        self._finder = finder
        self._read = read

    def _place(self, item: Any) -> Container:
        if item not in self._finder:
            raise TypeError(f"Unknown input or state: {item}")
        place = self._finder[item]
        if place is None:
            raise TypeError(
                f"Ambiguous name: {item} - please check the names of the "
                "inputs of your function for duplicates."
            )
        return place

    def __getitem__(self, item: Any) -> Any:
        return self._read(self._place(item))

    def __setitem__(self, item: Any, value: Any) -> None:
        self._place(item).value = value

    def __iter__(self) -> Iterator[Any]:
        return iter(self._finder)

    def __len__(self) -> int:
        return len(self._finder)

    def __contains__(self, item: Any) -> bool:
        return item in self._finder


def _plural(count: int) -> str:
    return "" if count == 1 else "s"


def _flags(item: In) -> int:
    flags = _runtime.STRICT if item.strict else 0
    flags |= _runtime.MUTABLE if item.mutable else 0
    dtype = getattr(item.variable.type, "dtype", None)
    if item.allow_downcast or (item.allow_downcast is None and dtype == floatX()):
        flags |= _runtime.ROUND_FLOAT
    return flags
