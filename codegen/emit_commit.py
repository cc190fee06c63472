"""The commit part of a unit: updates in place, prepared by the compute part."""

from typing import TYPE_CHECKING

from theanolike.codegen.emit_kernel import KernelWriter
from theanolike.codegen.in_place import Target, index_check
from theanolike.codegen.kernel_text import Kernel
from theanolike.codegen.libraries import gemm_call, gemm_numbers
from theanolike.codegen.names import Names
from theanolike.codegen.printing import IN_PLACE, describe_nest
from theanolike.codegen.program import Library, Node
from theanolike.codegen.scalars import CTYPE, stored
from theanolike.codegen.schedule.fuse import Nest

if TYPE_CHECKING:
    from theanolike.codegen.emit_level import Level


class CommitWriter:
    """Collects the steps that a unit puts off until nothing can fail any more."""

    def __init__(self, level: "Level") -> None:
        self.level = level
        self.count = 0
        self.text: list[str] = []

    def put_off(self, step: "Nest | Node", targets: list[Target]) -> None:
        """Write a step that runs at commit if it may, else here and now."""
        level, unit = self.level, self.level.unit
        check = index_check(step) if isinstance(step, Nest) else None
        if check is not None:
            level.nest(check)
        news = [target.new for target in targets]
        shapes = [level.output_shape(new) for new in news]
        granted = []
        for target, shape in zip(targets, shapes, strict=True):
            name = level.name_output(target.new)
            kind = f"{CTYPE[target.new.dtype]}*"
            ask = f"c->table->target(c, {target.number}, {shape})"
            level.emit(f"{kind} {name} = ({kind}){ask};")
            granted.append(name)
        level.emit(f"if ({' && '.join(granted)}) {{")
        level.indent += 1
        kernel = self.kernel(step, targets) if isinstance(step, Nest) else None
        if kernel is not None:
            self._nest(kernel)
        elif isinstance(step, Library):
            self._gemm(step)
        level.indent -= 1
        level.emit("} else {")
        level.indent += 1
        for new, shape in zip(news, shapes, strict=True):
            level.open_fresh(new, shape)
        if kernel is not None:
            level.call(kernel)
        elif isinstance(step, Library):
            level.library(step)
        level.indent -= 1
        level.emit("}")
        unit.plan.append(IN_PLACE)

    def kernel(self, nest: Nest, targets: list[Target]) -> Kernel:
        """Return a kernel whose new values may lie where the old ones do."""
        unit = self.level.unit
        unit.plan.append(describe_nest(nest, unit.labels))
        writer = KernelWriter(
            nest,
            self.level.storage.stored,
            set(),
            Names(readable=unit.readable, remarks=unit.names.remarks),
            overwritten={target.old: target.new for target in targets},
        )
        return writer.write()

    def _nest(self, kernel: Kernel) -> None:
        name = self.level.unit.kernel(kernel)
        fields = [(p.declaration, self.level.argument(p)) for p in kernel.parameters]
        given = ", ".join(["c", *(f"a->{p.name}" for p in kernel.parameters)])
        self._entry(
            [_field(d) for d, _ in fields], [t for _, t in fields], f"{name}({given});"
        )

    def _gemm(self, node: Library) -> None:
        """Accumulate a product into the old value's memory."""
        level = self.level
        a, b, _, alpha, beta = node.operands
        out = level.name_output(node.results[0])
        kind = CTYPE[a.dtype]
        numbers = gemm_numbers(level, node)
        fields = [f"const {kind}* x", f"const {kind}* y", f"{kind}* z"]
        fields += [f"{kind} alpha", f"{kind} beta", "i64 m, n, k, lda, ldb"]
        values = [level.pointer(a), level.pointer(b), out]
        values += [*(stored(level.scalar(v), v.dtype) for v in (alpha, beta)), *numbers]
        call = gemm_call(
            node,
            ["a->m", "a->n", "a->k", "a->lda", "a->ldb"],
            ["a->x", "a->y", "a->z"],
            ("&a->alpha", "&a->beta"),
        )
        self._entry(fields, values, call)

    def _entry(self, fields: list[str], values: list[str], call: str) -> None:
        """Declare what a step needs at commit, fill it in, and write its call."""
        unit, level = self.level.unit, self.level
        number = self.count
        self.count += 1
        members = " ".join(f"{field};" for field in fields)
        self.text.append(f"struct commit_{number} {{ {members} }};")
        level.emit(
            f"commit_{number}* put = (commit_{number}*)"
            f"c->table->workspace(c, sizeof(commit_{number}));"
        )
        level.emit("if (!put) return tl_fail(c, TL_MEMORY, -1, 0, 0, 0);")
        level.emit(f"*put = commit_{number}{{{', '.join(values)}}};")
        level.emit(f"put_off[{number}] = put;")
        kind = f"const commit_{number}*"
        unit.commits.append(f"  if ({kind} a = ({kind})put_off[{number}]) {call}")


def _field(declaration: str) -> str:
    return declaration.replace("__restrict ", "")
