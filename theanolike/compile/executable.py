"""What runs a graph: a compiled unit, or the interpreter where there can be none.

A unit is compiled under the assumption that extents which must agree do, none of them
by broadcasting, and that slices with constant bounds aren't cut short. When a 1 meets
an n at run time the graph is specialised again, with the arguments' dims that are 1
typed so; after that, or for a short slice, it is compiled supposing nothing.
Branches that stand by (`IfElse`) are left out until a call needs one.
"""

import dataclasses
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from theanolike._runtime import Cell, Unit
from theanolike.codegen.extents import TOO_LARGE
from theanolike.codegen.suppose import STANDS_BY
from theanolike.compile.errors import (
    BROADCAST,
    EMPTY,
    HOST,
    MEMORY,
    SHAPE,
    unit_error,
)
from theanolike.compile.interpreter import Interpreter
from theanolike.compile.native import (
    host_entry,
    inner_function,
    prepare_runtime,
)
from theanolike.compile.request import (
    Body,
    Executable,
    LayOut,
    Request,
)
from theanolike.errors import (
    CompilerNotFoundWarning,
    NoCompilerError,
    TheanolikeError,
)
from theanolike.graph.clone import clone_graph
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.origin import user_stacklevel
from theanolike.graph.variable import Variable
from theanolike.types.type import TensorType

MOST_VARIANTS = 8
# Bytes of copies, for each character of a unit, that are worth another compilation.
COPIES_PER_CHARACTER = 250_000
# Elements of all arguments above which a call gives the GIL back.
RELEASE_ABOVE = 20_000


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
