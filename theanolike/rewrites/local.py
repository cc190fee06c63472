"""Rewrites of single nodes that users write in Theano's words.

`local_optimizer`, `PatternSub`, `OpSub` and `OpRemove` make a `LocalOptimizer`; as a
`UserRewrite` the engine runs it among its own. Where they are registered:
`databases.py`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from theanolike.errors import InputTypeError
from theanolike.graph.apply import Apply
from theanolike.graph.current import reading_clients
from theanolike.graph.function_graph import FunctionGraph
from theanolike.graph.op import Op
from theanolike.graph.origin import inherit, union
from theanolike.graph.variable import Variable
from theanolike.rewrites.phases import Grade, Phase
from theanolike.rewrites.registry import Rewrite

__all__ = [
    "FromFunctionLocalOptimizer",
    "LocalOptGroup",
    "LocalOptimizer",
    "OpRemove",
    "OpSub",
    "UserRewrite",
    "as_user_rewrites",
    "copy_stack_trace",
    "inherit_stack_trace",
    "is_asked",
    "local_optimizer",
    "replacements",
]


class LocalOptimizer:
    """Gives the replacements of one node's results.

    A subclass defines `transform`, and `tracks` where it is for some ops only.
    """

    name: str | None = None

    def tracks(self) -> Sequence[Any] | None:
        """Return the ops and classes of ops that it is for; None for all."""
        return None

    def transform(self, node: Apply) -> Any:
        """Return False for no, a list of one variable for each output, or a dict."""
        raise NotImplementedError(f"{type(self).__name__} has no transform.")

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        """Prepare a graph; by default nothing."""

    def __str__(self) -> str:
        return self.name or type(self).__name__

    __repr__ = __str__


class FromFunctionLocalOptimizer(LocalOptimizer):
    """A function of a node as a `LocalOptimizer`; it may still be called."""

    def __init__(
        self,
        fn: Callable[[Apply], Any],
        tracks: Sequence[Any] | None = None,
        requirements: Iterable[Callable[[FunctionGraph], None]] = (),
    ) -> None:
        self.transform = fn  # type: ignore[assignment, method-assign]
        self.fn = fn
        self._tracks = tracks
        self.requirements = tuple(requirements)
        self.__name__ = self.name = getattr(fn, "__name__", type(fn).__name__)
        self.__doc__ = fn.__doc__

    def tracks(self) -> Sequence[Any] | None:
        """Return the ops and classes of ops that it is for; None for all."""
        return self._tracks

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        """Prepare a graph as the `requirements` do."""
        for requirement in self.requirements:
            requirement(fgraph)

    def __call__(self, node: Apply) -> Any:
        """Return what the function returns."""
        return self.fn(node)


def local_optimizer(
    tracks: Sequence[Any] | None,
    inplace: bool = False,  # noqa: ARG001 - nothing here is in place, see DESIGN
    requirements: Iterable[Callable[[FunctionGraph], None]] = (),
) -> Callable[[Callable[[Apply], Any]], FromFunctionLocalOptimizer]:
    """Declare a function of a node a `LocalOptimizer`.

    Parameters
    ----------
    tracks : list of Op or classes of ops, or None
        The nodes that it is asked about; None, alone or in the list, means all.
    inplace : bool
        Accepted without effect: which results overwrite others is planned later.
    requirements : iterable of callable
        Called with the graph first.

    Raises
    ------
    ValueError
        `tracks` is empty or has something else in it.
    """
    known = None if tracks is None else list(tracks)
    if known is not None and not known:
        raise ValueError(
            "Expected at least one op in tracks, got none; None means all."
        )
    if known is not None and None in known:
        known = None
    for one in known or ():
        if not isinstance(one, Op) and not isinstance(one, type):
            raise ValueError(
                f"Expected ops or classes of ops in tracks, got {one!r}; take that of "
                "a node: x.owner.op, or type(x.owner.op)."
            )
    return lambda fn: FromFunctionLocalOptimizer(fn, known, requirements)


class OpSub(LocalOptimizer):
    """Puts `op2` in the place of `op1`, over the same inputs."""

    def __init__(self, op1: Op, op2: Op, transfer_tags: bool = True) -> None:
        self.op1, self.op2, self.transfer_tags = op1, op2, transfer_tags
        self.name = f"{op1}_to_{op2}"

    def tracks(self) -> Sequence[Any]:
        """Return the op that it replaces."""
        return [self.op1]

    def transform(self, node: Apply) -> Any:
        """Return the results of the other op."""
        if node.op != self.op1:
            return False
        made: Apply = self.op2.make_node(*node.inputs)
        if self.transfer_tags:
            _copy_tags(node, made)
        return made.outputs


def _copy_tags(node: Apply, made: Apply) -> None:
    vars(made.tag).update(vars(node.tag))
    for old, new in zip(node.outputs, made.outputs, strict=False):
        vars(new.tag).update(vars(old.tag))


class OpRemove(LocalOptimizer):
    """Replaces the results of an op by its inputs, in order."""

    def __init__(self, op: Op, reentrant: bool = True) -> None:
        self.op, self.reentrant = op, reentrant
        self.name = f"remove_{op}"

    def tracks(self) -> Sequence[Any]:
        """Return the op that it removes."""
        return [self.op]

    def transform(self, node: Apply) -> Any:
        """Return the inputs."""
        return node.inputs if node.op == self.op else False


class LocalOptGroup(LocalOptimizer):
    """Asks several in order, until one says yes."""

    def __init__(self, *optimizers: LocalOptimizer, **settings: Any) -> None:
        several = optimizers[0] if _is_list(optimizers) else optimizers
        self.opts: list[LocalOptimizer] = list(several)  # type: ignore[arg-type]
        self.settings = settings
        self.name = settings.get("name") or ",".join(map(str, self.opts))

    def tracks(self) -> Sequence[Any] | None:
        """Return what any of them is for."""
        several = [one.tracks() for one in self.opts]
        if any(tracks is None for tracks in several):
            return None
        return list(dict.fromkeys(op for tracks in several for op in tracks or ()))

    def transform(self, node: Apply) -> Any:
        """Return the first answer that isn't no."""
        for one in self.opts:
            if is_asked(one, node.op):
                found = one.transform(node)
                if found is not None and found is not False:
                    return found
        return False


