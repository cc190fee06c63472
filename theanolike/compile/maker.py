"""From a program to a callable: rewrite its graph, build it, bind it to storage."""

import copy
import time
from collections.abc import Mapping, Sequence
from typing import Any

from theanolike import _runtime
from theanolike.compile import debug_values
from theanolike.compile.companion import Companion
from theanolike.compile.errors import bodies, calls_python, with_inner
from theanolike.compile.inputs import In, default_container
from theanolike.compile.mode import Mode
from theanolike.compile.native import python_body
from theanolike.compile.rebuild import Program
from theanolike.compile.request import Executable, Request, argument_spec, tensor_spec
from theanolike.compile.stats import ProfileStats, timed
from theanolike.config import config
from theanolike.graph.apply import Apply
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.traverse import toposort
from theanolike.graph.variable import Variable
from theanolike.types.shared import Container, SharedVariable

__all__ = ["FunctionMaker"]


class FunctionMaker:
    """A program ready to run; functions that differ in storage only share one.

    Parameters
    ----------
    program : Program
    mode : Mode
    name : str
    profile : ProfileStats, optional
    accept_inplace : bool
        Allow ops that overwrite their inputs; they get copies.

    Attributes
    ----------
    fgraph : FunctionGraph
        The rewritten graph: its inputs are the function's, then the shared variables;
        its outputs the function's, then the new values.
    report : object
        What the rewrites say they did.
    executable : Executable
    """

    def __init__(
        self,
        program: Program,
        mode: Mode,
        name: str,
        profile: ProfileStats | None = None,
        *,
        accept_inplace: bool = False,
    ) -> None:
        self.program = program
        self.mode = mode
        self.name = name
        self.profile = profile
        self.accept_inplace = accept_inplace
        self.snapshot = config.snapshot()
        begin = time.perf_counter()
        mark_user_ops(program.results)
        self.fgraph = program.graph()
        if not accept_inplace:
            refuse_inplace(self.fgraph)
        self.report = self.rewrite(self.fgraph)
        rewritten = time.perf_counter()
        self.request = self._request()
        self.executable: Executable = mode.build(self.request)
        if profile is not None:
            profile.optimizer_time += rewritten - begin
            profile.linker_time += time.perf_counter() - rewritten
            profile.compile_time += time.perf_counter() - begin
            if self.snapshot.profile_optimizer and self.report is not None:
                profile.optimizer_profile.append(self.report)

    def rewrite(self, graph: FunctionGraph) -> Any:
        """Rewrite a graph as the mode says."""
        with debug_values.paused():
            return self.mode.optimize(graph, self.snapshot)

    def _request(self) -> Request:
        return Request(
            self.program.graph,
            self.fgraph,
            len(self.program.outputs.items),
            self.rewrite,
            self.snapshot,
            None if self.profile is None else self.profile.watch,
            self.program.targets,
        )

    def with_profile(self, profile: ProfileStats | None) -> "FunctionMaker":
        """Return a maker of the same functions that counts elsewhere."""
        twin = copy.copy(self)
        twin.profile = profile
        twin.request = twin._request()  # noqa: SLF001 - of this class
        if not self.mode.is_compiled:
            twin.executable = self.mode.build(twin.request)
        return twin

    @property
    def linker(self) -> str:
        """Theano's name of what executes the graph."""
        return self.mode.linker

    @property
    def inputs(self) -> list[In]:
        """The inputs, the shared variables among them as implicit ones."""
        implicit = [
            In(variable, value=variable.container, implicit=True, shared=True)
            for variable in self.program.shared
        ]
        return [*self.program.inputs, *implicit]

    @property
    def outputs(self) -> list[Any]:
        """The outputs, as `Out`."""
        return list(self.program.outputs.items)

    def create(
        self,
        input_storage: Sequence[Container | None] | None = None,
        swap: Mapping[SharedVariable, SharedVariable] | None = None,
        trustme: bool = False,
        name: str | None = None,
    ) -> Any:
        """Return a callable.

        Parameters
        ----------
        input_storage : sequence of Container or None, optional
            Where the inputs' defaults live; new containers by default.
        swap : mapping, optional
            Shared variables to use instead of others.
        trustme : bool
            Kept for programs that pass it.
        name : str, optional
        """
        program = self.program
        swap = dict(swap or {})
        places = (
            [default_container(item) for item in program.inputs]
            if input_storage is None
            else list(input_storage)
        )
        companion = Companion(self, places, swap, name or self.name)
        cells = [swap.get(v, v).container.cell for v in program.shared]
        function = _runtime.Function(
            companion=companion,
            body=self._body(),
            inputs=companion.argument_specs(),
            captured=[
                (cell, *argument_spec(v.type))
                for cell, v in zip(cells, program.shared, strict=True)
            ]
            + ([] if self.profile else self.executable.constants),
            outputs=[tensor_spec(out.variable.type) for out in self.outputs],
            updates=self._updates(places, swap),
            form=program.outputs.form,
            convert=companion.convert,
            fail=self.executable.fail,
            refuse=companion.refuse,
            release_gil=self.executable.release_gil,
            host=self.executable.hosts,
            layouts=None if self.profile else self.executable.layouts,
        )
        companion.bind(function)
        return function

    def _body(self) -> Any:
        if self.profile is None:
            return self.executable.body
        return timed(python_body(self.executable, self.request), self.profile)

    def _updates(
        self,
        places: Sequence[Container | None],
        swap: Mapping[SharedVariable, SharedVariable],
    ) -> list[tuple[Any, int, int]]:
        updates = []
        for item, place in zip(self.program.inputs, places, strict=True):
            if item.update is not None:
                if place is None:
                    raise ValueError(
                        f"The input {item.variable} has an update, so it needs a value "
                        "to start from; pass In(..., value=...)."
                    )
                updates.append((place.cell, *tensor_spec(item.variable.type)))
        updates.extend(
            (swap.get(target, target).container.cell, *tensor_spec(target.type))
            for target in self.program.updates
        )
        return updates


def mark_user_ops(outputs: Sequence[Variable]) -> None:
    """Give each node of a user's op a tag, which copies of the node share."""
    nodes = toposort(outputs)
    holding = (node for node in nodes if bodies(node))
    for node in (*filter(calls_python, nodes), *with_inner(holding)):
        if calls_python(node):
            _ = node.tag


def refuse_inplace(graph: FunctionGraph) -> None:
    """Raise TypeError when an op of the user's graph overwrites its inputs."""
    found: list[Apply] = [n for n in graph.toposort() if n.op.destroy_map]
    if found:
        raise TypeError("Graph must not contain inplace operations", graph, found)
