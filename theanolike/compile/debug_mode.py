"""DebugMode: each call is computed four ways, and the first difference is named.

By the interpreter on the graph as written, by the interpreter on the rewritten graph,
by C++ with each intermediate value an output, and as in the default mode.
"""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from theanolike.compile.errors import describe
from theanolike.compile.executable import Compiled, make_executable
from theanolike.compile.interpreter import Interpreter, Thunk
from theanolike.compile.mode import Mode, register_maker
from theanolike.compile.native import python_body
from theanolike.compile.request import Executable, Request
from theanolike.config import config
from theanolike.errors import TheanolikeError
from theanolike.graph.apply import Apply
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.variable import Variable
from theanolike.ops.declare import NativeOp
from theanolike.types.type import TensorType

__all__ = [
    "BadDestroyMap",
    "BadOptimization",
    "BadThunkOutput",
    "BadViewMap",
    "DebugMode",
    "DebugModeError",
    "InvalidValueError",
    "StochasticOrder",
]


class DebugModeError(TheanolikeError):
    """What DebugMode found."""


class BadThunkOutput(DebugModeError):  # noqa: N818 - Theano's name
    """The C++ of a node and its `perform` disagree."""


class BadOptimization(DebugModeError):  # noqa: N818 - Theano's name
    """A rewrite changed a value."""


class BadDestroyMap(DebugModeError):  # noqa: N818 - Theano's name
    """A node changed an input that its `destroy_map` doesn't name."""


class BadViewMap(DebugModeError):  # noqa: N818 - Theano's name
    """A node's output shares memory that its `view_map` doesn't name."""


class StochasticOrder(DebugModeError):  # noqa: N818 - Theano's name
    """The rewrites came out differently a second time."""


class InvalidValueError(DebugModeError):
    """A node computed what its output's type doesn't hold, or NaN or inf."""


class DebugMode(Mode):
    """Compute each call several ways and compare.

    Parameters
    ----------
    optimizer : str
    stability_patience : int, optional
        No effect: rewrites are deterministic.
    check_c_code, check_py_code, check_isfinite : bool, optional
        What to check; the defaults are those of `config.DebugMode`.
    check_preallocated_output, require_matching_strides : object, optional
        No effect: values have one layout.
    linker : str, optional
    """

    def __init__(  # noqa: PLR0913, PLR0917 - Theano's signature
        self,
        optimizer: Any = "fast_run",
        stability_patience: int | None = None,
        check_c_code: bool | None = None,
        check_py_code: bool | None = None,
        check_isfinite: bool | None = None,
        check_preallocated_output: Any = None,
        require_matching_strides: Any = None,
        linker: Any = None,
    ) -> None:
        super().__init__(linker, optimizer)
        flags = config.DebugMode
        self.check_c_code = flags.check_c if check_c_code is None else check_c_code
        self.check_py_code = flags.check_py if check_py_code is None else check_py_code
        self.check_isfinite = (
            flags.check_finite if check_isfinite is None else check_isfinite
        )

    def build(self, request: Request) -> Executable:
        """Return what runs and checks a graph."""
        return Debugged(self, request)


register_maker("DebugMode", DebugMode)


