"""Where the cache lies."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from theanolike.cache import default_root, open_store


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("THEANOLIKE_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "home"


def test_it_is_in_the_home_folder_by_default(home):
    assert default_root() == home / ".cache" / "theanolike"
    assert default_root().stat().st_mode & 0o777 == 0o700


def test_xdg_cache_home_moves_it(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert default_root() == tmp_path / "xdg" / "theanolike"


def test_a_relative_xdg_cache_home_is_ignored(home, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert default_root() == home / ".cache" / "theanolike"


def test_theanolike_cache_comes_first_and_may_hold_a_tilde(home, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/elsewhere")
    monkeypatch.setenv("THEANOLIKE_CACHE", "~/my 'own' cache")
    assert default_root() == home / "my 'own' cache"


def test_open_store_takes_a_folder(tmp_path):
    assert open_store(tmp_path / "chosen").root == tmp_path / "chosen"
    assert open_store().root == default_root()


def test_an_unwritable_place_gives_a_temporary_folder_and_one_note(
    tmp_path, monkeypatch, caplog
):
    (tmp_path / "file").write_text("")
    wanted = tmp_path / "file" / "cache"
    monkeypatch.setenv("THEANOLIKE_CACHE", str(wanted))
    with caplog.at_level(logging.WARNING, "theanolike.cache"):
        root = default_root()
        assert default_root() == root
    assert root.stat().st_mode & 0o777 == 0o700
    (note,) = caplog.messages
    assert str(wanted) in note
    assert "THEANOLIKE_CACHE" in note


def test_the_temporary_folder_goes_at_exit_but_not_at_that_of_a_child(tmp_path):
    (tmp_path / "file").write_text("")
    code = """
import os, sys
from theanolike.cache import default_root
root = default_root()
if os.fork() == 0:
    sys.exit()
os.wait()
assert root.is_dir()
print(root)
"""
    result = subprocess.run(
        [sys.executable, "-c", code],
        env=dict(os.environ, THEANOLIKE_CACHE=str(tmp_path / "file" / "cache")),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    assert not Path(result.stdout.strip()).exists()
