"""The configuration: one mutable object with declared, validated fields.

`config.snapshot()` freezes it for one compilation. Values come, in rising order, from
declared defaults, ``.theanorc`` files, ``THEANO_FLAGS``, ``THEANOLIKE_FLAGS`` and
assignment. Theano's flags that do nothing here are rows of `accepted_flags`.
"""

import os
import warnings
from collections.abc import Iterable, Mapping
from contextlib import ContextDecorator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from theanolike.accepted_flags import ACCEPTED
from theanolike.errors import ConfigError, ConfigWarning, UnknownNameError
from theanolike.flags import Flag, Group, Snapshot, choice, text, truth, whole

__all__ = [
    "Config",
    "add_flag",
    "change_flags",
    "config",
    "load_environment",
    "parse_flags",
]


UNSET = object()


class BlasFlags(Group):
    """Which BLAS serves matrix products."""

    library = text("", doc="Path of a BLAS to open; empty for scipy-openblas32.")
    ldflags = text(
        "", doc="Linker flags for BLAS.", no_effect="no unit links BLAS; see library"
    )


class GccFlags(Group):
    """The C++ compiler."""

    cxxflags = text("", doc="Further arguments for the C++ compiler.")


class DebugModeFlags(Group):
    """What DebugMode checks."""

    check_c = truth(True, doc="Whether to run the compiled function.")
    check_py = truth(True, doc="Whether to run the reference of each op.")
    check_finite = truth(True, doc="Whether NaN and inf are errors.")


class NanGuardModeFlags(Group):
    """What NanGuardMode refuses."""

    nan_is_error = truth(True, doc="Whether NaN is an error.")
    inf_is_error = truth(True, doc="Whether inf is an error.")
    big_is_error = truth(True, doc="Whether a magnitude over 1e10 is an error.")
    action = choice("raise", "warn", "pdb", doc="What to do about it.")


class TestFlags(Group):
    """What `theanolike.testing` takes."""

    rseed = text("666", doc="Seed of `seed_rng`, or random.")


def _cache_directory(_: Group) -> str:
    """Return ``THEANOLIKE_CACHE``, or a folder in the user's cache directory.

    The same as the store's own default.
    """
    chosen = os.environ.get("THEANOLIKE_CACHE")
    if chosen:
        return str(Path(chosen).expanduser().absolute())
    home = os.environ.get("XDG_CACHE_HOME", "")
    if not Path(home).is_absolute():
        home = os.path.expanduser("~/.cache")  # noqa: PTH111 - lives without a home
    return str(Path(home) / "theanolike")


