"""What is asked of whatever runs a graph, and what it has to give."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from theanolike._runtime import Unit
from theanolike.flags import Snapshot
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.record import record
from theanolike.graph.type import Type
from theanolike.types.type import TensorType

Body = Any
LayOut = Callable[[tuple[tuple[int, int], ...]], Unit | None]


def tensor_spec(kind: Type) -> tuple[int, int]:
    """Return NumPy's type number and the rank; -1 and 0 for what is no tensor."""
    if isinstance(kind, TensorType):
        return kind.numpy_dtype.num, kind.ndim
    return -1, 0


def argument_spec(kind: Type) -> tuple[int, int, tuple[int, ...]]:
    """Return type number, rank and the known extents, -1 where unknown."""
    shape = kind.shape if isinstance(kind, TensorType) else ()
    return (*tensor_spec(kind), tuple(-1 if dim is None else dim for dim in shape))


class Executable(Protocol):
    """What `_runtime.Function` needs to run a graph, and what one can read of it."""

    @property
    def body(self) -> Body:
        """A `_runtime.Unit`, or a Python callable."""

    @property
    def constants(self) -> list[Any]:
        """What to capture after the shared variables."""

    @property
    def hosts(self) -> list[Any]:
        """What the unit calls back."""

    @property
    def release_gil(self) -> bool | int:
        """Whether, or from how many elements on, a call gives the GIL back."""

    @property
    def layouts(self) -> tuple[LayOut, int] | None:
        """What makes units for arguments that aren't dense, and when to ask it."""

    @property
    def source(self) -> str:
        """The C++, for reading."""

    @property
    def plan(self) -> str:
        """Loops, passes over memory, buffers."""

    def fail(
        self,
        code: int,
        site: int,
        values: Sequence[int],
        arrays: Sequence[Any],
        calls: Sequence[tuple[int, Any]] = (),
    ) -> Body:
        """Raise the user's error, or return another body for this call."""


@record
class Request:
    """A graph to run.

    Attributes
    ----------
    original : callable
        Makes the graph again as it was before the rewrites.
    graph : FunctionGraph
        After the rewrites.
    n_outputs : int
        The first so many outputs are the function's; the rest are new values.
    rewrite : callable
        Rewrites a graph.
    snapshot : Snapshot
        The configuration.
    watch : callable, optional
        Runs the nodes of an interpreted graph; see `Interpreter`.
    targets : tuple of int or None
        For each new value, the place among the graph's inputs of the shared variable
        that it replaces; None where that isn't read.
    """

    original: Callable[[], FunctionGraph]
    graph: FunctionGraph
    n_outputs: int
    rewrite: Callable[[FunctionGraph], Any]
    snapshot: Snapshot
    watch: Any = None
    targets: tuple[int | None, ...] = ()
