"""Theano's `compile.monitormode`: imports only."""

from theanolike.compile.watch import MonitorMode, detect_nan
from theanolike.pending import pending_names

__all__ = ["MonitorMode", "detect_nan"]

__getattr__ = pending_names(__name__)
