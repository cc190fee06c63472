"""A nest as a C++ function: its loops, accumulators, row temporaries and stores."""

from collections.abc import Mapping

from theanolike.codegen.affine import Affine, offset
from theanolike.codegen.collapse import collapse
from theanolike.codegen.emit_pieces import clear, close_pieces, open_pieces, row_work
from theanolike.codegen.emit_rows import row_depth, write_rows
from theanolike.codegen.emit_scalar import (
    affine_text,
    bare,
    stored_text,
)
from theanolike.codegen.emit_stage import StageWriter
from theanolike.codegen.kernel_parameters import ParameterWriter
from theanolike.codegen.kernel_text import Kernel
from theanolike.codegen.memory import accumulates
from theanolike.codegen.names import Names
from theanolike.codegen.program import Load, Reduce, Scalar, Value
from theanolike.codegen.reductions import Accumulator
from theanolike.codegen.scalars import ARITHMETIC, loaded
from theanolike.codegen.scalars import cast as cast_text
from theanolike.codegen.schedule.fuse import Nest, same_element
from theanolike.codegen.schedule.sharing import (
    may_fail,
    only_box,
    set_box,
    sharing_of,
    spanning,
)
from theanolike.codegen.schedule.statements import Statement
from theanolike.codegen.shapes import Extent, product


