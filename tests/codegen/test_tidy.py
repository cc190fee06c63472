"""Printed source without needless parentheses says the same as with them."""

import operator
import re
import subprocess
from importlib import resources

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.cache import open_store
from theanolike.codegen.tidy import tidy, without_parentheses
from theanolike.codegen.toolchain import require_compiler

OPERATORS = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


def random_expression(rng, depth):
    """Return a parenthesised expression and its value."""
    if depth == 0 or rng.random() < 0.15:
        value = float(rng.normal())
        return (f"({value!r})" if value < 0 else repr(value)), value
    if rng.random() < 0.15:
        text, value = random_expression(rng, depth - 1)
        return f"(-{text})", -value
    sign = rng.choice(list(OPERATORS))
    (left, a), (right, b) = (random_expression(rng, depth - 1) for _ in range(2))
    return f"({left} {sign} {right})", OPERATORS[sign](a, b)


def test_every_operation_stays_and_keeps_its_operands(rng):
    shorter = 0
    for _ in range(400):
        text, value = random_expression(rng, 5)
        tidied = without_parentheses(f"x = {text};")
        assert eval(tidied[4:-1]) == value, text
        shorter += len(tidied) < len(text)
    assert shorter > 300


@pytest.mark.parametrize(
    ("line", "tidied"),
    [
        ("t = (t + (x[i] * w[i]));", "t = t + x[i] * w[i];"),
        ("y = exp_f64((-abs_f64((-t))));", "y = exp_f64(-abs_f64(-t));"),
        ("y = ((i == k) ? (0.0 + (a / n)) : 0.0);", "y = i == k ? 0.0 + a / n : 0.0;"),
        ("y = (p ? a : b) + 1.0;", "y = (p ? a : b) + 1.0;"),
        ("y = a - (b + c) - (d * e);", "y = a - (b + c) - d * e;"),
        ("y = (double)(n + 1) * (k);", "y = (double)(n + 1) * k;"),
        ("y = *(const double*)c->inputs[0].data;", None),
        ("b = (a < c) == d;", None),
        ("n = (a + 63) & ~(i64)63;", None),
        ("i = (a & b) + c;", None),
        ("x = ({ double t = a; (t * t); });", "x = ({ double t = a; t * t; });"),
        ("if (!(a <= b) & (b == b)) {}", None),
        ("for (; i < (n); ++i) step((i), l);", "for (; i < n; ++i) step(i, l);"),
        ("const auto f = [&](i64 i, double& a) TL_STEP {};", None),
        ("y = p[(i * n) + (k + 1)];", "y = p[i * n + k + 1];"),
    ],
)  # fmt: skip
def test_parentheses_go_where_nothing_depends_on_them(line, tidied):
    assert without_parentheses(line) == (line if tidied is None else tidied)


def test_lines_are_indented_by_braces_and_remarks_stay_as_they_are():
    text = """void f() {
    // a (model).py:3
      for (i64 i = 0; i < (i64)3; ++i) {
      g(i);
      }
}"""
    expected = """void f() {
  // a (model).py:3
  for (i64 i = 0; i < 3; ++i) {
    g(i);
  }
}"""
    assert tidy(text) == expected


def test_nothing_but_parentheses_goes():
    line = "total += (((a * b) + 63) & ~(i64)63); // ((x))"
    assert re.sub("[()]", "", without_parentheses(line)) == re.sub("[()]", "", line)


@pytest.mark.compiler
def test_the_source_of_a_function_is_a_unit_that_compiles(tmp_path):
    x0, h0, w = T.dmatrix("x0"), T.dvector("h0"), theano.shared(np.eye(3), "w")
    at, i = T.lvector("i0"), T.dscalar("i")
    hs, _ = theano.scan(lambda x, h: T.tanh(T.dot(h, w) + x), x0, h0)
    p = T.nnet.softmax(hs * i)
    cost = -T.log(p)[T.arange(at.shape[0]), at].mean()
    updates = [(w, w - 0.1 * T.grad(cost, w))]
    f = theano.function([x0, h0, at, i], [cost, hs[-1]], updates=updates)
    file = tmp_path / "unit.cpp"
    file.write_text(f.source, "utf-8")
    compiler = require_compiler(store=open_store())
    include = f"-I{resources.files('theanolike.codegen') / 'include'}"
    flags = ["-std=c++17", "-fsyntax-only", "-w", include]
    command = [*compiler.command, *flags, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
