"""What gcc makes of loops: vectors, and the instructions that they were written for."""

import os
import re
import subprocess

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.cache import open_store
from theanolike.codegen.build import with_header
from theanolike.codegen.toolchain import command_line, require_compiler

pytestmark = pytest.mark.compiler


def test_gcc_vectorises_a_product_with_a_sigmoid_of_a_product(tmp_path):
    compiler = require_compiler(store=open_store())
    if compiler.kind != "gcc":
        pytest.skip("other compilers report otherwise")
    x, w = T.dmatrix(), T.dvector()
    f = theano.function([x, w], T.dot(x.T, 1 / (1 + T.exp(-T.dot(x, w)))))
    text = with_header(f.maker.executable.built.text)
    (tmp_path / "unit.cpp").write_text(text)
    command = command_line(compiler, "unit.cpp", output="unit.so")
    done = subprocess.run(
        [*command, "-fopt-info-vec-optimized"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    vectorised = {
        int(line) for line in re.findall(r":(\d+):\d+: .*: loop vec", done.stderr)
    }
    inner = {
        number
        for number, line in enumerate(text.splitlines(), 1)
        if re.match(r"\s+for \(i64 i1 = ", line)
    }
    assert inner
    assert inner <= vectorised


@pytest.mark.parametrize("formula", [lambda x: T.all(x > 0), lambda x: T.any(x > 0)])
def test_gcc_vectorises_what_holds_for_all_or_any_element(tmp_path, formula):
    compiler = require_compiler(store=open_store())
    if compiler.kind != "gcc":
        pytest.skip("other compilers report otherwise")
    x = T.dvector()
    f = theano.function([x], formula(x))
    (tmp_path / "unit.cpp").write_text(with_header(f.maker.executable.built.text))
    command = command_line(compiler, "unit.cpp", output="unit.so")
    done = subprocess.run(
        [*command, "-fopt-info-vec-optimized"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "loop vectorized" in done.stderr
    slow = theano.function([x], formula(x), mode="FAST_COMPILE")
    for at in (0, 70, 99):
        value = np.ones(100)
        value[at] = -1
        for signs in (value, -value, value * value, -value * value):
            assert f(signs) == slow(signs)


def test_gcc_has_one_instruction_for_the_smaller_of_two(tmp_path):
    compiler = require_compiler(store=open_store())
    if compiler.kind != "gcc" or os.uname().machine != "x86_64":
        pytest.skip("other compilers and machines name it otherwise")
    x, y = T.dvectors("x", "y")
    for op, name in ((T.minimum, "min"), (T.maximum, "max")):
        f = theano.function([x, y], op(x, y))
        (tmp_path / "unit.cpp").write_text(with_header(f.maker.executable.built.text))
        command = command_line(compiler, "unit.cpp", output="unit.s")
        command = [part for part in command if part != "-shared"]
        subprocess.run([*command, "-S"], cwd=tmp_path, check=True)
        assert f"{name}pd" in (tmp_path / "unit.s").read_text()


@pytest.mark.parametrize("dtype", ["float32", "float64", "int8", "bool"])
def test_of_equal_numbers_the_first_counts_and_nan_stays(dtype):
    x, y = T.vector("x", dtype), T.vector("y", dtype)
    values = [0.0, -0.0, 1.0, np.nan] if dtype.startswith("f") else [0, 1]
    a, b = (v.ravel().astype(dtype) for v in np.meshgrid(values * 5, values * 5))
    least, most = theano.function([x, y], [T.minimum(x, y), T.maximum(x, y)])(a, b)
    isnan = np.isnan(a) | np.isnan(b)
    for got, first in ((least, a <= b), (most, a >= b)):
        expected = np.where(isnan, np.nan, np.where(first, a, b)).astype(dtype)
        np.testing.assert_array_equal(got, expected)
        if dtype.startswith("f"):
            signs = np.signbit(got[~isnan]), np.signbit(expected[~isnan])
            np.testing.assert_array_equal(*signs)
