"""How a question is answered: warm up, compare, time in turns, keep the least."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["OURS", "Answer", "Question", "ask"]

Work = Callable[[], Any]
OURS = "theanolike"
# Long beside the clock, short beside the interruptions of a busy machine.
BATCH_SECONDS = 2e-4


@dataclass(frozen=True)
class Question:
    """A piece of work, and who can do it.

    Attributes
    ----------
    title : str
        With sizes, dtype and threads.
    aim : str
        What was hoped for, in words.
    makers : mapping of str to callable
        For each contestant, what builds the work; it may raise ImportError.
    expected : array or list of arrays, optional
        What everybody has to return, by NumPy.
    rtol : float
        How closely.
    """

    title: str
    aim: str
    makers: Mapping[str, Callable[[], Work]]
    expected: Any = None
    rtol: float = 1e-9


@dataclass
class Answer:
    """What was measured: the least seconds of a call by contestant, and the gaps.

    `unit` is what they are printed in, and how many of it a second has; bytes, where
    these were measured in place of seconds.
    """

    question: Question
    seconds: dict[str, float] = field(default_factory=dict)
    gaps: dict[str, str] = field(default_factory=dict)
    unit: tuple[str, float] = ("us", 1e6)

    def ratio(self, name: str) -> float:
        """Return our time over that of `name`."""
        return self.seconds[OURS] / self.seconds[name]


def mean_seconds(work: Work, calls: int) -> float:
    """Return seconds per call over a batch of calls."""
    start = time.perf_counter()
    for _ in range(calls):
        work()
    return (time.perf_counter() - start) / calls


def ask(
    question: Question, wanted: set[str], repeats: int = 15, slice_seconds: float = 0.02
) -> Answer:
    """Time all contestants in turns, so that a slow moment of the machine hits all.

    Parameters
    ----------
    question : Question
    wanted : set of str
        Peers to time; the library and the limits always are.
    repeats : int
        Turns; the least batch of calls of all turns counts.
    slice_seconds : float
        What a turn of one contestant lasts at least, seconds.
    """
    answer = Answer(question)
    works = _prepare(answer, wanted | {OURS, "limit:"})
    calls = {}
    for name, work in works.items():
        _compare(name, work(), question)
        once = min(mean_seconds(work, 1) for _ in range(3))
        calls[name] = max(1, int(BATCH_SECONDS / max(once, 1e-9)))
    for _ in range(repeats):
        for name, work in works.items():
            # Idle threads of the one before may spin for some 20 ms: let them sleep.
            time.sleep(2 * slice_seconds)
            work()
            end = time.perf_counter() + slice_seconds
            while True:
                seconds = mean_seconds(work, calls[name])
                answer.seconds[name] = min(answer.seconds.get(name, seconds), seconds)
                if time.perf_counter() > end:
                    break
    return answer


def _prepare(answer: Answer, wanted: set[str]) -> dict[str, Work]:
    """Return the work of each contestant; what a peer cannot do is a gap."""
    works = {}
    for name, make in answer.question.makers.items():
        if name.split()[0] not in wanted:
            continue
        try:
            works[name] = make()
        except Exception as error:
            if name == OURS:
                raise
            kind = "" if isinstance(error, ImportError) else f"{type(error).__name__}: "
            answer.gaps[name] = f"{kind}{error}".partition("\n")[0]
    return works


def _compare(name: str, result: Any, question: Question) -> None:
    if question.expected is None or (result is None and name.startswith("limit:")):
        return
    pairs = [(result, question.expected)]
    if isinstance(question.expected, list):
        pairs = list(zip(result, question.expected, strict=True))
    for got, expected in pairs:
        scale = np.abs(expected).max() if np.size(expected) else 1.0
        np.testing.assert_allclose(
            np.asarray(got),
            expected,
            rtol=question.rtol,
            atol=question.rtol * float(scale),
            err_msg=f"{name} in {question.title}",
        )
