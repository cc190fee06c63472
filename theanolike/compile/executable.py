"""What runs a graph: a compiled unit, or the interpreter where there can be none.

A unit is compiled under the assumption that extents which must agree do, none of them
by broadcasting, and that slices with constant bounds aren't cut short. When a 1 meets
an n at run time the graph is specialised again, with the arguments' dims that are 1
typed so; after that, or for a short slice, it is compiled supposing nothing.
Branches that stand by (`IfElse`) are left out until a call needs one.
"""

import dataclasses
import functools
import importlib.util
import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from theanolike import _runtime
from theanolike._runtime import Cell, Unit
from theanolike.compile.errors import (
    BROADCAST,
    EMPTY,
    HOST,
    MEMORY,
    SHAPE,
    STANDS_BY,
    TOO_LARGE,
    unit_error,
)
from theanolike.compile.interpreter import Interpreter
from theanolike.errors import (
    CompilerNotFoundWarning,
    NoCompilerError,
    TheanolikeError,
)
from theanolike.flags import Snapshot
from theanolike.graph.apply import Apply
from theanolike.graph.clone import clone_graph
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.origin import user_stacklevel
from theanolike.graph.record import record
from theanolike.graph.type import Type
from theanolike.graph.variable import Variable
from theanolike.types.type import TensorType

__all__ = [
    "Compiled",
    "Executable",
    "Interpreted",
    "Request",
    "argument_spec",
    "make_executable",
    "python_body",
    "tensor_spec",
]

MOST_VARIANTS = 8
# Bytes of copies, for each character of a unit, that are worth another compilation.
COPIES_PER_CHARACTER = 250_000
# Elements of all arguments above which a call gives the GIL back.
RELEASE_ABOVE = 20_000

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


class Interpreted:
    """A graph whose nodes run one by one in Python."""

    release_gil = False
    layouts = None
    source = "// This function is interpreted: there is no C++."
    plan = "interpreted"

    def __init__(self, request: Request) -> None:
        self.hosts: list[Any] = []
        self.constants: list[Any] = []
        self.body = interpret(request.graph, request.n_outputs, request.watch)

    def fail(
        self,
        code: int,
        site: int,
        values: Sequence[int],
        arrays: Sequence[Any],
        calls: Sequence[tuple[int, Any]] = (),
    ) -> Body:
        """Never asked: errors of Python code are raised as they are."""
        raise unit_error(None, code, values)


