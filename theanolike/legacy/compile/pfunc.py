"""Theano's `compile.pfunc`: imports only."""

from theanolike.compile.function import pfunc
from theanolike.compile.inputs import Param
from theanolike.compile.rebuild import rebuild_collect_shared
from theanolike.pending import pending_names

__all__ = ["Param", "pfunc", "rebuild_collect_shared"]

__getattr__ = pending_names(__name__)
