"""Rewriters of whole graphs in Theano's words, for users: walks, sequences, fixpoints.

The catalogue doesn't need them: the engine is one worklist. Those that are registered
in `databases.optdb` run between its phases.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from theanolike.errors import InconsistencyError, InputTypeError
from theanolike.graph.apply import Apply
from theanolike.graph.current import reading_clients
from theanolike.graph.function_graph import FunctionGraph, Listener
from theanolike.graph.origin import inherit
from theanolike.rewrites.engine import run
from theanolike.rewrites.local import (
    LocalOptGroup,
    LocalOptimizer,
    as_user_rewrites,
    is_asked,
    replacements,
)
from theanolike.rewrites.phases import Phase

__all__ = [
    "EquilibriumOptimizer",
    "FromFunctionOptimizer",
    "MergeOptimizer",
    "NavigatorOptimizer",
    "OpKeyOptimizer",
    "Optimizer",
    "ReplaceValidate",
    "SeqOptimizer",
    "TopoOptimizer",
    "as_optimizer",
    "in2out",
    "inplace_optimizer",
    "optimizer",
    "out2in",
]

# A walk over all nodes is repeated at most so often, and changes a graph at most so
# often for each node that it had.
MOST_ROUNDS = 100
MOST_CHANGES = 20


class ReplaceValidate(Listener):
    """Theano's feature for `replace_validate`, which each graph has here."""


class Optimizer:
    """Changes a graph in place: a subclass defines `apply`."""

    name: str | None = None

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        """Prepare a graph, by default not at all."""

    def apply(self, fgraph: FunctionGraph) -> Any:
        """Change `fgraph` by its methods, such as `replace`."""
        raise NotImplementedError(f"{type(self).__name__} has no apply.")

    def optimize(self, fgraph: FunctionGraph, *args: Any, **kwargs: Any) -> Any:
        """Prepare a graph and change it."""
        self.add_requirements(fgraph)
        with reading_clients(fgraph):
            return self.apply(fgraph, *args, **kwargs)

    def __call__(self, fgraph: FunctionGraph) -> Any:
        """Do as `optimize`."""
        return self.optimize(fgraph)

    def __str__(self) -> str:
        return self.name or type(self).__name__

    __repr__ = __str__


class FromFunctionOptimizer(Optimizer):
    """A function of a graph as an `Optimizer`."""

    def __init__(
        self,
        fn: Callable[..., Any],
        requirements: Iterable[Callable[[FunctionGraph], None]] = (),
    ) -> None:
        self.apply = fn  # type: ignore[method-assign]
        self.requirements = tuple(requirements)
        self.__name__ = self.name = getattr(fn, "__name__", type(fn).__name__)
        self.__doc__ = fn.__doc__

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        """Prepare a graph as the `requirements` do."""
        for requirement in self.requirements:
            requirement(fgraph)


def optimizer(fn: Callable[..., Any]) -> FromFunctionOptimizer:
    """Declare a function of a graph an `Optimizer`."""
    return FromFunctionOptimizer(fn)


inplace_optimizer = optimizer


class MergeOptimizer(Optimizer):
    """Makes equal nodes, and equal constants, one."""

    name = "merge"

    def apply(self, fgraph: FunctionGraph) -> Any:
        """Merge."""
        return run(fgraph, (), merges=True)


class SeqOptimizer(Optimizer):
    """Runs several, one after the other."""

    def __init__(self, *opts: Any, **settings: Any) -> None:
        is_list = len(opts) == 1 and isinstance(opts[0], list | tuple)
        self.optimizers = [as_optimizer(one) for one in (opts[0] if is_list else opts)]
        self.name = settings.get("name")

    def __iter__(self) -> Iterator[Any]:
        return iter(self.optimizers)

    def __len__(self) -> int:
        return len(self.optimizers)

    def apply(self, fgraph: FunctionGraph) -> None:
        """Run them."""
        for one in self.optimizers:
            one.optimize(fgraph)


class NavigatorOptimizer(Optimizer):
    """Asks a local optimizer about nodes; a subclass says in which order.

    Parameters
    ----------
    local_opt : LocalOptimizer
    ignore_newtrees : {"auto", True, False}
        Whether nodes that a replacement brings in are not asked about; "auto" lets
        the local optimizer's `reentrant` say so.
    failure_callback : optional
        Accepted without effect: a rewrite that fails is an error.
    """

    def __init__(
        self,
        local_opt: LocalOptimizer,
        ignore_newtrees: Any = "auto",
        failure_callback: Any = None,
    ) -> None:
        self.local_opt = local_opt
        if ignore_newtrees == "auto":
            ignore_newtrees = not getattr(local_opt, "reentrant", True)
        self.ignore_newtrees = bool(ignore_newtrees)
        self.name = str(local_opt)

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        """Prepare a graph as the local optimizer wants it."""
        self.local_opt.add_requirements(fgraph)

    def process_node(self, fgraph: FunctionGraph, node: Apply) -> bool:
        """Ask about a node; tell whether it was replaced."""
        if not is_asked(self.local_opt, node.op):
            return False
        with inherit(node.origin), reading_clients(fgraph):
            found = self.local_opt.transform(node)
        pairs = replacements(found, node, str(self))
        if pairs is None:
            return False
        fgraph.replace_all(pairs.items(), str(self))
        return True

    def walk(self, fgraph: FunctionGraph, nodes: Iterable[Apply], end: str) -> int:
        """Ask about nodes from one end of a queue; return how many were replaced."""
        queue = deque(nodes)
        feature = _NewNodes(queue, self.ignore_newtrees)
        changes, most = 0, MOST_CHANGES * (len(fgraph) + 50)
        fgraph.attach_feature(feature)
        try:
            while queue:
                node = queue.popleft() if end == "left" else queue.pop()
                if node in fgraph.apply_nodes and self.process_node(fgraph, node):
                    changes += 1
                if changes > most:
                    raise InconsistencyError(
                        f"{self} replaced nodes {most} times without coming to an "
                        "end; pass ignore_newtrees=True, or say no to what is done."
                    )
        finally:
            fgraph.remove_feature(feature)
        return changes


