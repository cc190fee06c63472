"""The store of compiled units: bytes under digests on disk. See README.md."""

from theanolike.cache.key import digest
from theanolike.cache.root import default_root, open_store
from theanolike.cache.store import DEFAULT_LIMIT, Entry, Store

__all__ = ["DEFAULT_LIMIT", "Entry", "Store", "default_root", "digest", "open_store"]
