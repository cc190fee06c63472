"""A nest as a C++ function: its loops, accumulators, row temporaries and stores."""

from theanolike.codegen.affine import Affine, offset
from theanolike.codegen.collapse import collapse
from theanolike.codegen.emit_scalar import FLAG, Context, Table, affine_text, bare
from theanolike.codegen.kernel_text import Kernel, Parameter
from theanolike.codegen.memory import accumulates
from theanolike.codegen.names import Names
from theanolike.codegen.program import Effect, Load, Reduce, Scalar, Value
from theanolike.codegen.reductions import BLOCK, LANES, Accumulator
from theanolike.codegen.scalars import ARITHMETIC, CTYPE, loaded, stored
from theanolike.codegen.scalars import cast as cast_text
from theanolike.codegen.schedule.fuse import Nest, Stage, same_element
from theanolike.codegen.schedule.statements import Statement
from theanolike.codegen.shapes import Extent, mul, product


class KernelWriter(Context):
    """Writes one nest. `stored` values are in memory, `temporaries` per row."""

    def __init__(
        self,
        nest: Nest,
        stored: set[Value],
        temporaries: set[Value],
        names: Names,
    ) -> None:
        self.nest = nest
        self.stored = stored
        self.temporaries = temporaries
        self.names = names
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
        self.locals = 0
        self.stage = 0
        self.loops = collapse(nest, self._row_offset)
        self.accumulators: dict[Value, Accumulator] = {}
        self.spanning: dict[int, list[Statement]] = {}
        self.sharing = "none"
        self.partials: list[tuple[str, str]] = []
        self.after: list[str] = []
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
        self.locals += 1
        label = value.label if value is not None else ""
        return self.names(("local", id(self), self.locals), "t", label)

    def primitive(self, name: str, dtype: str) -> None:
        self.primitives.add((name, dtype))

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
            text = f"{const}{CTYPE[value.dtype]}* __restrict {name}"
            self.parameters[key] = Parameter(text, "row" if row else kind, value)
            self.spelled[key] = name
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
        source = load.source
        if source in self.temporaries and source not in self.stored:
            k = self.nest.k
            return offset(load.index[k:], source.shape[k:])
        return offset(load.index, source.shape)

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
        return f"tl_at(c, {site}, {bare(index)}, {bare(extent)})"

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
            whole = len(memory) == len(statements) and last > 0
            return "inner" if whole and not any(last in r for r in reduced) else "none"
        if not any(0 in r for r in reduced):
            return "outer"
        kinds = {s.node.kind for s in statements if isinstance(s.node, Reduce)}
        return "none" if last or kinds & {"argmax", "argmin"} else "blocks"

    def open_loop(self, depth: int, extent: int | Extent) -> None:
        """Open the loop at `depth`, over the thread's piece if it is divided."""
        var = f"i{depth}"
        first, end = self.bounds(depth, extent)
        self.open(f"for (i64 {var} = {first}; {var} < {end}; ++{var})")

    def bounds(self, depth: int, extent: int | Extent) -> tuple[str, str]:
        """Return the first and the end index of the loop at `depth`."""
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


