"""Entries: put, get, damage, races, crashes, permissions."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from theanolike.cache import Store, digest
from theanolike.cache.store import MANIFEST, TOUCH_SECONDS
from theanolike.cache.verify import check_all

KEY = digest("some unit")
CONTENT = bytes(range(256)) * 40


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "cache")


def start(code, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
    )


def test_get_returns_what_put_stored(store, tmp_path):
    source = tmp_path / "made elsewhere.so"
    source.write_bytes(CONTENT)
    path = store.put(KEY, {"unit.so": source, "unit.cpp": b"int x;"})
    assert path == store.get(KEY)
    assert path.read_bytes() == CONTENT
    assert (path.parent / "unit.cpp").read_bytes() == b"int x;"


def test_get_of_an_unknown_key_is_none(store):
    assert store.get(KEY) is None


def test_another_store_on_the_same_folder_sees_the_entry(store):
    path = store.put(KEY, {"unit.so": CONTENT})
    assert Store(store.root).get(KEY) == path


def test_the_second_to_put_a_key_discards_its_files(store):
    store.put(KEY, {"unit.so": CONTENT})
    path = store.put(KEY, {"unit.so": b"another"})
    assert path.read_bytes() == CONTENT
    assert not list(store.folder("work").iterdir())


@pytest.mark.parametrize("key", ["", "..", "../../x", KEY.upper(), KEY[1:]])
def test_a_key_that_is_no_digest_is_refused(store, key):
    with pytest.raises(ValueError, match="is a digest in hexadecimal"):
        store.get(key)
    with pytest.raises(ValueError, match="is a digest in hexadecimal"):
        store.put(key, {"unit.so": CONTENT})


@pytest.mark.parametrize("name", ["../x", "a/b", MANIFEST, "two\nlines", ""])
def test_a_file_name_that_is_not_plain_is_refused(store, name):
    with pytest.raises(ValueError, match="needs a plain name"):
        store.put(KEY, {name: CONTENT})


def truncate(path):
    path.write_bytes(path.read_bytes()[:-1])


def empty(path):
    path.write_bytes(b"")


def extend(path):
    path.write_bytes(path.read_bytes() + b"\n \xff")


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def make_folder(path):
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("name", ["unit.so", MANIFEST])
@pytest.mark.parametrize(
    "damage", [truncate, empty, extend, flip, Path.unlink, make_folder]
)
def test_a_damaged_entry_is_removed_and_can_be_put_again(store, name, damage):
    path = store.put(KEY, {"unit.so": CONTENT})
    damage(path.parent / name)
    if (name, damage) != (MANIFEST, truncate):  # only its last newline is gone
        assert store.get(KEY) is None
        assert not path.parent.exists()
    assert store.put(KEY, {"unit.so": CONTENT}).read_bytes() == CONTENT
    assert store.get(KEY) == path


def test_put_replaces_a_damaged_entry_that_nobody_read(store):
    path = store.put(KEY, {"unit.so": CONTENT})
    truncate(path)
    store.put(KEY, {"unit.so": CONTENT})
    assert path.read_bytes() == CONTENT


def test_an_entry_under_the_name_of_another_is_damaged(store):
    path = store.put(KEY, {"unit.so": CONTENT})
    other = digest("another unit")
    path.parent.rename(path.parent.with_name(other))
    assert store.get(other) is None


def test_a_file_in_the_place_of_an_entry_is_removed(store):
    store.entry_path(KEY).write_text("in the way")
    assert store.get(KEY) is None
    assert store.put(KEY, {"unit.so": CONTENT}) == store.get(KEY)


def test_a_removed_library_stays_readable_for_who_has_it_open(store):
    with store.put(KEY, {"unit.so": CONTENT}).open("rb") as file:
        store.remove(KEY)
        assert store.get(KEY) is None
        assert file.read() == CONTENT


def test_a_purged_folder_is_made_again(store):
    store.put(KEY, {"unit.so": CONTENT})
    store.root.rename(store.root.with_name("elsewhere"))
    assert store.get(KEY) is None
    assert store.put(KEY, {"unit.so": CONTENT}) == store.get(KEY)
    assert store.root.stat().st_mode & 0o777 == 0o700


def test_get_notes_the_use_at_most_once_a_minute(store):
    manifest = store.put(KEY, {"unit.so": CONTENT}).parent / MANIFEST
    recent = time.time() - TOUCH_SECONDS / 2
    os.utime(manifest, (recent, recent))
    store.get(KEY)
    assert manifest.stat().st_mtime == pytest.approx(recent, abs=1)
    old = time.time() - 10 * TOUCH_SECONDS
    os.utime(manifest, (old, old))
    store.get(KEY)
    assert manifest.stat().st_mtime == pytest.approx(time.time(), abs=30)


def test_processes_that_put_one_key_at_once_all_get_the_winner(store):
    code = """
        import sys
        from pathlib import Path
        from theanolike.cache import Store, digest
        store = Store(Path(sys.argv[1]))
        content = sys.argv[2].encode() * 100_000
        print("ready", flush=True)
        sys.stdin.readline()
        for k in range(50):
            path = store.put(digest(str(k)), {"unit.so": content})
            data = path.read_bytes()
            assert len(data) == 100_000 and len(set(data)) == 1
    """
    processes = [start(code, store.root, name) for name in "ab"]
    for process in processes:
        process.stdout.readline()
    for process in processes:
        process.stdin.write(b"go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate()
    assert [process.returncode for process in processes] == [0, 0]
    assert len(list(store.entries())) == 50
    assert check_all(store) == {}
    assert not list(store.folder("work").iterdir())


@pytest.mark.parametrize("moment", ["write_bytes", "rename", "mkdir"])
def test_a_put_that_is_killed_leaves_nothing_that_is_read(store, moment):
    code = """
        import os, signal, sys
        from pathlib import Path
        from theanolike.cache import Store
        store = Store(Path(sys.argv[1]))
        kill = lambda *args, **options: os.kill(os.getpid(), signal.SIGKILL)
        moment = sys.argv[3]
        setattr(Path, moment, kill)
        store.put(sys.argv[2], {"unit.so": b"x" * 1000})
    """
    process = start(code, store.root, KEY, moment)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert list(store.folder("work").iterdir())
    assert store.get(KEY) is None
    assert list(store.entries()) == []
    assert store.put(KEY, {"unit.so": CONTENT}) == store.get(KEY)


def test_entries_are_whole_whenever_a_writer_is_killed(store):
    code = """
        import itertools, sys
        from pathlib import Path
        from theanolike.cache import Store, digest
        store = Store(Path(sys.argv[1]))
        print("ready", flush=True)
        for k in itertools.count():
            store.put(digest(sys.argv[2], str(k)), {"unit.so": b"x" * 200_000})
    """
    for number in range(5):
        process = start(code, store.root, number)
        process.stdout.readline()
        time.sleep(0.02 + 0.003 * number)
        process.kill()
        process.communicate()
    assert list(store.entries())
    assert check_all(store) == {}


def test_the_folder_is_made_for_its_owner_alone(store):
    for folder in (store.root, store.folder("entries"), store.folder("work")):
        assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_a_folder_that_others_may_write_to_is_refused(tmp_path, mode):
    tmp_path.chmod(mode)
    with pytest.raises(PermissionError, match=r"writable by its owner.*chmod go-w"):
        Store(tmp_path)


def test_inner_folders_that_others_may_write_to_are_refused(store):
    store.folder("entries").chmod(0o777)
    with pytest.raises(PermissionError, match="writable by its owner"):
        Store(store.root)


def test_a_folder_of_another_user_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(PermissionError, match="must belong to this user"):
        Store(tmp_path)


def test_a_folder_that_others_may_read_is_accepted(tmp_path):
    tmp_path.chmod(0o755)
    assert Store(tmp_path).put(KEY, {"unit.so": CONTENT}).is_file()


def test_the_cache_is_tagged_for_backup_programs(store):
    tag = (store.root / "CACHEDIR.TAG").read_text()
    assert tag.startswith("Signature: 8a477f597d28d172789f06886806bc55")


def test_a_work_folder_goes_even_after_an_error(store):
    def fail_in_a_work_folder():
        with store.work_folder() as folder:
            (folder / "x").write_text("x")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_in_a_work_folder()
    assert not list(store.folder("work").iterdir())


def test_a_warm_get_writes_nothing_and_starts_nothing(store, monkeypatch):
    path = store.put(KEY, {"unit.so": CONTENT})

    def refuse(*args, **options):
        raise AssertionError

    for name in ("utime", "rename", "mkdir", "fork", "posix_spawn", "unlink"):
        monkeypatch.setattr(os, name, refuse)
    monkeypatch.setattr(Path, "write_bytes", refuse)
    monkeypatch.setattr(subprocess, "Popen", refuse)
    assert store.get(KEY) == path
