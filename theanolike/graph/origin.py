"""Where a node was written: the innermost frame outside this package.

Origins are for messages and printed source only; they are in no digest.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

PACKAGE = __name__.partition(".")[0]
MOST_ORIGINS = 4


class Origin(NamedTuple):
    """A line of the user's program."""

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


Origins = tuple[Origin, ...]

_inherited: list[Origins] = []


def current_origins() -> Origins:
    """Return the origin of a node made now: inherited, else the user's frame."""
    if _inherited:
        return _inherited[-1]
    return user_frame()


def user_frame() -> Origins:
    """Return the innermost frame whose module is not one of this package."""
    frame = sys._getframe(1)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module != PACKAGE and not module.startswith(PACKAGE + "."):
            code = frame.f_code
            return (Origin(code.co_filename, frame.f_lineno, code.co_name),)
        frame = frame.f_back  # type: ignore[assignment]
    return ()


def user_stacklevel() -> int:
    """Return the `stacklevel` that points the caller's warning at the user's line."""
    frame = sys._getframe(1)
    level = 1
    while frame.f_back is not None:
        if not frame.f_globals.get("__name__", "").startswith(PACKAGE):
            break
        frame = frame.f_back
        level += 1
    return level


def union(*groups: Origins) -> Origins:
    """Merge origins in order, without repeats, at most `MOST_ORIGINS` of them."""
    merged = dict.fromkeys(origin for group in groups for origin in group)
    return tuple(merged)[:MOST_ORIGINS]


@contextmanager
def inherit(origins: Origins) -> Iterator[None]:
    """Give the nodes made inside this block these origins."""
    _inherited.append(origins)
    try:
        yield
    finally:
        _inherited.pop()
