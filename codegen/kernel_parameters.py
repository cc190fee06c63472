"""A kernel's lines, and its parameters as it asks for them."""

from theanolike.codegen.emit_scalar import Context, extent_text
from theanolike.codegen.kernel_text import Parameter
from theanolike.codegen.literals import can_open, open_name
from theanolike.codegen.names import Names
from theanolike.codegen.program import Literal, Value
from theanolike.codegen.scalars import ARITHMETIC, CTYPE
from theanolike.codegen.schedule.statements import Statement
from theanolike.codegen.shapes import Extent


class ParameterWriter(Context):
    """Names what a kernel is called with; equal things are one parameter.

    While `opens` is set, numbers are parameters (literals.py). `stored` values are in
    memory, `temporaries` per row; pointers to `shared` ones may meet.
    """

    opens = False

    def __init__(
        self,
        made: dict[Value, Statement],
        stored: set[Value],
        temporaries: set[Value],
        shared: set[Value],
        names: Names,
    ) -> None:
        self.made = made
        self.stored = stored
        self.temporaries = temporaries
        self.shared = shared
        self.names = names
        self.fresh = ""  # when a scatter writes what it starts from; always if empty
        self.here: dict[Value, str] = {}  # a piece's own accumulators in memory
        self.parameters: dict[tuple[str, object], Parameter] = {}
        self.spelled: dict[tuple[str, object], str] = {}
        self.lines: list[str] = []
        self.indent = 1
        self.primitives: set[tuple[str, str]] = set()
        self.last_remark = ""
        self.due: dict[str, None] = {}  # program lines of which the next line is made

    def append(self, line: str) -> None:
        """Append a line at the current indentation."""
        self.lines.append("  " * self.indent + line)

    def emit(self, line: str) -> None:
        """Append a line, behind the remark that is due."""
        remark = "// " + ", ".join(self.due)
        if self.due and remark != self.last_remark:
            self.append(remark)
            self.last_remark = remark
        self.due.clear()
        self.append(line)

    def open(self, line: str) -> None:
        """Append a line that opens a block."""
        self.emit(f"{line} {{" if line else "{")
        self.indent += 1

    def close(self, after: str = "") -> None:
        """Close a block."""
        self.due.clear()  # nothing was written for it
        self.indent -= 1
        self.emit("}" + after)

    def temporary(self, value: Value | None = None) -> str:
        return self.names.fresh("t", value.label if value is not None else "")

    def primitive(self, name: str, dtype: str) -> None:
        self.primitives.add((name, dtype))

    def remark(self, value: Value | None) -> None:
        """Let the next line say which lines of the program it comes from."""
        if value is None or not self.names.remarks:
            return
        lines = (
            self.names.remarks[site] for site in self.made[value].sites if site >= 0
        )
        self.due.update((line, None) for line in lines if line)

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
            alone = "" if value in self.shared else "__restrict "
            text = f"{const}{CTYPE[value.dtype]}* {alone}{name}"
            self.parameters[key] = Parameter(text, "row" if row else kind, value)
            self.spelled[key] = name
        return self.spelled[key]

    def literal(self, scalar: Literal, use: object) -> str:
        if not self.opens or not can_open(scalar):
            return super().literal(scalar, use)
        key = ("literal", use)
        if key not in self.parameters:
            name = self.names(key, "k")
            self.spelled[key], self.parameters[key] = open_name(name, scalar)
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

    def where_fresh(self) -> str:
        """Return the name of what says that a scatter writes what it starts from."""
        name = self.names("fresh", "fresh")
        self.parameters["fresh", None] = Parameter(f"bool {name}", "fresh", self.fresh)
        return name

    def site(self, site: int) -> str:
        """Return the name of a site number, which equal kernels take as an argument."""
        key = ("site", site)
        if key not in self.parameters:
            name = self.names(key, "q")
            self.parameters[key] = Parameter(f"i32 {name}", "site", site)
            self.spelled[key] = name
        return self.spelled[key]
