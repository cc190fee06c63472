"""Theano's `gof.compilelock`."""

from theanolike.pending import pending_names

__all__ = ["force_unlock", "get_lock", "release_lock", "set_lock_status"]

__getattr__ = pending_names(__name__)


def get_lock(*_: object, **__: object) -> None:
    """Do nothing: the store of compiled units needs no lock."""


def set_lock_status(use_lock: bool) -> None:
    """Do nothing: the store of compiled units needs no lock."""


release_lock = force_unlock = get_lock
