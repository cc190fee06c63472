"""From variables to a callable: inputs, updates, modes, the steps of `function`."""

from theanolike.errors import UnusedInputError
from theanolike.pending import pending_names

__all__ = ["UnusedInputError"]

__getattr__ = pending_names(__name__)