class Config(Group):
    """All flags; `theanolike.config` is the one instance that programs share."""

    floatX = choice(  # noqa: N815
        "float64", "float32", "float16", doc="The dtype of untyped floats."
    )
    mode = choice(
        "Mode",
        "FAST_RUN",
        "FAST_COMPILE",
        "DebugMode",
        "DEBUG_MODE",
        "NanGuardMode",
        "ProfileMode",
        doc="The mode of functions compiled without one.",
    )
    linker = choice(
        *("cvm", "c|py", "py", "c", "c|py_nogc", "vm", "vm_nogc", "cvm_nogc"),
        doc="py interprets; all others compile.",
    )
    optimizer = choice(
        *("o4", "o3", "o2", "o1", "unsafe", "fast_run", "fast_compile", "merge"),
        *("None", "stabilize", "fast_run_stable"),
        doc="Which rewrites run.",
    )
    optimizer_including = text("", doc="Tags of rewrites to add, by ':'.")
    optimizer_excluding = text("", doc="Tags of rewrites to leave out, by ':'.")
    optimizer_requiring = text("", doc="Tags that each rewrite must have, by ':'.")
    optimizer_verbose = truth(False, doc="Print rewrites as they fire.")
    nan_semantics = choice(
        "guarded", "ieee", doc="ieee: only rewrites that keep each bit; 0 * inf is NaN."
    )
    cast_policy = choice(
        "custom",
        "numpy+floatX",
        doc="Promotion of constants.",
        no_effect="promotion is NumPy 2's; see Differences from Theano",
    )
    compute_test_value = choice(
        "off", "ignore", "warn", "raise", "pdb", doc="Compute test values on the way."
    )
    exception_verbosity = choice("low", "high", doc="high adds values to messages.")
    on_unused_input = choice(
        "raise", "warn", "ignore", doc="What function() does about an unused input."
    )
    profile = truth(False, doc="Profile functions compiled without profile=.")
    profile_optimizer = truth(
        False, doc="Let profiles tell what each rewrite cost and how often it fired."
    )
    cxx = text("", doc="The C++ compiler; empty to look for one.")
    threads = whole(0, at_least=0, doc="Threads of a function; 0: one per core.")
    specialize_layouts = truth(
        True, doc="Compile again to read large transposed or sliced arguments in place."
    )
    base_compiledir = text(_cache_directory, doc="Default of compiledir.")
    compiledir = text(lambda c: c.base_compiledir, doc="Default of cachedir.")
    cachedir = text(lambda c: c.compiledir, doc="The folder of compiled units.")
    device = choice(
        *("cpu", "cuda*", "gpu*", "opencl*"),
        doc="Where functions run.",
        fixed=True,
        no_effect="functions run on the CPU; another device warns",
    )

    if TYPE_CHECKING:  # groups of flags.py are made at import

        def __getattr__(self, name: str) -> Any: ...

    def __init__(self) -> None:
        super().__init__()
        fields = {
            "blas": BlasFlags("blas."),
            "gcc": GccFlags("gcc."),
            "DebugMode": DebugModeFlags("DebugMode."),
            "NanGuardMode": NanGuardModeFlags("NanGuardMode."),
            "unittests": TestFlags("unittests."),
            "raw": {},
        }
        self.__dict__.update(fields)

    def find(self, name: str) -> tuple[Flag[Any], Group] | None:
        """Return the flag of a dotted name and its group, or None."""
        *path, last = name.split(".")
        group: Group = self
        for step in path:
            below = group.subgroups().get(step)
            if below is None:
                return None
            group = below
        flag = getattr(type(group), last, None)
        return (flag, group) if isinstance(flag, Flag) else None

    def get(self, name: str) -> Any:
        """Return the value of a dotted name."""
        found = self.find(name)
        if found is None:
            raise UnknownNameError(self._unknown(name))
        flag, group = found
        return getattr(group, flag.name)

    def set(self, name: str, value: object) -> None:
        """Set the value of a dotted name."""
        found = self.find(name)
        if found is None:
            raise UnknownNameError(self._unknown(name))
        flag, group = found
        setattr(group, flag.name, value)

    def load(self, values: Mapping[str, str]) -> list[str]:
        """Take texts from outside, fixed flags included; return unknown names.

        A name that is declared later takes its text then.
        """
        raw: dict[str, str] = self.__dict__["raw"]
        raw.update(values)
        unknown = []
        for name, value in values.items():
            found = self.find(name)
            if found is None:
                unknown.append(name)
                continue
            flag, group = found
            group.__dict__["is_loading"] = True
            try:
                setattr(group, flag.name, value)
            finally:
                group.__dict__["is_loading"] = False
        return unknown

    def snapshot(self) -> Snapshot:
        """Freeze all values."""
        return Snapshot({n: getattr(g, f.name) for n, f, g in self.declared()})

    def change_flags(
        self, flags: Mapping[str, object] | None = None, /, **more: object
    ) -> "change_flags":
        """Return `change_flags` for this configuration."""
        return change_flags(flags, _config=self, **more)

    def __str__(self) -> str:
        lines: list[str] = []
        for name, flag, group in self.declared():
            effect = f" (no effect: {flag.no_effect})" if flag.no_effect else ""
            lines.extend(
                (
                    f"{name} {flag.options}",
                    f"    Doc: {flag.doc}{effect}",
                    f"    Default: {flag.default_in(group)}",
                    f"    Value: {getattr(group, flag.name)}",
                )
            )
        return "\n".join(lines)


