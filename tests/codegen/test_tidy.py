"""Printed source without needless parentheses says the same as with them."""

import operator
import re

import pytest

from theanolike.codegen.tidy import tidy, without_parentheses

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
