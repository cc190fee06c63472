"""Loops in which a row depends on the same row only: their threads need not wait.

So it is in a recurrent net: a row is an example of the batch. What is the same in all
steps may be read as a whole, as weights are.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from theanolike.codegen.emit_product import is_product, is_turned
from theanolike.codegen.memory import Slot, root
from theanolike.codegen.program import (
    Axis,
    Data,
    Library,
    Load,
    Loop,
    Node,
    Require,
    Scalar,
    Value,
)
from theanolike.codegen.schedule.fuse import Nest
from theanolike.codegen.schedule.statements import Statement
from theanolike.codegen.shapes import Extent, mul, product

if TYPE_CHECKING:
    from theanolike.codegen.emit_level import Level


def rows_apart(
    node: Loop, inner: "Level", scheduled: Iterable[Nest | Node]
) -> "int | Extent | None":
    """Return how many rows there are, if each step needs only its own row of others.

    The steps are those of a loop that threads may share.
    """
    return _Rows(node, inner).count(scheduled)


class _Rows:
    def __init__(self, node: Loop, inner: "Level") -> None:
        self.node = node
        self.inner = inner
        self.found: list[int | Extent] = []

    def count(self, scheduled: Iterable[Nest | Node]) -> "int | Extent | None":
        """Return the rows' number if all steps and results have as many."""
        apart = all(self._step(step) for step in scheduled)
        if not apart or not self.found or not self._slots():
            return None
        first, *others = self.found
        results = [root(v) for v in self.node.body.outputs]
        others += [v.shape[0] for v in results if v.ndim]
        arrays = [v.ndim > 0 for v in self.node.body.outputs]
        same = arrays == [v.ndim > 0 for v in results]  # no element is a result
        return first if same and all(rows == first for rows in others) else None

    def _is_fixed(self, value: Value) -> bool:
        """Tell whether a value is the same in all steps, or a scalar of each thread."""
        owner = root(value)
        return (
            owner.ndim == 0
            or isinstance(owner.node, Data)
            or owner in self.inner.captured
        )

    def _step(self, step: Nest | Node) -> bool:
        if isinstance(step, Require):
            return True
        if isinstance(step, Nest):
            return all(self._statement(s, step) for s in step.statements)
        return isinstance(step, Library) and is_product(step) and self._product(step)

    def _product(self, node: Library) -> bool:
        left, right, *added = node.operands
        result = node.results[0]
        self.found.append(result.shape[0])
        if is_turned(self.inner, node):
            return False
        if not self._is_fixed(right) or root(result) is not result:
            return False
        if not self._is_fixed(left):
            if node.params[0] or root(left) is not left:
                return False
            self.found.append(left.shape[0])
        return all(self._is_fixed(v) or root(v) is v for v in added)

    def _statement(self, s: Statement, nest: Nest) -> bool:
        """Tell whether a statement reads and writes the row of its first axis."""
        if self.inner.stands_inline(nest):
            return all(self._is_fixed(load.source) for load in s.loads)
        if s.base is not None or s.kind == "scatter" or not s.domain:
            return False
        if 0 in s.reduced or not s.place or not _is_first(s.place[0]):
            return False
        self.found += [s.domain[0], s.value.shape[0]]
        return all(self._is_fixed(v.source) or self._own(v) for v in s.loads)

    def _own(self, load: Load) -> bool:
        if not load.index or not _is_first(load.index[0]):
            return False
        self.found.append(load.source.shape[0])
        return root(load.source) is load.source

    def _slots(self) -> bool:
        """Tell whether what lies in a slot in turn has rows of one size."""
        widths: dict[Slot, int | Extent] = {}
        for value, slot in self.inner.storage.slot_of.items():
            width = mul(product(value.shape[1:]), np.dtype(value.dtype).itemsize)
            if widths.setdefault(slot, width) != width:
                return False
        return True


def _is_first(index: Scalar) -> bool:
    return isinstance(index, Axis) and index.axis == 0