def _is_list(optimizers: Sequence[Any]) -> bool:
    return len(optimizers) == 1 and isinstance(optimizers[0], list | tuple)


def is_asked(optimizer: LocalOptimizer, op: Op) -> bool:
    """Tell whether a local optimizer is for nodes of `op`."""
    tracks = optimizer.tracks()
    return tracks is None or any(
        isinstance(op, one) if isinstance(one, type) else op == one for one in tracks
    )


class UserRewrite(Rewrite):
    """A `LocalOptimizer` as the engine runs rewrites.

    Its grade is `exact`: what the user wrote runs under all semantics of NaN.
    """

    def __init__(
        self,
        optimizer: LocalOptimizer,
        root: Any,
        *,
        name: str,
        phase: Phase,
        tags: Iterable[str] = (),
    ) -> None:
        self.optimizer = optimizer
        self.function = optimizer.transform
        self.name = name
        self.phase = phase
        self.grade = Grade.EXACT
        self.pattern = None
        self.root = root
        self.aliases = frozenset()
        self.tags = frozenset({name, str(optimizer), phase.value, *tags})

    @property
    def equation(self) -> str:
        """The first line of what the user wrote about it."""
        one = self.optimizer
        first = (getattr(one, "__doc__", "") or "").strip().partition("\n")[0]
        is_own = isinstance(one, FromFunctionLocalOptimizer)
        return first if is_own and first else f"the user's {self.name}"

    def __call__(self, node: Apply, fgraph: FunctionGraph) -> Any:
        """Return the pairs of results and replacements, or None."""
        if not isinstance(self.root, type) and node.op != self.root:
            return None
        with reading_clients(fgraph):
            found = self.optimizer.transform(node)
        return replacements(found, node, self.name)


def as_user_rewrites(
    optimizer: Any, *, name: str, phase: Phase, tags: Iterable[str] = ()
) -> list[UserRewrite]:
    """Return a rewrite for each op that a local optimizer is for."""
    if not callable(getattr(optimizer, "transform", None)):
        raise InputTypeError(
            f"Expected a local optimizer under the name {name!r}, got {optimizer!r}; "
            "decorate the function with theano.gof.local_optimizer([op])."
        )
    tracks = optimizer.tracks() if callable(optimizer.tracks) else optimizer.tracks
    kinds = [Op] if tracks is None else list(tracks)
    return [
        UserRewrite(optimizer, kind, name=name, phase=phase, tags=tags)
        for kind in kinds
    ]


def replacements(found: Any, node: Apply, name: str) -> dict[Variable, Variable] | None:
    """Return the answer of a local optimizer as a dict, checked; None for no.

    Raises
    ------
    InputTypeError
        The answer is no answer, or has variables of other types than what they
        replace.
    """
    if found is None or found is False:
        return None
    if isinstance(found, Variable):
        found = [found]
    if isinstance(found, Mapping):
        pairs = {old: new for old, new in found.items() if old != "remove"}
    elif isinstance(found, list | tuple) and len(found) == len(node.outputs):
        pairs = dict(zip(node.outputs, found, strict=True))
    else:
        raise InputTypeError(
            f"Expected False, a dict or a list of {len(node.outputs)} variables from "
            f"the rewrite {name} of {node.op}, got {found!r}."
        )
    for old, new in pairs.items():
        _check(old, new, node, name)
    pairs = {old: new for old, new in pairs.items() if old is not new}
    return pairs or None


def _check(old: Any, new: Any, node: Apply, name: str) -> None:
    if not isinstance(new, Variable):
        raise InputTypeError(
            f"Expected variables from the rewrite {name} of {node.op}, got {new!r}; "
            "theano.tensor.constant makes one of a number."
        )
    if not old.type.is_super(new.type) and old.type != new.type:
        where = f", written at {node.origin[0]}" if node.origin else ""
        raise InputTypeError(
            f"The rewrite {name} would replace {old} of type {old.type}{where}, by "
            f"{new} of type {new.type}. Expected the same dtype and broadcast pattern; "
            "theano.tensor.cast and theano.tensor.patternbroadcast bring it to them."
        )


def copy_stack_trace(from_var: Any, to_var: Any) -> Any:
    """Note for new variables, one or a list, where old ones were written.

    Replacements get this of what they replace without it.
    """
    olds = from_var if isinstance(from_var, list | tuple) else [from_var]
    news = to_var if isinstance(to_var, list | tuple) else [to_var]
    origins = [old.owner.origin for old in olds if old.owner is not None]
    for new in news:
        if new.owner is not None:
            new.owner.origin = union(*origins, new.owner.origin)
    return to_var


def inherit_stack_trace(from_var: Any) -> AbstractContextManager[None]:
    """Let nodes that are made in the `with` block be written where variables were."""
    olds = from_var if isinstance(from_var, list | tuple) else [from_var]
    return inherit(union(*(old.owner.origin for old in olds if old.owner is not None)))