class StageWriter:
    """Writes one stage: its loops inside the outer ones."""

    def __init__(self, kernel: KernelWriter, stage: Stage) -> None:
        self.kernel = kernel
        self.stage = stage
        self.layout = kernel.loops[kernel.stage]
        self.table = Table(kernel)
        self.roots = {s.value: self.table.add(s.body) for s in stage.statements}
        for value, item in self.roots.items():
            item.uses += 1 if value.ndim else 2  # a 0-d value gets a name
            item.value = item.value or value
        self.places = {
            s.value: self.table.add(Load(s.value, s.place))
            for s in stage.statements
            if s.kind == "scatter"
        }
        self.reductions = [s for s in stage.statements if s.kind == "reduce"]

    def write(self) -> None:
        """Write the stage."""
        kernel = self.kernel
        for s in self.stage.statements:
            if s.base is not None:
                self._base(s.base)
        self._level(kernel.nest_loops)

    def _base(self, base: Statement) -> None:
        """Write what a scatter starts from."""
        kernel = self.kernel
        table = Table(kernel)
        item = table.add(base.body)
        item.uses += 1
        layout = kernel.loops[kernel.stage]
        kernel.loops[kernel.stage] = layout.plain(base.domain)
        for depth, extent in enumerate(base.domain):
            table.bind(depth, kernel.emit, last=False)
            kernel.open_loop(depth, extent)
        table.bind(len(base.domain), kernel.emit, last=True)
        kernel.store(base.value, base.place, table.text(item))
        for _ in base.domain:
            kernel.close()
        kernel.loops[kernel.stage] = layout

    def _starts(self, s: Statement) -> int:
        """Return the loop at which a register reduction's reduced loops begin."""
        loops = [self.layout.loop_of[axis] for axis in s.reduced]
        first = len(self.layout.extents)
        while first - 1 in loops:
            first -= 1
        return max(first, self.kernel.nest_loops)

    def _level(self, depth: int) -> None:
        kernel = self.kernel
        inner = len(self.layout.extents)
        if depth == inner:
            self._innermost()
            return
        self.table.bind(depth, kernel.emit, last=False)
        if kernel.sharing == "blocks":
            self._blocks()
            return
        if kernel.sharing == "inner" and depth == inner - 2 and self._unrolls(depth):
            self._unrolled(depth)
            return
        here = [s for s in self.reductions if self._starts(s) == depth]
        for s in here:
            accumulator = Accumulator.of(s, kernel)
            kernel.accumulators.setdefault(s.value, accumulator)
            if not self._spans(s):
                kernel.emit(kernel.accumulators[s.value].declare_total())
        laned = [s for s in self.reductions if self._starts(s) <= depth]
        if depth == inner - 1 and laned:
            self._lanes(
                depth, laned, "0", bare(kernel.extent(self.layout.extents[depth]))
            )
        else:
            self._loop(depth)
        for s in here:
            if not self._spans(s):
                self._finish(s)

    def _loop(self, depth: int) -> None:
        """Write a plain loop; the innermost one in blocks if it has fast forms."""
        kernel = self.kernel
        innermost = depth == len(self.layout.extents) - 1
        if innermost and self._has_fast(depth + 1):
            self._fast_loop(depth)
            return
        kernel.open_loop(depth, self.layout.extents[depth])
        self._level(depth + 1)
        kernel.close()

    def _has_fast(self, depth: int) -> bool:
        """Tell whether the point's work has fast forms and may be done again."""
        again = not any(
            accumulates(s) or s.kind == "scatter" for s in self.stage.statements
        )
        positional = any(a.positional for a in self.kernel.accumulators.values())
        return again and not positional and self.table.flagged(depth)

    def _fast_loop(self, depth: int) -> None:
        """Write a loop in blocks: fast forms, and again exactly where they flag."""
        kernel = self.kernel
        var, block, end = (f"{letter}{depth}" for letter in "ibe")
        first, last = kernel.bounds(depth, self.layout.extents[depth])
        kernel.open(f"for (i64 {block} = {first}; {block} < {last}; {block} += {REDO})")
        kernel.emit(f"const i64 {end} = tl_min({block} + {REDO}, {last});")
        kernel.emit(f"i64 {FLAG} = 0;")
        kernel.fast = True
        kernel.open(f"for (i64 {var} = {block}; {var} < {end}; ++{var})")
        self._innermost()
        kernel.close()
        kernel.fast = False
        kernel.open(f"if ({FLAG}) for (i64 {var} = {block}; {var} < {end}; ++{var})")
        self._innermost()
        kernel.close()
        kernel.close()

    def _blocks(self) -> None:
        """Write a whole reduction as partial results of pieces."""
        kernel = self.kernel
        extent = bare(kernel.extent(self.layout.extents[0]))
        kernel.emit(f"const i64 length = tl_piece({extent});")
        kernel.open("for (i64 piece = begin; piece < end; ++piece)")
        kernel.emit("const i64 low = piece * length;")
        kernel.emit(f"const i64 high = tl_min(low + length, {extent});")
        for s in self.reductions:
            kernel.accumulators[s.value] = Accumulator.of(s, kernel)
            kernel.emit(kernel.accumulators[s.value].declare_total())
        self._lanes(0, self.reductions, "low", "high")
        for s in self.reductions:
            kernel.leave_partial(s)
        kernel.close()

    def _unrolls(self, depth: int) -> bool:
        """Tell whether the loop above the innermost one is reduced by every statement."""
        return all(
            depth in {self.layout.loop_of[a] for a in s.reduced}
            for s in self.reductions
        )

    def _unrolled(self, depth: int) -> None:
        """Accumulate several rows at a time, so that memory is visited less often."""
        kernel = self.kernel
        outer, inner = f"i{depth}", f"i{depth + 1}"
        extent = bare(kernel.extent(self.layout.extents[depth]))
        names = [f"a{k}" for k in range(len(self.reductions))]
        kinds = [CTYPE[s.value.dtype] for s in self.reductions]
        places = [self._place(s) for s in self.reductions]
        refs = "".join(f", {t}& {n}" for t, n in zip(kinds, names, strict=True))
        kernel.open(f"const auto step = [&](i64 {outer}, i64 {inner}{refs}) TL_STEP")
        self.table.bind(depth + 2, kernel.emit, last=True)
        for s, name in zip(self.reductions, names, strict=True):
            text = self._as_accumulator(s, self.table.text(self.roots[s.value]))
            old = loaded(name, s.value.dtype)
            new = Accumulator.of(s, kernel).combine(old, text)
            kernel.emit(f"{name} = {stored_text(bare(new), s.value.dtype)};")
        kernel.close(";")
        kernel.emit(f"i64 {outer} = 0;")
        for width in (UNROLL, 1):
            kernel.open(f"for (; {outer} + {width} <= {extent}; {outer} += {width})")
            kernel.open_loop(depth + 1, self.layout.extents[depth + 1])
            for kind, name, place in zip(kinds, names, places, strict=True):
                kernel.emit(f"{kind} {name} = {place};")
            for k in range(width):
                row = f"{outer} + {k}" if k else outer
                kernel.emit(f"step({row}, {inner}, {', '.join(names)});")
            for name, place in zip(names, places, strict=True):
                kernel.emit(f"{place} = {name};")
            kernel.close()
            kernel.close()

    def _place(self, s: Statement) -> str:
        """Return the element of memory that a reduction accumulates into."""
        name = self.kernel.pointer(s.value, write=True)
        where = self.kernel.where(Load(s.value, s.place))
        return f"{name}[{affine_text(self.kernel, where, [])}]"

    def _spans(self, s: Statement) -> bool:
        """Tell whether a reduction's register is declared outside of the stage."""
        if accumulates(s):
            return False
        outer = self.layout.loop_of_outer(min(s.reduced), self.kernel.nest.k)
        return outer is not None

    def _finish(self, s: Statement) -> None:
        kernel = self.kernel
        total = kernel.accumulators.pop(s.value).total_text()
        if accumulates(s):
            self._combine_memory(s, total)
        else:
            kernel.leave(s, total)

    def _combine_memory(self, s: Statement, text: str) -> None:
        kernel = self.kernel
        element = self._place(s)
        old = loaded(element, s.value.dtype)
        new = Accumulator.of(s, kernel).combine(old, text)
        kernel.emit(f"{element} = {stored_text(new, s.value.dtype)};")

    def _lanes(self, depth: int, laned: list[Statement], low: str, high: str) -> None:
        """Write the innermost loop of register reductions, in lanes and blocks."""
        kernel = self.kernel
        accumulators = [kernel.accumulators[s.value] for s in laned]
        var, block, end, at = (f"{letter}{depth}" for letter in "ibej")
        if all(not a.laned for a in accumulators):
            kernel.open(f"for (i64 {var} = {low}; {var} < {high}; ++{var})")
            self._innermost()
            kernel.close()
            return
        kernel.open(f"for (i64 {block} = {low}; {block} < {high}; {block} += {BLOCK})")
        kernel.emit(f"const i64 {end} = tl_min({block} + {BLOCK}, {high});")
        for a in accumulators:
            if a.laned:
                kernel.emit(a.declare_lanes(LANES))
        fast = self._has_fast(depth + 1)
        if fast:
            kernel.emit(f"i64 {FLAG} = 0;")
            kernel.fast = True
        self._lane_loops(depth)
        if fast:
            kernel.fast = False
            kernel.open(f"if ({FLAG})")
            for a in accumulators:
                if a.laned:
                    kernel.emit(a.clear_lanes(LANES))
            self._lane_loops(depth)
            kernel.close()
        for a in accumulators:
            if a.laned:
                kernel.emit(a.fold_lanes(LANES))
        kernel.close()

    def _lane_loops(self, depth: int) -> None:
        """Write the loops over one block, lane by lane."""
        kernel = self.kernel
        var, block, end, at = (f"{letter}{depth}" for letter in "ibej")
        kernel.open("")
        kernel.open(f"const auto step = [&](i64 {var}, i64 l) TL_STEP")
        self._innermost()
        kernel.close(";")
        kernel.emit(f"i64 {at} = {block};")
        kernel.open(f"for (; {at} + {LANES} <= {end}; {at} += {LANES})")
        kernel.emit(f"for (i64 l = 0; l < {LANES}; ++l) step({at} + l, l);")
        kernel.close()
        kernel.emit(f"for (i64 l = 0; {at} < {end}; ++{at}, ++l) step({at}, l);")
        kernel.close()

    def _innermost(self) -> None:
        """Write the statements of one point of the domain."""
        kernel = self.kernel
        depth = len(self.layout.extents)
        bound = self.table.bind(depth, kernel.emit, last=True)
        self._statements(depth)
        if depth > kernel.nest_loops:
            for item in bound:
                item.name = ""  # the point may be printed again

    def _statements(self, depth: int) -> None:
        for s in self.stage.statements:
            text = self.table.text(self.roots[s.value])
            if s.kind == "scatter":
                self._scatter(s, text)
            elif s.kind == "map":
                self._map(s, text)
            elif accumulates(s) and self._starts(s) >= depth:
                self._combine_memory(s, self._as_accumulator(s, text))
            else:
                self._accumulate(s, self._as_accumulator(s, text))

    def _as_accumulator(self, s: Statement, text: str) -> str:
        node = s.node
        if not isinstance(node, Reduce):
            raise AssertionError("a reduction's node is a Reduce")
        own = s.body.dtype
        arg = node.kind in ("argmax", "argmin")
        return (
            text
            if arg or own == node.accumulator
            else cast_text(text, own, node.accumulator)
        )

    def _map(self, s: Statement, text: str) -> None:
        kernel = self.kernel
        value = s.value
        item = self.roots[value]
        register = item.name or text
        if not self.layout.extents[kernel.nest_loops :] and value.ndim:
            kernel.registers.setdefault(value, register)
        if value.ndim == 0:
            kernel.registers[value] = register
        kernel.store(value, s.place, register)

    def _accumulate(self, s: Statement, text: str) -> None:
        kernel = self.kernel
        accumulator = kernel.accumulators[s.value]
        if accumulator.positional:
            kernel.emit(accumulator.visit(bare(text), self._position(s)))
        elif accumulator.laned and len(self.layout.extents) > kernel.nest_loops:
            kernel.emit(accumulator.visit_lane(text))
        else:
            kernel.emit(accumulator.push(text))

    def _position(self, s: Statement) -> str:
        """Return the row-major index within the reduced axes."""
        terms: Affine = Affine((), 0)
        step: int | Extent = 1
        for axis in reversed(s.reduced):
            terms = terms.plus(Affine(((axis, step),), 0))
            step = mul(step, s.domain[axis])
        kept = tuple((a, f) for a, f in terms.coefficients if a in self.layout.printed)
        return affine_text(self.kernel, Affine(kept, 0), [])

    def _scatter(self, s: Statement, text: str) -> None:
        kernel = self.kernel
        name = kernel.pointer(s.value, write=True)
        element = f"{name}[{self.table.index_text(self.places[s.value])}]"
        if s.node.kind == "add":  # type: ignore[union-attr]
            old = loaded(element, s.value.dtype)
            text = Accumulator.adder(s.value.dtype, kernel).combine(old, text)
        kernel.emit(f"{element} = {stored_text(bare(text), s.value.dtype)};")


UNROLL = 4  # rows accumulated together
REDO = 1024  # elements computed again when a fast form flags one of them


def stored_text(text: str, dtype: str) -> str:
    """Return an arithmetic value as its stored type."""
    return text if dtype not in ("bool", "float16") else stored(f"({text})", dtype)


def extent_text(extent: Extent, spell: "object") -> str:
    """Return a compound extent as C++, its leaves spelled by `spell`."""
    args = [spell(a) for a in extent.args]  # type: ignore[operator]
    op = extent.op
    if op in ("add", "sub", "mul"):
        sign = {"add": "+", "sub": "-", "mul": "*"}[op]
        return f"({args[0]} {sign} {args[1]})"
    if op == "where_negative":
        return f"({args[0]} < 0 ? {args[1]} : {args[2]})"
    return f"tl_{op}({args[0]}, {args[1]})"
