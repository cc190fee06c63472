"""A net's kernels are the same however many layers it has, and of whatever sizes."""

import itertools

import numpy as np
import pytest

import theanolike.tensor as T
from theanolike import function, shared
from theanolike.gradient.reverse import grad


def kernels(sizes):
    """Return how many kernels a training step over layers of `sizes` compiles."""
    rng = np.random.default_rng(0)
    x = T.dmatrix("x")
    hidden, parameters = x, []
    for rows, columns in itertools.pairwise(sizes):
        weights = shared(rng.normal(size=(rows, columns)) / np.sqrt(rows))
        offset = shared(np.zeros(columns))
        parameters += [weights, offset]
        hidden = T.tanh(T.dot(hidden, weights) + offset)
    cost = (hidden**2).mean()
    slopes = grad(cost, parameters)
    updates = [(p, p - 0.1 * g) for p, g in zip(parameters, slopes, strict=True)]
    step = function([x], cost, updates=updates)
    assert np.isfinite(step(rng.normal(size=(5, sizes[0]))))
    return step.maker.executable.built.text.count("static void kernel_")


@pytest.mark.compiler
def test_ten_and_two_hundred_layers_have_the_same_kernels():
    ten = kernels([8] * 11)
    assert ten == kernels([8] * 201)
    assert ten == kernels([4 + k % 7 for k in range(201)])
