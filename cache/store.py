"""Entries on disk: a folder of files per key, written aside and renamed into place.

There is no lock. Nothing is ever changed once it is in place, and nothing without a
matching checksum is ever handed out. README.md has the layout and the reasons.
"""

import contextlib
import hashlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from theanolike.cache import evict
from theanolike.cache.key import is_key

MANIFEST = "manifest"
FORMAT = "theanolike-entry 1"
TAG = "CACHEDIR.TAG"
# What backup programs look for: https://bford.info/cachedir/
TAG_TEXT = "Signature: 8a477f597d28d172789f06886806bc55\n# The cache of theanolike.\n"
TOUCH_SECONDS = 60.0

DEFAULT_LIMIT = 1 << 30
"""Bytes that a cache may hold before its least recently used entries go."""


@dataclass(frozen=True)
class Entry:
    """One entry as it lies on disk; `used` is in seconds since the epoch."""

    key: str
    path: Path
    bytes: int
    used: float


class Store:
    """Files under digests in one folder, safe under any number of processes.

    Parameters
    ----------
    root : Path
        The folder; made with mode 0700 if it is missing.
    limit_bytes : int
        What the entries may weigh together before the least recently used ones go.

    Raises
    ------
    PermissionError
        Another user owns the folder or may write to it: what lies there would be
        executed.
    """

    def __init__(self, root: Path, limit_bytes: int = DEFAULT_LIMIT) -> None:
        self.root = root.absolute()
        self.limit_bytes = limit_bytes
        self.written_bytes = 0
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        check_private(self.root)
        for folder in (self.folder("entries"), self.folder("work")):
            check_private(folder)

    def folder(self, name: str) -> Path:
        """Return a folder of the cache, made if it is missing."""
        path = self.root / name
        if not path.is_dir():
            # Also the root: another process may have purged the cache meanwhile.
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self.root / TAG).write_text(TAG_TEXT)
            path.mkdir(mode=0o700, exist_ok=True)
        return path

    def entry_path(self, key: str) -> Path:
        """Return where an entry lies or would lie."""
        if not is_key(key):
            raise ValueError(
                f"A key of the cache is a digest in hexadecimal, got {key!r};"
                " make it with digest()."
            )
        return self.root / "entries" / key

    def get(self, key: str) -> Path | None:
        """Return the main file of an entry, its checksum verified, or None.

        A damaged entry is removed. No process is started and nothing is written,
        save the time of use once a minute.
        """
        path = self.entry_path(key)
        try:
            name, size, checksum = read_manifest(path, key)[0]
            data = (path / name).read_bytes()
            if len(data) == size and checksum_of(data) == checksum:
                touch(path / MANIFEST)
                return path / name
        except DAMAGE:
            pass
        if path.exists():
            self.remove(key)
        return None

    def put(self, key: str, files: Mapping[str, bytes | Path]) -> Path:
        """Store files under a key and return the path of the first, the main one.

        Who comes second to the same key throws its own files away.

        Parameters
        ----------
        key : str
            From `digest`.
        files : Mapping of str to bytes or Path
            Contents, or files to copy them from, by file name.
        """
        path = self.entry_path(key)
        for name in files:
            if not is_plain(name):
                raise ValueError(
                    f"A file of an entry needs a plain name other than {MANIFEST!r},"
                    f" got {name!r}; rename it."
                )
        with self.work_folder() as scratch:
            aside = scratch / "entry"
            aside.mkdir(mode=0o700)
            self.written_bytes += write_entry(aside, key, files)
            self.move_into_place(aside, key)
        evict.maybe_evict(self)
        return path / next(iter(files))

    def move_into_place(self, aside: Path, key: str) -> None:
        path = self.folder("entries") / key
        for _ in range(10):
            try:
                aside.rename(path)
            except OSError:
                # Somebody was first, or left something damaged that `get` removes.
                if self.get(key) is not None:
                    return
            else:
                return
        raise OSError(
            f"The entry {path} can be neither replaced nor read; remove it by hand."
        )

    def remove(self, key: str) -> None:
        """Remove an entry; a process that has it open keeps what it has."""
        with (
            contextlib.suppress(OSError),
            tempfile.TemporaryDirectory(
                dir=self.folder("work"), ignore_cleanup_errors=True
            ) as grave,
        ):
            # Renamed first, so that nobody ever meets half an entry.
            self.entry_path(key).rename(Path(grave) / key)

    def entries(self) -> Iterator[Entry]:
        """Yield the entries in no order, damaged ones included."""
        with contextlib.suppress(FileNotFoundError):
            for found in os.scandir(self.root / "entries"):
                if is_key(found.name):
                    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                        yield measure(Path(found.path))

    @contextlib.contextmanager
    def work_folder(self) -> Iterator[Path]:
        """Give a private folder in the cache's file system, removed afterwards."""
        path = Path(tempfile.mkdtemp(dir=self.folder("work")))
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def keep(self, name: str, text: str) -> Path:
        """Keep a text for a person to read, in the folder ``failed``, for a week."""
        path = self.folder("failed") / name
        path.write_text(text)
        return path


