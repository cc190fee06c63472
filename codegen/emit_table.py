"""The top level of a large program: a table of steps walked by a small loop.

A straight line of thousands of calls takes a C++ compiler minutes, a table none. Every
step is a function `(c, m, n, a)` of the memory pointers `m`, the extents `n`, and its
own row `a` of indices into them; equal steps share it.
"""

from typing import TYPE_CHECKING

import numpy as np

from theanolike.codegen.emit_island import emit_island
from theanolike.codegen.emit_level import Level, element
from theanolike.codegen.in_place import Target, index_check
from theanolike.codegen.kernel_text import Parameter
from theanolike.codegen.libraries import GEMM
from theanolike.codegen.memory import Slot, offset_in_root, root
from theanolike.codegen.printing import describe_nest
from theanolike.codegen.program import (
    Data,
    Input,
    Library,
    Literal,
    Node,
    Program,
    Require,
    Reshape,
    Value,
)
from theanolike.codegen.scalars import ARITHMETIC, CTYPE, loaded
from theanolike.codegen.schedule.fuse import Nest
from theanolike.codegen.shapes import Extent, add

if TYPE_CHECKING:
    from theanolike.codegen.emit_cxx import UnitWriter

CELL = 16  # bytes of a 0-d value
_HEAD = "(tl_call* c, void** m, i64* n, const u32* a)"
_OPERATIONS = {
    "add": "n[a[1]] + n[a[2]]",
    "sub": "n[a[1]] - n[a[2]]",
    "mul": "n[a[1]] * n[a[2]]",
    "floordiv": "tl_floordiv(n[a[1]], n[a[2]])",
    "mod": "tl_mod(n[a[1]], n[a[2]])",
    "max": "tl_max(n[a[1]], n[a[2]])",
    "min": "tl_min(n[a[1]], n[a[2]])",
    "where_negative": "n[a[1]] < 0 ? n[a[2]] : n[a[3]]",
    "dim": "c->inputs[a[1]].shape[a[2]]",
    "item": "*(const i64*)m[a[1]]",
    "constant": "(i64)((u64)a[1] | (u64)a[2] << 32)",
}


