"""What every test has: a cache of its own, and a seed."""

import os
import signal
import tempfile

import numpy as np
import pytest

# before the first import of theanolike, so that no test reads the user's settings
os.environ.pop("THEANO_FLAGS", None)
os.environ.pop("THEANOLIKE_FLAGS", None)
os.environ["THEANORC"] = os.devnull

# Shells let jobs in the background ignore Ctrl-C, which some tests are about.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def cache_directory():
    """One cache for the whole run: equal units are compiled once."""
    before = os.environ.get("THEANOLIKE_CACHE")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["THEANOLIKE_CACHE"] = folder
        yield folder
        if before is None:
            del os.environ["THEANOLIKE_CACHE"]
        else:
            os.environ["THEANOLIKE_CACHE"] = before


@pytest.fixture(scope="session", autouse=True)
def checked_programs():
    """Let every loop program be checked between the phases."""
    from theanolike.codegen import emit_cxx

    emit_cxx.CHECKED = True


@pytest.fixture
def rng():
    """Return a generator with a fixed seed."""
    return np.random.default_rng(20261121)


@pytest.fixture(params=["FAST_COMPILE", "FAST_RUN"])
def value(request):
    """Compute variables, interpreted and compiled: `value(out, {x: 1.0})`."""

    from theanolike.compile.function import function

    def compute(out, given):
        arrays = [np.asarray(v, x.type.dtype) for x, v in given.items()]
        options = {"mode": request.param, "on_unused_input": "ignore"}
        return function(list(given), out, **options)(*arrays)

    return compute


def pytest_addoption(parser):
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write golden files instead of comparing with them",
    )


@pytest.fixture
def update_golden(request):
    """Whether golden files are to be written."""
    return request.config.getoption("--update-golden")
