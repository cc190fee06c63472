"""The snippets of C++ (`cxx/*.h`) that are pasted into a unit.

`cxx/README.md` has their accuracy.
"""

import re
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "cxx"
_COMMENT = re.compile(r"\s*//[^\n]*")
_NEEDS = re.compile(r"// needs: ([^\n]*)\n")


@cache
def snippet_text(file: str) -> str:
    """Return a snippet without comments and blank lines, for pasting into a unit."""
    lines = _COMMENT.sub("", _source(file)).splitlines()
    return "".join(f"{line}\n" for line in lines if line.strip())


@cache
def _source(file: str) -> str:
    return (_FOLDER / file).read_text(encoding="utf-8")


@cache
def with_dependencies(file: str) -> tuple[str, ...]:
    """Return a snippet after those that it needs."""
    # a chain of files is a handful long
    found = _NEEDS.match(_source(file))
    order: dict[str, None] = {}
    for other in found[1].split(", ") if found else ():
        order |= dict.fromkeys(with_dependencies(other))
    return (*order, file)
