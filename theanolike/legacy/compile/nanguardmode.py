"""Theano's `compile.nanguardmode`: imports only."""

from theanolike.compile.watch import (
    NanGuardMode,
    contains_inf,
    contains_nan,
    f_compute,
    flatten,
)
from theanolike.pending import pending_names

__all__ = ["NanGuardMode", "contains_inf", "contains_nan", "f_compute", "flatten"]

__getattr__ = pending_names(__name__)
