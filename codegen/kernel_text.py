"""A kernel's function in C++, with its division among threads where it has one.

`sharing` says how: "none"; "outer", pieces of the outermost loop; "inner", pieces of
the innermost loop of an accumulation over outer ones; "blocks" and "rows", pieces of a
reduction or of outer loops that accumulate, whose results are combined in order. Pieces
depend on extents only, so results are the same for any number of threads.
"""

from typing import NamedTuple

from theanolike.codegen.program import Value
from theanolike.codegen.scalars import CTYPE

PARALLEL = 1 << 15  # elements below which one thread is faster
GRAIN = 1 << 13  # elements per piece of work
PIECES = 512  # partial results, at most
ROW = 2048  # elements of a row temporary that a thread keeps on its stack


class Parameter(NamedTuple):
    """A kernel's parameter: its declaration, and what the caller passes for it."""

    declaration: str
    # "read", "write", "row", "scalar", "result", "extent", "part", "site", "literal",
    # "fresh"
    kind: str
    subject: object

    @property
    def name(self) -> str:
        """The declared name."""
        return self.declaration.split()[-1].lstrip("*")


class Kernel(NamedTuple):
    """A kernel without its name.

    Attributes
    ----------
    before, body, after : tuple of str
        `body` is shared among threads; the others are not.
    partials : tuple of (str, str)
        Type and name of each array of partial results.
    divided, work : str
        The extent that is divided, and the elements visited.
    rows : str
        The elements of the longest row temporary, or nothing.
    row_work : str
        With "rows", the elements visited per row.
    may_fail : bool
        Pieces that fail say so; then all is done again in order, which tells what
        failed first.
    """

    parameters: tuple[Parameter, ...]
    before: tuple[str, ...]
    body: tuple[str, ...]
    after: tuple[str, ...]
    partials: tuple[tuple[str, str], ...]
    sharing: str
    divided: str
    work: str
    rows: str
    row_work: str
    may_fail: bool
    primitives: frozenset[tuple[str, str]]

    @property
    def key(self) -> tuple[object, ...]:
        """What makes two kernels the same function."""
        return (
            tuple(p.declaration for p in self.parameters),
            self.before,
            self.body,
            self.after,
            self.partials,
            self.sharing,
            self.divided,
            self.work,
            self.rows,
            self.row_work,
        )


def kernel_text(name: str, kernel: Kernel) -> str:
    """Return the definition of a kernel as `name(c, parameters...)`."""
    declared = ["tl_call* c", *(p.declaration for p in kernel.parameters)]
    head = f"static void {name}({', '.join(declared)}) {{"
    if kernel.sharing == "none":
        return "\n".join([head, *kernel.before, *kernel.body, *kernel.after, "}"])
    lines = _piece(name, kernel) + _task(name, kernel)
    lines += [head, *kernel.before, *_divide(name, kernel), *kernel.after, "}"]
    return "\n".join(lines)


def _fields(kernel: Kernel) -> list[tuple[str, str]]:
    """Return declaration and name of what a piece of work needs."""
    shown = [p for p in kernel.parameters if p.kind not in ("result", "part")]
    fields = [(p.declaration, p.name) for p in shown]
    if kernel.sharing == "rows":
        parts = {p.subject for p in kernel.parameters if p.kind == "part"}
        fields = [
            (f"{d}_part", f"{n}_part") if p.subject in parts else (d, n)
            for p, (d, n) in zip(shown, fields, strict=True)
        ]
    fields += [(f"{kind}* __restrict {n}", n) for kind, n in kernel.partials]
    return [("tl_call* c", "c"), *fields] if kernel.may_fail else fields


def piece_arguments(kernel: Kernel) -> list[str]:
    """Return the names of the parameters that a piece takes before its bounds."""
    return [name for _, name in _fields(kernel)]


def _piece(name: str, kernel: Kernel) -> list[str]:
    declared = [d for d, _ in _fields(kernel)] + ["i64 begin", "i64 end"]
    return [
        f"static TL_APART void {name}_piece({', '.join(declared)}) {{",
        *kernel.body,
        "}",
    ]


def _task(name: str, kernel: Kernel) -> list[str]:
    fields = _fields(kernel)
    members = " ".join(f"{d.replace('__restrict ', '')};" for d, _ in fields)
    rows = {p.name: p.subject for p in kernel.parameters if p.kind == "row"}
    local = [
        f"  {CTYPE[v.dtype]} {n}[{ROW}];"
        for n, v in rows.items()
        if isinstance(v, Value)
    ]
    bounded = [*(n if n in rows else f"a->{n}" for _, n in fields), "begin", "end"]
    given = ", ".join(bounded)
    lines = [*local, f"  {name}_piece({given});"]
    kind = f"const {name}_task*"
    if kernel.may_fail:
        kind, members = f"{name}_task*", f"{members} i32 failed;"
        lines = [
            "  tl_call own = *a->c;",
            *local,
            f"  {name}_piece({given.replace('a->c', '&own', 1)});",
            "  if (own.error.code) __atomic_store_n(&a->failed, 1, __ATOMIC_RELAXED);",
        ]
    return [
        f"struct {name}_task {{ {members} }};",
        f"static void {name}_run(void* data, i64 begin, i64 end) {{",
        f"  {kind} a = ({kind})data;",
        *lines,
        "}",
    ]


def _divide(name: str, kernel: Kernel) -> list[str]:
    """Return the lines that run the pieces on one thread or on several."""
    fields = [n for _, n in _fields(kernel)]
    given = ", ".join(fields)
    few = f"{kernel.work} < {PARALLEL}"
    if kernel.rows:
        few += f" || {kernel.rows} > {ROW}"
    count = kernel.divided
    lines = []
    grain = f"{GRAIN} * ({count}) / ({kernel.work}) + 1"
    if kernel.sharing == "inner":
        grain = f"(({grain}) + 511) / 512 * 512"
    if kernel.sharing in ("blocks", "rows"):
        pieces = f"tl_pieces({kernel.divided})"
        if kernel.sharing == "rows":
            pieces = f"tl_row_pieces({kernel.divided}, {kernel.row_work})"
        lines += [
            f"  const i64 pieces = {pieces};",
            *(
                f"  {p.declaration.replace('_space', '_part')} = "
                f"pieces > 1 ? {p.name} : {p.name.replace('_space', '')};"
                for p in kernel.parameters
                if p.kind == "part"
            ),
            *(f"  {kind} {n}[{PIECES}];" for kind, n in kernel.partials),
        ]
        count, grain = "pieces", "1"
    whole = f"{name}_piece({', '.join([*fields, '0', count])});"
    failed = [f"    if (task.failed) {whole}"] if kernel.may_fail else []
    return [
        *lines,
        f"  if ({few}) {{",
        f"    {whole}",
        "  } else {",
        f"    {name}_task task = {{{given}}};",
        f"    c->table->parallel(c, {name}_run, &task, {count}, {grain});",
        *failed,
        "  }",
    ]
