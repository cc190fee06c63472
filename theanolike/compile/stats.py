"""What `profile=True` counts: calls, seconds of calls and of compilation."""

import atexit
import sys
import time
import weakref
from collections.abc import Callable
from typing import Any, TextIO

from theanolike.graph.apply import Apply

__all__ = ["ProfileStats", "as_profile", "timed"]


class ProfileStats:
    """Counts and times of one function, or of several that share this.

    Parameters
    ----------
    atexit_print : bool
        Print the summary when the process ends, if there were calls.
    flag_time_thunks : bool, optional
        Kept; an interpreted function times its nodes, a compiled one is one thunk.
    gpu_checks : bool
        Kept; there is no device.
    message : str, optional
        The title of the summary.

    Attributes
    ----------
    fct_callcount : int
        Number of calls.
    fct_call_time, vm_call_time : float
        Seconds in calls, without the conversion of arguments.
    compile_time, optimizer_time, linker_time : float
        Seconds of making the function, of its rewrites, and of building it.
    apply_time, apply_callcount : dict
        Seconds and runs by node, of interpreted functions.
    optimizer_profile : list of Report
        With `config.profile_optimizer`, what the rewrites of each function did.
    """

    def __init__(
        self,
        atexit_print: bool = True,
        flag_time_thunks: bool | None = None,
        gpu_checks: bool = True,
        message: str | None = None,
    ) -> None:
        self.atexit_print = atexit_print
        if atexit_print:
            _at_exit.add(self)
        self.flag_time_thunks = flag_time_thunks
        self.message = message
        self.reset()

    def reset(self) -> None:
        """Start again from zero."""
        self.fct_callcount = 0
        self.fct_call_time = 0.0
        self.vm_call_time = 0.0
        self.compile_time = 0.0
        self.optimizer_time = 0.0
        self.linker_time = 0.0
        self.validate_time = 0.0
        self.apply_time: dict[Apply, float] = {}
        self.apply_callcount: dict[Apply, int] = {}
        self.optimizer_profile: list[Any] = []

    def rewrite_time(self) -> dict[str, float]:
        """Return seconds by rewrite, where they said no included."""
        return self._sum_of("seconds")

    def rewrite_callcount(self) -> dict[str, int]:
        """Return by rewrite how often it changed the graph."""
        return self._sum_of("firings")

    def _sum_of(self, name: str) -> dict[str, Any]:
        total: dict[str, Any] = {}
        for report in self.optimizer_profile:
            for rewrite, value in getattr(report, name).items():
                total[rewrite] = total.get(rewrite, 0) + value
        return total

    def watch(self, _: int, node: Apply, thunk: Callable[[], None]) -> None:
        """Run a node of an interpreted function, and time it."""
        begin = time.perf_counter()
        thunk()
        spent = time.perf_counter() - begin
        self.apply_time[node] = self.apply_time.get(node, 0.0) + spent
        self.apply_callcount[node] = self.apply_callcount.get(node, 0) + 1

    def _by(
        self, key: Callable[[Apply], Any], values: dict[Apply, Any]
    ) -> dict[Any, Any]:
        total: dict[Any, Any] = {}
        for node, value in values.items():
            total[key(node)] = total.get(key(node), 0) + value
        return total

    def op_time(self) -> dict[Any, float]:
        """Return seconds by op."""
        return self._by(lambda node: node.op, self.apply_time)

    def op_callcount(self) -> dict[Any, int]:
        """Return runs by op."""
        return self._by(lambda node: node.op, self.apply_callcount)

    def op_nodes(self) -> dict[Any, int]:
        """Return the number of nodes by op."""
        return self._by(lambda node: node.op, dict.fromkeys(self.apply_time, 1))

    def op_impl(self) -> dict[Any, str]:
        """Return for each op "Py": only nodes that the interpreter runs are timed."""
        return {node.op: "Py" for node in self.apply_time}

    def class_impl(self) -> dict[type, str]:
        """Return the same by class of op."""
        return {type(node.op): "Py" for node in self.apply_time}

    def class_time(self) -> dict[type, float]:
        """Return seconds by class of op."""
        return self._by(lambda node: type(node.op), self.apply_time)

    def class_callcount(self) -> dict[type, int]:
        """Return runs by class of op."""
        return self._by(lambda node: type(node.op), self.apply_callcount)

    def class_nodes(self) -> dict[type, int]:
        """Return the number of nodes by class of op."""
        return self._by(lambda node: type(node.op), dict.fromkeys(self.apply_time, 1))

    def summary(
        self,
        file: TextIO | None = None,
        n_ops_to_print: int = 20,
        n_apply_to_print: int = 20,
    ) -> None:
        """Write the report, to stderr by default."""
        lines = self._function_lines()
        lines += _table("Ops", self.op_time(), self.op_callcount(), n_ops_to_print)
        lines += _table(
            "Apply", self.apply_time, self.apply_callcount, n_apply_to_print
        )
        lines += self._optimizer_lines()
        (file or sys.stderr).write("\n".join(lines) + "\n")

    def _function_lines(self) -> list[str]:
        return [
            "Function profiling",
            "==================",
            f"  Message: {self.message}",
            f"  Time in {self.fct_callcount} calls: {self.fct_call_time:e}s",
            f"  Total compile time: {self.compile_time:e}s",
            f"    Theano Optimizer time: {self.optimizer_time:e}s",
            f"    Theano Linker time: {self.linker_time:e}s",
        ]

    def _optimizer_lines(self) -> list[str]:
        if not self.optimizer_profile:
            return []
        lines = ["Optimizer Profile", "-----------------"]
        for report in self.optimizer_profile:
            before, after = report.nodes
            lines.append(
                f"  {report.total_seconds:e}s  {report.visits:8d} visits: {before} "
                f"nodes became {after}"
            )
        seconds, firings = self.rewrite_time(), self.rewrite_callcount()
        counts = {name: firings.get(name, 0) for name in seconds}
        return lines + _table("Rewrites", seconds, counts, len(seconds))


def _table(
    title: str, seconds: dict[Any, float], runs: dict[Any, int], most: int
) -> list[str]:
    if not seconds:
        return []
    order = sorted(seconds, key=lambda key: -seconds[key])[:most]
    rows = [f"  {seconds[key]:e}s  {runs[key]:8d}  {key}" for key in order]
    return [title, "-" * len(title), *rows]


_at_exit: "weakref.WeakSet[ProfileStats]" = weakref.WeakSet()


@atexit.register
def print_at_exit() -> None:
    """Print the summaries of those that asked for it and are still there."""
    for stats in list(_at_exit):
        if stats.fct_callcount:
            stats.summary()


def as_profile(profile: Any, name: str | None = None) -> ProfileStats | None:
    """Return what `profile=` of `function` asks for."""
    if isinstance(profile, ProfileStats):
        return profile
    if isinstance(profile, str):
        return ProfileStats(message=profile)
    return ProfileStats(message=name) if profile else None


def timed(body: Callable[[list[Any]], Any], stats: ProfileStats) -> Any:
    """Return a body that counts and times its runs."""

    def run(arrays: list[Any]) -> Any:
        begin = time.perf_counter()
        try:
            return body(arrays)
        finally:
            spent = time.perf_counter() - begin
            stats.fct_callcount += 1
            stats.fct_call_time += spent
            stats.vm_call_time += spent

    return run
