"""Theano's `compat.six`."""

from builtins import next
from builtins import object as Iterator
from builtins import str as text_type

from theanolike.pending import pending_names

__all__ = [
    "PY3",
    "Iterator",
    "integer_types",
    "iteritems",
    "iterkeys",
    "itervalues",
    "next",
    "string_types",
    "text_type",
]

__getattr__ = pending_names(__name__)

PY3 = True
string_types = (str,)
integer_types = (int,)
iteritems, itervalues, iterkeys = dict.items, dict.values, dict.keys
