"""Derivatives by differences."""

import numpy as np


def differences(f, at, step=1e-6):
    """Return the derivative of a number by each element of an array."""
    result = np.zeros_like(at)
    for place in np.ndindex(*at.shape):
        high, low = at.copy(), at.copy()
        high[place] += step
        low[place] -= step
        result[place] = (f(high) - f(low)) / (2 * step)
    return result
