"""What a table's steps read and write: rows, and the places of pointers and extents.

A step is a function `(c, m, n, a)` of the memory pointers `m`, the extents `n`, and its
own row `a` of indices into them. What a place holds is computed by a row of its own,
written before the first that asks for it.
"""

from typing import TYPE_CHECKING

import numpy as np

from theanolike.codegen.emit_level import Level
from theanolike.codegen.emit_places import element
from theanolike.codegen.memory import Slot, offset_in_root, root
from theanolike.codegen.program import Data, Input, Program, Value
from theanolike.codegen.scalars import ARITHMETIC, CTYPE, loaded
from theanolike.codegen.shapes import Extent, add

if TYPE_CHECKING:
    from theanolike.codegen.emit_cxx import UnitWriter

__all__ = ["CELL", "STEP", "TableMemory", "in_storage"]

CELL = 16  # bytes of a 0-d value
STEP = "(tl_call* c, void** m, i64* n, const u32* a)"
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


class TableMemory(Level):
    """The rows of a table, and what their indices mean."""

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
            self.text.append(f"static i32 {name}{STEP} {{ {body} }}")
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

    def read_scalar(self, value: Value, k: int) -> str:
        """Return the text of the 0-d value that entry `k` of a row points to."""
        if in_storage(value):
            return loaded(f"*(const {CTYPE[value.dtype]}*)m[a[{k}]]", value.dtype)
        return f"*(const {ARITHMETIC[value.dtype]}*)m[a[{k}]]"

    def _stored_cell(self, value: Value) -> int:
        """Return the place of the pointer to a 0-d value as arrays hold it."""
        at = self.cell(value)
        held, kept = ARITHMETIC[value.dtype], CTYPE[value.dtype]
        if in_storage(value) or value.dtype != "float16":
            return at
        key = ("stored", value)
        known = key in self.opened
        copy = self._open_cell(key)
        if not known:
            body = f"*({kept}*)m[a[0]] = ({kept})*(const {held}*)m[a[1]]; return 0;"
            self.row(f"store_{value.dtype}", body, copy, at)
        return copy


def in_storage(value: Value) -> bool:
    """Tell whether a 0-d value is held as it is in arrays, not as a local."""
    owner = root(value)
    return isinstance(owner.node, Input | Data) or owner.ndim > 0
