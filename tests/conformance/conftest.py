"""What programs in Theano's manner share."""

import pytest

import theanolike as theano


@pytest.fixture(params=[None, "FAST_COMPILE"], ids=["default", "interpreted"])
def function(request):
    """Return `theano.function` in one of both modes."""

    def make(inputs, outputs, **options):
        return theano.function(inputs, outputs, mode=request.param, **options)

    return make
