"""The benchmarks run, compare results, and say what is missing."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    """Find the benchmarks, which are not installed."""
    monkeypatch.syspath_prepend(str(ROOT))


@pytest.mark.compiler
def test_the_smoke_run_prints_every_question():
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "benchmarks", "--smoke"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("  aim: ") >= 25
    assert "theanolike / it" in done.stdout


def test_a_peer_that_cannot_be_imported_is_a_gap_with_its_reason():
    from benchmarks.measure import Question, ask

    def missing():
        raise ImportError("No module named 'elsewhere'")

    question = Question("", "", {"theanolike": lambda: lambda: 1.0, "jax": missing})
    answer = ask(question, {"jax"}, repeats=1, slice_seconds=0)
    assert answer.gaps == {"jax": "No module named 'elsewhere'"}
    assert list(answer.seconds) == ["theanolike"]


def test_a_peer_that_was_not_asked_for_is_left_out():
    from benchmarks.measure import Question, ask

    makers = {name: lambda: lambda: 1.0 for name in ["theanolike", "jax", "numpy"]}
    answer = ask(Question("", "", makers), {"numpy"}, repeats=1, slice_seconds=0)
    assert sorted(answer.seconds) == ["numpy", "theanolike"]


def test_a_wrong_result_ends_the_run_and_names_who_computed_it():
    from benchmarks.measure import Question, ask

    makers = {"theanolike": lambda: lambda: np.array([1.0, 2.0])}
    question = Question("sum", "", makers, np.array([1.0, 2.1]))
    with pytest.raises(AssertionError, match="theanolike in sum"):
        ask(question, set(), repeats=1, slice_seconds=0)


def test_a_failure_of_our_own_is_no_gap():
    from benchmarks.measure import Question, ask

    def missing():
        raise ImportError("No module named 'theanolike.x'")

    with pytest.raises(ImportError):
        ask(Question("", "", {"theanolike": missing}), set(), repeats=1)


def test_without_a_compiler_loops_by_hand_are_a_gap_that_names_it(monkeypatch):
    from benchmarks.limits import load_fortran

    monkeypatch.setenv("PATH", "")
    with pytest.raises(ImportError, match="gfortran is not on PATH"):
        load_fortran.__wrapped__("loops")