class TableLevel(Level):
    """Writes the steps of a program as rows of a table."""

    def __init__(self, unit: "UnitWriter", program: Program) -> None:
        super().__init__(unit, program, indent=1)
        self.rows: list[int] = []
        self.functions: dict[str, int] = {}
        self.text: list[str] = []
        self.pointers: dict[object, int] = {}
        self.extents: dict[int | Extent, int] = {}
        self.opened: set[object] = set()
        self.cells = 0
        self.islands = 0
        self.late: list[int] = []  # rows that run at commit
        self.last: tuple[str, tuple[int, ...]] = ("", ())  # the latest row
        self.sizes = (0, 0)  # bytes of the pointers, and of the extents
        self.owned: set[Value] = set()  # with memory that their step chose

    # Rows.

    def row(self, name: str, body: str, *args: int) -> None:
        """Append a step: the function `name`, defined by `body` at first use."""
        self.rows += [self.function(name, body), len(args), *args]
        self.last = name, args

    def function(self, name: str, body: str) -> int:
        """Return the number of a step's function, defining it at first use."""
        if name not in self.functions:
            self.functions[name] = len(self.functions)
            self.text.append(f"static i32 {name}{_HEAD} {{ {body} }}")
        return self.functions[name]

    def index(self, key: object) -> int:
        """Return the place of a pointer in `m`."""
        return self.pointers.setdefault(key, len(self.pointers))

    def extent_index(self, extent: int | Extent) -> int:
        """Return the place of an extent in `n`, computing it first."""
        if extent not in self.extents:
            args = self._extent_args(extent)
            place = self.extents[extent] = len(self.extents)
            op = extent.op if isinstance(extent, Extent) else "constant"
            self.row(
                f"extent_{op}", f"n[a[0]] = {_OPERATIONS[op]}; return 0;", place, *args
            )
        return self.extents[extent]

    def _extent_args(self, extent: int | Extent) -> list[int]:
        if not isinstance(extent, Extent):
            return [extent & 0xFFFFFFFF, extent >> 32 & 0xFFFFFFFF]
        if extent.op == "dim":
            return [extent.args[0].node.slot, extent.args[1]]
        if extent.op == "item":
            return [self.cell(extent.args[0])]
        return [self.extent_index(arg) for arg in extent.args]

    # Memory.

    def declare_inputs(self) -> None:
        for value in self.program.inputs:
            self.index(value)
            self.opened.add(value)

    def constant_index(self, value: Value) -> int:
        """Return the place of a constant array, passed after the arguments."""
        node = value.node
        if not isinstance(node, Data):
            raise AssertionError("only Data is constant")
        at = self.index(value)
        if value not in self.opened:
            self.opened.add(value)
            slot = len(self.program.inputs) + len(self.unit.constants)
            self.unit.constants.append(np.asarray(node.array))
            self.row(
                "open_constant", "m[a[0]] = c->inputs[a[1]].data; return 0;", at, slot
            )
        return at

    def memory_index(self, value: Value) -> int:
        """Return the place of the pointer to a value's memory."""
        owner = root(value)
        shift = 0 if value is owner else offset_in_root(value)
        if shift != 0:
            return self._shifted(value, owner, shift)
        if isinstance(owner.node, Data):
            return self.constant_index(owner)
        if owner in self.owned:
            return self.index(owner)
        if owner.ndim == 0:
            return self._stored_cell(owner)
        if owner in self.output_of:
            return self._open(owner, self.output_of[owner])
        if isinstance(owner.node, Input):
            return self.index(owner)
        return self.slot_index(self.storage.slot_of[owner])

    def own(self, value: Value) -> int:
        """Return the place of the pointer that a value's step will leave there."""
        self.owned.add(value)
        return self.index(value)

    def _shifted(self, value: Value, owner: Value, shift: int | Extent) -> int:
        """Return the place of the pointer to a part of a value's memory."""
        at = self.index(value)
        if value not in self.opened:
            self.opened.add(value)
            kind = CTYPE[value.dtype]
            self.row(
                f"shift_{value.dtype}",
                f"m[a[0]] = ({kind}*)m[a[1]] + n[a[2]]; return 0;",
                at,
                self.memory_index(owner),
                self.extent_index(shift),
            )
        return at

    def slot_index(self, slot: Slot) -> int:
        """Return the place of a slot of the workspace, taking it at first use."""
        at = self.index(slot)
        if slot not in self.opened:
            self.opened.add(slot)
            self.unit.taken.append(slot)
            self.row(
                "take",
                "m[a[0]] = c->table->workspace(c, n[a[1]]); "
                "return m[a[0]] ? 0 : tl_fail(c, TL_MEMORY, -1, n[a[1]], 0, 0);",
                at,
                self.extent_index(slot.size),
            )
        return at

    def _open(self, owner: Value, k: int) -> int:
        at = self.index(owner)
        if owner not in self.opened:
            self.opened.add(owner)
            shape = self.program.outputs[k].shape
            dims = [self.extent_index(e) for e in shape]
            fill = " ".join(f"n[a[{d + 2}]]," for d in range(len(dims)))
            self.row(
                f"open_output_{len(dims)}",
                f"const i64 shape[] = {{{fill} 0}}; "
                "m[a[0]] = c->table->output(c, (i32)a[1], shape); "
                "return m[a[0]] ? 0 : tl_fail(c, TL_MEMORY, -1, 0, 0, 0);",
                at,
                k,
                *dims,
            )
        return at

    def cell(self, value: Value) -> int:
        """Return the place of the pointer to a 0-d value."""
        owner = root(value)
        if owner.ndim:
            source, where = element(value)
            return self._shifted(value, owner, add(offset_in_root(source), where))
        value = owner
        if isinstance(value.node, Data):
            return self.constant_index(value)
        return self._open_cell(value)

    def _open_cell(self, key: object) -> int:
        """Return the place of the pointer to a cell, taking one at first use."""
        at = self.index(key)
        if key not in self.opened:
            self.opened.add(key)
            self.row(
                "open_cell",
                f"m[a[0]] = (char*)m[a[1]] + {CELL} * a[2]; return 0;",
                at,
                self.index("cells"),
                self.cells,
            )
            self.cells += 1
        return at

    def _stored_cell(self, value: Value) -> int:
        """Return the place of the pointer to a 0-d value as arrays hold it."""
        at = self.cell(value)
        held, kept = ARITHMETIC[value.dtype], CTYPE[value.dtype]
        if _in_storage(value) or value.dtype != "float16":
            return at
        key = ("stored", value)
        known = key in self.opened
        copy = self._open_cell(key)
        if not known:
            body = f"*({kept}*)m[a[0]] = ({kept})*(const {held}*)m[a[1]]; return 0;"
            self.row(f"store_{value.dtype}", body, copy, at)
        return copy

    # Steps.

    def write_steps(self, steps: "list[Nest | Node]") -> list[str]:
        """Write the steps; return the lines of the compute function."""
        self.prepare(steps)
        for step in steps:
            if step in self.put_off:
                self._put_off(step, self.put_off[step])
            elif isinstance(step, Nest):
                self._nest(step)
            elif isinstance(step, Require):
                self._require_row(step)
            elif isinstance(step, Library) and step.name in ("gemm", "gemm_add"):
                self._gemm(step)
            elif not isinstance(step, Reshape):
                emit_island(self, step)
        self._leave()
        return self._walk()

    def stands_inline(self, nest: Nest) -> bool:
        return False

    # Updates in place.

    def _put_off(self, step: "Nest | Node", targets: list[Target]) -> None:
        """Write a step that runs at commit if it may, else here and now."""
        check = index_check(step) if isinstance(step, Nest) else None
        if check is not None:
            self.ready[check] = self.kernel_of(check)
            self._nest(check)
        flag = self.extents[Extent("item", step)] = len(self.extents)
        self._ask(flag, targets)
        if isinstance(step, Nest):
            self.ready[step] = self.commit.kernel(step, targets)
            self.unit.plan.pop()  # the next line says it again
            self._nest(step)
        elif isinstance(step, Library):
            self._gemm(step)
        name, args = self.last
        del self.rows[-2 - len(args) :]
        body = f"return n[a[0]] ? 0 : {name}(c, m, n, a + 1);"
        self.row(f"now_{name}", body, flag, *args)
        body = f"return n[a[0]] ? {name}(c, m, n, a + 1) : 0;"
        number = self.function(f"late_{name}", body)
        self.late += [number, len(args) + 1, flag, *args]
        line = f"  in place where nobody else holds them: {len(targets)}"
        self.unit.plan.append(line)

    def _ask(self, flag: int, targets: list[Target]) -> None:
        """Ask for the old values' memory: for all of it, else for fresh arrays."""
        self.row("grant", "n[a[0]] = 1; return 0;", flag)
        asked = []
        for target in targets:
            k = self.output_of[target.new]
            dims = [self.extent_index(e) for e in self.program.outputs[k].shape]
            asked.append((self.index(target.new), k, dims))
            self.opened.add(target.new)
            fill = " ".join(f"n[a[{d + 3}]]," for d in range(len(dims)))
            self.row(
                f"grant_{len(dims)}",
                f"const i64 shape[] = {{{fill} 0}}; "
                "m[a[1]] = c->table->target(c, (i32)a[2], shape); "
                "n[a[0]] &= m[a[1]] != nullptr; return 0;",
                *(flag, asked[-1][0], target.number, *dims),
            )
        for at, k, dims in asked:
            fill = " ".join(f"n[a[{d + 3}]]," for d in range(len(dims)))
            self.row(
                f"fresh_{len(dims)}",
                f"const i64 shape[] = {{{fill} 0}}; if (n[a[0]]) return 0; "
                "m[a[1]] = c->table->output(c, (i32)a[2], shape); "
                "return m[a[1]] ? 0 : tl_fail(c, TL_MEMORY, -1, 0, 0, 0);",
                *(flag, at, k, *dims),
            )

    def commit_lines(self) -> list[str]:
        """Return the lines of the commit function."""
        if not self.late:
            return []
        rows = ",".join(map(str, self.late))
        self.unit.kernel_text.append(f"static const u32 late[] = {{{rows}}};")
        return [
            "  void** m = put_off;",
            f"  i64* n = (i64*)((char*)put_off + {self.sizes[0]});",
            f"  for (u32 at = 0; at < {len(self.late)}; at += late[at + 1] + 2)",
            "    steps[late[at]](c, m, n, late + at + 2);",
        ]

    # Nests.

    def _nest(self, nest: Nest) -> None:
        unit = self.unit
        kernel = self.ready[nest]
        name = unit.kernel(kernel)
        indices: list[int] = []
        args: list[str] = []
        for p in kernel.parameters:
            args.append(self._read(p, len(indices)))
            if isinstance(p.subject, Literal):
                indices += _halves(p.subject)
            else:
                indices.append(self._index_of(p))
        kinds = "".join(_kind(p) for p in kernel.parameters)
        body = f"{name}({', '.join(['c', *args])}); return c->error.code;"
        self.row(f"{name}_go_{kinds}", body, *indices)
        unit.plan.append(describe_nest(nest, unit.labels))

    def _index_of(self, p: Parameter) -> int:
        subject = p.subject
        if p.kind == "extent":
            return self.extent_index(subject)  # type: ignore[arg-type]
        if p.kind == "site":
            return subject & 0xFFFFFFFF  # type: ignore[operator]
        if not isinstance(subject, Value):
            raise AssertionError("a parameter stands for a value or an extent")
        if p.kind in ("scalar", "result"):
            return self.cell(subject)
        if p.kind == "row":
            return self.slot_index(self.storage.temporaries[subject])
        if p.kind == "part":
            return self.slot_index(self.storage.partials[subject])
        return self.memory_index(subject)

    def _read(self, p: Parameter, k: int) -> str:
        subject = p.subject
        if p.kind == "extent":
            return f"n[a[{k}]]"
        if p.kind == "site":
            return f"(i32)a[{k}]"
        if isinstance(subject, Literal):
            return _number_text(ARITHMETIC[subject.dtype], k)
        if not isinstance(subject, Value):
            raise AssertionError("a parameter stands for a value or an extent")
        if p.kind == "scalar":
            return self.read_scalar(subject, k)
        kind = ARITHMETIC if p.kind == "result" else CTYPE
        return f"({kind[subject.dtype]}*)m[a[{k}]]"

    def read_scalar(self, value: Value, k: int) -> str:
        """Return the text of the 0-d value that entry `k` of a row points to."""
        if _in_storage(value):
            return loaded(f"*(const {CTYPE[value.dtype]}*)m[a[{k}]]", value.dtype)
        return f"*(const {ARITHMETIC[value.dtype]}*)m[a[{k}]]"

    def _require_row(self, node: Require) -> None:
        if node.least:
            self.row(
                "require_least",
                "return n[a[0]] >= n[a[1]] ? 0 : "
                "tl_fail(c, TL_BROADCAST, -1, 0, n[a[0]], n[a[1]]);",
                self.extent_index(node.first),
                self.extent_index(node.second),
            )
            return
        code = "TL_SHAPE"
        if node.broadcasting:
            code = "n[a[0]] == 1 || n[a[1]] == 1 ? TL_BROADCAST : TL_SHAPE"
        self.row(
            "require_broadcast" if node.broadcasting else "require",
            "return n[a[0]] == n[a[1]] ? 0 : "
            f"tl_fail(c, {code}, (i32)a[2], a[3], n[a[0]], n[a[1]]);",
            self.extent_index(node.first),
            self.extent_index(node.second),
            node.site & 0xFFFFFFFF,
            node.axis,
        )

    def _gemm(self, node: Library) -> None:
        """Write a product, or a product that is added to a copy of something."""
        a, b = node.operands[:2]
        ta, tb = node.params[:2]
        rows, inner = a.shape[::-1] if ta else a.shape
        columns = b.shape[0] if tb else b.shape[1]
        kind = CTYPE[a.dtype]
        places = [self.memory_index(v) for v in (a, b, node.results[0])]
        extents = (rows, columns, inner, a.shape[1], b.shape[1])
        places += [self.extent_index(e) for e in extents]
        start = f"const {kind} one = {{1}}, zero = {{0}};"
        alpha, beta = "&one", "&zero"
        if node.name == "gemm_add":
            c, *scalars = node.operands[2:]
            places += [self.memory_index(c), *(self.cell(v) for v in scalars)]
            size = f"sizeof({kind}) * n[a[3]] * n[a[4]]"
            start = (
                f"if (m[a[2]] != m[a[8]]) __builtin_memcpy(m[a[2]], m[a[8]], {size});"
            )
            alpha, beta = "m[a[9]]", "m[a[10]]"
        self.row(
            f"{node.name}_{a.dtype}_{int(ta)}{int(tb)}",
            f"{start} c->table->{GEMM[a.dtype]}({int(ta)}, {int(tb)}, n[a[3]], "
            f"n[a[4]], n[a[5]], {alpha}, m[a[0]], n[a[6]], m[a[1]], n[a[7]], {beta}, "
            "m[a[2]], n[a[4]]); return 0;",
            *places,
        )
        self.unit.plan.append(f"library {node.name} {node.params}")

    def _leave(self) -> None:
        """Copy the 0-d outputs out of their cells."""
        for k, value in enumerate(self.program.outputs):
            if value.ndim:
                self.memory_index(value)
                continue
            out = self.index(("output", k))
            self.row(
                "open_output_0",
                "m[a[0]] = c->table->output(c, (i32)a[1], nullptr); "
                "return m[a[0]] ? 0 : tl_fail(c, TL_MEMORY, -1, 0, 0, 0);",
                out,
                k,
            )
            kind = CTYPE[value.dtype]
            held = CTYPE if _in_storage(value) else ARITHMETIC
            self.row(
                f"leave_{value.dtype}_{int(_in_storage(value))}",
                f"*({kind}*)m[a[0]] = ({kind})*(const {held[value.dtype]}*)m[a[1]]; "
                "return 0;",
                out,
                self.cell(value),
            )

    def _walk(self) -> list[str]:
        """Return the lines that walk the table."""
        inputs = len(self.program.inputs)
        cells = self.index("cells")
        go = ", ".join(self.functions)
        self.unit.kernel_text += self.text
        rows = ",".join(map(str, self.rows))
        self.unit.kernel_text.append(f"static const u32 rows[] = {{{rows}}};")
        self.unit.kernel_text.append(f"static i32 (*const steps[]){_HEAD} = {{{go}}};")
        self.sizes = len(self.pointers) * 8, len(self.extents) * 8
        sizes = (*self.sizes, max(1, self.cells) * CELL)
        return [
            f"  char* ws = (char*)c->table->workspace(c, {sum(sizes)});",
            "  if (!ws) return tl_fail(c, TL_MEMORY, -1, 0, 0, 0);",
            "  void** m = (void**)ws;",
            *(["  c->state = ws;"] if self.late else []),
            f"  i64* n = (i64*)(ws + {sizes[0]});",
            f"  m[{cells}] = ws + {sizes[0] + sizes[1]};",
            f"  for (u32 i = 0; i < {inputs}; ++i) m[i] = c->inputs[i].data;",
            f"  for (u32 at = 0; at < {len(self.rows)}; at += rows[at + 1] + 2)",
            "    if (const i32 code = steps[rows[at]](c, m, n, rows + at + 2))",
            "      return code;",
        ]


