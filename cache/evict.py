"""Keep the cache small: the least recently used entries go, and what crashes left."""

from __future__ import annotations

import contextlib
import shutil
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from theanolike.cache.store import Store

HOUR = 3600.0
DAY = 24 * HOUR
WEEK = 7 * DAY
# Longer than `store.TOUCH_SECONDS`: what `get` has just handed out is not removed
# before the caller has opened it.
GRACE_SECONDS = 300.0
STAMP = "evicted"


def maybe_evict(store: Store) -> None:
    """Evict if nobody has for an hour, or if this process wrote much since it did.

    A full look at the cache costs about 20 microseconds an entry: too much for every
    `put`.
    """
    stamp = store.root / STAMP
    try:
        age = time.time() - stamp.stat().st_mtime
    except FileNotFoundError:
        age = HOUR
    if 0 <= age < HOUR and store.written_bytes * 16 < store.limit_bytes:
        return
    stamp.touch()
    store.written_bytes = 0
    evict(store)
    sweep(store)


def evict(store: Store) -> list[str]:
    """Remove the least recently used entries until the rest fits; return their keys.

    Entries used within the last five minutes stay, whatever they weigh.
    """
    entries = sorted(store.entries(), key=lambda entry: entry.used)
    total = sum(entry.bytes for entry in entries)
    youngest = time.time() - GRACE_SECONDS
    removed = []
    for entry in entries:
        if total <= store.limit_bytes or entry.used > youngest:
            break
        store.remove(entry.key)
        removed.append(entry.key)
        total -= entry.bytes
    return removed


def sweep(store: Store) -> None:
    """Remove what killed processes left a day ago, and failed sources of last week."""
    remove_older(store.root / "work", DAY)
    remove_older(store.root / "failed", WEEK)


def remove_older(folder: Path, seconds: float) -> None:
    """Remove what lies in a folder and was not changed for some seconds."""
    if not folder.is_dir():
        return
    limit = time.time() - seconds
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            if path.lstat().st_mtime < limit:
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)
