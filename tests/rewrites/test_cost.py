"""Time is in proportion to the graph: counted in visits, not in seconds."""

import pytest

import theanolike.tensor as T
from theanolike.graph.function_graph import FunctionGraph
from theanolike.rewrites.engine import MOST_VISITS, run
from theanolike.rewrites.registry import catalogue

SMALL, LARGE = 150, 1500


def chain(x, n):
    for _ in range(n):
        x = T.log(1 + T.exp(x)) * 2
    return x


def wide_sum(x, n):
    return sum((x * float(k) for k in range(2, n)), start=x)


def one_sum(x, n):
    return T.add(*(x * float(k) for k in range(2, n)))


def ladder(x, n):
    for _ in range(n):
        x = x + T.exp(x) * 2
    return x


def products(x, n):
    y = x
    for k in range(n):
        y = y * (x + float(k)) / 2
    return y


def shapes(x, n):
    y = x
    for _ in range(n // 3):
        y = T.exp(y) + T.zeros_like(y) * y.shape[0]
    return y


def layers(x, n):
    y = x
    for _ in range(n // 2):
        y = T.tanh(T.dot(T.outer(y, x), x))
    return y * y.shape[0]


def turns(x, n):
    y = T.outer(x, x)
    for _ in range(n):
        y = y.T
    return y


def gradient(x, n):
    return T.grad(ladder(x, n // 5).sum(), x)


GRAPHS = [chain, wide_sum, one_sum, ladder, products, shapes, layers, turns, gradient]


def visits(build, n):
    x = T.dvector("x")
    fgraph = FunctionGraph([x], [build(x, n)])
    nodes = len(fgraph)
    report = run(fgraph, catalogue())
    fgraph.check_integrity()
    assert report.stopped == set()
    assert report.most_visits <= MOST_VISITS
    return report.visits / nodes


@pytest.mark.parametrize("build", GRAPHS, ids=lambda build: build.__name__)
def test_visits_per_node_do_not_grow_with_the_graph(build):
    small, large = visits(build, SMALL), visits(build, LARGE)
    assert large <= 1.1 * small + 0.1
    assert large <= MOST_VISITS
