"""Static broadcasting: what the shapes say before anything runs."""

from collections.abc import Sequence

from theanolike.errors import ShapeError

StaticShape = tuple[int | None, ...]


def as_static_shape(pattern: Sequence[bool | int | None]) -> StaticShape:
    """Read a shape (ints and None) or a broadcast pattern (all bools)."""
    if pattern and all(isinstance(dim, bool) for dim in pattern):
        return tuple(1 if dim else None for dim in pattern)
    shape: list[int | None] = []
    for dim in pattern:
        if dim is None:
            shape.append(None)
        elif isinstance(dim, bool):
            shape.append(1 if dim else None)
        elif int(dim) < 0:
            raise ValueError(f"A static extent can't be negative, got {dim}.")
        else:
            shape.append(int(dim))
    return tuple(shape)


def broadcast_static(shapes: Sequence[StaticShape], what: str = "") -> StaticShape:
    """Return the static shape of an elementwise result, aligned from the right.

    None beside a known n > 1 gives n; None beside 1 stays None.

    Raises
    ------
    ShapeError
        Two known extents differ and neither is 1.
    """
    rank = max((len(shape) for shape in shapes), default=0)
    result: list[int | None] = []
    for axis in range(rank):
        extents = {
            shape[axis - rank + len(shape)]
            for shape in shapes
            if axis - rank + len(shape) >= 0
        }
        known = sorted(extent for extent in extents if extent not in (None, 1))
        if len(known) > 1:
            raise ShapeError(
                f"Input dimension mis-match. {what or 'The operands'} have extents "
                f"{known[0]} and {known[1]} in dimension {axis} "
                f"(shapes {', '.join(map(str, shapes))}); make them equal, or 1."
            )
        result.append(known[0] if known else None if None in extents else 1)
    return tuple(result)
