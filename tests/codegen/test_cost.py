"""Emitting takes time in proportion to the graph: counted in calls, not in seconds."""

import sys

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.codegen.compile import emit
from theanolike.codegen.program import Require
from theanolike.graph.function_graph import FunctionGraph
from theanolike.rewrites.engine import run
from theanolike.rewrites.registry import catalogue


def chain(n):
    x = y = T.dvector()
    for k in range(n):
        y = T.tanh(y) if k % 2 else y + x
    return [x], [y]


def tree(n):
    row = inputs = [T.dvector() for _ in range(n // 2)]
    while row[1:]:
        pairs = zip(row[::2], row[1::2], strict=False)
        row = [T.tanh(a + b) for a, b in pairs] + row[len(row) // 2 * 2 :]
    return inputs, row


def wide_sum(n):
    x = T.dvector()
    return [x], [sum((1.0 + k % 7) * T.exp(x * (k + 1.0)) for k in range(n // 4))]


def shared_subexpressions(n):
    x, y = T.dvectors(2)
    terms = [T.sin(x * (k + 1.0) + y) * 2.0 for k in range(n // 10) for _ in "ab"]
    return [x, y], [sum(terms)]


def layers(n):
    x = y = T.dmatrix()
    weights = [theano.shared(np.eye(3)) for _ in range(n // 25)]
    for w in weights:
        y = T.tanh(T.dot(y, w))
    gradients = T.grad((y**2).sum(), weights)
    news = [w - 0.1 * g for w, g in zip(weights, gradients, strict=True)]
    return [x, *weights], [(y**2).sum(), *news]


def counted(work):
    """Return how many Python functions `work` calls."""
    calls = 0

    def count(_frame, event, _argument):
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return calls


def calls_per_node(build, n):
    inputs, outputs = build(n)
    graph = FunctionGraph(inputs, outputs)
    before = len(graph)

    def work():
        run(graph, catalogue())
        emit(graph.inputs, graph.toposort(), graph.outputs)

    return counted(work) / before


@pytest.mark.parametrize(
    "build",
    [chain, tree, wide_sum, shared_subexpressions, layers],
    ids=lambda build: build.__name__,
)
def test_calls_per_node_do_not_grow_with_the_graph(build, monkeypatch):
    monkeypatch.setattr("theanolike.codegen.emit_cxx.CHECKED", False)
    calls_per_node(build, 100)  # what is loaded at first use
    assert calls_per_node(build, 2000) <= 1.1 * calls_per_node(build, 500)


def test_checks_of_extents_are_not_compared_with_each_other(monkeypatch):
    compared = 0

    def count(one, other):
        nonlocal compared
        compared += 1
        return one is other

    monkeypatch.setattr(Require, "__eq__", count)
    monkeypatch.setattr(Require, "__hash__", object.__hash__)
    inputs, outputs = tree(200)
    graph = FunctionGraph(inputs, outputs)
    emit(graph.inputs, graph.toposort(), graph.outputs)
    assert compared <= 200
