"""MonitorMode, NanGuardMode and profiles: what they see of each node and call."""

import io

import numpy as np
import pytest

import theanolike as theano
import theanolike.tensor as T
from theanolike.compile import MonitorMode, NanGuardMode, ProfileStats
from theanolike.compile.watch import (
    contains_inf,
    contains_nan,
    detect_nan,
    f_compute,
    flatten,
)


def test_monitor_mode_calls_before_and_after_each_node():
    seen = []

    def before(i, node, fn):
        seen.append((i, "before", fn.inputs[0][0].sum(), fn.outputs[0][0]))

    def after(i, node, fn):
        seen.append((i, "after", fn.inputs[0][0].sum(), fn.outputs[0][0].sum()))

    x = T.dvector("x")
    mode = MonitorMode(pre_func=before, post_func=after, optimizer=None)
    f = theano.function([x], T.exp(x * 0), mode=mode)
    np.testing.assert_array_equal(f([1.0, 1.0]), [1, 1])
    assert seen[0] == (0, "before", 2, None)
    assert seen[-1] == (1, "after", 0, 2)


def test_detect_nan_prints_the_node(capsys):
    x = T.dvector("x")
    f = theano.function([x], T.log(x), mode=MonitorMode(post_func=detect_nan))
    f([1.0])
    assert not capsys.readouterr().out
    f([-1.0])
    assert "*** NaN detected ***" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("value", "problem"), [(-1.0, "NaN"), (0.0, "Inf"), (1e300, "Big value")]
)
def test_nan_guard_mode_raises_at_the_first_bad_value(value, problem):
    x = T.dvector("x")
    f = theano.function([x], T.log(x) * 2, mode="NanGuardMode")
    assert f([1.0]) == 0
    with pytest.raises(AssertionError, match=problem) as caught:
        f([value])
    assert f"written at {__file__}" in str(caught.value)


def test_nan_guard_mode_refuses_what_it_is_told():
    x = T.dvector("x")
    mode = NanGuardMode(nan_is_error=True, inf_is_error=False, big_is_error=False)
    f = theano.function([x], T.log(x), mode=mode)
    assert f([0.0]) == -np.inf
    with pytest.raises(AssertionError, match="NaN detected in an output"):
        f([-1.0])
    with pytest.raises(ValueError, match="needs something to refuse"):
        NanGuardMode(False, False, False)


def test_nan_guard_mode_may_warn(caplog):
    x = T.dvector("x")
    with theano.change_flags({"NanGuardMode.action": "warn"}):
        f = theano.function([x], T.log(x), mode="NanGuardMode")
        f([-1.0])
    assert "NaN detected" in caplog.text


def test_helpers_are_theanos():
    assert contains_nan(np.array([np.nan]))
    assert not contains_nan(np.array([1]))
    assert not contains_nan("text")
    assert contains_inf(np.float64(np.inf))
    assert flatten([1, [2, (3, [4])]]) == [1, 2, 3, 4]
    np.testing.assert_allclose(f_compute(T.exp)(np.zeros(2)), [1, 1])


def test_a_profile_counts_calls_and_times(mode):
    x = T.dvector("x")
    f = theano.function([x], T.exp(x), mode=mode, profile=True, name="f")
    for _ in range(3):
        f([1.0])
    stats = f.profile
    assert stats.fct_callcount == 3
    assert stats.fct_call_time > 0
    assert stats.compile_time >= stats.optimizer_time > 0
    out = io.StringIO()
    stats.summary(out)
    assert "Message: f" in out.getvalue()
    assert "3 calls" in out.getvalue()


def test_a_profile_may_be_shared(mode):
    x = T.dscalar("x")
    stats = ProfileStats()
    f = theano.function([x], x + 1, mode=mode, profile=stats)
    g = theano.function([x], x + 2, mode=mode, profile=stats)
    f(1)
    g(1)
    assert stats.fct_callcount == 2
    stats.reset()
    assert stats.fct_callcount == 0


def test_an_interpreted_function_is_profiled_by_node():
    x = T.dvector("x")
    f = theano.function([x], T.exp(x) + 1, mode="FAST_COMPILE", profile=True)
    f([1.0])
    f([1.0])
    stats = f.profile
    assert set(stats.op_callcount().values()) == {2}
    assert len(stats.op_time()) == len(stats.op_nodes()) == 2
    assert sum(stats.class_nodes().values()) == 2
    assert sum(stats.class_time().values()) == pytest.approx(
        sum(stats.apply_time.values())
    )
    out = io.StringIO()
    stats.summary(out)
    assert "exp" in out.getvalue()


def test_config_profile_is_the_default():
    x = T.dscalar("x")
    with theano.change_flags(profile=True):
        f = theano.function([x], x, mode="FAST_COMPILE")
    assert f.profile is not None
    assert theano.function([x], x, mode="FAST_COMPILE").profile is None
    assert f.copy(profile=True).profile is not f.profile


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_profile_optimizer_tells_time_and_firings_by_rewrite(mode, capsys):
    x = T.dvector("x")
    with theano.change_flags(profile_optimizer=True):
        f = theano.function([x], T.exp(x) * 1 + 0 + T.exp(x), mode=mode, profile=True)
    stats = f.profile
    fired = {name: n for name, n in stats.rewrite_callcount().items() if n}
    assert fired == dict(f.maker.report.firings)
    assert fired["merge"] >= 1
    assert set(fired) <= set(stats.rewrite_time())
    assert all(seconds >= 0 for seconds in stats.rewrite_time().values())
    stats.summary()
    printed = capsys.readouterr().err
    assert "Optimizer Profile" in printed
    for name, n in fired.items():
        assert f"{n:8d}  {name}" in printed


def test_without_profile_optimizer_a_profile_is_silent_about_rewrites(capsys):
    x = T.dvector("x")
    f = theano.function([x], T.exp(x) * 1, mode="FAST_COMPILE", profile=True)
    f.profile.summary()
    assert f.profile.optimizer_profile == []
    assert "Optimizer Profile" not in capsys.readouterr().err


def test_functions_that_share_a_profile_add_up_their_rewrites():
    x = T.dvector("x")
    stats = theano.compile.ProfileStats(atexit_print=False)
    with theano.change_flags(profile_optimizer=True):
        for _ in range(2):
            theano.function([x], (x + 1) * (x + 1), mode="FAST_COMPILE", profile=stats)
    assert len(stats.optimizer_profile) == 2
    assert stats.rewrite_callcount()["merge"] == 2


def test_profile_mode_profiles():
    x = T.dscalar("x")
    f = theano.function([x], x + 1, mode="ProfileMode")
    f(1)
    assert f.profile.fct_callcount == 1
