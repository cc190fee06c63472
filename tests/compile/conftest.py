"""Every behaviour of a function holds interpreted and compiled."""

import pytest


@pytest.fixture(
    params=["FAST_COMPILE", pytest.param("FAST_RUN", marks=pytest.mark.compiler)]
)
def mode(request):
    """Return the name of a mode."""
    return request.param
