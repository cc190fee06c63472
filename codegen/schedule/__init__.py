"""Which loops run fused, in which order and on which threads."""
