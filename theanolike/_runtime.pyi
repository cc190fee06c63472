"""The compiled extension: storage of shared variables, compiled units, the callable.

Its sources are in ``theanolike/runtime``, one concern a file. What a unit sees of it is
``codegen/include/theanolike/abi.h``.
"""

import os
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, final

import numpy

ABI: int
"""Number of the contract between units and the runtime."""

STRICT: int
"""Argument flag: only an array of the exact dtype is taken without `convert`."""
MUTABLE: int
"""Argument flag: the function may write to the caller's array."""
ROUND_FLOAT: int
"""Argument flag: a Python float may lose precision in a narrower float."""

_Shape: TypeAlias = tuple[int, ...]
_Default: TypeAlias = tuple[str, Any] | None
_Input: TypeAlias = (
    tuple[str | None, int, int, _Shape, _Default]
    | tuple[str | None, int, int, _Shape, _Default, int]
)
_Tensor: TypeAlias = tuple[int, int]
_PythonBody: TypeAlias = Callable[[list[Any]], tuple[list[Any], list[Any]]]
_Body: TypeAlias = Unit | Function | _PythonBody
_Host: TypeAlias = tuple[
    Callable[[list[Any]], Sequence[Any]], Sequence[_Tensor], Sequence[_Tensor]
]
_Layouts: TypeAlias = tuple[Callable[[tuple[tuple[int, int], ...]], Unit | None], int]

@final
class Cell:
    """The storage of one shared variable, which functions read and update.

    Parameters
    ----------
    value : object
        What it holds at first; kept as it is, not copied.
    name : str, optional
        What messages call the variable.
    """

    def __init__(self, value: object, name: str | None = None) -> None: ...
    @property
    def value(self) -> Any:
        """What the cell holds, not copied.

        Setting waits while a call of another thread updates the cell, and raises
        RuntimeError inside such a call of the same thread. While a call may write into
        the array in place, whoever reads it gets a copy.
        """
    @value.setter
    def value(self, value: object) -> None: ...
    name: str | None

