"""Theano's old dotted names: imports and ``__all__`` only; nothing of ours uses it."""
