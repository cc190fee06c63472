"""The configuration object, its sources and its messages."""

import pytest

from theanolike.accepted_flags import ACCEPTED
from theanolike.config import (
    Config,
    add_flag,
    change_flags,
    config,
    load_environment,
    parse_flags,
)
from theanolike.errors import ConfigError, ConfigWarning, UnknownNameError
from theanolike.flags import text, whole


@pytest.fixture
def fresh():
    return Config()


@pytest.fixture
def no_file(tmp_path):
    return {"THEANORC": str(tmp_path / "absent")}


def test_untyped_floats_are_float64_by_default(fresh):
    assert fresh.floatX == "float64"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("floatX", "float31"),
        ("threads", -1),
        ("threads", "many"),
        ("profile", "perhaps"),
        ("DebugMode.check_c", 2),
    ],
)
def test_an_invalid_value_is_refused_with_the_name_and_the_options(fresh, name, value):
    expected = (
        f'^Invalid value \\("{value}"\\) for configuration variable "{name}"\\. '
        r"Valid options are .+"
    )
    with pytest.raises(ValueError, match=expected):
        fresh.set(name, value)


def test_a_refused_value_leaves_the_old_one(fresh):
    fresh.floatX = "float32"
    with pytest.raises(ConfigError):
        fresh.floatX = "float31"
    assert fresh.floatX == "float32"


def test_a_misspelt_variable_is_an_error(fresh):
    with pytest.raises(UnknownNameError, match="no variable flaotX"):
        fresh.flaotX = "float32"
    assert not hasattr(fresh, "flaotX")
    assert not hasattr(fresh.blas, "flags")


def test_a_fixed_variable_cannot_be_assigned(fresh):
    with pytest.raises(ConfigError, match=r"^Can't change the value of"):
        fresh.device = "cuda"


@pytest.mark.parametrize("word", ["False", "false", "0", 0, False])
def test_words_for_false_are_false(fresh, word):
    fresh.profile = True
    fresh.profile = word
    assert fresh.profile is False


def test_the_rightmost_of_equal_flags_wins():
    assert parse_flags("floatX=float32,a.b=c=d,floatX=float64") == {
        "floatX": "float64",
        "a.b": "c=d",
    }


def test_a_quoted_value_keeps_its_commas():
    assert parse_flags("gcc.cxxflags='-O1,-g'") == {"gcc.cxxflags": "-O1,-g"}


def test_a_flag_without_a_value_is_an_error():
    with pytest.raises(ConfigError, match="'floatX' without a value"):
        parse_flags("floatX")


def test_the_environment_wins_over_the_file_and_our_flags_over_theanos(fresh, tmp_path):
    rc = tmp_path / "rc"
    rc.write_text("[global]\nfloatX = float16\nmode = DebugMode\n[gcc]\ncxxflags=-g\n")
    environ = {
        "THEANORC": str(rc),
        "THEANO_FLAGS": "floatX=float32,threads=3",
        "THEANOLIKE_FLAGS": "threads=2",
    }
    load_environment(fresh, environ)
    got = (fresh.floatX, fresh.mode, fresh.gcc.cxxflags, fresh.threads)
    assert got == ("float32", "DebugMode", "-g", 2)


def test_a_file_without_sections_is_named(fresh, tmp_path):
    rc = tmp_path / "rc"
    rc.write_text("floatX = float32\n")
    with pytest.raises(ConfigError, match=r"(?s)rc'.*below '\[global\]'"):
        load_environment(fresh, {"THEANORC": str(rc)})


def test_an_unknown_flag_in_the_environment_warns(fresh, no_file):
    environ = {**no_file, "THEANO_FLAGS": "flaotX=float32"}
    with pytest.warns(ConfigWarning, match="does not recognise this flag: flaotX"):
        load_environment(fresh, environ)


def test_a_device_that_is_not_there_warns(fresh, no_file):
    with pytest.warns(ConfigWarning, match="device=cuda0"):
        load_environment(fresh, {**no_file, "THEANO_FLAGS": "device=cuda0"})
    assert fresh.device == "cuda0"


def test_a_later_declared_flag_takes_its_text_from_the_environment(fresh, no_file):
    with pytest.warns(ConfigWarning):
        load_environment(fresh, {**no_file, "THEANO_FLAGS": "lasagne.depth=7"})
    add_flag("lasagne.depth", whole(1, doc="Layers."), root=fresh)
    assert fresh.lasagne.depth == 7


