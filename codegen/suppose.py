"""What a build supposes of the arguments' extents, and what follows for others.

`x[:, :128]` has min(128, n) columns. A build that supposes n >= 128, and checks it when
it is called, has 128 of them; another one, that supposes nothing, serves the rest.
So too where a branch stands by for what seldom happens: it's compiled when it does.
"""

from theanolike.codegen.program import Input, Load, Loop, Reduce, Value, View
from theanolike.codegen.shapes import Extent, leaves, rebuilt


def from_shapes(extent: int | Extent) -> bool:
    """Tell whether an extent follows from the shapes of the program's arguments."""
    return all(
        leaf.op == "dim" and isinstance(leaf.args[0].node, Input)
        for leaf in leaves(extent)
    )


def from_run(extent: int | Extent) -> bool:
    """Tell whether an extent follows from arguments' shapes and from integers alone."""
    return all(
        leaf.op == "item" or (leaf.op == "dim" and isinstance(leaf.args[0].node, Input))
        for leaf in leaves(extent)
    )


STANDS_BY = 98  # stands for the axis where a branch that was left out is needed


class Suppositions:
    """What a build supposes: the least extents, and that no branch that stands by runs.

    Parameters
    ----------
    standing_by : bool
        Whether branches that stand by are compiled with the others.

    Attributes
    ----------
    least : dict of Extent to int
    left_out : set of Value
        The 0-d bools by which branches that were left out would run.
    """

    def __init__(self, *, standing_by: bool = False) -> None:
        self.least: dict[Extent, int] = {}
        self.standing_by = standing_by
        self.left_out: set[Value] = set()

    def simplify(self, extent: int | Extent, *, more: bool = True) -> int | Extent:
        """Return an extent of a slice as it is where no constant bound is cut short.

        Without `more` only what was supposed before is used.
        """
        if not isinstance(extent, Extent) or extent.op in ("dim", "item"):
            return extent
        extent = rebuilt(extent, lambda part: self.simplify(part, more=more))
        if not isinstance(extent, Extent):
            return extent
        if extent.op in ("min", "max"):
            first, second = extent.args
            bound, of = (first, second) if isinstance(first, int) else (second, first)
            if not isinstance(bound, int):
                return extent
            if extent.op == "min":
                suppose = self._suppose if more else self.knows
                return bound if suppose(of, bound) else extent
            return of if self.knows(of, bound) else extent
        if extent.op == "where_negative" and self.knows(extent.args[0], 0):
            return extent.args[2]  # type: ignore[no-any-return]
        return extent

    def is_excluded(self, condition: Value) -> bool:
        """Tell whether a 0-d bool can't hold: any of what no step of a loop found."""
        if condition in self.left_out:
            return True
        node = condition.node
        if not isinstance(node, Reduce) or node.kind != "or":
            return False
        source = node.body.source if isinstance(node.body, Load) else condition
        while isinstance(source.node, View):
            source = source.node.operands[0]
        loop = source.node
        return (
            isinstance(loop, Loop) and loop.body.outputs[source.index] in self.left_out
        )

    def _suppose(self, extent: int | Extent, bound: int) -> bool:
        """Suppose that an extent is at least `bound`, where that can be said of it."""
        of, less = _linear(extent)
        if of is None:
            return False
        self.least[of] = max(self.least.get(of, 0), bound - less)
        return True

    def knows(self, extent: int | Extent, bound: int) -> bool:
        """Tell whether an extent is at least `bound` by what was supposed."""
        of, less = _linear(extent)
        return of is not None and self.least.get(of, 0) >= bound - less


def _linear(extent: int | Extent) -> tuple[Extent | None, int]:
    """Return the dim and the number that an extent is the sum of."""
    less = 0
    if isinstance(extent, Extent) and extent.op == "add":
        extent, less = extent.args
    if isinstance(extent, Extent) and extent.op == "dim" and isinstance(less, int):
        return (extent, less) if from_shapes(extent) else (None, 0)
    return None, 0
