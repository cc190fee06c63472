"""Each rewrite keeps the gradient through what it changes."""

import pytest

from tests.rewrites.laws.graphs import arguments, graph_of, same_to_grade
from tests.rewrites.samples.catalogue import each, samples
from tests.rewrites.samples.operands import f
from theanolike.config import config
from theanolike.gradient import grad
from theanolike.gradient.stable import FORMS
from theanolike.graph.traverse import explicit_inputs
from theanolike.rewrites.engine import run
from theanolike.rewrites.phases import Grade
from theanolike.rewrites.registry import catalogue


@each
def test_it_keeps_the_gradient_through_its_pattern(name):
    for _, expression in samples(name):
        gradient = gradient_of(expression)
        if gradient is None:
            continue
        before, after = graph_of(gradient), graph_of(gradient)
        run(after, catalogue())
        for seed in (1, 2):
            same_to_grade(Grade.DOMAIN, before, after, arguments(before, seed=seed))


@pytest.mark.parametrize("name", FORMS)
def test_a_form_has_the_gradient_of_what_was_written(name, monkeypatch):
    for _, expression in samples(name):
        found = graph_of(gradient_of(expression))
        with monkeypatch.context() as patch:
            patch.setattr(config, "nan_semantics", "ieee")
            expected = graph_of(gradient_of(expression))
        same_to_grade(Grade.DOMAIN, expected, found, arguments(found, seed=1))


def gradient_of(expression):
    """Return the gradient of a sum by the first float input, None if there is none."""
    inputs = [
        v
        for v in explicit_inputs([expression])
        if v.type.dtype == "float64" and v.owner is None
    ]
    if expression.type.dtype != "float64" or not inputs:
        return None
    return grad(
        f("sum")(expression * expression), inputs[0], disconnected_inputs="ignore"
    )
