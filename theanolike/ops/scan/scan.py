"""`scan`: a function of symbolic arguments, repeated as one loop.

The function is called once, to write down a step; what it reads besides its arguments
is found by itself, and what does not depend on them is computed once, before the loop.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from theanolike.errors import MissingInputError, UnsupportedError
from theanolike.graph.clone import clone_graph
from theanolike.graph.frozen import FrozenGraph
from theanolike.graph.op import unobserved
from theanolike.graph.traverse import ancestors
from theanolike.graph.variable import Constant, Variable
from theanolike.ops.comparison import neq
from theanolike.ops.scan.arguments import (
    Recurrence,
    Tapped,
    as_list,
    as_recurrences,
    as_sequences,
    as_truncation,
    count_steps,
)
from theanolike.ops.scan.checkpoints import in_blocks
from theanolike.ops.scan.counts import named
from theanolike.ops.scan.loop import LoopOp, find_captured
from theanolike.ops.scan.outputs import RecurrentOutput
from theanolike.ops.scan.step import Step, read_step
from theanolike.types.constants import as_tensor_variable
from theanolike.types.shared import SharedVariable
from theanolike.types.type import TensorType
from theanolike.types.updates import OrderedUpdates
from theanolike.types.variable import functions


@dataclass
class Looped:
    """What a loop made: all steps of each output, the last ones, and updates."""

    rows: list[Any]
    last: list[Any]  # None for an output without a state
    updates: OrderedUpdates


class _Scan:
    """One scan while it is built."""

    def __init__(
        self,
        sequences: list[Tapped],
        recurrences: list[Recurrence | None],
        steps: Any,
        name: str,
        *,
        backwards: bool,
    ) -> None:
        self.steps = steps
        self.truncate = -1
        self.in_blocks = False
        self.name = name
        self.sequences = sequences
        self.backwards = backwards
        self.rows = [[s.row(tap) for tap in s.taps] for s in sequences]
        self.recurrences = recurrences
        self.outputs = [
            RecurrentOutput(k, r) for k, r in enumerate(recurrences) if r is not None
        ]

    def arguments(self) -> list[Any]:
        """Return what the function is called with, before the non-sequences."""
        states = [a for output in self.outputs for a in output.arguments()]
        return [*(row for rows in self.rows for row in rows), *states]

    def spread_numbers(self, step: Step) -> bool:
        """Give outputs that begin with numbers arrays; tell whether there are any.

        The step must be written down again, of which the states have other types.
        """
        standing = {
            row: functions().zeros(
                [s.variable.shape[axis] for axis in range(1, s.variable.ndim)],
                dtype=row.dtype,
            )
            for s, own in zip(self.sequences, self.rows, strict=True)
            for row in own
        }
        for output in self.outputs:
            standing |= zip(output.states, output.starts, strict=True)
        found = False
        for at, output in enumerate(self.outputs):
            if output.place >= len(step.outputs):
                continue
            start = output.spread(step.outputs[output.place], standing)
            if start is not None:
                spread = replace(output.recurrence, initial=start, weak=False)
                self.outputs[at] = RecurrentOutput(output.place, spread)
                found = True
        return found

    def close(self, step: Step) -> Looped:
        """Return what the loop of `step` makes."""
        self._check_count(step)
        targets = _with_default_updates(step, self.arguments())
        held = [_state_of(target) for target in targets]
        values = [*step.outputs, *step.updates.values()]
        with unobserved():
            if step.condition is not None:
                values.append(neq(step.condition, 0))
            values, _ = clone_graph(
                values, dict(zip(targets, held, strict=True)), copy_all=False
            )
            values = self._fit(values)
        n = len(step.outputs)
        news = values[:n]
        following: list[Any] = []
        states: list[Any] = []
        starts: list[Any] = []
        last: list[int | None] = [None] * n
        for output in self.outputs:
            last[output.place] = len(states)
            following += [news[output.place], *output.states[:-1]]
            states += output.states
            starts += output.starts
        following += values[n : n + len(targets)]
        condition = values[n + len(targets) :]
        results = [*following, *news, *condition]
        made = self._loop([*states, *held], [*starts, *targets], results, len(news))
        count = len(states)
        return Looped(
            made[count + len(targets) : count + len(targets) + n],
            [None if k is None else made[k] for k in last],
            OrderedUpdates(
                zip(targets, made[count : count + len(targets)], strict=True)
            ),
        )

    def _check_count(self, step: Step) -> None:
        if not self.recurrences:
            self.recurrences = [None] * len(step.outputs)
        if len(self.recurrences) != len(step.outputs):
            raise ValueError(
                f"outputs_info of scan {self.name} describes {len(self.recurrences)} "
                f"outputs, but the function returned {len(step.outputs)}. Please "
                "provide None as outputs_info for any output that does not feed back "
                "into scan (i.e. it behaves like a map)."
            )

    def _fit(self, values: list[Any]) -> list[Any]:
        """Bring the states to the types of the new values, which may change in turn."""
        for _ in range(3):
            before = [s for output in self.outputs for s in output.states]
            for output in self.outputs:
                values[output.place] = output.fit(values[output.place], self.name)
            after = [s for output in self.outputs for s in output.states]
            if all(a is b for a, b in zip(before, after, strict=True)):
                break
            changed = {a: b for a, b in zip(before, after, strict=True) if a is not b}
            values, _ = clone_graph(values, changed, copy_all=False)
        return values

    def _loop(
        self,
        states: Sequence[Any],
        starts: Sequence[Any],
        results: Sequence[Any],
        collected: int,
    ) -> list[Any]:
        step = TensorType("int64", ()).make_variable()
        rows, given = [], []
        whole = len(self.sequences) == 1 and self.steps is None
        steps = count_steps(None, self.sequences) if self.steps is None else self.steps
        for sequence, own in zip(self.sequences, self.rows, strict=True):
            for tap, row in zip(sequence.taps, own, strict=True):
                rows.append(row)
                if whole and sequence.taps == (0,) and not self.backwards:
                    given.append(sequence.variable)
                else:
                    given.append(sequence.rows(tap, steps, backwards=self.backwards))
        captured = find_captured({step, *states, *rows}, results)
        graph = FrozenGraph([step, *states, *rows, *captured], results)
        until = len(results) > len(states) + collected
        loop = LoopOp(
            graph,
            len(states),
            collected,
            until,
            len(rows),
            truncate=self.truncate,
            name=self.name,
        )
        if self.in_blocks:
            return in_blocks(loop, steps, starts, given, captured)
        return list(loop(steps, *starts, *given, *captured, return_list=True))


def _state_of(target: Any) -> Any:
    return target.type.make_variable(target.name)


def _with_default_updates(step: Step, arguments: Sequence[Any]) -> list[Any]:
    """Return the shared variables that a step updates, default updates included."""
    roots = [*step.outputs, *step.updates.values()]
    if step.condition is not None:
        roots.append(step.condition)
    while roots:
        found = [
            v
            for v in ancestors(roots, arguments)
            if isinstance(v, SharedVariable)
            and v.default_update is not None
            and v not in step.updates
        ]
        for v in found:
            step.updates[v] = v.default_update
        roots = [v.default_update for v in found]
    for target, update in step.updates.items():
        step.updates[target] = target.filter_update(update)
    return list(step.updates)


def _check_strict(step: Step, arguments: Sequence[Any], given: Sequence[Any]) -> None:
    roots = [*step.outputs, *step.updates.values()]
    known = [*arguments, *given]
    if step.condition is not None:
        roots.append(step.condition)
    for v in ancestors(roots, known):
        if v.owner is None and not isinstance(v, Constant) and v not in known:
            raise MissingInputError(
                f"The function of a strict scan reads {v} of type {v.type}, which is "
                "not among its arguments; add it to non_sequences, or pass "
                "strict=False."
            )


def trace(  # noqa: PLR0913
    fn: Callable[..., Any],
    sequences: Any,
    outputs_info: Any,
    non_sequences: Any,
    n_steps: Any,
    *,
    backwards: bool = False,
    name: str | None = None,
    strict: bool = False,
    truncate: int = -1,
    memory: str = "all",
) -> Looped:
    """Call `fn` once and return what the loop of it makes."""
    tapped = as_sequences(sequences)
    steps = None
    if n_steps is not None or not tapped:
        steps = count_steps(n_steps, tapped, name or "")
    scan = _Scan(
        tapped, as_recurrences(outputs_info), steps, name or "", backwards=backwards
    )
    scan.truncate = truncate
    scan.in_blocks = memory == "sqrt"
    given = [
        x if isinstance(x, Variable) else as_tensor_variable(x)
        for x in as_list(non_sequences)
    ]
    arguments = scan.arguments()
    step = read_step(fn(*arguments, *given))
    for _ in scan.outputs:
        if not scan.spread_numbers(step):
            break
        arguments = scan.arguments()
        step = read_step(fn(*arguments, *given))
    if scan.in_blocks and (step.condition is not None or truncate >= 0):
        raise UnsupportedError(
            f"memory='sqrt' runs all steps of {named(scan.name)}, in blocks; "
            "leave out until and truncate_gradient, or memory."
        )
    if strict:
        _check_strict(step, arguments, given)
    return scan.close(step)


def scan(  # noqa: PLR0913, PLR0917 - Theano's signature
    fn: Callable[..., Any],
    sequences: Any = None,
    outputs_info: Any = None,
    non_sequences: Any = None,
    n_steps: Any = None,
    truncate_gradient: int = -1,
    go_backwards: bool = False,
    mode: Any = None,  # noqa: ARG001
    name: str | None = None,
    profile: Any = False,  # noqa: ARG001
    allow_gc: Any = None,  # noqa: ARG001
    strict: bool = False,
    return_list: bool = False,
    *,
    memory: str = "all",
) -> tuple[Any, OrderedUpdates]:
    """Repeat a function, each step seeing what earlier ones made.

    Parameters
    ----------
    fn : callable
        Called once, with a row of each sequence for each of its taps, the earlier
        values of each output for each of its taps, then the non-sequences. It returns
        outputs, updates of shared variables (a dict or pairs), or both, and last
        perhaps `until(condition)`.
    sequences : tensor, dict(input=, taps=[0]), or list of them
        Walked along their first axes; the shortest one decides how many steps there
        are. A tap k is the row at the step's number plus k.
    outputs_info : tensor, None, dict(initial=, taps=[-1]), or list of them
        For each output its value before the first step; None for an output that no
        step reads. A number before steps that make arrays stands for an array of
        their shape; `fn` is called again then. With other taps than -1, `initial`
        holds the earliest values along a first axis.
    non_sequences : Variable or list of them
        Passed to `fn` as they are. Other variables that `fn` reads need not stand
        here, unless `strict`.
    n_steps : int or 0-d int tensor
    truncate_gradient : int
        How many steps, the last ones, the gradient goes back through; -1 for all.
        What lies before them, initial values too, gets zero.
    go_backwards : bool
        Walk the sequences from their ends.
    mode, profile, allow_gc
        No effect: the loop is part of the function that it is compiled into.
    name : str
        Named in errors.
    strict : bool
        Refuse variables that are not passed.
    return_list : bool
        Return a list also of a single output.
    memory : {"all", "sqrt"}
        What the gradient keeps: the states of all n steps, or those of about
        2 sqrt(n), from which the others are computed again. `Function.memory_plan`
        tells the bytes of either.

    Returns
    -------
    outputs : tensor, or list of them, or None
        All steps of each output along a new first axis, without the initial values.
    updates : OrderedUpdates
        To be passed to `function`.

    Raises
    ------
    ValueError
        No number of steps, an initial state of another type than the step's result,
        a tap of an output that lies ahead, a return value of other things.
    MissingInputError
        With `strict`, a variable that was not passed.

    Examples
    --------
    >>> import theanolike.tensor as T
    >>> k, a = T.lscalar("k"), T.dvector("a")
    >>> powers, _ = scan(lambda p: p * a, outputs_info=T.ones_like(a), n_steps=k)
    >>> powers[-1].eval({k: 3, a: [1.0, 2.0]})
    array([1., 8.])
    """
    truncate = as_truncation(truncate_gradient)
    if memory not in {"all", "sqrt"}:
        raise ValueError(f"memory must be 'all' or 'sqrt', got {memory!r}.")
    looped = trace(
        fn,
        sequences,
        outputs_info,
        non_sequences,
        n_steps,
        backwards=bool(go_backwards),
        name=name,
        strict=strict,
        truncate=truncate,
        memory=memory,
    )
    return _as_returned(looped.rows, return_list), looped.updates


def _as_returned(values: list[Any], return_list: bool) -> Any:
    if return_list or len(values) > 1:
        return values
    return values[0] if values else None
