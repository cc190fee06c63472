"""Generated C++ against files in tests/golden, and what its text may not depend on.

`pytest --update-golden` writes the files: read the difference before you commit it.
"""

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.codegen.emit_cxx import emit_unit
from theanolike.codegen.lowering import lower
from theanolike.graph.traverse import toposort

GOLDEN = Path(__file__).parents[1] / "golden"


def formula():
    x, y = T.dvectors("x", "y")
    z = T.exp(x) * y
    z.name = "z"
    return [x, y], [z + T.tanh(x * y) / (1 + x * x)]


def scalars():
    a, b = T.dscalars("a", "b")
    return [a, b], [a + 2 * b]


def softmax():
    x = T.fmatrix("x")
    e = T.exp(x - x.max(axis=1, keepdims=True))
    return [x], [e / e.sum(axis=1, keepdims=True)]


def sums():
    x = T.fmatrix("x")
    return [x], [x.sum(), x.sum(axis=0), x.argmax(axis=1)]


def indexing():
    x, i = T.dvector("x"), T.lvector("i")
    return [x, i], [x[i] + x[::-1][: i.shape[0]], T.inc_subtensor(x[i], 1.0)]


def product():
    x, w = T.dmatrices("x", "w")
    return [x, w], [T.tanh(T.dot(x, w.T))]


GRAPHS = [formula, scalars, softmax, sums, indexing, product]


def own_part(text):
    """Return a unit without the snippets that it includes."""
    begin = re.search(
        r"^(static (const \w+ k\d|(TL_APART )?void kernel_)|extern)", text, re.MULTILINE
    )
    return text[begin.start() :]


@pytest.mark.parametrize("readable", [False, True], ids=["compiled", "source"])
@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph.__name__)
def test_the_text_is_the_golden_one(graph, readable, update_golden):
    inputs, outputs = graph()
    program = lower(inputs, toposort(outputs), outputs).program
    remarks = [f"model.py:{k}" for k in range(99)] if readable else None
    text = own_part(emit_unit(program, remarks).text)
    file = GOLDEN / f"{graph.__name__}{'_source' * readable}.cpp"
    if update_golden:
        file.write_text(text, "utf-8")
    assert text == file.read_text("utf-8")


MODEL = """
import numpy as np
import theanolike as theano
import theanolike.tensor as T
x, y = T.dmatrix("{0}"), T.dvector("{1}")
w = theano.shared(np.ones(3), "{2}")
p = T.nnet.sigmoid(T.dot(x, w))
cost = ((p - y) ** 2).mean()
f = theano.function([x, y], [p, cost], updates={{w: w - T.grad(cost, w)}})
"""


def compiled(text, *names):
    scope = {}
    exec(compile(text.format(*(names or "xyw")), "model.py", "exec"), scope)
    return scope["f"].maker.executable.built


@pytest.mark.compiler
def test_a_blank_line_above_the_model_and_other_names_leave_the_text_alone():
    first = compiled(MODEL)
    for other in (compiled("\n\n" + MODEL), compiled(MODEL, "data", "labels", "c")):
        assert other.text == first.text
        assert other.path == first.path


@pytest.mark.compiler
def test_the_source_has_the_users_names_and_lines():
    source = compiled(MODEL, "data", "labels", "slope").source
    for part in ("data", "labels", "slope", "// model.py:7"):
        assert part in source
    assert "// model.py:9" in compiled("\n\n" + MODEL).source
    assert "//" not in compiled(MODEL).text


@pytest.mark.compiler
def test_the_text_depends_neither_on_the_hash_seed_nor_on_the_process():
    script = textwrap.dedent(MODEL.format(*"xyw"))
    script += "print(f.maker.executable.built.text)"
    texts = {
        subprocess.run(
            [sys.executable, "-c", script],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "77")
    }
    assert len(texts) == 1


@pytest.mark.compiler
def test_values_of_shared_variables_are_not_in_the_text():
    texts = {
        theano.function(
            [], theano.shared(np.full(4, value)) * 2
        ).maker.executable.built.text
        for value in (1.0, 2.0)
    }
    assert len(texts) == 1