class _NewNodes:
    """Puts nodes that come in where the walk takes them from next."""

    def __init__(self, queue: deque[Apply], ignores: bool) -> None:
        self.queue, self.ignores = queue, ignores

    def on_import(self, fgraph: FunctionGraph, node: Apply, reason: str) -> None:
        """Take a new node up."""
        if not self.ignores:
            self.queue.append(node)


class TopoOptimizer(NavigatorOptimizer):
    """Asks about the nodes in order of dependence, or from the outputs back.

    Parameters
    ----------
    local_opt : LocalOptimizer
    order : {"in_to_out", "out_to_in"}
    ignore_newtrees, failure_callback
        As in `NavigatorOptimizer`.
    """

    def __init__(
        self,
        local_opt: LocalOptimizer,
        order: str = "in_to_out",
        ignore_newtrees: Any = False,
        failure_callback: Any = None,
    ) -> None:
        if order not in {"in_to_out", "out_to_in"}:
            raise ValueError(f"Expected 'in_to_out' or 'out_to_in', got {order!r}.")
        super().__init__(local_opt, ignore_newtrees, failure_callback)
        self.order = order

    @staticmethod
    def warn_inplace(*_: Any) -> None:
        """Do nothing: Theano's reaction to a failure, to be passed on."""

    warn = warn_ignore = warn_inplace

    def apply(self, fgraph: FunctionGraph) -> int:
        """Walk."""
        end = "left" if self.order == "in_to_out" else "right"
        return self.walk(fgraph, fgraph.toposort(), end)


def in2out(*local_opts: Any, **settings: Any) -> TopoOptimizer:
    """Return a walk from the inputs on over local optimizers."""
    return _walk(local_opts, "in_to_out", settings)


def out2in(*local_opts: Any, **settings: Any) -> TopoOptimizer:
    """Return a walk from the outputs back over local optimizers."""
    return _walk(local_opts, "out_to_in", settings)


def _walk(opts: tuple[Any, ...], order: str, settings: dict[str, Any]) -> TopoOptimizer:
    name = settings.pop("name", None)
    if len(opts) > 1 and name is None:
        raise TypeError(
            "Several local optimizers need a name: in2out(a, b, name='ab')."
        )
    walk = TopoOptimizer(
        opts[0] if len(opts) == 1 else LocalOptGroup(*opts), order, **settings
    )
    walk.name = name or f"{order}_{opts[0]}"
    return walk


class OpKeyOptimizer(NavigatorOptimizer):
    """Asks about the nodes of the ops that the local optimizer tracks."""

    def apply(self, fgraph: FunctionGraph) -> int:
        """Walk."""
        return self.walk(fgraph, fgraph.toposort(), "right")


class EquilibriumOptimizer(Optimizer):
    """Runs local and whole-graph rewriters until none changes anything.

    Parameters
    ----------
    optimizers : iterable of LocalOptimizer or Optimizer
    failure_callback, ignore_newtrees, max_use_ratio
        Accepted without effect: a failure is an error, new nodes are looked at, and
        the engine has its own budget.
    name : str, optional
    final_optimizers, cleanup_optimizers : iterable of Optimizer, optional
        Run after each round.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - Theano's signature
        self,
        optimizers: Iterable[Any],
        failure_callback: Any = None,
        ignore_newtrees: bool = True,
        max_use_ratio: float | None = None,
        final_optimizers: Iterable[Any] | None = None,
        cleanup_optimizers: Iterable[Any] | None = None,
        name: str | None = None,
    ) -> None:
        several = list(optimizers)
        self.name = name
        self.local_optimizers = [one for one in several if hasattr(one, "transform")]
        rest = [one for one in several if not hasattr(one, "transform")]
        rest += [*(cleanup_optimizers or ()), *(final_optimizers or ())]
        self.global_optimizers = [as_optimizer(one) for one in rest]

    def apply(self, fgraph: FunctionGraph) -> None:
        """Run them all."""
        rewrites = [
            rewrite
            for one in self.local_optimizers
            for rewrite in as_user_rewrites(
                one, name=str(one), phase=Phase.CANONICALIZE
            )
        ]
        for _ in range(MOST_ROUNDS):
            changes = _Changes()
            fgraph.attach_feature(changes)
            try:
                run(fgraph, rewrites, merges=False)
                for one in self.global_optimizers:
                    one.optimize(fgraph)
            finally:
                fgraph.remove_feature(changes)
            if not (changes.happened and self.global_optimizers):
                return


class _Changes:
    """Notes whether anything happened."""

    happened = False

    def on_change_input(self, *_: Any) -> None:
        """Note that it did."""
        self.happened = True


def as_optimizer(given: Any) -> Any:
    """Return what changes a graph by `optimize`; a local one walks over it.

    Raises
    ------
    InputTypeError
        It is neither.
    """
    if callable(getattr(given, "optimize", None)):
        return given
    if callable(getattr(given, "transform", None)):
        return in2out(given)
    raise InputTypeError(
        f"Expected an object with optimize(fgraph), got {given!r}; "
        "theano.gof.optimizer makes one of a function of a graph, theano.gof.in2out of "
        "a local optimizer."
    )
