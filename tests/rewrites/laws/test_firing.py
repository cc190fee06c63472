"""Each rewrite has samples, fires on them, once, and ends."""

from tests.rewrites.laws.graphs import arguments, graph_of, same_to_grade
from tests.rewrites.samples.catalogue import BY_NAME, NAMES, WRITTEN, each, samples
from theanolike.graph.check import check_graph
from theanolike.rewrites.engine import MOST_VISITS, run
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import catalogue

PHASES = list(Phase)


def test_samples_leave_out_no_rewrite_and_name_no_other():
    without = [n for n in NAMES if BY_NAME[n][0].pattern is None and n not in WRITTEN]
    assert without == [], "a rewrite without a pattern needs samples"
    assert set(WRITTEN) <= set(NAMES)


@each
def test_it_fires_on_its_pattern_and_only_once(name):
    for _, expression in samples(name):
        fgraph = graph_of(expression)
        assert run(fgraph, BY_NAME[name]).firings[name] >= 1, expression
        check_graph(fgraph)
        assert run(fgraph, BY_NAME[name]).firings[name] == 0, fgraph.outputs


@each
def test_it_ends_together_with_its_phase(name):
    for one, expression in samples(name):
        before, after = graph_of(expression), graph_of(expression)
        report = run(after, upto(one.phase))
        check_graph(after)
        assert report.stopped == set()
        assert report.most_visits <= MOST_VISITS
        same_to_grade(Grade.DOMAIN, before, after, arguments(before, seed=1))


def upto(phase):
    active = PHASES[: PHASES.index(phase) + 1]
    return [one for one in catalogue() if one.phase in active]


@each
def test_it_says_what_it_does_in_an_equation(name):
    for one in BY_NAME[name]:
        assert "=" in one.equation or "never" in one.equation
