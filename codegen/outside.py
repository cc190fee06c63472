"""What is known of a loop's or branch's values outside of it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from theanolike.codegen.program import (
    Call,
    Load,
    Map,
    Value,
)
from theanolike.codegen.shapes import (
    Extent,
    Shape,
    item,
    rebuilt,
)
from theanolike.errors import UnsupportedError

if TYPE_CHECKING:
    from theanolike.codegen.builder import Builder


class Outside:
    """Tells a nested program's extents in terms of the values outside of it."""

    def __init__(
        self, b: "Builder", inner: "Builder", captured: Iterable[tuple[Value, Value]]
    ) -> None:
        self._builder = b
        self._inner = inner
        self._captured = dict(captured)
        self._own = {v for node in inner.program.nodes for v in node.results}
        self._known: dict[Extent, int | Extent] = {}

    def __call__(self, extent: int | Extent) -> int | Extent:
        if not isinstance(extent, Extent):
            return extent
        if extent not in self._known:
            self._known[extent] = self._tell(extent)
        return self._known[extent]

    def shape(self, value: Value) -> Shape:
        """Return the shape of an inner value, to which the program is held inside."""
        told = tuple(map(self, value.shape))
        for axis, (extent, own) in enumerate(zip(told, value.shape, strict=True)):
            self._inner.require_equal(extent, own, axis)
        return told

    def _tell(self, extent: Extent) -> int | Extent:
        if extent.op == "where_negative":
            try:
                return rebuilt(extent, self)
            except UnsupportedError:
                # Nothing tells which: it is to be the one that a condition chooses.
                return self(extent.args[2])
        if extent.op not in ("dim", "item"):
            return rebuilt(extent, self)
        value = extent.args[0]
        if value not in self._own:
            return extent
        if extent.op == "item":
            if value in self._captured:
                return self._builder.item(self._captured[value])
            found = self._found(value)
            if found is not None:
                return found
        raise UnsupportedError(
            "The shape of what a loop collects, or a branch makes, must be known "
            "before it runs; here it depends on values computed inside. Make the "
            "values of one shape, as by padding them."
        )

    def _found(self, value: Value) -> int | Extent | None:
        """Return what a 0-d value is that was made of extents or captured integers."""
        if not isinstance(value.node, Map):
            return None
        body = value.node.body
        while isinstance(body, Call) and body.name == "cast":
            body = body.args[0]
        if isinstance(body, Load) and body.source in self._captured:
            place = [self._inner.evaluate(i, ()) for i in body.index]
            if all(isinstance(i, int) for i in place):
                return self._builder.item(self._captured[body.source], *place)  # type: ignore[arg-type]
        found = self._inner.evaluate(body, ())
        if found is None or found == item(value):
            return None
        told = self(found)
        if isinstance(told, Extent) and told.op not in ("dim", "item"):
            told = self._builder.named(told)
        return told
