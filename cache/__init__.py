"""The store of compiled units: bytes under digests on disk. See README.md."""
