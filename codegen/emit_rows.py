"""Short rows side by side: each lane of the vectors has a row of its own.

A row of ten elements leaves most of its 32 lanes empty, and folding them costs more
than the elements do. So 8 or 16 rows at a time go through the stages of a nest: a row's
lanes are combined as ever, in an array with the rows innermost. Same bits,
whichever way a row is taken.
"""

from typing import TYPE_CHECKING

from theanolike.codegen.affine import offset
from theanolike.codegen.emit_scalar import bare
from theanolike.codegen.emit_stage import StageWriter
from theanolike.codegen.memory import accumulates
from theanolike.codegen.program import Load, Reduce, Value
from theanolike.codegen.reductions import LANES, Accumulator
from theanolike.codegen.scalars import ARITHMETIC, CTYPE
from theanolike.codegen.schedule.fuse import Stage
from theanolike.codegen.schedule.sharing import may_fail
from theanolike.codegen.schedule.statements import Statement
from theanolike.codegen.shapes import Extent, product

if TYPE_CHECKING:
    from theanolike.codegen.emit_kernel import KernelWriter

MANY, FEW = 16, 8  # rows taken together
# Operations of a row's element for which the text is written twice: anywhere, and in
# loops, whose units are large, where the rows may be long.
DEAREST, CHEAP = 100, 12
NEARLY = 24  # elements of a row that nearly fill its lanes
PARTED = ("2", "3", "4", "8", "16")


def row_depth(kernel: "KernelWriter") -> int | None:
    """Return the loop over rows that may be taken side by side, if there is one."""
    nest, layout = kernel.nest, kernel.loops[0]
    inner = layout.outer or len(layout.extents) - 1
    if kernel.overwritten or inner < 1 or (not layout.outer and len(nest.stages) > 1):
        return None
    if may_fail(nest):  # the first row that fails is told
        return None
    if kernel.sharing != "outer" and (kernel.sharing != "rows" or layout.outer != 1):
        return None
    length, rows = _length(kernel, inner), layout.extents[inner - 1]
    if length is None or not all(_is_plain(kernel, s, inner) for s in nest.statements):
        return None
    kernel.together = together(kernel, rows)
    if isinstance(rows, int) and rows < kernel.together:
        return None
    if isinstance(length, int) and not 1 < length <= _most(kernel, inner):
        return None
    dearest = CHEAP if kernel.in_loop and not isinstance(length, int) else DEAREST
    kept = [v for v in kernel.temporaries if v in kernel.made]
    if (
        sum(s.weight for s in nest.statements) > dearest
        or any(product(v.shape[nest.k :]) != length for v in kept)
        or _is_flagged(kernel)
    ):
        return None
    return inner - 1


def together(kernel: "KernelWriter", rows: "int | Extent") -> int:
    """Return how many rows go side by side: few where they are few, as in loops."""
    uneven = isinstance(rows, int) and rows % MANY
    return FEW if kernel.in_loop or uneven else MANY


def _length(kernel: "KernelWriter", inner: int) -> "int | Extent | None":
    """Return the elements of a row, the same in all stages that have a loop."""
    found: list[int | Extent] = []
    for layout in kernel.loops:
        found += [e for e in layout.extents[inner:] if e not in found]
        if len(layout.extents) > inner + 1:
            return None
    return found[0] if len(found) == 1 else None


def _most(kernel: "KernelWriter", inner: int) -> int:
    """Return how long rows may be: any length where they lie side by side in memory."""
    statements = kernel.nest.statements
    positional = {"argmax", "argmin"}
    if all(
        isinstance(s.node, Reduce) and s.node.kind in positional for s in statements
    ):
        loads = [(s, load) for s in statements for load in s.loads]
        if all(_along(kernel, s, load).get(inner - 1) == 1 for s, load in loads):
            return 2**31 - 1
    apart = {
        (load.source, load.index)
        for s in statements
        for load in (*s.loads, Load(s.value, s.place))
        if load.source not in kernel.made or load.source in kernel.stored
        if {inner - 1, inner} <= {*_along(kernel, s, load)}
    }
    # Rows that nearly fill their lanes are left as they are where several arrays would
    # be read and written by gathers.
    cheap = sum(s.weight for s in statements) <= CHEAP
    return LANES if len(apart) < 2 or not cheap else NEARLY


def _along(
    kernel: "KernelWriter", s: Statement, load: Load
) -> "dict[int, int | Extent]":
    """Return the steps in memory along each loop."""
    layout = kernel.loops[kernel.stage_of[s.value]]
    coefficients = offset(load.index, load.source.shape).coefficients
    return {layout.loop_of[a]: f for a, f in coefficients if a in layout.printed}


