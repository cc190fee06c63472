"""Theano's `compat`."""

from builtins import filter as ifilter
from builtins import map as imap
from builtins import next
from builtins import zip as izip
from collections import OrderedDict
from io import BytesIO

from theanolike.pending import pending_names

__all__ = ["PY3", "BytesIO", "OrderedDict", "ifilter", "imap", "izip", "next"]

__getattr__ = pending_names(__name__)

PY3 = True
