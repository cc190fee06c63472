"""Where users register rewrites, in Theano's words: databases, queries, decorators.

`optdb` is the database of all. Its parts `canonicalize`, `stabilize`, `specialize`...
are the phases of the catalogue: what is registered in one is run by the engine among
the catalogue's own rewrites. Everything else in it runs at its position, between them.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from theanolike.errors import UnknownNameError
from theanolike.graph.function_graph import FunctionGraph
from theanolike.rewrites.engine import run
from theanolike.rewrites.local import LocalOptGroup, as_user_rewrites
from theanolike.rewrites.optimizers import (
    EquilibriumOptimizer,
    Optimizer,
    SeqOptimizer,
    as_optimizer,
)
from theanolike.rewrites.phases import Phase
from theanolike.rewrites.registry import (
    STEPS,
    USERS,
    Step,
    catalogue,
    usual_tags,
)

__all__ = [
    "DB",
    "CatalogueDB",
    "EquilibriumDB",
    "LocalGroupDB",
    "ProxyDB",
    "Query",
    "SequenceDB",
    "optdb",
    "register_canonicalize",
    "register_specialize",
    "register_specialize_device",
    "register_stabilize",
    "register_uncanonicalize",
    "register_useless",
]


class Query:
    """Tags: some of `include`, all of `require`, none of `exclude`."""

    def __init__(
        self,
        include: Iterable[str] | None,
        require: Iterable[str] | None = None,
        exclude: Iterable[str] | None = None,
        subquery: Any = None,
        position_cutoff: float = float("inf"),
        extra_optimizations: Iterable[tuple[Any, float]] | None = None,
    ) -> None:
        self.include = frozenset(include or ())
        self.require = frozenset(require or ())
        self.exclude = frozenset(exclude or ())
        self.subquery: dict[str, Query] = dict(subquery or {})
        self.position_cutoff = position_cutoff
        self.extra_optimizations = tuple(extra_optimizations or ())

    def _with(self, **changes: Any) -> "Query":
        twin = object.__new__(Query)
        twin.__dict__.update(self.__dict__)
        twin.__dict__.update(changes)
        return twin

    def including(self, *tags: str) -> "Query":
        """Return this query with more to include."""
        return self._with(include=self.include | set(tags))

    def excluding(self, *tags: str) -> "Query":
        """Return this query with more to leave out."""
        return self._with(exclude=self.exclude | set(tags))

    def requiring(self, *tags: str) -> "Query":
        """Return this query with more that each must have."""
        return self._with(require=self.require | set(tags))

    def register(self, *optimizations: tuple[Any, float]) -> "Query":
        """Return this query with rewriters of the caller's own, at their positions."""
        return self._with(extra_optimizations=self.extra_optimizations + optimizations)

    def takes(self, tags: frozenset[str]) -> bool:
        """Tell whether it chooses what has these tags."""
        return bool(
            tags & self.include and not tags & self.exclude and self.require <= tags
        )

    def __str__(self) -> str:
        return (
            f"Query(include={sorted(self.include)}, require={sorted(self.require)}, "
            f"exclude={sorted(self.exclude)})"
        )

    __repr__ = __str__


def as_query(tags: tuple[Any, ...]) -> Query:
    """Return a query, given as one or as tags: "name", "+required", "-excluded"."""
    if len(tags) == 1 and isinstance(tags[0], Query):
        return tags[0]
    groups: dict[str, list[str]] = {"": [], "+": [], "-": [], "&": []}
    for tag in tags:
        sign = tag[0] if tag[:1] in {"+", "-", "&"} else ""
        groups[sign].append(tag[len(sign) :])
    return Query(groups[""] + groups["+"], groups["&"], groups["-"])


