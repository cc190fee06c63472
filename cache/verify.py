"""Check every file of the cache against its checksum."""

from theanolike.cache.store import (
    DamagedError,
    Entry,
    Store,
    checksum_of,
    read_manifest,
)


def find_damage(entry: Entry) -> str | None:
    """Return what is wrong with an entry, sources included, or None."""
    try:
        for name, size, checksum in read_manifest(entry.path, entry.key):
            data = (entry.path / name).read_bytes()
            if len(data) != size:
                return f"{name} has {len(data)} bytes instead of {size}"
            if checksum_of(data) != checksum:
                return f"{name} has another checksum than when it was written"
    except DamagedError:
        return "the manifest is damaged"
    except OSError as error:
        return f"{error.filename} cannot be read ({error.strerror})"
    return None


def check_all(store: Store) -> dict[str, str]:
    """Remove the damaged entries and return what was wrong with each, by key."""
    damage = {entry.key: find_damage(entry) for entry in store.entries()}
    found = {key: what for key, what in damage.items() if what is not None}
    for key in found:
        store.remove(key)
    return found
