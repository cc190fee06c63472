"""In default mode nothing of the library calls back into Python while a function runs.

That no op of the registry lowers to a host node stands among the laws of ops.
"""

import re
import runpy
import sys
from pathlib import Path

import pytest

import theanolike
from theanolike.codegen import compile as codegen_compile
from theanolike.compile import executable

EXAMPLES = Path(__file__).parents[1] / "examples"
QUICK = {"perceptron": ["--epochs", "1"], "logistic_regression": ["--steps", "3"]}


@pytest.fixture
def built(monkeypatch):
    """Every unit that is built, and everything that is interpreted."""
    units = []
    build = codegen_compile.build_unit

    def record(*args, **kwargs):
        units.append(build(*args, **kwargs))
        return units[-1]

    def refuse(self, request):
        raise AssertionError("nothing is interpreted in default mode")

    monkeypatch.setattr(codegen_compile, "build_unit", record)
    monkeypatch.setattr(executable.Interpreted, "__init__", refuse)
    return units


@pytest.mark.compiler
@pytest.mark.parametrize("name", sorted(file.stem for file in EXAMPLES.glob("*.py")))
def test_no_example_makes_a_host_call(name, built, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [name, *QUICK.get(name, [])])
    runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    assert built
    assert all(not unit.hosts for unit in built)
    assert not any("call back" in line for unit in built for line in unit.plan)


def test_of_the_ops_only_print_lowers_to_a_host_node():
    folder = Path(theanolike.__file__).parent / "ops"
    calls = {
        file.name
        for file in folder.rglob("*.py")
        if re.search(r"\bb\.host\(", file.read_text("utf-8"))
    }
    assert calls == {"printing.py"}
