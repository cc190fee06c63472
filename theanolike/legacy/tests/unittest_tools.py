"""Theano's `tests.unittest_tools`: imports only."""

from theanolike.gradient.numeric import seeded_verify_grad as verify_grad
from theanolike.pending import pending_names
from theanolike.testing import assert_allclose, fetch_seed, seed_rng

__all__ = ["assert_allclose", "fetch_seed", "seed_rng", "verify_grad"]

__getattr__ = pending_names(__name__)
