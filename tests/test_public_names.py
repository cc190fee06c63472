"""The public surface: facades, Theano's dotted names, names that are not there yet."""

import importlib
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import theanolike
from theanolike.errors import UnknownNameError, UnsupportedError
from theanolike.pending import PENDING, Pending, theano_name

ROOT = Path(theanolike.__file__).parent
FACADES = sorted(
    ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(
        ".__init__"
    )
    for folder in ("legacy", "tensor")
    for path in (ROOT / folder).rglob("*.py")
)
# the dotted modules that programs in the wild import
USED = """
    compile compile.mode compile.nanguardmode compile.sharedvalue compat.python2x
    compat.six configparser gof gof.graph gof.op gof.utils gof.compilelock gpuarray
    gpuarray.basic_ops gpuarray.blas gpuarray.dnn gpuarray.type gradient ifelse
    misc.pkl_utils misc.pycuda_init misc.pycuda_utils printing sandbox sandbox.cuda
    sandbox.cuda.basic_ops sandbox.cuda.dnn sandbox.cuda.rng_curand sandbox.linalg
    sandbox.rng_mrg scalar scan_module scan_module.scan_utils sparse tensor
    tensor.basic tensor.blas tensor.elemwise tensor.extra_ops tensor.fft
    tensor.nlinalg tensor.nnet tensor.nnet.abstract_conv tensor.nnet.bn
    tensor.nnet.conv tensor.nnet.conv3d2d tensor.nnet.neighbours tensor.nnet.nnet
    tensor.nnet.sigm tensor.opt tensor.raw_random tensor.shared_randomstreams
    tensor.sharedvar tensor.signal tensor.signal.conv tensor.signal.downsample
    tensor.signal.pool tensor.slinalg tensor.subtensor tensor.var
    tests.unittest_tools typed_list updates
""".split()


def object_of(dotted):
    """Return what a dotted name below theano is, by attributes alone."""
    found = theanolike
    for name in filter(None, dotted.split(".")):
        found = getattr(found, name)
    return found


@pytest.mark.parametrize("below", USED)
def test_a_module_that_programs_import_exists(below):
    assert importlib.import_module(f"theanolike.{below}") is not None


@pytest.mark.parametrize("below", sorted({*USED} - {"tensor.var"}))
def test_a_module_is_reached_by_attributes_too(below):
    assert object_of(below) is importlib.import_module(f"theanolike.{below}")


def test_the_function_var_stands_before_the_module_of_that_name():
    importlib.import_module("theanolike.tensor.var")
    assert callable(object_of("tensor.var"))


@pytest.mark.parametrize("name", FACADES)
def test_a_facade_lists_each_name_once_and_has_it(name):
    module = importlib.import_module(name)
    names = list(getattr(module, "__all__", []))
    assert len(names) == len(set(names))
    assert [n for n in names if n not in vars(module)] == []


@pytest.mark.parametrize("below", sorted(PENDING))
def test_names_not_there_yet_are_no_names_that_are_there(below):
    module = importlib.import_module(f"theanolike.{below}".rstrip("."))
    names = PENDING[below].split()
    assert [n for n in names if n in vars(module)] == [], (
        "drop these from theanolike/pending_table.py"
    )


@pytest.mark.parametrize("below", sorted(PENDING))
def test_a_name_that_is_not_there_yet_imports_and_names_itself_when_used(below):
    module = importlib.import_module(f"theanolike.{below}".rstrip("."))
    for name in PENDING[below].split():
        dotted = re.escape(".".join(filter(None, ("theano", below, name))))
        with pytest.raises(NotImplementedError, match=rf"^{dotted} is not there yet"):
            getattr(module, name)()


USES = {
    "call": lambda p: p(1, x=2),
    "attribute": lambda p: p.method,
    "subclass": lambda p: (
        type("Mine", (), {}) and __import__("types").new_class("M", (p,))
    ),
    "index": lambda p: p[0],
    "add": lambda p: p + 1,
    "reflected add": lambda p: 1 + p,
    "iterate": list,
    "truth": bool,
}


@pytest.mark.parametrize("use", USES)
def test_every_use_of_a_pending_name_is_refused(use):
    with pytest.raises(UnsupportedError, match="theano.x"):
        USES[use](Pending("theano.x"))


def test_nothing_is_an_instance_of_a_pending_name():
    nothing: Any = Pending("theano.x")
    assert not isinstance(3, nothing)
    assert not isinstance(3, (str, nothing))


def test_a_pending_name_can_be_printed_and_pickled():
    pending = Pending("theano.x")
    assert repr(pickle.loads(pickle.dumps(pending))) == "<theano.x, not there yet>"


def test_a_name_that_theano_never_had_is_an_attribute_error():
    with pytest.raises(UnknownNameError, match=r"theano\.tensor has no exq"):
        theanolike.tensor.exq
    with pytest.raises(AttributeError, match="theano has no functoin"):
        theanolike.functoin


def test_a_facade_knows_its_name_below_theano():
    assert theano_name("theanolike.tensor.nnet") == "tensor.nnet"
    assert theano_name("theanolike.legacy.sandbox.cuda") == "sandbox.cuda"
    assert theano_name("theanolike") == ""


def test_importing_is_light():
    heavy = {"scipy", "sympy", "networkx", "matplotlib", "pybind11", "subprocess"}
    code = "import sys, theanolike, theanolike.tensor; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert {name.partition(".")[0] for name in loaded} & heavy == set()
    # NumPy loads its generators when they are asked for, and hashlib with them.
    assert not loaded & {"numpy.random", "hashlib"}


def test_the_config_table_of_the_readme_names_each_flag_without_effect():
    text = (ROOT / "README.md").read_text()
    flags = [name for name, flag, _ in theanolike.config.declared() if flag.no_effect]
    assert [name for name in flags if f"`{name}`" not in text] == []


def test_the_config_table_of_the_readme_names_no_flag_that_acts():
    text = (ROOT / "README.md").read_text()
    table = text.partition("## Accepted, no effect")[2].partition("\nArguments:")[0]
    named = set(re.findall(r"`([\w.]+)`", table))
    acting = {n for n, flag, _ in theanolike.config.declared() if not flag.no_effect}
    assert named & acting == set()


@pytest.mark.parametrize("dtype", ["float32", "int8", "complex128"])
def test_theanos_asarray_gives_exactly_the_dtype(dtype):
    from theanolike.legacy.misc.safe_asarray import _asarray

    assert _asarray([1, 2], dtype=dtype).dtype == dtype


def test_theanos_asarray_knows_floatx():
    from theanolike.legacy.misc.safe_asarray import _asarray

    with theanolike.change_flags(floatX="float32"):
        assert _asarray([1, 2], dtype="floatX").dtype == "float32"


def test_there_is_no_gpu_and_it_says_so():
    assert not theanolike.sandbox.cuda.cuda_available
    assert not theanolike.sandbox.cuda.dnn.dnn_available()
    assert not theanolike.gpuarray.dnn.dnn_present()


def test_the_lock_of_the_compile_folder_is_taken_and_given_back_without_effect():
    lock = theanolike.gof.compilelock
    assert lock.get_lock("folder", timeout=3) is None
    assert lock.release_lock() is None
