"""A nest as a C++ function: its loops, accumulators, row temporaries and stores."""

from collections.abc import Callable, Mapping

from theanolike.codegen.affine import Affine, offset
from theanolike.codegen.collapse import collapse
from theanolike.codegen.emit_scalar import (
    Context,
    affine_text,
    bare,
    extent_text,
    stored_text,
)
from theanolike.codegen.emit_stage import StageWriter, set_box
from theanolike.codegen.kernel_text import Kernel, Parameter
from theanolike.codegen.literals import can_open, open_name
from theanolike.codegen.memory import accumulates
from theanolike.codegen.names import Names
from theanolike.codegen.program import Effect, Literal, Load, Reduce, Scalar, Value
from theanolike.codegen.reductions import Accumulator
from theanolike.codegen.scalars import ARITHMETIC, CTYPE, loaded
from theanolike.codegen.scalars import cast as cast_text
from theanolike.codegen.schedule.fuse import Nest, same_element
from theanolike.codegen.schedule.statements import Statement
from theanolike.codegen.shapes import Extent, product


class KernelWriter(Context):
    """Writes one nest. `stored` values are in memory, `temporaries` per row.

    While `opens` is set, numbers are parameters (literals.py).
    """

    opens = False

    def __init__(
        self,
        nest: Nest,
        stored: set[Value],
        temporaries: set[Value],
        names: Names,
        overwritten: Mapping[Value, Value] | None = None,
        fresh: str = "",
    ) -> None:
        self.nest = nest
        self.stored = stored
        self.temporaries = temporaries
        self.names = names
        self.overwritten = dict(overwritten or {})  # what may replace an argument
        self.fresh = fresh  # when a scatter writes what it starts from; always if empty
        self.offsets: dict[int, tuple[Load, Affine]] = {}
        self.shared = {v for pair in self.overwritten.items() for v in pair}
        self.made = {s.value: s for s in nest.statements}
        self.stage_of = {
            s.value: at
            for at, stage in enumerate(nest.stages)
            for s in stage.statements
        }
        self.parameters: dict[tuple[str, object], Parameter] = {}
        self.spelled: dict[tuple[str, object], str] = {}
        self.lines: list[str] = []
        self.indent = 1
        self.primitives: set[tuple[str, str]] = set()
        self.may_fail = False
        self.registers: dict[Value, str] = {}
        self.stage = 0
        self.loops = collapse(nest, self._row_offset)
        self.accumulators: dict[Value, Accumulator] = {}
        self.spanning: dict[int, list[Statement]] = {}
        self.sharing = "none"
        self.copying = False  # what a scatter starts from is being written
        self.partials: list[tuple[str, str]] = []
        self.after: list[str] = []
        self.last_remark = ""
        self.here: dict[Value, str] = {}  # a piece's own accumulators in memory

    # Text helpers.

    def emit(self, line: str) -> None:
        """Append a line at the current indentation."""
        self.lines.append("  " * self.indent + line)

    def open(self, line: str) -> None:
        """Append a line that opens a block."""
        self.emit(f"{line} {{" if line else "{")
        self.indent += 1

    def close(self, after: str = "") -> None:
        """Close a block."""
        self.indent -= 1
        self.emit("}" + after)

    def temporary(self, value: Value | None = None) -> str:
        return self.names.fresh("t", value.label if value is not None else "")

    def primitive(self, name: str, dtype: str) -> None:
        self.primitives.add((name, dtype))

    def remark(self, value: Value | None, emit: Callable[[str], None]) -> None:
        if value is None or not self.names.remarks:
            return
        s = self.made[value]
        lines = dict.fromkeys(self.names.remarks[site] for site in s.sites if site >= 0)
        text = ", ".join(line for line in lines if line)
        if text and text != self.last_remark:
            emit(f"// {text}")
            self.last_remark = text

    # Parameters.

    def pointer(self, value: Value, *, write: bool) -> str:
        """Return the name of the pointer to a value's memory."""
        if value in self.here:
            return self.here[value]
        kind = "write" if value in self.made else "read"
        key = ("memory", value)
        if key not in self.parameters:
            row = value in self.temporaries and value not in self.stored
            name = self.names(key, "p", value.label)
            const = "" if kind == "write" else "const "
            alone = "" if value in self.shared else "__restrict "
            text = f"{const}{CTYPE[value.dtype]}* {alone}{name}"
            self.parameters[key] = Parameter(text, "row" if row else kind, value)
            self.spelled[key] = name
        return self.spelled[key]

    def literal(self, scalar: Literal, use: object) -> str:
        if not self.opens or not can_open(scalar):
            return super().literal(scalar, use)
        key = ("literal", use)
        if key not in self.parameters:
            name = self.names(key, "k")
            self.spelled[key], self.parameters[key] = open_name(name, scalar)
        return self.spelled[key]

    def scalar_parameter(self, value: Value) -> str:
        """Return the name of a 0-d value passed by value."""
        key = ("scalar", value)
        if key not in self.parameters:
            name = self.names(key, "s", value.label)
            kind = ARITHMETIC[value.dtype]
            self.parameters[key] = Parameter(f"{kind} {name}", "scalar", value)
            self.spelled[key] = name
        return self.spelled[key]

    def result_parameter(self, value: Value) -> str:
        """Return the name of the pointer through which a 0-d result leaves."""
        key = ("result", value)
        if key not in self.parameters:
            name = self.names(key, "r", value.label)
            kind = ARITHMETIC[value.dtype]
            self.parameters[key] = Parameter(f"{kind}* {name}", "result", value)
            self.spelled[key] = name
        return self.spelled[key]

    def extent(self, extent: int | Extent) -> str:
        if isinstance(extent, int):
            return str(extent) if abs(extent) < 2**31 else f"{extent}LL"
        if extent.op in ("dim", "item"):
            key = ("extent", extent)
            if key not in self.parameters:
                name = self.names(key, "n")
                self.parameters[key] = Parameter(f"i64 {name}", "extent", extent)
                self.spelled[key] = name
            return self.spelled[key]
        return extent_text(extent, self.extent)

    def where_fresh(self) -> str:
        """Return the name of what says that a scatter writes what it starts from."""
        name = self.names("fresh", "fresh")
        self.parameters["fresh", None] = Parameter(f"bool {name}", "fresh", self.fresh)
        return name

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
        return loaded(f"{name}[{index}]", load.dtype)

    def check(self, site: int, index: str, extent: str) -> str:
        self.may_fail = True
        return f"tl_at(c, {self.site(site)}, {bare(index)}, {bare(extent)})"

    def site(self, site: int) -> str:
        """Return the name of a site number, which equal kernels take as an argument."""
        key = ("site", site)
        if key not in self.parameters:
            name = self.names(key, "q")
            self.parameters[key] = Parameter(f"i32 {name}", "site", site)
            self.spelled[key] = name
        return self.spelled[key]

    # The nest.

    def write(self) -> Kernel:
        """Write the whole kernel."""
        nest = self.nest
        self.spanning = self._spanning()
        self.sharing = self._sharing()
        memory = [s for s in nest.statements if accumulates(s)]
        if self.sharing == "rows":
            self._open_pieces(memory)
        else:
            for s in memory:
                self._clear(s, self.pointer(s.value, write=True))
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
            self._close_pieces(memory)
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
            self._row_work() if self.sharing == "rows" else "",
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
        boxed = self._boxed()
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

    def _sharing(self) -> str:
        """Say how the nest is divided among threads (kernel_text.py)."""
        nest, layout = self.nest, self.loops[0]
        statements = nest.statements
        fails = any(s.node.effect is not Effect.TOTAL for s in statements)
        if not fails and self._boxed() is not None:
            return "outer"
        if fails or not layout.extents or any(s.kind == "scatter" for s in statements):
            return "none"
        memory = [s for s in statements if accumulates(s)]
        if layout.outer:
            if not self.spanning.get(0) and not memory:
                return "outer"
            positional = {"argmax", "argmin"}
            kinds = {s.node.kind for s in statements if isinstance(s.node, Reduce)}
            whole = all(0 in s.reduced for s in memory) and not kinds & positional
            return "rows" if whole else "none"
        if len(nest.stages) > 1:
            return "none"
        last = len(layout.extents) - 1
        reduced = [{layout.loop_of[a] for a in s.reduced} for s in statements]
        if memory:
            # An element of a map is written by the one thread that has its column.
            free = [
                s.kind == "map" and last in {layout.loop_of[a] for a in range(rank)}
                for s in statements
                for rank in [len(s.domain)]
            ]
            whole = len(memory) + sum(free) == len(statements) and last > 0
            return "inner" if whole and not any(last in r for r in reduced) else "none"
        if not any(0 in r for r in reduced):
            return "outer"
        kinds = {s.node.kind for s in statements if isinstance(s.node, Reduce)}
        return "none" if last or kinds & {"argmax", "argmin"} else "blocks"

    def _boxed(self) -> Statement | None:
        """Return the nest's only statement if it sets a box of what it starts from.

        What is copied and what is set don't meet: both can be divided.
        """
        s = self.nest.statements[0]
        if len(self.nest.statements) > 1 or s.base is None or self.nest_loops:
            return None
        if not s.domain:
            return None
        return s if set_box(s) is not None else None

    def open_loop(self, depth: int, extent: int | Extent) -> None:
        """Open the loop at `depth`, over the thread's piece if it is divided."""
        var = f"i{depth}"
        first, end = self.bounds(depth, extent)
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
        boxed = self._boxed() if self.sharing == "outer" else None
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

    def _clear(self, s: Statement, name: str) -> None:
        """Set the memory of an accumulated reduction to the identity."""
        size = self.extent(product(s.value.shape))
        identity = Accumulator.of(s, self).identity()
        stored = stored_text(identity, s.value.dtype)
        self.emit(f"for (i64 i = 0; i < {bare(size)}; ++i) {name}[i] = {stored};")

    def _open_pieces(self, memory: list[Statement]) -> None:
        """Begin the loop over pieces of rows, each with accumulators of its own."""
        rows = bare(self.extent(self.loops[0].extents[0]))
        self.emit(f"const i64 length = tl_rows({rows}, {self._row_work()});")
        self.open("for (i64 piece = begin; piece < end; ++piece)")
        self.emit("const i64 low = piece * length;")
        self.emit(f"const i64 high = tl_min(low + length, {rows});")
        for s in memory:
            whole = self.pointer(s.value, write=True)
            size = self.extent(product(s.value.shape))
            kind = CTYPE[s.value.dtype]
            self.emit(f"{kind}* {whole}_here = {whole}_part + piece * {size};")
            self._clear(s, f"{whole}_here")
            self.here[s.value] = f"{whole}_here"

    def _close_pieces(self, memory: list[Statement]) -> None:
        """Leave each piece's results, and combine them in order."""
        for s in self.spanning.get(0, []):
            self.leave_partial(s)
        self.close()
        body, self.lines = self.lines, self.after
        indent, self.indent = self.indent, 1
        for s in memory:
            del self.here[s.value]
            whole = self.pointer(s.value, write=True)
            self.parameters["part", s.value] = Parameter(
                f"{CTYPE[s.value.dtype]}* {whole}_space", "part", s.value
            )
            size = bare(self.extent(product(s.value.shape)))
            old = loaded(f"{whole}[i]", s.value.dtype)
            part = loaded(f"{whole}_part[piece * ({size}) + i]", s.value.dtype)
            new = stored_text(
                bare(Accumulator.of(s, self).combine(old, part)), s.value.dtype
            )
            first = f"for (i64 i = 0; i < {size}; ++i) {whole}[i] = "
            self.open("if (pieces > 1)")
            self.emit(f"{first}{whole}_part[i];")
            self.open("for (i64 piece = 1; piece < pieces; ++piece)")
            self.emit(f"{first}{new};")
            self.close()
            self.close()
        self.lines, self.indent = body, indent

    def leave_partial(self, s: Statement) -> None:
        """Store a piece's result, and combine those of all pieces afterwards."""
        accumulator = self.accumulators.pop(s.value)
        name = f"{accumulator.name}_part"
        self.partials.append((ARITHMETIC[accumulator.dtype], name))
        self.emit(f"{name}[piece] = {bare(accumulator.total_text())};")
        body, self.lines = self.lines, self.after
        indent, self.indent = self.indent, 1
        self.emit(accumulator.declare_total())
        self.emit(f"for (i64 i = 0; i < pieces; ++i) {accumulator.push(f'{name}[i]')}")
        self.leave(s, accumulator.total_text())
        self.lines, self.indent = body, indent

    def _row_work(self) -> str:
        """Return the elements visited per step of the outermost loop."""
        domain = max((s.domain for s in self.nest.statements), key=len)
        rest = product(
            e for a, e in enumerate(domain) if self.loops[0].loop_of.get(a) != 0
        )
        return bare(self.extent(rest))

    def _spanning(self) -> dict[int, list[Statement]]:
        """Return the register reductions that span outer loops, by their first one."""
        found: dict[int, list[Statement]] = {}
        layout = self.loops[0]
        for s in self.nest.statements:
            if s.kind != "reduce" or accumulates(s):
                continue
            first = layout.loop_of_outer(min(s.reduced), self.nest.k)
            if first is not None:
                found.setdefault(first, []).append(s)
        return found

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
        node = s.node
        if not isinstance(node, Reduce):
            raise AssertionError("only reductions finish")
        kind = "int64" if node.kind in ("argmax", "argmin") else node.accumulator
        text = text if kind == value.dtype else cast_text(text, kind, value.dtype)
        register = self.temporary()
        self.emit(f"const {ARITHMETIC[value.dtype]} {register} = {bare(text)};")
        self.registers[value] = register
        self.store(value, s.place, register)

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
        index = affine_text(self, where, [])
        self.emit(f"{name}[{index}] = {stored_text(bare(text), value.dtype)};")
