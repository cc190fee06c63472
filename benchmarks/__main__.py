"""`python -m benchmarks [names...]`: ask the questions, print the tables."""

import argparse
import importlib
import os
from collections.abc import Iterator
from typing import Any

import theanolike
from benchmarks.limits import FLAGS, FORTRAN_FLAGS
from benchmarks.measure import OURS, Answer, ask
from benchmarks.peers import PEERS, describe

NAMES = [
    *("call", "elementwise", "reductions", "rosenbrock", "logistic_regression"),
    "layouts",
    *("perceptron", "products", "logistic_map", "pendulum", "heat", "wave", "hmm"),
    *("warping", "lstm"),
    *("independent", "loop_cold", "loop_memory"),
    *("cold", "layers", "optimisation", "imports"),
]


def parse() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(NAMES))
    parser.add_argument(
        "--peers", nargs="*", default=PEERS, help=f"of {', '.join(PEERS)} (all)"
    )
    parser.add_argument("--repeats", type=int, default=15, help="turns (15)")
    parser.add_argument(
        "--smoke", action="store_true", help="small sizes, one turn, numpy only"
    )
    options = parser.parse_args()
    for given, known in [(options.names, NAMES), (options.peers, PEERS)]:
        unknown = sorted(set(given) - set(known))
        if unknown:
            parser.error(f"{', '.join(unknown)}: expected names of {', '.join(known)}")
    if options.smoke:
        options.peers, options.repeats = ["numpy"], 1
    return options


def answers(name: str, options: argparse.Namespace) -> Iterator[Answer]:
    """Yield the answers of one module."""
    module: Any = importlib.import_module(f"benchmarks.{name}")
    wanted = set(options.peers)
    if hasattr(module, "answers"):
        repeats = min(3, options.repeats)
        yield from module.answers(smoke=options.smoke, wanted=wanted, repeats=repeats)
        return
    pause = 0.0 if options.smoke else 0.02
    for question in module.questions(smoke=options.smoke):
        yield ask(question, wanted, options.repeats, pause)


def show(answer: Answer) -> None:
    """Print a question's table: seconds, and our time over each other's."""
    print(f"\n{answer.question.title}\n  aim: {answer.question.aim}")
    ours = OURS in answer.seconds
    unit, scale = answer.unit
    for name, seconds in answer.seconds.items():
        ratio = f"  theanolike / it {answer.ratio(name):7.3f}" if ours else ""
        print(f"  {name:<46} {seconds * scale:14.2f} {unit}{ratio}")
    for name, reason in answer.gaps.items():
        print(f"  {name:<46} gap: {reason}")


def main() -> None:
    """Ask, print."""
    options = parse()
    cores = len(os.sched_getaffinity(0))
    print(f"theanolike {theanolike.__version__}: {cores} cores, default flags")
    for peer in options.peers:
        print(describe(peer))
    print(f"limits: g++ {' '.join(FLAGS)}; gfortran {' '.join(FORTRAN_FLAGS)}")
    for name in options.names or NAMES:
        for answer in answers(name, options):
            show(answer)


if __name__ == "__main__":
    main()