class Debugged:
    """The executable of DebugMode; see the module."""

    release_gil = False
    layouts = None

    def __init__(self, mode: DebugMode, request: Request) -> None:
        self.mode = mode
        self.request = request
        self.default = make_executable(request, is_compiled=mode.is_compiled)
        self.constants: list[Any] = []
        self.hosts: list[Any] = []
        self.fail = self.default.fail
        self._default_body = python_body(self.default, request)
        self._values: dict[Variable, Any] = {}
        self.original = request.original()
        self._as_written = _interpreter(self.original, self._check_node)
        self._rewritten = _interpreter(request.graph, self._record)
        self._unfused_nodes = request.graph.toposort()
        self._unfused = self._compile_unfused()

    @property
    def source(self) -> str:
        """The C++ of the default mode."""
        return self.default.source

    @property
    def plan(self) -> str:
        """The plan of the default mode."""
        return self.default.plan

    def _compile_unfused(self) -> Any:
        compiled = isinstance(self.default, Compiled) and bool(self._unfused_nodes)
        if not self.mode.check_c_code or not compiled:
            return None
        outputs = [output for node in self._unfused_nodes for output in node.outputs]
        whole = FunctionGraph(self.request.graph.inputs, outputs)
        request = Request(
            whole.clone, whole, len(outputs), _keep, self.request.snapshot
        )
        return python_body(Compiled(request), request)

    def body(self, arrays: list[Any]) -> tuple[list[Any], list[Any]]:
        """Compute all ways, compare, return what the default mode computes."""
        rewritten: list[Any] = []
        if self.mode.check_py_code:
            expected = self._as_written.compute(arrays)
            self._values = {}
            rewritten = self._rewritten.compute(arrays)
            self._compare_rewritten(expected, rewritten)
            self._compare_unfused(arrays)
            self._values = {}
        outputs, updates = self._default_body(arrays)
        results = [*outputs, *updates]
        for variable, a, b in zip(
            self.request.graph.outputs, rewritten, results, strict=False
        ):
            if not _agree(variable, a, b):
                raise BadThunkOutput(_told("The fused C++", variable, a, b))
        return outputs, updates

    def _check_node(self, _: int, node: Apply, thunk: Thunk) -> None:
        """Run a node of the graph as written; look at what it did to its inputs."""
        is_ours = isinstance(node.op, NativeOp)
        before = [] if is_ours else [np.array(cell[0]) for cell in thunk.inputs]
        thunk()
        destroyed = set(itertools.chain(*node.op.destroy_map.values()))
        for i, (old, cell) in enumerate(zip(before, thunk.inputs, strict=False)):
            if i not in destroyed and not _same(old, cell[0]):
                raise BadDestroyMap(
                    f"{node.op} changed its input {i} ({node.inputs[i]}), which its "
                    f"destroy_map {node.op.destroy_map} doesn't name."
                )
        self._check_finite(node, thunk)

    def _check_finite(self, node: Apply, thunk: Thunk) -> None:
        for output, cell in zip(node.outputs, thunk.outputs, strict=True):
            if (
                self.mode.check_isfinite
                and isinstance(output.type, TensorType)
                and not np.isfinite(cell[0]).all()
            ):
                shapes = [np.shape(c[0]) for c in thunk.inputs]
                raise InvalidValueError(
                    describe(
                        node,
                        f"InvalidValueError: output {output.index} isn't finite",
                        shapes,
                        "DebugMode(check_isfinite=False) allows NaN and inf.",
                    )
                )

    def _record(self, _: int, node: Apply, thunk: Thunk) -> None:
        thunk()
        for output, cell in zip(node.outputs, thunk.outputs, strict=True):
            self._values[output] = cell[0]

    def _compare_rewritten(
        self, expected: Sequence[Any], rewritten: Sequence[Any]
    ) -> None:
        for variable, a, b in zip(
            self.original.outputs, expected, rewritten, strict=True
        ):
            if not _agree(variable, a, b):
                raise BadOptimization(_told("The rewritten graph", variable, a, b))

    def _compare_unfused(self, arrays: list[Any]) -> None:
        if self._unfused is None:
            return
        computed = iter(self._unfused(arrays)[0])
        for node in self._unfused_nodes:
            for output in node.outputs:
                expected, got = self._values[output], next(computed)
                if not _agree(output, expected, got):
                    raise BadThunkOutput(_told("The C++", output, expected, got))


def _keep(_: FunctionGraph) -> None:
    """Rewrite nothing."""


def _interpreter(graph: FunctionGraph, watch: Any) -> Interpreter:
    return Interpreter(graph.inputs, graph.toposort(), graph.outputs, watch=watch)


def _agree(variable: Variable, a: Any, b: Any) -> bool:
    return variable.type.values_eq_approx(a, b)


def _same(a: Any, b: Any) -> bool:
    b = np.asarray(b)
    if a.dtype != b.dtype:
        return False
    return np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")


def _told(what: str, variable: Variable, expected: Any, got: Any) -> str:
    lead = f"{what} computes another value of {variable}: {got!r}, not {expected!r}"
    node = variable.owner
    if node is None:
        return lead
    return describe(
        node, lead, [None] * len(node.inputs), "Please report it with the graph."
    )
