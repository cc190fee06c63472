"""The stages that codegen/README.md prints are those of today."""

import io
import re
from pathlib import Path

import pytest

import theanolike as theano
from theanolike.codegen import compile as codegen_compile
from theanolike.codegen.lowering import lower
from theanolike.codegen.printing import print_program

README = Path(codegen_compile.__file__).parent / "README.md"
BLOCK = re.compile(r"(<!-- block: (\w+) -->\n```\w*\n)(.*?)(```)", re.DOTALL)
MODEL = """\
import theanolike as theano
import theanolike.tensor as T

x, y = T.dvectors("x", "y")
error = x - y
f = theano.function([x, y], [(error**2).sum(), T.exp(-abs(error))])
"""


def stages():
    scope = {}
    exec(compile(MODEL, "model.py", "exec"), scope)
    f = scope["f"]
    graph = f.maker.fgraph
    printed = io.StringIO()
    theano.printing.debugprint(f, file=printed)
    program = lower(graph.inputs, graph.toposort(), graph.outputs).program
    begin = re.search(r"^(static (TL_APART )?void kernel_)", f.source, re.MULTILINE)
    return {
        "model": MODEL,
        "graph": printed.getvalue(),
        "program": print_program(program) + "\n",
        "plan": f.plan + "\n",
        "source": f.source[begin.start() :],
    }


@pytest.mark.compiler
def test_the_readme_shows_every_stage_as_it_is(update_golden):
    made = stages()
    text = README.read_text("utf-8")
    assert [m[2] for m in BLOCK.finditer(text)] == list(made)
    if update_golden:
        text = BLOCK.sub(lambda m: m[1] + made[m[2]] + m[4], text)
        README.write_text(text, "utf-8")
    for block in BLOCK.finditer(text):
        assert made[block[2]] == block[3]


def test_every_file_that_the_readme_names_exists():
    names = re.findall(r"`([\w/*]+(?:\.py|/))`", README.read_text("utf-8"))
    for name in names:
        assert list(README.parent.glob(name)), name