def test_the_cache_directory_follows_theanos_base_compiledir(fresh):
    fresh.base_compiledir = "/scratch/units"
    assert fresh.cachedir == "/scratch/units"
    fresh.cachedir = "/elsewhere"
    assert fresh.compiledir == "/scratch/units"


@pytest.mark.parametrize(
    "environ",
    [
        {"THEANOLIKE_CACHE": "/a/b"},
        {"THEANOLIKE_CACHE": "", "XDG_CACHE_HOME": "/x"},
        {"THEANOLIKE_CACHE": "", "XDG_CACHE_HOME": "relative", "HOME": "/h"},
    ],
)
def test_the_default_cache_directory_is_the_stores(fresh, monkeypatch, environ):
    from theanolike.cache.root import wanted_root

    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert fresh.cachedir == str(wanted_root())


def test_change_flags_restores_what_was_set_and_what_was_not():
    before = config.snapshot()
    with change_flags({"blas.library": "/mkl.so", "floatX": "float16"}, profile=True):
        assert (config.blas.library, config.floatX) == ("/mkl.so", "float16")
        assert config.snapshot() != before
    assert config.snapshot() == before
    assert "library" not in config.blas.values_set


def test_change_flags_takes_pairs_as_theano_does():
    with change_flags([("blas.library", "/mkl.so"), ("floatX", "float16")]):
        assert config.blas.library == "/mkl.so"
        assert config.floatX == "float16"
    assert config.floatX != "float16"


def test_change_flags_decorates_a_function_that_may_call_itself():
    @change_flags(threads=3)
    def down(n):
        return config.threads if n == 0 else down(n - 1)

    before = config.threads
    assert down(2) == 3
    assert config.threads == before


def test_change_flags_changes_nothing_when_one_value_is_refused():
    before = config.snapshot()
    with pytest.raises(ConfigError), change_flags(floatX="float16", threads=-1):
        pass
    assert config.snapshot() == before


def test_change_flags_refuses_an_unknown_name_before_the_block():
    with pytest.raises(UnknownNameError):
        change_flags(flaotX="float32")


def test_a_snapshot_is_frozen_hashable_and_does_not_follow(fresh):
    frozen = fresh.snapshot()
    same = fresh.snapshot()
    fresh.gcc.cxxflags = "-g"
    assert frozen.gcc.cxxflags == ""
    assert hash(frozen) == hash(same)
    assert {frozen: 1}[same] == 1
    assert frozen != fresh.snapshot()
    with pytest.raises(ConfigError):
        frozen.floatX = "float32"


def test_printing_lists_each_variable_with_its_value(fresh):
    fresh.cxx = "clang++"
    listing = str(fresh)
    for name, _, _ in fresh.declared():
        assert f"\n{name} (" in f"\n{listing}" or f"\n{name} " in f"\n{listing}"
    assert "Value: clang++" in listing


def test_each_accepted_flag_is_declared_and_says_why_it_does_nothing():
    declared = {name: flag for name, flag, _ in config.declared()}
    assert all(declared[name].no_effect for name in ACCEPTED)


def test_two_flags_may_not_share_a_descriptor(fresh):
    flags = [flag for _, flag, _ in config.declared()]
    assert len({id(flag) for flag in flags}) == len(flags)


def test_a_group_is_made_for_a_dotted_name(fresh):
    add_flag("a.b.c", text("x", doc=""), root=fresh)
    assert fresh.a.b.c == "x"


def test_a_program_declares_variables_as_with_theano(fresh):
    from theanolike.config_params import AddConfigVar, BoolParam, EnumStr, IntParam

    AddConfigVar("lib.depth", "Layers.", IntParam(3, lambda n: n > 0), root=fresh)
    AddConfigVar("lib.kind", "Kind.", EnumStr("dense", "sparse"), root=fresh)
    AddConfigVar("lib.fast", "Fast.", BoolParam(False), root=fresh)
    fresh.lib.depth = "5"
    fresh.lib.fast = "True"
    assert (fresh.lib.depth, fresh.lib.kind, fresh.lib.fast) == (5, "dense", True)
    with pytest.raises(ConfigError, match="Invalid value"):
        fresh.lib.depth = 0
    with pytest.raises(ConfigError, match="Valid options are"):
        fresh.lib.kind = "cubic"
    with pytest.raises(ConfigError, match="already taken"):
        AddConfigVar("floatX", "Floats.", IntParam(3), root=fresh)
