"""Minimum cuts, against networkx."""

import itertools
import random

import networkx as nx
import pytest

from theanolike.rewrites.loops.cut import Network


@pytest.mark.parametrize("seed", range(3))
def test_the_cheapest_cut_nearest_to_the_sink_is_found(seed):
    rng = random.Random(seed)
    for _ in range(30):
        n = rng.randrange(2, 14)
        net, graph = Network("source", "sink"), nx.DiGraph()
        graph.add_nodes_from(["source", "sink"])
        pairs = list(itertools.permutations([*range(n), "sink"], 2))
        for tail, head in rng.sample(pairs, rng.randrange(min(len(pairs), 4 * n))):
            cost = rng.choice([None, 0.0, 0.25, 0.5, 3.0, 100.0])
            net.add(tail, head, cost)
            graph.add_edge(tail, head, **({} if cost is None else {"capacity": cost}))
        for head in rng.sample(range(n), rng.randrange(1, n)):
            cost = rng.choice([0.0, 1.0, 7.5])
            net.add("source", head, cost)
            graph.add_edge("source", head, capacity=cost)
        _, (_, past) = nx.minimum_cut(graph, "source", "sink")
        assert net.past() == past


def test_a_long_chain_is_cut_at_its_cheapest_edge():
    net = Network("source", "sink")
    net.add("source", 0, 9.0)
    for i in range(5000):
        net.add(i, i + 1, 1.0 if i == 2500 else 2.0)
    net.add(5000, "sink")
    assert net.past() == {*range(2501, 5001), "sink"}
