"""A loop that gcc vectorises only without its dominator optimisations."""

import re
import subprocess

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
