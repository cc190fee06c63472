"""Digests: the keys of the store and the checksums of its files."""

import hashlib

KEY_LENGTH = 40


def digest(*parts: bytes | str) -> str:
    """Return the digest of a sequence of parts, the same in every process.

    Each part is preceded by its length, so that ``("ab", "c")`` and ``("a", "bc")``
    differ; text counts as its UTF-8 bytes.

    Examples
    --------
    >>> digest("unit", b"-O3")
    '6295fbbdcb58ff59ef670147bfbdc0ed4ec15bf7'
    """
    state = hashlib.blake2b(digest_size=KEY_LENGTH // 2)
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        state.update(len(data).to_bytes(8, "little"))
        state.update(data)
    return state.hexdigest()


def is_key(text: str) -> bool:
    """Say whether `text` has the form of a digest (and so is safe as a file name)."""
    return len(text) == KEY_LENGTH and not set(text) - set("0123456789abcdef")
