"""The module `_runtime`: its version, contract and types."""

import re
from importlib.resources import files

import pytest

import theanolike
from theanolike import _runtime


def test_the_runtime_is_of_the_installed_version():
    assert _runtime.version() == theanolike.__version__


def test_the_runtime_and_the_units_have_one_contract():
    header = files("theanolike.codegen") / "include" / "theanolike" / "abi.h"
    number = re.search(r"#define TL_ABI (\d+)", header.read_text())
    assert number is not None
    assert int(number[1]) == _runtime.ABI


@pytest.mark.parametrize("name", ["Cell", "Unit", "Function"])
def test_types_are_described(name):
    assert getattr(_runtime, name).__text_signature__.startswith("(")
    assert getattr(_runtime, name).__doc__