class DamagedError(Exception):
    """An entry is not what was written."""


DAMAGE = (DamagedError, FileNotFoundError, IsADirectoryError, NotADirectoryError)


def is_plain(name: str) -> bool:
    """Say whether `name` may be a file of an entry."""
    return not {"/", "\\", "\n"} & set(name) and name not in {"", ".", "..", MANIFEST}


def check_private(path: Path) -> None:
    """Refuse a folder that somebody else could put code into."""
    status = path.stat()
    if not stat.S_ISDIR(status.st_mode):
        raise NotADirectoryError(
            f"The cache {path} must be a folder; set THEANOLIKE_CACHE to another one."
        )
    if not hasattr(os, "geteuid"):
        return
    if status.st_uid != os.geteuid():
        raise PermissionError(
            f"The cache {path} must belong to this user (id {os.geteuid()}), it belongs"
            f" to id {status.st_uid}; set THEANOLIKE_CACHE to a folder of your own."
        )
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PermissionError(
            f"The cache {path} must be writable by its owner alone, its mode is"
            f" {stat.S_IMODE(status.st_mode):04o}; run: chmod go-w '{path}'"
        )


def checksum_of(data: bytes) -> str:
    """Return the checksum that a manifest holds for these bytes."""
    return hashlib.blake2b(data, digest_size=20).hexdigest()


def read_manifest(path: Path, key: str) -> list[tuple[str, int, str]]:
    """Return name, size in bytes and checksum of an entry's files, the main one first.

    Raises
    ------
    DamagedError
        It is not a manifest, or the manifest of another key.
    """
    try:
        head, *lines = (path / MANIFEST).read_text("utf-8").splitlines()
        rows = [line.split(" ", 2) for line in lines]
        files = [(name, int(size), checksum) for checksum, size, name in rows]
    except ValueError as error:
        raise DamagedError from error
    if head != f"{FORMAT} {key}" or not files:
        raise DamagedError
    if not all(is_plain(name) for name, _, _ in files):
        raise DamagedError
    return files


def write_entry(path: Path, key: str, files: Mapping[str, bytes | Path]) -> int:
    """Write the files and their manifest to an empty folder; return their bytes.

    Nobody waits for the disk: what a machine that stops loses, checksums tell.
    """
    lines = [f"{FORMAT} {key}"]
    total = 0
    for name, content in files.items():
        data = content if isinstance(content, bytes) else content.read_bytes()
        (path / name).write_bytes(data)
        lines.append(f"{checksum_of(data)} {len(data)} {name}")
        total += len(data)
    (path / MANIFEST).write_text("".join(f"{x}\n" for x in lines), "utf-8")
    return total


def touch(manifest: Path) -> None:
    """Note that an entry is in use, at most once a minute."""
    if time.time() - manifest.stat().st_mtime > TOUCH_SECONDS:
        # A cache that can only be read still serves.
        with contextlib.suppress(PermissionError):
            os.utime(manifest)


def measure(path: Path) -> Entry:
    """Weigh an entry."""
    total, used = 0, path.stat().st_mtime
    for file in os.scandir(path):
        status = file.stat()
        total += status.st_size
        if file.name == MANIFEST:
            used = status.st_mtime
    return Entry(path.name, path, total, used)