class DB:
    """Rewriters by name and tags."""

    name: str | None = None

    def __init__(self) -> None:
        self._objects: dict[str, Any] = {}
        self._tags: dict[str, frozenset[str]] = {}

    def register(self, name: str, obj: Any, *tags: str, **_: Any) -> None:
        """Enter an object.

        Parameters
        ----------
        name : str
            Tags may choose it by this too.
        obj : LocalOptimizer, Optimizer or DB
        *tags : str
            "fast_run" and "fast_compile" let these modes run it.

        Raises
        ------
        ValueError
            The name is taken.
        """
        if name in self._objects:
            raise ValueError(
                f"Expected a new name, got {name!r}, which is registered; see "
                f"unregister({name!r})."
            )
        self._objects[name] = obj
        self._tags[name] = frozenset({name, *tags})
        if isinstance(obj, DB):
            obj.name = name

    def unregister(self, name: str) -> None:
        """Take an object out again."""
        self[name]
        del self._objects[name], self._tags[name]

    def add_tags(self, name: str, *tags: str) -> None:
        """Give more tags to an object."""
        self._set_tags(name, self._tags[name] | set(tags))

    def remove_tags(self, name: str, *tags: str) -> None:
        """Take tags from an object."""
        self._set_tags(name, self._tags[name] - set(tags))

    def _set_tags(self, name: str, tags: frozenset[str]) -> None:
        self._tags[name] = tags

    def chosen(self, query: Query) -> Iterator[tuple[str, Any]]:
        """Yield the names and objects that a query takes."""
        for name, obj in self._objects.items():
            if query.takes(self._tags[name]):
                inner = query.subquery.get(name, query)
                yield name, obj.query(inner) if isinstance(obj, DB) else obj

    def query_of(self, mode: Any) -> Any:
        """Return the objects that a mode chooses as one."""
        include = usual_tags(mode.optimizer) | mode.include
        return self.query(Query(include, mode.require, mode.exclude))

    def query(self, *tags: Any) -> Any:
        """Return the chosen objects as one; a subclass says how."""
        raise NotImplementedError(f"{type(self).__name__} has no query.")

    def __getitem__(self, name: str) -> Any:
        try:
            return self._objects[name]
        except KeyError:
            raise UnknownNameError(
                f"Nothing is registered under {name!r}; there are "
                f"{', '.join(self._objects) or 'no names yet'}."
            ) from None

    def __contains__(self, name: object) -> bool:
        return name in self._objects

    def print_summary(self, stream: Any = None) -> None:
        """Print the names and tags."""
        print(f"{type(self).__name__} {self.name or ''}".rstrip(), file=stream)
        for name, tags in self._tags.items():
            print(f"  {name}: {', '.join(sorted(tags))}", file=stream)


class EquilibriumDB(DB):
    """What it holds runs until nothing changes."""

    def __init__(self, ignore_newtrees: bool = True) -> None:
        super().__init__()
        self.ignore_newtrees = ignore_newtrees

    def query(self, *tags: Any) -> EquilibriumOptimizer:
        """Return the chosen as one optimizer."""
        several = [obj for _, obj in self.chosen(as_query(tags))]
        return EquilibriumOptimizer(several, name=self.name)


class LocalGroupDB(DB):
    """What it holds is asked in order, until one says yes."""

    def query(self, *tags: Any) -> LocalOptGroup:
        """Return the chosen as one local optimizer."""
        return LocalOptGroup(
            *[obj for _, obj in self.chosen(as_query(tags))], name=self.name
        )


class ProxyDB(DB):
    """Stands for another database at a second place."""

    def __init__(self, db: DB) -> None:
        super().__init__()
        self.db = db

    def query(self, *tags: Any) -> Any:
        """Return what the other database returns."""
        return self.db.query(*tags)


class SequenceDB(DB):
    """What it holds runs in order of position."""

    def __init__(self, failure_callback: Any = None) -> None:
        super().__init__()
        self._positions: dict[str, float] = {}

    def register(self, name: str, obj: Any, position: Any, *tags: str) -> None:  # type: ignore[override]
        """Enter an object at a position; "last" is behind all that are there."""
        if position == "last":
            position = max(self._positions.values(), default=0.0) + 1
        if isinstance(position, str):
            raise TypeError(
                f"Expected a number or 'last' for position, got {position!r}."
            )
        super().register(name, obj, *tags)
        self._positions[name] = float(position)

    def unregister(self, name: str) -> None:
        """Take an object out again."""
        super().unregister(name)
        del self._positions[name]

    def query(self, *tags: Any, position_cutoff: float | None = None) -> SeqOptimizer:
        """Return the chosen as one optimizer."""
        query = as_query(tags)
        cut = query.position_cutoff if position_cutoff is None else position_cutoff
        found = [(self._positions[name], obj) for name, obj in self.chosen(query)]
        found += [(position, obj) for obj, position in query.extra_optimizations]
        found.sort(key=lambda pair: pair[0])
        return SeqOptimizer([obj for position, obj in found if position < cut])