class change_flags(ContextDecorator):  # noqa: N801
    """Change flags for the length of a ``with`` block, or of a decorated call.

    Parameters
    ----------
    flags : mapping or sequence of pairs, optional
        Values by dotted name.
    **more
        Values by name, for names without a dot.

    Examples
    --------
    >>> with change_flags(floatX="float32"):
    ...     config.floatX
    'float32'
    """

    def __init__(
        self,
        flags: Mapping[str, object] | Iterable[tuple[str, object]] | None = None,
        /,
        _config: Config | None = None,
        **more: object,
    ) -> None:
        self._config = config if _config is None else _config
        self._wanted = {**dict(flags or ()), **more}
        self._before: list[list[tuple[Group, str, Any]]] = []
        for name in self._wanted:
            self._config.get(name)

    def __enter__(self) -> Self:
        places = [self._config.find(name) for name in self._wanted]
        self._before.append(
            [
                (group, flag.name, group.values_set.get(flag.name, UNSET))
                for flag, group in filter(None, places)
            ]
        )
        try:
            for name, value in self._wanted.items():
                self._config.set(name, value)
        except ConfigError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for group, name, value in self._before.pop():
            if value is UNSET:
                group.values_set.pop(name, None)
            else:
                group.values_set[name] = value


def add_flag(name: str, flag: Flag[Any], root: Config | None = None) -> None:
    """Declare a flag under a dotted name; a text that was given for it is taken."""
    holder = config if root is None else root
    *path, last = name.split(".")
    group: Group = holder
    for step in path:
        group = group.subgroup(step)
    setattr(type(group), last, flag)
    flag.__set_name__(type(group), last)
    raw: dict[str, str] = holder.__dict__["raw"]
    if name in raw:
        holder.load({name: raw[name]})


def parse_flags(flags: str) -> dict[str, str]:
    """Split ``"a=b,c.d=e"``; the rightmost of equal names wins.

    Raises
    ------
    ConfigError
        A part has no equal sign.
    """
    parsed = {}
    for part in _split(flags):
        name, equals, value = part.partition("=")
        if not equals:
            message = (
                f"THEANO_FLAGS has the part {part!r} without a value; write name=value."
            )
            raise ConfigError(message)
        parsed[name.strip()] = value.strip()
    return parsed


def _split(flags: str) -> Iterable[str]:
    """Split at commas outside of quotes."""
    if not flags.strip():
        return []
    import shlex  # only who sets flags pays for it

    splitter = shlex.shlex(flags, posix=True, punctuation_chars=False)
    splitter.whitespace, splitter.whitespace_split = ",", True
    splitter.commenters = ""
    return [part.strip() for part in splitter if part.strip()]


def _read_files(paths: Iterable[str]) -> dict[str, str]:
    """Read ``.theanorc`` files; sections other than global are prefixes."""
    existing = [path for path in paths if path and Path(path).expanduser().is_file()]
    if not existing:
        return {}
    from configparser import ParsingError, RawConfigParser  # only with a file

    parser = RawConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign] # floatX
    try:
        parser.read([str(Path(path).expanduser()) for path in existing])
    except ParsingError as error:
        raise ConfigError(
            f"{error.message}; a file of settings has lines 'name = value' below "
            "'[global]' or another section."
        ) from None
    values = {}
    for section in parser.sections():
        prefix = "" if section == "global" else f"{section}."
        values.update({prefix + k: v for k, v in parser.items(section)})
    return values


def load_environment(target: Config, environ: Mapping[str, str]) -> None:
    """Read the files and the variables that Theano reads."""
    target.load(_read_files(environ.get("THEANORC", "~/.theanorc").split(os.pathsep)))
    flags = parse_flags(environ.get("THEANO_FLAGS", ""))
    flags |= parse_flags(environ.get("THEANOLIKE_FLAGS", ""))
    for name in target.load(flags):
        message = f"Theano does not recognise this flag: {name}"
        warnings.warn(message, ConfigWarning, stacklevel=2)
    if target.device != "cpu":
        message = f"device={target.device} is not there; functions run on the CPU."
        warnings.warn(message, ConfigWarning, stacklevel=2)


config = Config()
for _name, _flag in ACCEPTED.items():
    add_flag(_name, _flag)
load_environment(config, os.environ)