class Compiled:
    """A graph as a compiled unit.

    Parameters
    ----------
    request : Request
    is_variant : bool
        This is a specialisation, so a further broadcast isn't one of its arguments.
    supposing : bool
        Whether to suppose something of the arguments' shapes.
    standing_by : bool
        Whether to compile branches that stand by, too.

    Raises
    ------
    NoCompilerError, CompilationError
    """

    release_gil = RELEASE_ABOVE

    def __init__(
        self,
        request: Request,
        *,
        is_variant: bool = False,
        supposing: bool = True,
        standing_by: bool = False,
    ) -> None:
        # What compiles is imported when something is compiled.
        from theanolike.cache import open_store
        from theanolike.codegen.compile import build_unit
        from theanolike.codegen.toolchain import require_compiler

        self.request = request
        self._is_variant = is_variant
        self._variants: dict[frozenset[tuple[int, int]], Body] = {}
        self._laid_out: dict[tuple[tuple[int, int], ...], Unit | None] = {}
        self._generic: Interpreter | None = None
        self._whole: Body = None
        graph, snapshot = request.graph, request.snapshot
        store = open_store(snapshot.cachedir)
        self.built = build_unit(
            graph.inputs,
            graph.toposort(),
            graph.outputs,
            store=store,
            compiler=require_compiler(snapshot.cxx, snapshot.gcc.cxxflags, store=store),
            targets=request.targets,
            supposing=supposing,
            standing_by=standing_by,
        )
        prepare_runtime(snapshot.threads, snapshot.blas.library)
        self.body = Unit(self.built.path)
        self.constants = [
            (Cell(array), array.dtype.num, array.ndim, array.shape)
            for array in self.built.constants
        ]
        self.hosts = [host_entry(node) for node in self.built.hosts]

    @property
    def layouts(self) -> tuple[LayOut, int] | None:
        """What makes units for arguments that aren't dense, and when to ask it.

        Once copies have cost about as much as compiling again does.
        """
        if not self.request.snapshot.specialize_layouts:
            return None
        return self.lay_out, COPIES_PER_CHARACTER * len(self.built.text)

    def lay_out(self, layouts: tuple[tuple[int, int], ...]) -> Unit | None:
        """Return the unit for arguments whose elements lie so; None: go on copying."""
        if layouts not in self._laid_out:
            self._laid_out[layouts] = self._compile_laid_out(layouts)
        return self._laid_out[layouts]

    def _compile_laid_out(self, layouts: tuple[tuple[int, int], ...]) -> Unit | None:
        from theanolike.cache import open_store
        from theanolike.codegen.toolchain import require_compiler

        snapshot = self.request.snapshot
        try:
            store = open_store(snapshot.cachedir)
            compiler = require_compiler(
                snapshot.cxx, snapshot.gcc.cxxflags, store=store
            )
            path = self.built.lay_out(dict(layouts), store=store, compiler=compiler)
        except (NoCompilerError, OSError):
            return None  # results are right without it
        return None if path is None else Unit(path)

    @property
    def source(self) -> str:
        """The C++ with the user's names and lines."""
        return str(self.built.source)

    @property
    def plan(self) -> str:
        """Loops, passes over memory and buffers."""
        return "\n".join(self.built.plan)

    def fail(
        self,
        code: int,
        site: int,
        values: Sequence[int],
        arrays: Sequence[Any],
        calls: Sequence[tuple[int, Any]] = (),
    ) -> Body:
        """Raise the user's error, or return a specialised body.

        The message is made by computing again, first what the user wrote, then what
        was compiled: so it has the user's op and the shapes of its inputs.
        """
        # Loaded when something fails.
        from theanolike.compile.again import Failure
        from theanolike.compile.replay import answers_of
        from theanolike.compile.sizes import memory_error

        arrays = arrays[: len(self.request.graph.inputs)]
        if code == EMPTY:
            return self._generic_body()
        if code == BROADCAST and values[0] == STANDS_BY:
            return self._with_all_branches()
        if code == BROADCAST:
            return self._specialised(arrays)
        sites, graph = self.built.sites, self.request.graph
        answers = answers_of(calls, self.built.hosts, graph.apply_nodes)
        if code == HOST:
            node, raised = self.built.hosts[site], calls[-1][1]
            failure = Failure(node, code, values, arrays, answers)
            told = failure.of_host(raised, graph, self.request.original())
            if told is raised:
                raise raised
            raise told from raised
        if code == MEMORY or (code == SHAPE and values[0] == TOO_LARGE):
            known = sites[site] if 0 <= site < len(sites) else None
            origins = () if known is None else known.origin
            graphs = graph, self.request.original()
            error = memory_error(origins, graphs, arrays, answers)
            raise error or unit_error(known, code, values)
        if not 0 <= site < len(sites) or sites[site] is None:
            raise unit_error(None, code, values)
        failure = Failure(sites[site], code, values, arrays, answers)
        try:
            failure.raise_as_written(self.request.original())
            failure.raise_as_compiled(graph)
        except TheanolikeError as error:
            # A user sees their call and the message, not how that was found.
            raise error.with_traceback(None) from None
        raise failure.error(graph)

    def _with_all_branches(self) -> Body:
        """Return a body that has the branches which were left out."""
        if self._whole is None:
            whole = Compiled(
                self.request, is_variant=self._is_variant, standing_by=True
            )
            self._whole = inner_function(whole, self.request)
        return self._whole

    def _specialised(self, arrays: Sequence[Any]) -> Body:
        pattern = ones_of(self.request.graph.inputs, arrays)
        if self._is_variant or not self.built.supposes:
            pattern = frozenset()
        if pattern not in self._variants:
            if len(self._variants) == MOST_VARIANTS:
                return self._generic_body()
            if pattern:
                request = self._variant_request(pattern)
                if request is None:
                    return self._variants.setdefault(pattern, self._generic_body())
                variant = Compiled(request, is_variant=True)
            elif self.built.supposes:
                variant = Compiled(self.request, supposing=False)
            else:
                return self._generic_body()
            self._variants[pattern] = inner_function(variant, variant.request)
        return self._variants[pattern]

    def _variant_request(self, pattern: frozenset[tuple[int, int]]) -> Request | None:
        """Return what is asked for arguments with these 1s, if such a graph can be."""
        request = self.request

        def original() -> FunctionGraph:
            return with_ones(request.original(), pattern)

        try:
            graph = original()
            request.rewrite(graph)
        except (IndexError, TypeError, ValueError):
            return None  # ops refuse such types: the call's own error says it better
        return dataclasses.replace(request, original=original, graph=graph)

    def _generic_body(self) -> Interpreter:
        if self._generic is None:
            # Before the rewrites: some of them hold only where extents agree.
            self._generic = interpret(self.request.original(), self.request.n_outputs)
        return self._generic


def interpret(graph: FunctionGraph, n_outputs: int, watch: Any = None) -> Interpreter:
    """Return the interpreter of a graph."""
    return Interpreter(
        graph.inputs, graph.toposort(), graph.outputs, n_outputs=n_outputs, watch=watch
    )


def prepare_runtime(threads: int, library: str) -> None:
    """Tell the runtime its threads and its BLAS, as the configuration is now."""
    wanted = threads or os.cpu_count() or 1
    if _runtime.threads() != wanted:
        _runtime.set_threads(wanted)
    choose_blas(library)


