"""Modes: what runs a graph, and which rewrites they choose."""

import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike import Mode
from theanolike.compile import (
    FAST_COMPILE,
    FAST_RUN,
    DebugMode,
    get_default_mode,
    get_mode,
    predefined_modes,
    register_linker,
    register_mode,
    register_optimizer,
)


def test_names_mean_the_predefined_modes():
    assert get_mode("FAST_RUN") is FAST_RUN
    assert get_mode("FAST_COMPILE") is FAST_COMPILE
    assert get_mode(FAST_RUN) is FAST_RUN
    assert isinstance(get_mode("DebugMode"), DebugMode)
    assert FAST_RUN.is_compiled
    assert not FAST_COMPILE.is_compiled


def test_none_means_the_configuration():
    with theano.change_flags(mode="FAST_COMPILE"):
        assert get_mode(None) == FAST_COMPILE
    with theano.change_flags(linker="py", optimizer="merge"):
        mode = get_default_mode()
    assert (mode.linker, mode.optimizer) == ("py", "merge")


def test_the_configuration_adds_its_tags():
    with theano.change_flags(
        optimizer_including="a:b", optimizer_excluding="c", optimizer_requiring="d"
    ):
        mode = get_default_mode()
    assert mode.include == {"a", "b"}
    assert mode.exclude == {"c"}
    assert mode.require == {"d"}


def test_tags_make_another_mode():
    mode = FAST_RUN.including("one", "two").excluding("three").requiring("four")
    assert (mode.include, mode.exclude, mode.require) == (
        {"one", "two"},
        {"three"},
        {"four"},
    )
    assert FAST_RUN.include == frozenset()
    assert mode != FAST_RUN


@pytest.mark.parametrize(
    ("name", "canonical"),
    [(None, "None"), ("o4", "fast_run"), ("o1", "fast_compile"), ("merge", "merge")],
)
def test_optimizers_have_theanos_names(name, canonical):
    assert Mode("py", name).optimizer == canonical


def test_a_clone_may_have_another_optimizer():
    mode = Mode("py", "merge").including("x")
    assert mode.clone() == mode
    twin = mode.clone(optimizer="fast_run")
    assert (twin.optimizer, twin.include) == ("fast_run", {"x"})


@pytest.mark.parametrize("make", [lambda: Mode("fast"), lambda: Mode("py", "fastest")])
def test_an_unknown_linker_or_optimizer_is_refused(make):
    with pytest.raises(ValueError, match="Expected a"):
        make()


def test_debug_mode_had_another_name():
    with pytest.warns(UserWarning, match="use DebugMode"):
        assert isinstance(get_mode("DEBUG_MODE"), DebugMode)


def test_a_mode_can_be_registered_once():
    register_mode("quick", FAST_COMPILE)
    try:
        assert get_mode("quick") is FAST_COMPILE
        with pytest.raises(ValueError, match="Mode name already taken: quick"):
            register_mode("quick", FAST_RUN)
    finally:
        del predefined_modes["quick"]
    with pytest.raises(ValueError, match="Linker name already taken: py"):
        register_linker("py", "compiled")
    with pytest.raises(ValueError, match="Optimizer name already taken: merge"):
        register_optimizer("merge", object())


def test_a_rewriter_of_the_users_own_runs():
    seen = []

    class Looks:
        def optimize(self, fgraph):
            seen.append(len(fgraph))

    a = T.dscalar("a")
    theano.function([a], a + 1, mode=FAST_COMPILE.register((Looks(), 10)))
    theano.function([a], a + 1, mode=Mode("py", Looks()))
    assert len(seen) == 2
