"""Theano's `compat.python2x`: imports only."""

from builtins import all, any
from collections import OrderedDict, defaultdict
from functools import partial

from theanolike.pending import pending_names

__all__ = ["OrderedDict", "all", "any", "defaultdict", "partial"]

__getattr__ = pending_names(__name__)
