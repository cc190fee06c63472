"""From a graph to a compiled unit: lower, schedule, emit, build."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from theanolike.codegen.emit_cxx import Unit, emit_unit
from theanolike.codegen.footprint import Footprint, footprint
from theanolike.codegen.lowering import Builder, lower


@dataclass
class Built:
    """A compiled function body and what binds it to its graph.

    Attributes
    ----------
    path : Path
        The shared library.
    text : str
        The compiled text.
    constants : list of ndarray
        To pass after the arguments.
    sites : list of Apply
        The node that each site number stands for.
    hosts : list
        The callbacks, by number.
    supposes : bool
        Whether another build may serve arguments that this one does not.
    leaves_out : bool
        Whether branches that stand by were left out.
    """

    path: Path
    text: str
    constants: list["np.ndarray[Any, Any]"]
    plan: list[str]
    sites: list[Any]
    hosts: list[Any]
    supposes: bool
    leaves_out: bool
    _graph: tuple[Sequence[Any], Sequence[Any], Sequence[Any]]
    _targets: Sequence[int | None]

    def footprint(self, arguments: Sequence[Any], threads: int = 1) -> Footprint:
        """Return the memory that a call with such arguments takes, without a call.

        Parameters
        ----------
        arguments : sequence of array or tuple of int
            Of the graph's inputs; tuples are shapes.
        threads : int
            How many the pool has.
        """
        b = self._lower()
        unit = emit_unit(b.program, targets=self._targets)

        def line(site: int) -> str:
            return _line(b.sites[site]) if 0 <= site < len(b.sites) else ""

        return footprint(b.program, unit.slots, unit.fresh, arguments, line, threads)

    def _lower(self, layouts: Mapping[int, int] | None = None) -> Builder:
        return lower(
            *self._graph,
            supposing=self.supposes,
            standing_by=not self.leaves_out,
            layouts=layouts,
        )

    def lay_out(
        self, layouts: Mapping[int, int], *, store: Any, compiler: Any
    ) -> Path | None:
        """Compile the graph for arguments that aren't dense.

        Parameters
        ----------
        layouts : mapping of int to int
            What the elements of which argument lie like (`arrangement`).
        store : theanolike.cache.store.Store
        compiler : Compiler

        Returns
        -------
        Path or None
            A library to be called with the same constants; None where it would do no
            better than with copies.

        Raises
        ------
        CompilationError
        """
        from theanolike.codegen.build import build

        b = self._lower(layouts)
        if not b.reads_in_place:
            return None
        # What an argument that isn't dense holds is replaced, not overwritten.
        targets = [None if slot in layouts else slot for slot in self._targets]
        unit = emit_unit(b.program, targets=targets)
        if not _are_same(unit.constants, self.constants):
            return None
        return build(unit.text, store=store, compiler=compiler, kernels=unit.kernels)

    @property
    def source(self) -> str:
        """The same program with the user's names, for reading."""
        b = self._lower()
        return emit_unit(
            b.program, [_line(node) for node in b.sites], self._targets
        ).text


def _are_same(
    first: Sequence["np.ndarray[Any, Any]"], second: Sequence["np.ndarray[Any, Any]"]
) -> bool:
    return len(first) == len(second) and all(
        a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
        for a, b in zip(first, second, strict=True)
    )


def _line(node: Any) -> str:
    """Return the user's line that a node comes from, as `model.py:12`."""
    return ", ".join(f"{Path(o.file).name}:{o.line}" for o in node.origin[:1])


def emit(
    inputs: Sequence[Any],
    nodes: Sequence[Any],
    outputs: Sequence[Any],
    targets: Sequence[int | None] = (),
    *,
    supposing: bool = True,
    standing_by: bool = False,
) -> tuple[Builder, Unit]:
    """Return the lowered program and its text, without compiling."""
    b = lower(inputs, nodes, outputs, supposing=supposing, standing_by=standing_by)
    if b.leaves_out and b.hosts:  # what calls Python isn't to begin again
        b = lower(inputs, nodes, outputs, supposing=supposing, standing_by=True)
    return b, emit_unit(b.program, targets=targets)


def build_unit(  # noqa: PLR0913 - a unit is all this
    inputs: Sequence[Any],
    nodes: Sequence[Any],
    outputs: Sequence[Any],
    *,
    store: Any,
    compiler: Any = None,
    targets: Sequence[int | None] = (),
    supposing: bool = True,
    standing_by: bool = False,
) -> Built:
    """Compile a graph.

    Parameters
    ----------
    inputs : sequence of Variable
        The arguments, then the captured shared variables.
    nodes : sequence of Apply
        In order of dependence.
    outputs : sequence of Variable
        The outputs, then the new values of updated shared variables.
    store : theanolike.cache.store.Store
    compiler : Compiler, optional
    targets : sequence of int or None
        For each update, the argument that holds the old value.
    supposing : bool
        Suppose that slices aren't cut short, and that extents which the arguments'
        shapes make are equal where they meet.
    standing_by : bool
        Compile branches that stand by, which are left out else.

    Raises
    ------
    CompilationError, NoCompilerError
    """
    from theanolike.codegen.build import build

    b, unit = emit(
        inputs, nodes, outputs, targets, supposing=supposing, standing_by=standing_by
    )
    path = build(unit.text, store=store, compiler=compiler, kernels=unit.kernels)
    return Built(
        path,
        unit.text,
        unit.constants,
        unit.plan,
        b.sites,
        b.hosts,
        supposing,
        b.leaves_out,
        (inputs, nodes, outputs),
        targets,
    )
