"""The top level of a large program: a table of steps walked by a small loop.

A straight line of thousands of calls takes a C++ compiler minutes, a table none. Every
step is a function that finds its operands through its row; equal steps share it.
"""

import numpy as np

from theanolike.codegen.emit_island import emit_island
from theanolike.codegen.in_place import Target, index_check
from theanolike.codegen.kernel_text import Parameter
from theanolike.codegen.libraries import GEMM
from theanolike.codegen.printing import IN_PLACE, describe_library, describe_nest
from theanolike.codegen.program import (
    Library,
    Literal,
    Node,
    Require,
    Reshape,
    Value,
)
from theanolike.codegen.scalars import ARITHMETIC, CTYPE
from theanolike.codegen.schedule.fuse import Nest
from theanolike.codegen.shapes import Extent
from theanolike.codegen.table_memory import CELL, STEP, TableMemory, in_storage


class TableLevel(TableMemory):
    """Writes the steps of a program as rows of a table."""

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
        self.unit.plan.append(IN_PLACE)

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

    def _require_row(self, node: Require) -> None:
        if node.least:
            self.row(
                "require_least",
                "return n[a[0]] >= n[a[1]] ? 0 : "
                "tl_fail(c, TL_BROADCAST, -1, a[2], n[a[0]], n[a[1]]);",
                self.extent_index(node.first),
                self.extent_index(node.second),
                node.axis,
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
        unit = self.unit
        unit.plan.append(describe_library(node, unit.labels, f"library {node.name}"))

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
            held = CTYPE if in_storage(value) else ARITHMETIC
            self.row(
                f"leave_{value.dtype}_{int(in_storage(value))}",
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
        self.unit.kernel_text.append(f"static i32 (*const steps[]){STEP} = {{{go}}};")
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
    return "i" if in_storage(p.subject) else "s"