@functools.cache
def choose_blas(library: str) -> None:
    """Tell the runtime its BLAS, once for each of them."""
    if _runtime.blas()["opened"]:
        return
    path, prefix = (library, "") if library else bundled_blas()
    if path:
        _runtime.set_blas(path, prefix)


def bundled_blas() -> tuple[str, str]:
    """Return path and symbol prefix of the scipy-openblas32 wheel, or empty texts."""
    found = importlib.util.find_spec("scipy_openblas32")
    for folder in (found and found.submodule_search_locations) or ():
        for path in sorted(Path(folder, "lib").glob("libscipy_openblas*")):
            return str(path), "scipy_"
    return "", ""


def ones_of(
    inputs: Sequence[Variable], arrays: Sequence[Any]
) -> frozenset[tuple[int, int]]:
    """Return (argument, axis) of the dims that are 1 with types that don't say so."""
    return frozenset(
        (i, axis)
        for i, (variable, array) in enumerate(zip(inputs, arrays, strict=True))
        for axis, known in enumerate(variable.type.shape)  # type: ignore[attr-defined]
        if known is None and np.shape(array)[axis] == 1
    )


def with_ones(
    graph: FunctionGraph, pattern: frozenset[tuple[int, int]]
) -> FunctionGraph:
    """Return `graph` with the dims of `pattern` typed as 1; other types follow."""
    replace: dict[Variable, Variable] = {}
    for i, variable in enumerate(graph.inputs):
        kind: Any = variable.type
        shape = [
            1 if (i, axis) in pattern else dim for axis, dim in enumerate(kind.shape)
        ]
        replace[variable] = TensorType(kind.dtype, shape)(variable.name)
    outputs, _ = clone_graph(graph.outputs, replace)
    return FunctionGraph([replace[v] for v in graph.inputs], outputs, clone=False)


def host_entry(node: Apply) -> tuple[Any, list[Any], list[Any]]:
    """Return what the runtime needs to call back a user's op."""
    from theanolike.compile.replay import perform_recorded

    def call(arrays: list[Any]) -> list[Any]:
        copies = [given(array) for array in arrays]
        try:
            return perform_recorded(node, copies)
        except Exception as error:
            # For the message; it is built where the call is known.
            if not hasattr(error, "inside"):
                error.inside = node, copies  # type: ignore[attr-defined]
            raise

    # A user's op may write to what its destroy_map names, and sees copies there.
    given = np.array if node.op.destroy_map else (lambda array: array)
    return (
        call,
        [tensor_spec(variable.type) for variable in node.inputs],
        [tensor_spec(variable.type) for variable in node.outputs],
    )


def inner_function(executable: Executable, request: Request) -> Any:
    """Return the executable as a function of arrays that updates nothing.

    It gives the outputs and the new values in one list; the runtime takes such a
    function as the body of another.
    """

    def unreachable(*given: Any) -> Any:
        raise AssertionError(f"arguments were checked before, got {given!r}")

    return _runtime.Function(
        companion=executable,
        body=executable.body,
        inputs=[(None, *argument_spec(v.type), None) for v in request.graph.inputs],
        captured=executable.constants,
        outputs=[tensor_spec(v.type) for v in request.graph.outputs],
        updates=[],
        form="list",
        convert=unreachable,
        fail=executable.fail,
        refuse=unreachable,
        release_gil=executable.release_gil,
        host=executable.hosts,
        layouts=executable.layouts,
    )


def python_body(executable: Executable, request: Request) -> Body:
    """Return the executable as a Python body, for those that time or compare bodies."""
    if not isinstance(executable.body, Unit):
        return executable.body
    inner = inner_function(executable, request)
    n_outputs = request.n_outputs

    def body(arrays: list[Any]) -> tuple[list[Any], list[Any]]:
        results = inner(*arrays)
        return results[:n_outputs], results[n_outputs:]

    return body


_warned: list[str] = []


def make_executable(request: Request, *, is_compiled: bool) -> Executable:
    """Return what runs a graph.

    Warns
    -----
    CompilerNotFoundWarning
        Once, when there is no C++ compiler; the function is interpreted.
    """
    if not is_compiled or not is_native(request.graph):
        return Interpreted(request)
    try:
        return Compiled(request)
    except NoCompilerError as error:
        if not _warned:
            _warned.append(str(error))
            level = user_stacklevel()
            warnings.warn(str(error), CompilerNotFoundWarning, stacklevel=level)
        return Interpreted(request)


def is_native(graph: FunctionGraph) -> bool:
    """Tell whether all variables are tensors."""
    return all(
        isinstance(variable.type, TensorType)
        for node in graph.toposort()
        for variable in (*node.inputs, *node.outputs)
    ) and all(isinstance(v.type, TensorType) for v in (*graph.inputs, *graph.outputs))
