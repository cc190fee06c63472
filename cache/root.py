"""Where the cache lies, and who may write to it."""

import atexit
import functools
import logging
import os
import shutil
import tempfile
from pathlib import Path

from theanolike.cache.store import DEFAULT_LIMIT, Store

log = logging.getLogger("theanolike.cache")


def default_root() -> Path:
    """Return the folder of the cache, made if it is missing.

    It is ``THEANOLIKE_CACHE``, else ``theanolike`` in ``XDG_CACHE_HOME``, else
    ``~/.cache/theanolike``. Where that cannot be written, a private folder that is
    removed at exit takes its place, with a note in the log.
    """
    return usable_root(wanted_root())


def open_store(folder: str | Path = "", limit_bytes: int = DEFAULT_LIMIT) -> Store:
    """Open the store in a folder, or in `default_root` when none is given."""
    root = usable_root(Path(folder).expanduser()) if folder else default_root()
    return Store(root, limit_bytes)


def usable_root(wanted: Path) -> Path:
    """Return `wanted`, made if it is missing, or what takes its place."""
    try:
        wanted.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        return temporary_root(wanted, str(error))
    if not os.access(wanted, os.W_OK | os.X_OK):
        return temporary_root(wanted, "not writable")
    return wanted


def wanted_root() -> Path:
    """Return where the environment puts the cache, whether it can be there or not."""
    own = os.environ.get("THEANOLIKE_CACHE")
    if own:
        return Path(own).expanduser().absolute()
    xdg = os.environ.get("XDG_CACHE_HOME")
    # The XDG specification wants relative paths ignored.
    if xdg and Path(xdg).is_absolute():
        return Path(xdg) / "theanolike"
    try:
        return Path.home() / ".cache" / "theanolike"
    except RuntimeError:  # a user without a home
        return Path("/nonexistent/theanolike")


@functools.cache
def temporary_root(wanted: Path, reason: str) -> Path:
    """Return a folder of this process alone, the same at each call."""
    root = Path(tempfile.mkdtemp(prefix="theanolike-"))
    log.warning(
        "The cache %s cannot be used (%s): compiled code goes to %s and is removed at"
        " exit; set THEANOLIKE_CACHE to a folder that can be written.",
        wanted,
        reason,
        root,
    )
    owner = os.getpid()

    def remove() -> None:
        if os.getpid() == owner:  # not at the exit of a forked child
            shutil.rmtree(root, ignore_errors=True)

    atexit.register(remove)
    return root