def _is_plain(kernel: "KernelWriter", s: Statement, inner: int) -> bool:
    """Tell whether a statement makes a row's elements, or combines them."""
    if s.kind == "map":
        return s.value.ndim > 0
    node = s.node
    if s.kind != "reduce" or accumulates(s) or not isinstance(node, Reduce):
        return False
    layout = kernel.loops[kernel.stage_of[s.value]]
    loops = {layout.loop_of[a] for a in s.reduced}
    if loops == {inner - 1} and len(layout.extents) == inner:
        return True  # what rows make is combined over the rows, in their order
    is_complex = "complex" in s.body.dtype or "complex" in node.accumulator
    return loops == {inner} and not is_complex and s.value.ndim > 0


def _is_flagged(kernel: "KernelWriter") -> bool:
    """Tell whether a primitive has a fast form, which may ask to be done again."""
    if not any(s.kind == "reduce" for s in kernel.nest.statements):
        return True
    before = kernel.stage
    found = False
    for at, stage in enumerate(kernel.nest.stages):
        kernel.stage = at
        found = found or StageWriter(kernel, stage).table.flagged(0)
    kernel.stage = before
    return found


def write_rows(kernel: "KernelWriter", depth: int, first: str, end: str) -> str:
    """Write whole groups of rows; return the name of the first row left."""
    group = f"g{depth}"
    length = bare(kernel.extent(_length(kernel, depth + 1) or 0))
    kernel.emit(f"i64 {group} = {first};")
    most = _most(kernel, depth + 1)
    short = "" if length.isdigit() else f"if ({length} > 0 && {length} <= {most}) "
    rows = kernel.together
    kernel.open(f"{short}for (; {group} + {rows} <= {end}; {group} += {rows})")
    before, registers = kernel.stage, dict(kernel.registers)
    lanes = length if length.isdigit() else str(LANES)
    for value in kernel.temporaries:
        if value in kernel.made and value not in kernel.stored:
            name = kernel.temporary()
            kernel.emit(f"{CTYPE[value.dtype]} {name}[{lanes} * {rows}];")
            kernel.here[value] = name
            kernel.grouped.add(value)
    for at, stage in enumerate(kernel.nest.stages):
        kernel.stage = at
        _Rows(kernel, stage, depth, length).write()
    kernel.close()
    for value in kernel.grouped:
        del kernel.here[value]
    kernel.grouped.clear()
    kernel.stage, kernel.registers = before, registers
    return group


