"""Broadcasting that is known at run time only, and a machine without a compiler."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike import _runtime
from theanolike.compile import executable
from theanolike.errors import CompilerNotFoundWarning, NoCompilerError

SHAPES = [((2, 3), (2, 3)), ((2, 3), (1, 3)), ((2, 1), (1, 3)), ((1, 1), (2, 3))]


@pytest.mark.parametrize(("first", "second"), SHAPES)
def test_a_1_meets_an_n_at_run_time(first, second, mode):
    x, y = T.dmatrices("x", "y")
    f = theano.function([x, y], [x * y + x, (x - y).sum()], mode=mode)
    p = np.arange(np.prod(first), dtype=float).reshape(first)
    q = np.arange(np.prod(second), dtype=float).reshape(second) + 10
    for _ in range(2):
        product, total = f(p, q)
        np.testing.assert_array_equal(product, p * q + p)
        assert total == (p - q).sum()
        np.testing.assert_array_equal(f(q, q)[0], q * q + q)


def test_a_shared_variable_may_become_a_1(mode):
    x, w = T.dvector("x"), theano.shared(np.zeros(3))
    f = theano.function([x], x + w, updates=[(w, w * 2)], mode=mode)
    f(np.ones(3))
    w.set_value(np.ones(1))
    np.testing.assert_array_equal(f(np.ones(3)), [2, 2, 2])
    np.testing.assert_array_equal(w.get_value(), [2])


def test_more_patterns_than_are_specialised_work_too(mode):
    variables = T.dvectors("a", "b", "c", "d")
    f = theano.function(variables, sum(variables[1:], variables[0]), mode=mode)
    for pattern in range(16):
        lengths = [1 if pattern >> k & 1 else 3 for k in range(4)]
        arrays = [np.full(n, float(k)) for k, n in enumerate(lengths)]
        np.testing.assert_array_equal(f(*arrays), sum(arrays))


def test_a_mismatch_is_refused_after_a_broadcast_too(mode):
    x, y = T.dmatrices("x", "y")
    f = theano.function([x, y], x * y, mode=mode)
    f(np.ones((2, 1)), np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"\(input\[0\].shape\[0\] = 2, input\[1\]"):
        f(np.ones((2, 1)), np.ones((3, 3)))


def test_a_1_meets_an_n_in_a_function_with_outputs_and_updates(mode):
    x, y = T.dmatrices("x", "y")
    w = theano.shared(np.zeros(3), name="w")
    f = theano.function([x, y], x + y, updates=[(w, w + 1)], mode=mode)
    for calls in (1, 2):
        np.testing.assert_array_equal(f(np.ones((1, 2)), np.ones((2, 2))), 2.0)
        np.testing.assert_array_equal(w.get_value(borrow=True), calls)


@pytest.mark.compiler
def test_a_variant_is_compiled_and_not_interpreted():
    x, y = T.dvectors("x", "y")
    f = theano.function([x, y], x * y)
    f(np.ones(3), np.ones(1))
    (variant,) = f.maker.executable._variants.values()
    assert type(variant) is type(f)


@pytest.fixture
def no_compiler(monkeypatch):
    """Hide every compiler."""

    def refuse(*args, **kwargs):
        raise NoCompilerError("pip install, apt install or config.cxx")

    monkeypatch.setattr("theanolike.codegen.toolchain.require_compiler", refuse)
    monkeypatch.setattr(executable, "_warned", [])


def test_without_a_compiler_one_warning_and_the_interpreter(no_compiler):
    a = T.dscalar("a")
    with pytest.warns(CompilerNotFoundWarning, match="pip install, apt install"):
        f = theano.function([a], a + 1, mode="FAST_RUN")
    # a second warning would be an error
    g = theano.function([a], a + 2, mode="FAST_RUN")
    assert (f(1), g(1)) == (2, 3)


def test_the_warning_points_at_the_users_line(no_compiler):
    with pytest.warns(CompilerNotFoundWarning) as told:
        theano.function([], T.constant(1.0) + 1, mode="FAST_RUN")
    assert told[0].filename == __file__


def test_a_program_runs_where_no_compiler_is_on_the_path(tmp_path):
    program = """
        import theanolike as theano, theanolike.tensor as T
        a = T.dscalar('a')
        print(theano.function([a], a + 1)(1))
        print(theano.function([a], a * 3)(1))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        env={"PATH": str(tmp_path), "THEANOLIKE_CACHE": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["2.0", "3.0"]
    if "CompilerNotFoundWarning" not in done.stderr:
        pytest.skip("this environment has the compiler that comes as a package")
    assert done.stderr.count("CompilerNotFoundWarning") == 1


@pytest.mark.compiler
def test_equal_functions_share_a_unit():
    def build():
        x = T.dvector("x")
        return theano.function([x], x * 3 + 1)

    first, second = build(), build()
    assert first.maker.executable.body.path == second.maker.executable.body.path


def test_a_1_that_appears_inside_is_broadcast(mode):
    x, y, n = T.dvector("x"), T.dvector("y"), T.lscalar("n")
    f = theano.function([x, y, n], x[n:] * y + x[n:], mode=mode)
    p, q = np.arange(4.0), np.arange(3.0)
    np.testing.assert_array_equal(f(p, q, 1), p[1:] * q + p[1:])
    np.testing.assert_array_equal(f(p, q, 3), p[3:] * q + p[3:])
    np.testing.assert_array_equal(f(p, np.ones(1), 1), p[1:] * 2)


def chain_of_slices(length):
    x, n = T.dvector("x"), T.lscalars(length + 1)
    y = x[n[0] :]
    for k in range(length):
        y = y * x[n[k] :] + x[n[k + 1] :]
    return [x, *n], y


def test_a_chain_of_broadcasts_inside_agrees_with_numpy(mode):
    inputs, y = chain_of_slices(4)
    f = theano.function(inputs, y, mode=mode)
    x = np.arange(1.0, 5.0)
    for starts in [(0, 0, 0, 0, 0), (3, 0, 3, 0, 3), (3, 3, 3, 3, 3), (0, 3, 0, 0, 0)]:
        expected = x[starts[0] :]
        for k in range(4):
            expected = expected * x[starts[k] :] + x[starts[k + 1] :]
        np.testing.assert_allclose(f(x, *starts), expected)


@pytest.mark.compiler
def test_the_text_of_a_chain_of_broadcasts_grows_in_proportion():
    def size(length):
        inputs, y = chain_of_slices(length)
        return len(theano.function(inputs, y).maker.executable.built.text)

    two, four, eight = size(2), size(4), size(8)
    assert eight - four < 3 * (four - two)


def test_the_number_of_threads_follows_the_configuration_there_and_back():
    x = T.dvector("x")
    before = _runtime.threads()
    for count in (1, 3, 1, 2):
        with theano.config.change_flags(threads=count):
            theano.function([x], x * 2)
        assert _runtime.threads() == count
    _runtime.set_threads(before)
