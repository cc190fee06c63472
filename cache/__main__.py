"""``python -m theanolike.cache list|info|clear|purge|verify``."""

import argparse
import shutil
import sys
import time
from typing import NoReturn

from theanolike.cache import evict
from theanolike.cache.root import open_store
from theanolike.cache.store import MANIFEST, TAG, Store
from theanolike.cache.verify import check_all

OWN_FOLDERS = ("entries", "work", "failed", "zig")
OWN_FILES = (evict.STAMP, TAG)


class Parser(argparse.ArgumentParser):
    """A parser that prints the whole help on a wrong command and exits with 1."""

    def error(self, message: str) -> NoReturn:
        """Print help and leave."""
        self.print_help(sys.stderr)
        self.exit(1, f"\n{self.prog}: {message}\n")


def list_entries(store: Store) -> int:
    """Print key, bytes, last use and files of each entry, the oldest first."""
    for entry in sorted(store.entries(), key=lambda entry: entry.used):
        used = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.used))
        files = sorted(x.name for x in entry.path.iterdir() if x.name != MANIFEST)
        print(entry.key, f"{entry.bytes:>10}", used, *files)
    return 0


def show_info(store: Store) -> int:
    """Print where the cache is and what it holds."""
    entries = list(store.entries())
    print("folder    ", store.root)
    print("entries   ", len(entries))
    print("bytes     ", sum(entry.bytes for entry in entries), "of", store.limit_bytes)
    print("unfinished", sum(1 for _ in store.folder("work").iterdir()))
    return 0


def clear(store: Store) -> int:
    """Remove all entries."""
    keys = [entry.key for entry in store.entries()]
    for key in keys:
        store.remove(key)
    print(f"removed {len(keys)} entries from {store.root}")
    return 0


def purge(store: Store) -> int:
    """Remove all that the cache made, the folder too unless it holds other things."""
    for name in OWN_FOLDERS:
        shutil.rmtree(store.root / name, ignore_errors=True)
    for name in OWN_FILES:
        (store.root / name).unlink(missing_ok=True)
    left = sorted(path.name for path in store.root.iterdir())
    if left:
        print(f"kept {store.root}, which holds other things: {', '.join(left)}")
        return 1
    if store.root.is_symlink():
        store.root.unlink()
    else:
        store.root.rmdir()
    print(f"removed {store.root}")
    return 0


def verify(store: Store) -> int:
    """Check all files, remove damaged entries; exit with 1 if there were any."""
    count = sum(1 for _ in store.entries())
    damage = check_all(store)
    for key, what in sorted(damage.items()):
        print(f"{key}  removed: {what}")
    print(f"{count - len(damage)} of {count} entries are as they were written")
    return 1 if damage else 0


COMMANDS = {
    "list": list_entries,
    "info": show_info,
    "clear": clear,
    "purge": purge,
    "verify": verify,
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command on the default cache; without one, print its folder."""
    parser = Parser(prog="python -m theanolike.cache", description=__doc__)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, function in COMMANDS.items():
        commands.add_parser(name, help=function.__doc__)
    chosen = parser.parse_args(arguments)
    try:
        store = open_store()
    except OSError as error:
        parser.exit(1, f"{error}\n")
    if chosen.command is None:
        print(store.root)
        return 0
    return COMMANDS[chosen.command](store)


if __name__ == "__main__":
    sys.exit(main())
