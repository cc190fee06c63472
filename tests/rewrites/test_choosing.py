"""What the rewrites' README promises of choosing, and of what it names in loops."""

import re
from pathlib import Path

import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.compile import get_default_mode
from theanolike.rewrites import __file__ as package
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import catalogue, chosen

README = Path(package).with_name("README.md").read_text(encoding="utf-8")
x = T.dvector("x")
NAMES = ("log_of_one_plus", "stabilize", "fast_run", "local_log1p")


def ops_of(mode):
    f = theano.function([x], T.log(1 + x) / T.exp(x - x), mode=mode)
    return {getattr(n.op, "name", str(n.op)) for n in f.maker.fgraph.toposort()}


@pytest.mark.parametrize("name", NAMES)
def test_a_rewrite_goes_by_its_name_phase_mode_and_theanos_name(name):
    mode = theano.Mode("py", "fast_run")
    assert "log1p" in ops_of(mode)
    assert "log1p" not in ops_of(mode.excluding(name))
    assert "log1p" in ops_of(theano.Mode("py", "merge").including(name))
    assert "log1p" in ops_of(mode.requiring(name))
    assert "log1p" not in ops_of(mode.requiring("specialize"))


@pytest.mark.parametrize("name", NAMES)
def test_the_flags_take_the_same_names_for_the_default_mode(name):
    with theano.change_flags(linker="py", optimizer_excluding=name):
        assert "log1p" not in ops_of(get_default_mode())
    with theano.change_flags(linker="py", optimizer_requiring=name):
        assert "log1p" in ops_of(get_default_mode())
    with theano.change_flags(linker="py", optimizer="merge", optimizer_including=name):
        assert "log1p" in ops_of(get_default_mode())


@pytest.mark.parametrize(
    ("optimizer", "phases"),
    [
        ("None", set()),
        ("merge", set()),
        ("fast_compile", {Phase.CANONICALIZE, Phase.LOOPS}),
        ("stabilize", {Phase.CANONICALIZE, Phase.STABILIZE}),
        ("fast_run", set(Phase) - {Phase.MERGE}),
    ],
)
def test_an_optimizer_runs_its_phases(optimizer, phases):
    picked, merges = chosen(optimizer)
    assert {one.phase for one in picked} == phases
    assert merges is (optimizer != "None")


def test_fast_run_stable_runs_nothing_of_grade_domain():
    picked, _ = chosen("fast_run_stable")
    everything, _ = chosen("fast_run")
    assert picked == [one for one in everything if one.grade is not Grade.DOMAIN]


def test_a_query_chooses_by_tags_alone():
    everything = theano.Mode("py", theano.gof.Query(include=["fast_run"]))
    assert "log1p" in ops_of(everything)
    none = theano.Mode("py", theano.gof.Query(include=["canonicalize"]))
    assert "log1p" not in ops_of(none)


def test_the_readme_names_each_rewrite_of_loops():
    section = README.split("## Loops")[1].split("## Choosing")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line[:2] == "| "]
    named = set(re.findall(r"`(\w+)`", " ".join(rows)))
    own = {
        one.name
        for one in catalogue()
        if one.function.__module__.startswith("theanolike.rewrites.loops")
    }
    assert named - own == set(), "rewrites that are not there"
    assert own - named == set(), "rewrites that the table leaves out"
