"""Loops that can be one: adjacent axes along which every access is contiguous."""

from collections.abc import Callable
from dataclasses import dataclass

from theanolike.codegen.affine import Affine, affine
from theanolike.codegen.program import Axis, Checked, Load, Scalar, children
from theanolike.codegen.schedule.fuse import Nest
from theanolike.codegen.schedule.statements import Statement
from theanolike.codegen.shapes import Extent, Shape, mul


@dataclass
class Layout:
    """The loops of one stage, the nest's outer ones first.

    Attributes
    ----------
    extents : list of extents
        A loop's trip count.
    loop_of : dict
        The loop that runs over each axis of the domain.
    printed : set of int
        The axes whose coefficients stand for their loop: the last of each group.
    outer : int
        How many loops are the nest's outer ones.
    """

    extents: list["int | Extent"]
    loop_of: dict[int, int]
    printed: set[int]
    outer: int

    def plain(self, domain: Shape) -> "Layout":
        """Return the layout of a loop per axis."""
        axes = range(len(domain))
        return Layout(list(domain), {a: a for a in axes}, set(axes), 0)

    def loop_of_outer(self, axis: int, k: int) -> int | None:
        """Return the outer loop over `axis`, None if it isn't an outer axis."""
        return self.loop_of[axis] if axis < k else None


Offsets = Callable[[Load], Affine]


def collapse(nest: Nest, where: Offsets) -> list[Layout]:
    """Return the loops of each stage of a nest."""
    k = nest.k
    domain = nest.domain
    everything = [s for stage in nest.stages for s in stage.statements]
    outer = _groups(range(k), domain, everything, where)
    layouts = []
    for stage in nest.stages:
        full = stage.statements[0].domain
        inner = _groups(range(k, len(full)), full, stage.statements, where)
        layouts.append(_layout(outer + inner, full, len(outer)))
    return layouts


def _layout(groups: list[list[int]], domain: Shape, outer: int) -> Layout:
    extents: list[int | Extent] = []
    loop_of: dict[int, int] = {}
    for loop, group in enumerate(groups):
        extent: int | Extent = 1
        for axis in reversed(group):
            extent = mul(domain[axis], extent)
            loop_of[axis] = loop
        extents.append(extent)
    return Layout(extents, loop_of, {g[-1] for g in groups}, outer)


def _groups(
    axes: range, domain: Shape, statements: list[Statement], where: Offsets
) -> list[list[int]]:
    if not axes:
        return []
    accesses = [a for s in statements for a in _accesses(s, where)]
    apart = {axis for s in statements for axis in _used_as_values(s)}
    groups = [[axes[0]]]
    for axis in axes[1:]:
        if _contiguous(axis - 1, axis, domain, accesses, apart, statements):
            groups[-1].append(axis)
        else:
            groups.append([axis])
    return groups


def _contiguous(
    first: int,
    second: int,
    domain: Shape,
    accesses: list[Affine],
    apart: set[int],
    statements: list[Statement],
) -> bool:
    if first in apart or second in apart:
        return False
    if any(s.kind == "scatter" for s in statements):
        return False
    if any((first in s.reduced) != (second in s.reduced) for s in statements):
        return False
    extent = domain[second]
    return all(
        access.coefficient(first) == mul(extent, access.coefficient(second))
        for access in accesses
    )


def _accesses(s: Statement, where: Offsets) -> list[Affine]:
    found = [where(load) for load in s.loads]
    if s.kind != "scatter":
        found.append(where(Load(s.value, s.place)))
    return found


def _used_as_values(s: Statement) -> set[int]:
    """Return the axes that a statement uses as numbers, not only in affine indices."""
    used: set[int] = set()
    stack: list[tuple[Scalar, bool]] = [(s.body, False)]
    seen: set[tuple[int, bool]] = set()
    while stack:
        scalar, index = stack.pop()
        if (id(scalar), index) in seen:
            continue
        seen.add((id(scalar), index))
        if isinstance(scalar, Axis) and not index:
            used.add(scalar.axis)
        if isinstance(scalar, Checked):
            stack.extend((child, False) for child in children(scalar))
        elif isinstance(scalar, Load):
            stack.extend((child, not _opaque(child)) for child in scalar.index)
        else:
            stack.extend((child, index) for child in children(scalar))
    return used


def _opaque(index: Scalar) -> bool:
    """Tell whether an index isn't affine, so that its axes count as values."""
    return bool(affine(index).rest)