def _in_storage(value: Value) -> bool:
    """Tell whether a 0-d value is held as it is in arrays, not as a local."""
    owner = root(value)
    return isinstance(owner.node, Input | Data) or owner.ndim > 0


def _number_text(kind: str, k: int) -> str:
    """Return the text of the number whose bits stand in a row from `k` on."""
    if kind == "float":
        return f"from_bits_f32(a[{k}])"
    bits = f"((u64)a[{k}] | (u64)a[{k + 1}] << 32)"
    return f"from_bits_f64{bits}" if kind == "double" else f"({kind}){bits}"


def _halves(scalar: Literal) -> list[int]:
    """Return the bits of a number as a function of a table reads them."""
    kind = scalar.dtype
    if kind == "float16":
        kind = "float32"
    with np.errstate(over="ignore"):
        number = np.asarray(scalar.value).astype(scalar.dtype).astype(kind)
    wide = number if number.dtype.kind == "f" else number.astype(np.int64)
    bits = int.from_bytes(wide.astype(wide.dtype.newbyteorder("<")).tobytes(), "little")
    return [bits & 0xFFFFFFFF, bits >> 32]


def _kind(p: Parameter) -> str:
    if p.kind != "scalar" or not isinstance(p.subject, Value):
        return p.kind[0]
    return "i" if _in_storage(p.subject) else "s"