@final
class Unit:
    """A compiled unit, opened; it stays open as long as something refers to it.

    Parameters
    ----------
    path : path
        A shared library that exports ``tl_compute`` and perhaps ``tl_commit``.

    Raises
    ------
    OSError
        The file is no such library.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None: ...
    @property
    def path(self) -> str: ...

@final
class Function:
    """A compiled function: checks and converts arguments, runs, commits, wraps.

    Attributes and items that the type does not have are the companion's, for reading
    and for writing; ``repr``, ``copy``, ``deepcopy`` and ``pickle`` ask the companion
    too.

    Parameters
    ----------
    companion : object
        Whatever Python code wants to say about the function.
    body : Unit, Function or callable
        A callable gets the list of inputs and returns ``(outputs, updates)``, two lists
        of arrays; what it keeps a reference to is copied. A Function gets the inputs as
        arguments and returns one list, the outputs and then the updates.
    inputs : sequence of (name, typenum, ndim, shape, default[, flags])
        `name` is a str or None; `typenum` NumPy's type number, or -1 for any object;
        -1 in `shape` allows any extent; `default` is None, ``("value", v)`` or
        ``("cell", cell)``, which reads the cell at each call; `flags` is a sum of
        `STRICT`, `MUTABLE` and `ROUND_FLOAT`.
    captured : sequence of (cell, typenum, ndim, shape)
        Cells whose values follow the arguments.
    outputs : sequence of (typenum, ndim)
    updates : sequence of (cell, typenum, ndim)
        Cells that get a new value when the call succeeds. A unit makes the new values
        as outputs after the outputs, or writes into the cell's storage in its commit.
    form : {"single", "list", "none"} or tuple of str
        What a call returns; keys make a dict.
    convert : callable (i, value) -> ndarray
        Makes an array of input `i` (captured values follow the arguments) out of what
        is not taken as it is, or raises.
    fail : callable (code, site, values, inputs, calls) -> Unit or callable
        Raises the user's error, or returns the body to run this call with instead.
        `values` are the six numbers of the unit's record, `inputs` the tuple of arrays,
        `calls` pairs of a host's number and its results, or the exception that it
        raised. For code 4 (the last of these) `site` is the host's number; for this
        one and code 5 (no memory) the answer may be None, and what is known is raised.
        Code 0 asks for a body that takes an array without elements of an extent above
        2**31.
        A body that answers code 2 (a 1 met an n) also runs later calls whose inputs
        have extents of 1 in the same places, for the first 8 such patterns.
    refuse : callable (args, kwargs)
        Raises, when arguments are missing, too many, unknown or given twice.
    release_gil : bool or int
        Whether the GIL is given back when a call begins; an int is the number of
        elements of all inputs above which it is. A call of more than 50 ms that polls
        gives it back in any case.
    host : sequence of (callable, inputs, outputs), optional
        What units call back, by site: the callable gets a list of read-only arrays and
        returns a sequence of arrays of the types that `outputs` declares.
    layouts : (callable, int), optional
        ``callable(((input, layout), ...))`` returns a Unit that reads these inputs
        where they lie, or None. It is asked once for inputs that lie so, when more than
        so many bytes of them were copied. Layouts are described in
        ``codegen/arrangement.py``; without a callable copies are made always.

    Raises
    ------
    TypeError, ValueError
        A piece is not as described.
    """

    trust_input: bool
    def __init__(
        self,
        *,
        companion: object,
        body: _Body,
        inputs: Sequence[_Input],
        captured: Sequence[tuple[Cell, int, int, _Shape]],
        outputs: Sequence[_Tensor],
        updates: Sequence[tuple[Cell, int, int]],
        form: str | tuple[str, ...],
        convert: Callable[[int, Any], numpy.ndarray[Any, Any]],
        fail: Callable[..., _Body | None],
        refuse: Callable[[tuple[Any, ...], dict[str, Any]], object],
        release_gil: bool | int,
        host: Sequence[_Host] | None = None,
        layouts: _Layouts | None = None,
    ) -> None: ...
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...
    def __getattr__(self, name: str) -> Any: ...
    def __setattr__(self, name: str, value: Any) -> None: ...
    def __getitem__(self, key: Any) -> Any: ...
    def __setitem__(self, key: Any, value: Any) -> None: ...
    def __delitem__(self, key: Any) -> None: ...
    def __copy__(self) -> Any: ...
    def __deepcopy__(self, memo: dict[int, Any]) -> Any: ...
    @property
    def calls(self) -> int:
        """How often the function was called."""

def version() -> str:
    """Return the version of the library that this was built for."""

def threads() -> int:
    """Return how many threads units and BLAS use."""

def set_threads(count: int) -> None:
    """Set how many threads units and BLAS use; waits for a parallel region in progress.

    Raises
    ------
    ValueError
        `count` is below 1.
    """

def set_blas(path: str, prefix: str = "") -> None:
    """Choose the BLAS library that is opened at the first product.

    Small products of real matrices, and all of them without a library, are computed by
    kernels of the runtime's own; without one, complex products are plain loops.

    Raises
    ------
    ValueError
        Another library is open already.
    """

def blas() -> dict[str, Any]:
    """Return the chosen BLAS: ``path``, ``prefix``, ``opened``, ``problem``."""

def products() -> list[str]:
    """Return the kernels for products of float matrices, the best one first."""

def set_products(name: str = "") -> None:
    """Choose what computes products of float matrices up to 5e8 multiplications.

    A name of `products()`, ``"blas"`` for the library, or nothing for the best.

    Raises
    ------
    ValueError
        This processor has no kernel of that name.
    """

def allocations() -> int:
    """Return how often the runtime allocated anything but outputs and new values."""

def trim(function: Function) -> None:
    """Free the memory that `function` keeps between calls, and kept result buffers."""
