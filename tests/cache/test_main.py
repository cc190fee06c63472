"""The command `python -m theanolike.cache`."""

import subprocess
import sys

import pytest

from theanolike.cache import __main__ as command
from theanolike.cache import digest, open_store


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("THEANOLIKE_CACHE", str(tmp_path / "cache"))
    store = open_store()
    for name in "ab":
        store.put(digest(name), {"unit.so": b"x" * 1000, "unit.cpp": b"y"})
    return store


def run(capsys, *arguments):
    code = command.main(list(arguments))
    return code, capsys.readouterr().out


def test_without_a_command_the_folder_is_printed(store, capsys):
    assert run(capsys) == (0, f"{store.root}\n")


def test_list_prints_a_line_per_entry(store, capsys):
    code, text = run(capsys, "list")
    lines = text.splitlines()
    assert code == 0
    assert {line.split()[0] for line in lines} == {digest("a"), digest("b")}
    assert all(line.endswith("unit.cpp unit.so") for line in lines)


def test_info_prints_folder_and_size(store, capsys):
    code, text = run(capsys, "info")
    rows = dict(line.split(maxsplit=1) for line in text.splitlines())
    assert code == 0
    assert rows["folder"] == str(store.root)
    assert rows["entries"] == "2"
    total = sum(entry.bytes for entry in store.entries())
    assert rows["bytes"].split()[0] == str(total)


def test_clear_removes_the_entries_and_keeps_the_folder(store, capsys):
    code, text = run(capsys, "clear")
    assert code == 0
    assert "removed 2 entries" in text
    assert list(store.entries()) == []
    assert store.root.is_dir()


def test_purge_removes_the_folder(store, capsys):
    store.keep("x.cpp", "text")
    store.folder("zig")
    assert run(capsys, "purge") == (0, f"removed {store.root}\n")
    assert not store.root.exists()


def test_purge_keeps_what_the_cache_did_not_make(store, capsys):
    (store.root / "thesis.tex").write_text("years of work")
    code, text = run(capsys, "purge")
    assert code == 1
    assert "thesis.tex" in text
    assert [path.name for path in store.root.iterdir()] == ["thesis.tex"]


def test_verify_names_and_removes_damage_and_exits_with_1(store, capsys):
    assert run(capsys, "verify")[0] == 0
    (store.entry_path(digest("a")) / "unit.cpp").write_bytes(b"z")
    code, text = run(capsys, "verify")
    assert code == 1
    assert text.startswith(digest("a"))
    assert "1 of 2 entries" in text
    assert run(capsys, "verify")[0] == 0


@pytest.mark.parametrize("arguments", [["defragment"], ["list", "--all"]])
def test_an_unknown_command_prints_help_and_exits_with_1(store, arguments):
    result = subprocess.run(
        [sys.executable, "-m", "theanolike.cache", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "purge" in result.stderr
    assert arguments[-1] in result.stderr


def test_a_refused_folder_is_one_line_and_not_a_traceback(store, capsys):
    store.root.chmod(0o777)
    with pytest.raises(SystemExit) as exit_info:
        command.main(["info"])
    assert exit_info.value.code == 1
    assert capsys.readouterr().err.count("\n") == 1
