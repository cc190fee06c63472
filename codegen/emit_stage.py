"""One stage of a nest: its loops, in lanes, in blocks or unrolled, and each point."""

from dataclasses import replace
from typing import TYPE_CHECKING

from theanolike.codegen.affine import Affine
from theanolike.codegen.boxes import Box
from theanolike.codegen.emit_pieces import leave_partial
from theanolike.codegen.emit_scalar import FLAG, Table, affine_text, bare, stored_text
from theanolike.codegen.memory import accumulates
from theanolike.codegen.program import Load, Reduce
from theanolike.codegen.reductions import BLOCK, LANES, Accumulator
from theanolike.codegen.scalars import CTYPE, loaded
from theanolike.codegen.scalars import cast as cast_text
from theanolike.codegen.schedule.fuse import Stage
from theanolike.codegen.schedule.sharing import set_box
from theanolike.codegen.schedule.statements import Statement
from theanolike.codegen.segments import Cut, segments, within
from theanolike.codegen.shapes import Extent, mul

if TYPE_CHECKING:
    from theanolike.codegen.emit_kernel import KernelWriter

UNROLL, CHEAP = 4, 12  # rows accumulated together, and up to what cost of an element
REDO = 1024  # elements computed again when a fast form flags one of them


class StageWriter:
    """Writes one stage: its loops inside the outer ones."""

    def __init__(self, kernel: "KernelWriter", stage: Stage) -> None:
        self.kernel = kernel
        self.stage = stage
        self.layout = kernel.loops[kernel.stage]
        self.table = Table(kernel)
        self.roots = {s.value: self.table.add(s.body) for s in stage.statements}
        for value, item in self.roots.items():
            # A 0-d value gets a name, and what is read before memory is overwritten.
            item.uses += 2 if kernel.overwritten or not value.ndim else 1
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
                self._base(s.base, set_box(s))
        self._level(kernel.nest_loops)

    def _base(self, base: Statement, box: Box | None) -> None:
        """Write what a scatter starts from, but for the box that it sets anyway."""
        kernel = self.kernel
        layout = kernel.loops[kernel.stage]
        kernel.loops[kernel.stage] = layout.plain(base.domain)
        kernel.copying = True
        condition = self._when_apart(base)
        if condition:
            kernel.open(f"if ({condition})")
        table = Table(kernel)
        item = table.add(base.body)
        item.uses += 1
        last = len(base.domain) - 1
        for depth, extent in enumerate(base.domain):
            table.bind(depth, kernel.emit, last=False)
            if box is not None and depth == last:
                self._open_around(depth, extent, box)
            else:
                kernel.open_loop(depth, extent)
        table.bind(len(base.domain), kernel.emit, last=True)
        kernel.store(base.value, base.place, table.text(item))
        for _ in (*base.domain, *([] if box is None else [box])):
            kernel.close()
        if condition:
            kernel.close()
        kernel.loops[kernel.stage] = layout
        kernel.copying = False

    def _when_apart(self, base: Statement) -> str:
        """Return when memory doesn't hold what a scatter starts from, as text."""
        kernel = self.kernel
        if kernel.fresh:
            return kernel.where_fresh()
        load = base.body
        if not isinstance(load, Load) or load.source not in kernel.overwritten:
            return ""
        old = kernel.pointer(load.source, write=False)
        return f"{old} != {kernel.pointer(base.value, write=True)}"

    def _open_around(self, depth: int, extent: "int | Extent", box: Box) -> None:
        """Open two runs over the innermost axis: before the box, and after it."""
        kernel = self.kernel
        text = kernel.extent
        sides = [(text(first), text(end)) for first, end in box]
        inside = [f"i{k} >= {a} && i{k} < {z}" for k, (a, z) in enumerate(sides[:-1])]
        n, (first, end) = text(extent), sides[-1]
        condition = " && ".join(inside) or "true"
        kernel.emit(f"const bool inside = {condition};")
        kernel.emit(f"const i64 low = inside ? {first} : {n};")
        kernel.emit(f"const i64 high = inside ? {end} : {n};")
        var = f"i{depth}"
        kernel.open("for (i32 after = 0; after < 2; ++after)")
        kernel.open(
            f"for (i64 {var} = after ? high : 0, stop = after ? {bare(n)} : low; "
            f"{var} < stop; ++{var})"
        )

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
        cuts = self._cuts(depth) if innermost else []
        if cuts:
            self._in_segments(depth, cuts)
            return
        kernel.open_loop(depth, self.layout.extents[depth])
        self._level(depth + 1)
        kernel.close()

    def _cuts(self, depth: int) -> list[Cut]:
        """Return where guards change along the loop, if only maps are in it."""
        axes = [a for a, loop in self.layout.loop_of.items() if loop == depth]
        statements = self.stage.statements
        if len(axes) != 1 or any(s.kind != "map" for s in statements):
            return []
        return segments([s.body for s in statements], axes[0])

    def _in_segments(self, depth: int, cuts: list[Cut]) -> None:
        """Write a loop as several, each with what its guards leave."""
        kernel = self.kernel
        (axis,) = (a for a, loop in self.layout.loop_of.items() if loop == depth)
        extent, made = self.layout.extents[depth], kernel.made
        first, last = kernel.bounds(depth, extent)
        var = f"i{depth}"
        for low, high in zip([0, *cuts], [*cuts, None], strict=True):
            if isinstance(extent, int) and isinstance(low, int) and low >= extent:
                break
            statements = [
                replace(s, body=within(s.body, axis, low, high))
                for s in self.stage.statements
            ]
            kernel.made = made | {s.value: s for s in statements}
            least = bare(kernel.extent(low))
            plain = first == "0" and isinstance(low, int)
            start = least if plain else f"tl_max({first}, {least})"
            most = last if high is None else bare(kernel.extent(high))
            end = last if high is None else f"tl_min({last}, {most})"
            inside = StageWriter(kernel, Stage(self.stage.domain, statements))
            kernel.open("")
            inside.table.bind(depth, kernel.emit, last=False)
            kernel.independent(depth)
            kernel.open(f"for (i64 {var} = {start}; {var} < {end}; ++{var})")
            inside._level(depth + 1)
            kernel.close()
            kernel.close()
        kernel.made = made

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
        kernel.independent(depth)
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
            leave_partial(kernel, s)
        kernel.close()

    def _unrolls(self, depth: int) -> bool:
        """Tell whether every statement reduces the loop above the innermost one."""
        return len(self.reductions) == len(self.stage.statements) and all(
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
        # Rows of costly elements one by one are as fast, and compiled in a third of the
        # time.
        is_cheap = sum(s.weight for s in self.reductions) <= CHEAP
        for width in (UNROLL, 1) if is_cheap else (1,):
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
            if self._starts(s) > kernel.nest_loops:
                del kernel.registers[s.value]  # other stages are outside of its loop

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
        var, block, end = (f"{letter}{depth}" for letter in "ibe")
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
        self._fold_lanes(depth, laned)
        kernel.close()

    def _fold_lanes(self, depth: int, laned: list[Statement]) -> None:
        """Combine the lanes of each reduction, and put them into its total."""
        kernel = self.kernel
        var, block = (f"{letter}{depth}" for letter in "ib")
        for s in laned:
            a = kernel.accumulators[s.value]
            if a.positional:
                kernel.emit(a.fold_places(LANES, var, block, self._position(s)))
            elif a.laned:
                kernel.emit(a.fold_lanes(LANES))

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
        rest = f"TL_SCALAR; step({at}, l);"
        kernel.emit(f"for (i64 l = 0; {at} < {end}; ++{at}, ++l) {{ {rest} }}")
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
            if s.value.ndim or s.kind != "map":
                self.kernel.remark(s.value)
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
        last = len(self.layout.extents) - 1
        if accumulator.laned and last >= kernel.nest_loops:
            place = f"i{last} - b{last}"
            kernel.emit(accumulator.visit_lane(text, place))
        elif accumulator.positional:
            kernel.emit(accumulator.visit(bare(text), self._position(s)))
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
