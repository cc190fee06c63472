"""Values of few elements as statements where they stand, with no kernel around."""

from typing import TYPE_CHECKING

from theanolike.codegen.affine import offset
from theanolike.codegen.emit_kernel import KernelWriter
from theanolike.codegen.emit_scalar import Table, bare, stored_text
from theanolike.codegen.kernel_text import Kernel
from theanolike.codegen.program import Value, scalar_order
from theanolike.codegen.schedule.folding import folded, points
from theanolike.codegen.schedule.fuse import Nest
from theanolike.codegen.shapes import Extent

if TYPE_CHECKING:
    from theanolike.codegen.emit_level import Level


class InlineWriter(KernelWriter):
    """Writes 0-d values as statements where they stand."""

    def __init__(self, nest: Nest, level: "Level") -> None:
        super().__init__(nest, set(), set(), level.unit.names)
        self.level = level

    def append(self, line: str) -> None:
        self.level.emit(line)

    def extent(self, extent: int | Extent) -> str:
        return self.level.unit.extent(extent)

    def scalar_parameter(self, value: Value) -> str:
        return self.level.scalar(value)

    def pointer(self, value: Value, *, write: bool) -> str:
        return self.level.pointer(value)

    def site(self, site: int) -> str:
        return str(site)

    def check(self, site: int, index: str, extent: str) -> str:
        self.may_fail = True
        at = f"{site}, {bare(index)}, {bare(extent)}"
        return f"tl_at({self.level.caller}, {at})"

    def leave_scalar(self, value: Value, text: str) -> None:
        self.level.set_scalar(value, text)

    def write(self) -> Kernel:
        kernel = super().write()
        if self.may_fail:
            caller = self.level.caller
            self.emit(f"if ({caller}->error.code) return c->error.code;")
        return kernel

    def write_out(self) -> None:
        """Write gathered elements, each as a statement of its own."""
        for s in self.nest.statements:
            self.remark(s.value)
            scalars = scalar_order(s.body)
            places = offset(s.place, s.value.shape)
            for point in points(s.domain):
                element = Table(self)
                text = element.text(element.add(folded(scalars, point)))
                at = places.constant + sum(f * point[a] for a, f in places.coefficients)
                name = self.pointer(s.value, write=True)
                text = stored_text(bare(text), s.value.dtype)
                self.emit(f"{name}[{at}] = {text};")
