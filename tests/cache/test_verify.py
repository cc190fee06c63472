"""The check of the whole cache."""

import pytest

from theanolike.cache import Store, digest
from theanolike.cache.verify import check_all


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "cache")
    for name in "abc":
        store.put(digest(name), {"unit.so": name.encode() * 100, "unit.cpp": b"text"})
    return store


def test_a_sound_cache_has_no_damage(store):
    assert check_all(store) == {}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("unit.so", b"short", "unit.so has 5 bytes instead of 100"),
        ("unit.cpp", b"tExt", "unit.cpp has another checksum"),
        ("manifest", b"\xff", "the manifest is damaged"),
        ("unit.cpp", None, "cannot be read"),
    ],
)
def test_a_damaged_file_is_named_and_its_entry_removed(store, name, content, message):
    path = store.entry_path(digest("b")) / name
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    damage = check_all(store)
    assert list(damage) == [digest("b")]
    assert message in damage[digest("b")]
    assert {entry.key for entry in store.entries()} == {digest("a"), digest("c")}
