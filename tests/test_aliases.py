"""Theano's dotted names, and `python -m theanolike run`."""

import importlib
import subprocess
import sys

import pytest

import theanolike
from theanolike.aliases import install_as_theano, uninstall_as_theano


@pytest.fixture
def as_theano():
    install_as_theano()
    yield
    uninstall_as_theano()


@pytest.mark.parametrize(
    "below",
    ["tensor", "tensor.nnet", "tensor.signal.pool", "gof.graph", "sandbox.rng_mrg"],
)
def test_an_alias_is_the_same_module_object(as_theano, below):
    alias = importlib.import_module(f"theano.{below}")
    assert alias is importlib.import_module(f"theanolike.{below}")


def test_an_old_name_is_the_module_of_the_legacy_folder():
    old = importlib.import_module("theanolike.gof.graph")
    assert old is importlib.import_module("theanolike.legacy.gof.graph")
    assert old.__name__ == "theanolike.legacy.gof.graph"


def test_an_aliased_module_keeps_its_own_spec(as_theano):
    importlib.import_module("theano.tensor.nnet.bn")
    spec = sys.modules["theanolike.tensor.nnet.bn"].__spec__
    assert spec is not None
    assert spec.name == "theanolike.tensor.nnet.bn"


def test_importing_theano_config_leaves_the_object_in_its_place(as_theano):
    importlib.import_module("theano.config")
    assert theanolike.config.floatX in {"float64", "float32", "float16"}


def test_a_module_that_theano_never_had_is_not_found(as_theano):
    with pytest.raises(ModuleNotFoundError, match="theano.nonsense"):
        importlib.import_module("theano.nonsense")
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("theanolike.tensor.nonsense")


def test_without_installation_theano_is_not_served():
    uninstall_as_theano()
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("theano.tensor")


def test_run_gives_a_program_its_arguments_and_theano(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        "import sys, theano, theanolike, theano.tensor as T\n"
        "from theano.tensor.nnet import conv3d2d\n"
        "import helper\n"
        "assert theano is theanolike and T is theanolike.tensor\n"
        "print(__name__, sys.argv[1:], helper.word)\n"
    )
    (tmp_path / "helper.py").write_text("word = 'found'\n")
    command = [sys.executable, "-m", "theanolike", "run", str(program), "--steps", "3"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "__main__ ['--steps', '3'] found\n"


def test_the_report_names_versions_and_the_cache(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "theanolike"], capture_output=True, text=True, check=True
    )
    rows = dict(line.split(None, 1) for line in done.stdout.splitlines())
    assert rows["theanolike"] == theanolike.__version__
    assert {"compiler", "cache", "blas", "numpy", "python"} <= set(rows)


def test_an_unknown_command_shows_the_usage():
    done = subprocess.run(
        [sys.executable, "-m", "theanolike", "walk"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "run PROGRAM" in done.stderr
