"""Theano's `misc.safe_asarray`."""

from typing import Any

import numpy as np

from theanolike.pending import pending_names
from theanolike.types.dtypes import as_dtype

__all__ = ["_asarray"]

__getattr__ = pending_names(__name__)


def _asarray(a: Any, dtype: Any, order: Any = None) -> np.ndarray[Any, Any]:
    """Return `a` as an array of exactly that dtype; "floatX" is a dtype."""
    return np.asarray(a, dtype=as_dtype(dtype), order=order)
