"""From variables to a callable: inputs, updates, modes, the steps of `function`."""

from theanolike.pending import pending_names

__all__: list[str] = []

__getattr__ = pending_names(__name__)
