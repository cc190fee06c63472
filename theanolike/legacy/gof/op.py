"""Theano's `gof.op`: imports only."""

from theanolike.compile.debug_values import (
    debug_assert,
    get_debug_values,
    get_test_value,
)
from theanolike.graph.op import Op
from theanolike.pending import pending_names

__all__ = ["Op", "debug_assert", "get_debug_values", "get_test_value"]

__getattr__ = pending_names(__name__)