class CatalogueDB(EquilibriumDB):
    """A phase of the catalogue; what users register in it runs in that phase."""

    def __init__(self, phase: Phase) -> None:
        super().__init__()
        self.phase = phase

    def register(self, name: str, obj: Any, *tags: str, **_: Any) -> None:
        """Enter a local optimizer, or add tags to the names of the catalogue."""
        if name in USERS:
            raise ValueError(
                f"Expected a new name, got {name!r}, which is registered; see "
                f"unregister({name!r})."
            )
        tags = (
            (*tags, "fast_run") if not {"fast_run", "fast_compile"} & {*tags} else tags
        )
        own = as_user_rewrites(obj, name=name, phase=self.phase, tags=tags)
        super().register(name, obj, *tags)
        USERS[name] = list(own)

    def unregister(self, name: str) -> None:
        """Take a local optimizer out again."""
        super().unregister(name)
        USERS.pop(name, None)

    def _set_tags(self, name: str, tags: frozenset[str]) -> None:
        super()._set_tags(name, tags)
        for one in USERS[name]:
            one.tags = tags | {one.name, self.phase.value}

    def query(self, *tags: Any) -> Any:
        """Return the phase's rewrites that a query takes, as one optimizer."""
        return _PhaseOptimizer(self.phase, as_query(tags))


class _PhaseOptimizer(Optimizer):
    """The rewrites of a phase that a query takes."""

    def __init__(self, phase: Phase, query: Query) -> None:
        self.phase, self.query = phase, query
        self.name = phase.value

    def apply(self, fgraph: FunctionGraph) -> Any:
        """Run them."""
        several = [one for group in USERS.values() for one in group]
        own = [
            one
            for one in [*catalogue(), *several]
            if one.phase is self.phase and self.query.takes(one.tags)
        ]
        return run(fgraph, own, merges=self.phase is Phase.MERGE)


class _OptDB(SequenceDB):
    """`optdb`: the phases, and what users put between them."""

    def register(self, name: str, obj: Any, position: Any, *tags: str) -> None:  # type: ignore[override]
        """Enter an object; modes run it at its position, if its tags are theirs.

        The phases stand at 0 (merge), 1 (canonicalize), 1.5 (stabilize), 2
        (specialize), 2.5 (BlasOpt) and 2.6 (loops).
        """
        given = obj if isinstance(obj, DB) else as_optimizer(obj)
        super().register(name, given, position, *tags)
        if not isinstance(obj, CatalogueDB):
            STEPS[name] = Step(name, self._positions[name], self._tags[name], given)

    def unregister(self, name: str) -> None:
        """Take an object out again."""
        if isinstance(self[name], CatalogueDB):
            raise ValueError(f"{name} is a phase; exclude it by this tag instead.")
        super().unregister(name)
        STEPS.pop(name, None)

    def _set_tags(self, name: str, tags: frozenset[str]) -> None:
        super()._set_tags(name, tags)
        if name in STEPS:
            STEPS[name] = STEPS[name]._replace(tags=tags)


optdb = _OptDB()
_BOTH = ("fast_run", "fast_compile")
optdb.register("merge1", CatalogueDB(Phase.MERGE), 0, *_BOTH, "merge")
optdb.register("useless", CatalogueDB(Phase.CANONICALIZE), 0.6, *_BOTH)
optdb.register("canonicalize", CatalogueDB(Phase.CANONICALIZE), 1, *_BOTH)
optdb.register("stabilize", CatalogueDB(Phase.STABILIZE), 1.5, "fast_run")
optdb.register("specialize", CatalogueDB(Phase.SPECIALIZE), 2, "fast_run")
optdb.register("BlasOpt", CatalogueDB(Phase.BLAS), 2.5, "fast_run", "blas")
optdb.register("uncanonicalize", EquilibriumDB(), 3, "fast_run")
optdb.register("specialize_device", EquilibriumDB(), 48.6, *_BOTH)

Register = Callable[..., Any]


def _registers(part: str, *always: str) -> Register:
    """Return Theano's decorator that registers a local optimizer in a part of optdb."""

    def register(lopt: Any, *tags: str, **kwargs: Any) -> Any:
        if isinstance(lopt, str):
            return lambda inner: register(inner, lopt, *tags, **kwargs)
        name = kwargs.pop("name", None) or getattr(lopt, "__name__", None) or str(lopt)
        optdb[part].register(name, lopt, "fast_run", *always, *tags)
        return lopt

    register.__name__ = register.__qualname__ = f"register_{part}"
    register.__doc__ = (
        f"Register a local optimizer in `optdb[{part!r}]`.\n\n"
        'A decorator, alone or with further tags: `@register("fast_compile")`. `name`\n'
        "is by default the function's."
    )
    return register


register_useless = _registers("useless", "fast_compile")
register_canonicalize = _registers("canonicalize")
register_stabilize = _registers("stabilize")
register_specialize = _registers("specialize")
register_uncanonicalize = _registers("uncanonicalize")
register_specialize_device = _registers("specialize_device")
