"""What the tests of loops share."""

import pytest

from theanolike.compile.function import function


@pytest.fixture(params=["FAST_COMPILE", "FAST_RUN"])
def compiled(request):
    def make(inputs, outputs, **options):
        return function(inputs, outputs, mode=request.param, **options)

    return make
