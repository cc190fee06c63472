"""The public ``T``: imports and ``__all__`` only."""
