"""What goes when the cache is too large, and what crashes left."""

import os
import time

import pytest

from theanolike.cache import Store, digest, evict
from theanolike.cache.store import MANIFEST

HOUR = 3600
LIMIT = 35_000  # bytes: three of the entries made here


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "cache")


def put(store, name, hours_ago):
    path = store.put(digest(name), {"unit.so": b"x" * 10_000})
    then = time.time() - hours_ago * HOUR
    os.utime(path.parent / MANIFEST, (then, then))
    return digest(name)


def test_the_least_recently_used_entries_go_until_the_rest_fits(store):
    ages = {"a": 3, "b": 5, "c": 1, "d": 4, "e": 2}
    keys = {name: put(store, name, hours) for name, hours in ages.items()}
    store.limit_bytes = LIMIT
    assert evict.evict(store) == [keys["b"], keys["d"]]
    assert {entry.key for entry in store.entries()} == {
        keys["a"],
        keys["c"],
        keys["e"],
    }


def test_an_entry_that_is_used_again_stays(store):
    keys = [put(store, f"used {hours} hours ago", hours) for hours in (9, 8, 7, 6)]
    store.get(keys[0])
    store.limit_bytes = LIMIT
    assert evict.evict(store) == [keys[1]]


def test_nothing_goes_while_everything_fits(store):
    for name in "abc":
        put(store, name, 100)
    store.limit_bytes = LIMIT
    assert evict.evict(store) == []


def test_what_was_used_a_moment_ago_stays_whatever_it_weighs(store):
    keys = [put(store, name, 0) for name in "abcdef"]
    store.limit_bytes = LIMIT
    assert evict.evict(store) == []
    assert all(store.get(key) for key in keys)


def test_the_grace_is_longer_than_the_rest_between_two_notes_of_use():
    from theanolike.cache.store import TOUCH_SECONDS

    assert evict.GRACE_SECONDS >= 2 * TOUCH_SECONDS


def test_put_evicts_by_itself_when_much_was_written(store):
    store.limit_bytes = LIMIT
    for number in range(20):
        put(store, str(number), 100 - number)
    # The newest alone may stand above the limit: its age was not yet set at its put.
    assert sum(entry.bytes for entry in store.entries()) <= LIMIT + 11_000


def test_put_looks_at_the_cache_once_an_hour_when_little_was_written(
    tmp_path, monkeypatch
):
    looks: list[Store] = []
    store = Store(tmp_path / "cache")
    monkeypatch.setattr(evict, "evict", looks.append)
    put(store, "a", 0)
    put(store, "b", 0)
    assert len(looks) == 1
    old = time.time() - 2 * HOUR
    os.utime(store.root / evict.STAMP, (old, old))
    put(store, "c", 0)
    assert len(looks) == 2


def test_leftovers_of_yesterday_are_swept_and_those_of_today_stay(store):
    names = {"work": ("old", "young"), "failed": ("old.cpp", "young.cpp")}
    long_ago = time.time() - 8 * 24 * HOUR
    for folder, (old, young) in names.items():
        for name in (old, young):
            path = store.folder(folder) / name
            if folder == "work":
                path.mkdir()
                (path / "unit.cpp").write_text("")
            else:
                path.write_text("")
        os.utime(store.folder(folder) / old, (long_ago, long_ago))
    evict.sweep(store)
    for folder, (old, young) in names.items():
        assert not (store.folder(folder) / old).exists()
        assert (store.folder(folder) / young).exists()
