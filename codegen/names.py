"""Names in the generated text.

The compiled text has canonical names only (`v0`, `n1`), so that equal models share a
unit. The printed source has the user's names where there are any.
"""

import re
from collections.abc import Hashable, Sequence

_WORD = re.compile(r"[^A-Za-z0-9_]")
_RESERVED = frozenset(
    "auto break case char const continue default do double else enum extern float for "
    "goto if inline int long register return short signed sizeof static struct switch "
    "typedef union unsigned void volatile while class delete new operator private "
    "public template this throw try catch using virtual namespace bool true false and "
    "or not xor c in out ws exp log tanh sqrt begin end data task put put_off".split()
)
# Words that the emitters make by themselves; not h0, u0, x0, y0, z0, which people like.
_OURS = re.compile(r"(?:[a-gi-tvw]|at|ws|total|kernel_|commit_)[0-9]+")


class Names:
    """Gives each key one name, unique in its scope.

    Parameters
    ----------
    readable : bool
        Use the labels that keys come with.
    remarks : sequence of str
        For each site, the user's line; for printed source only.
    """

    def __init__(self, *, readable: bool = False, remarks: Sequence[str] = ()) -> None:
        self.readable = readable
        self.remarks = remarks
        self._of: dict[Hashable, str] = {}
        self._taken: set[str] = set()
        self._next: dict[str, int] = {}

    def __call__(self, key: Hashable, prefix: str, label: str = "") -> str:
        """Return the name of `key`, made from `prefix` or, if readable, `label`."""
        if key not in self._of:
            self._of[key] = self.fresh(prefix, label)
        return self._of[key]

    def fresh(self, prefix: str, label: str = "") -> str:
        """Return a name that nothing has yet."""
        word = _WORD.sub("_", label) if self.readable else ""
        if word and not word[0].isdigit():
            name, n = f"{word}_" if _OURS.fullmatch(word) else word, 2
            while name in self._taken or name in _RESERVED:
                name, n = f"{word}_{n}", n + 1
        else:
            n = self._next.get(prefix, 0)
            name = f"{prefix}{n}"
            while name in self._taken:
                n += 1
                name = f"{prefix}{n}"
            self._next[prefix] = n + 1
        self._taken.add(name)
        return name
