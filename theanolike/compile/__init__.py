"""From variables to a callable: inputs, updates, modes, the steps of ``function``."""
