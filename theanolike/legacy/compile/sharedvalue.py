"""Theano's `compile.sharedvalue`: imports only."""

from theanolike.pending import pending_names
from theanolike.types.shared import (
    SharedVariable,
    generic_constructor,
    shared,
    shared_constructor,
)

__all__ = ["SharedVariable", "generic_constructor", "shared", "shared_constructor"]

__getattr__ = pending_names(__name__)