class _Rows(StageWriter):
    """Writes one stage for a group of rows, the rows innermost."""

    def __init__(
        self, kernel: "KernelWriter", stage: Stage, depth: int, length: str
    ) -> None:
        super().__init__(kernel, stage)
        self.depth = depth
        self.length = length
        self.rows = kernel.together
        # Elements of so short rows are loaded together, and parted by permutations.
        cheap = sum(s.weight for s in stage.statements) <= CHEAP
        self.parted = cheap and length in PARTED
        inner = depth + 1
        self.reductions = [
            s
            for s in self.reductions
            if inner in {self.layout.loop_of[a] for a in s.reduced}
        ]

    def write(self) -> None:
        """Write the stage."""
        kernel = self.kernel
        for s in self.reductions:
            kernel.accumulators[s.value] = self._declare(Accumulator.of(s, kernel))
        inside = len(self.layout.extents) > self.depth + 1
        if inside and self.parted:
            self._write_parted()
        elif inside:
            var = f"i{self.depth + 1}"
            kernel.emit(f"for (i64 {var} = 0; {var} < {self.length}; ++{var})")
            self._write_points()
        else:
            for s in self.stage.statements:
                if s.kind == "map":
                    self._name_row(s.value)
            self._write_points()
        for s in self.reductions:
            self._leave(s, kernel.accumulators.pop(s.value))

    def _write_points(self) -> None:
        """Write what one element of each row needs."""
        self._over_rows()
        self.table.bind(len(self.layout.extents), self.kernel.emit, last=True)
        self._statements(0)
        self.kernel.close()

    def _write_parted(self) -> None:
        """Write a row's elements one after another, and combine them at once."""
        kernel = self.kernel
        self._over_rows()
        laned = [kernel.accumulators[s.value] for s in self.reductions]
        laned = [a for a in laned if a.laned and not a.positional]
        for a in laned:
            kernel.emit(f"{ARITHMETIC[a.dtype]} {a.name}_v[{self.length}];")
        kernel.open(f"const auto step = [&](i64 i{self.depth + 1}) TL_STEP")
        self.table.bind(len(self.layout.extents), kernel.emit, last=True)
        self._statements(0)
        kernel.close(";")
        length = int(self.length)
        kernel.emit(" ".join(f"step({k});" for k in range(length)))
        for a in laned:
            v = f"{a.name}_v"
            pairs = [(k, k + w) for w in (16, 8, 4, 2, 1) for k in range(w)]
            folds = [
                f"{v}[{k}] = {bare(a.combine(f'{v}[{k}]', f'{v}[{j}]'))};"
                for k, j in pairs
                if j < length
            ]
            kernel.emit(" ".join([*folds, f"{a.name}[l] = {v}[0];"]))
        kernel.close()

    def _over_rows(self) -> None:
        kernel, row = self.kernel, f"i{self.depth}"
        kernel.open(f"for (i64 l = 0; l < {self.rows}; ++l)")
        kernel.emit(f"const i64 {row} = g{self.depth} + l;")

    def _name_row(self, value: Value) -> None:
        kernel, name = self.kernel, self.kernel.temporary()
        kernel.emit(f"{ARITHMETIC[value.dtype]} {name}[{self.rows}];")
        kernel.registers[value] = f"{name}[l]"

    def _declare(self, a: Accumulator) -> Accumulator:
        kind, name = ARITHMETIC[a.dtype], a.name
        emit = self.kernel.emit
        each = f"for (i64 l = 0; l < {self.rows}; ++l)"
        if a.positional:
            emit(f"{kind} {name}[{self.rows}]; {a.place} {name}_at[{self.rows}];")
            emit(f"{each} {{ {name}[l] = {a.identity()}; {name}_at[l] = 0; }}")
        elif a.laned and not self.parted:
            most = self.length if self.length.isdigit() else str(LANES)
            emit(f"{kind} {name}[{most} * {self.rows}];")
        else:
            start = "" if a.laned else f" {each} {name}[l] = {a.identity()};"
            emit(f"{kind} {name}[{self.rows}];{start}")
        return a

    def _map(self, s: Statement, text: str) -> None:
        kernel = self.kernel
        if len(self.layout.extents) == self.depth + 1:
            register = kernel.registers[s.value]
            kernel.emit(f"{register} = {bare(text)};")
            text = register
        kernel.store(s.value, s.place, text)

    def _accumulate(self, s: Statement, text: str) -> None:
        kernel = self.kernel
        a = kernel.accumulators[s.value]
        if s not in self.reductions:
            kernel.emit(a.push(text))
        elif a.positional:
            place = self._position(s)
            best, at = f"{a.name}[l]", f"{a.name}_at[l]"
            kernel.emit(a.take(bare(text), place, best, at))
        elif a.laned:
            var = f"i{self.depth + 1}"
            own = f"{a.name}_v[{var}]"
            at = own if self.parted else f"{a.name}[{var} * {self.rows} + l]"
            # A sum starts from 0, as in lanes: so -0 becomes 0.
            first = a.combine(a.identity(), text) if a.kind == "add" else text
            kernel.emit(f"{at} = {bare(first)};")
        else:
            at = f"{a.name}[l]"
            kernel.emit(f"{at} = {bare(a.combine(at, text))};")

    def _leave(self, s: Statement, a: Accumulator) -> None:
        kernel, name = self.kernel, a.name
        if a.laned and not a.positional and not self.parted:
            self._fold(a)
        total = f"{name}_at[l]" if a.positional else f"{name}[l]"
        self._name_row(s.value)
        register = kernel.registers[s.value]
        self._over_rows()
        kernel.emit(f"{register} = {kernel.result_text(s, total)};")
        kernel.store(s.value, s.place, register)
        kernel.close()

    def _fold(self, a: Accumulator) -> None:
        """Combine each row's lanes pairwise; those beyond its end are neutral."""
        width = LANES // 2
        while self.length.isdigit() and width >= int(self.length):
            width //= 2
        low, high = (
            f"{a.name}[k * {self.rows} + l]",
            f"{a.name}[(k + w) * {self.rows} + l]",
        )
        both = bare(a.combine(low, high))
        self.kernel.emit(
            f"for (i64 w = {width}; w; w /= 2) "
            f"for (i64 k = 0; k < w && k + w < {self.length}; ++k) "
            f"TL_ROLLED for (i64 l = 0; l < {self.rows}; ++l) {low} = {both};"
        )