class KernelWriter(ParameterWriter):
    """Writes one nest. `stored` values are in memory, `temporaries` per row."""

    in_loop = False  # whether it is a part of a loop's step
    # Whether it looks elements up of what another step or nest of the loop made: they
    # would go from core to core one by one, which takes longer than all the work.
    looks_up_fresh = False

    def __init__(
        self,
        nest: Nest,
        stored: set[Value],
        temporaries: set[Value],
        names: Names,
        overwritten: Mapping[Value, Value] | None = None,
        fresh: str = "",
    ) -> None:
        self.overwritten = dict(overwritten or {})  # what may replace an argument
        super().__init__(
            {s.value: s for s in nest.statements},
            stored,
            temporaries,
            {v for pair in self.overwritten.items() for v in pair},
            names,
        )
        self.nest = nest
        self.fresh = fresh
        self.offsets: dict[int, tuple[Load, Affine]] = {}
        self.stage_of = {
            s.value: at
            for at, stage in enumerate(nest.stages)
            for s in stage.statements
        }
        self.may_fail = False
        self.registers: dict[Value, str] = {}
        self.stage = 0
        self.loops = collapse(nest, self._row_offset)
        self.spanning = spanning(nest, self.loops[0])
        self.accumulators: dict[Value, Accumulator] = {}
        self.sharing = "none"
        self.row_depth: int | None = None  # the loop over rows taken side by side
        self.together = 0  # how many these are at a time
        self.grouped: set[Value] = set()  # row temporaries of a group of rows
        self.copying = False  # what a scatter starts from is being written
        self.partials: list[tuple[str, str]] = []
        self.after: list[str] = []

    # What scalars ask for.

    def loop_of(self, axis: int) -> int:
        return self.loops[self.stage].loop_of[axis]

    def axis(self, axis: int) -> str:
        return f"i{self.loop_of(axis)}"

    def where(self, load: Load) -> Affine:
        """Return the offset of an element in its memory or its row temporary."""
        found = self._row_offset(load)
        layout = self.loops[self.stage]
        kept = tuple((a, f) for a, f in found.coefficients if a in layout.printed)
        return Affine(kept, found.constant, found.rest)

    def _row_offset(self, load: Load) -> Affine:
        known = self.offsets.get(id(load))
        if known is None:
            source = load.source
            row = source in self.temporaries and source not in self.stored
            k = self.nest.k if row else 0
            found = offset(load.index[k:], source.shape[k:])
            known = self.offsets[id(load)] = (load, found)  # keeps `load`, so its id
        return known[1]

    def replaced(self, load: Load) -> Scalar | None:
        """Return the body of a value that the same stage makes at this point."""
        producer = self.made.get(load.source)
        if producer is None or self.stage_of[load.source] != self.stage:
            return None
        reader_domain = self.nest.stages[self.stage].statements[0]
        if producer.kind != "map" or not same_element(
            producer, reader_domain, load.index
        ):
            return None
        return producer.body

    def depth(self, load: Load) -> int:
        return self.nest_loops if load.source in self.made else 0

    @property
    def nest_loops(self) -> int:
        """The number of outer loops after collapsing."""
        return self.loops[0].outer

    def held(self, load: Load) -> str | None:
        source = load.source
        if source in self.registers:
            return self.registers[source]
        if source.ndim == 0 and source not in self.made:
            return self.scalar_parameter(source)
        return None

    def load(self, load: Load, index: str) -> str:
        name = self.pointer(load.source, write=False)
        return loaded(f"{name}[{self.in_group(load.source, index)}]", load.dtype)

    def in_group(self, value: Value, index: str) -> str:
        """Return where an element of a row is, the same of each row side by side."""
        if value not in self.grouped:
            return index
        inside = index if index.isalnum() else f"({index})"
        return f"{inside} * {self.together} + l"

    def check(self, site: int, index: str, extent: str) -> str:
        self.may_fail = True
        return f"tl_at(c, {self.site(site)}, {bare(index)}, {bare(extent)})"

    # The nest.

    def write(self) -> Kernel:
        """Write the whole kernel."""
        nest = self.nest
        self.sharing = sharing_of(nest, self.loops[0])
        if (self.overwritten or self.looks_up_fresh) and may_fail(nest):
            self.sharing = "none"  # what is overwritten can't be looked at again
        self.row_depth = row_depth(self)
        memory = [s for s in nest.statements if accumulates(s)]
        if self.sharing == "rows":
            open_pieces(self, memory)
        else:
            for s in memory:
                clear(self, s, self.pointer(s.value, write=True))
        before: list[str] = []
        if self.sharing not in ("none", "rows"):
            before, self.lines = self.lines, []
        layout = self.loops[0]
        for depth in range(layout.outer):
            self._declare(self.spanning.get(depth, []))
            self.open_loop(depth, layout.extents[depth])
        for at, stage in enumerate(nest.stages):
            self.stage = at
            StageWriter(self, stage).write()
        for depth in reversed(range(layout.outer)):
            self.close()
            if self.sharing != "rows" or depth:
                self._finish(self.spanning.get(depth, []))
        if self.sharing == "rows":
            close_pieces(self, memory)
        divided, work, rows = self._sizes()
        return Kernel(
            tuple(self.parameters.values()),
            tuple(before),
            tuple(self.lines),
            tuple(self.after),
            tuple(self.partials),
            self.sharing,
            divided,
            work,
            rows,
            row_work(self) if self.sharing == "rows" else "",
            self.may_fail,
            frozenset(self.primitives),
        )

    def _sizes(self) -> tuple[str, str, str]:
        """Return the texts of what is divided, the work, and the longest row."""
        if self.sharing == "none":
            return "", "", ""
        extents = self.loops[0].extents
        divided = self.extent(extents[-1 if self.sharing == "inner" else 0])
        domain = max((s.domain for s in self.nest.statements), key=len)
        boxed = only_box(self.nest, self.loops[0])
        if boxed is not None:
            domain = boxed.value.shape
            divided = self.extent(domain[0])
        work = self.extent(product(domain))
        rows = [
            self.extent(product(v.shape[self.nest.k :]))
            for v in self.temporaries
            if v in self.made and v not in self.stored
        ]
        longest = rows[0] if rows else ""
        for row in rows[1:]:
            longest = longest if row == longest else f"tl_max({longest}, {row})"
        return bare(divided), bare(work), longest

    def open_loop(self, depth: int, extent: int | Extent) -> None:
        """Open the loop at `depth`, over the thread's piece if it is divided."""
        var = f"i{depth}"
        first, end = self.bounds(depth, extent)
        if depth == self.row_depth:
            first = write_rows(self, depth, first, end)
        self.independent(depth)
        self.open(f"for (i64 {var} = {first}; {var} < {end}; ++{var})")

    def independent(self, depth: int) -> None:
        """Say that the innermost loop's steps don't meet, whatever the pointers."""
        innermost = depth == len(self.loops[self.stage].extents) - 1
        scatters = (s for s in self.nest.statements if s.kind == "scatter")
        apart = all(set_box(s) is not None for s in scatters)
        if self.overwritten and innermost and apart and not self.copying:
            self.emit("TL_INDEPENDENT")

    def bounds(self, depth: int, extent: int | Extent) -> tuple[str, str]:
        """Return the first and the end index of the loop at `depth`."""
        boxed = only_box(self.nest, self.loops[0]) if self.sharing == "outer" else None
        if boxed is not None and not self.copying:
            n = bare(self.extent(extent))
            whole = bare(self.extent(boxed.value.shape[0]))
            end = f"(end == {whole} ? {n} : tl_min(end, {n}))"
            return (f"tl_min(begin, {n})", end) if depth == 0 else ("0", n)
        last = len(self.loops[self.stage].extents) - 1
        divided = (self.sharing == "outer" and depth == 0) or (
            self.sharing == "inner" and depth == last
        )
        if self.sharing == "rows" and depth == 0:
            return "low", "high"
        return ("begin", "end") if divided else ("0", bare(self.extent(extent)))

    def _declare(self, statements: list[Statement]) -> None:
        for s in statements:
            accumulator = Accumulator.of(s, self)
            self.accumulators[s.value] = accumulator
            self.emit(accumulator.declare_total())

    def _finish(self, statements: list[Statement]) -> None:
        for s in statements:
            self.leave(s, self.accumulators[s.value].total_text())

    def leave(self, s: Statement, text: str) -> None:
        """Put a finished reduction where its readers look for it."""
        value = s.value
        register = self.temporary()
        text = self.result_text(s, text)
        self.emit(f"const {ARITHMETIC[value.dtype]} {register} = {text};")
        self.registers[value] = register
        self.store(value, s.place, register)

    def result_text(self, s: Statement, text: str) -> str:
        """Return a finished reduction in its value's type."""
        node = s.node
        if not isinstance(node, Reduce):
            raise AssertionError("only reductions finish")
        kind = "int64" if node.kind in ("argmax", "argmin") else node.accumulator
        own = s.value.dtype
        return bare(text if kind == own else cast_text(text, kind, own))

    def leave_scalar(self, value: Value, text: str) -> None:
        """Hand a 0-d result to the caller."""
        self.emit(f"*{self.result_parameter(value)} = {bare(text)};")

    def store(self, value: Value, place: tuple[Scalar, ...], text: str) -> None:
        """Write an element to memory, a row temporary or a 0-d result."""
        if value.ndim == 0:
            self.leave_scalar(value, text)
            return
        if value not in self.stored and value not in self.temporaries:
            return
        name = self.pointer(value, write=True)
        where = self.where(Load(value, place))
        if where.rest:
            raise AssertionError("a result's place is affine")
        index = self.in_group(value, affine_text(self, where, []))
        self.emit(f"{name}[{index}] = {stored_text(bare(text), value.dtype)};")
